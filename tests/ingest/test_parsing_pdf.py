"""PDF: reading order, paragraphs, headings, tables, running heads, boxes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.parsing import parse_file
from kb.records import Document, MarkKind
from tests.ingest.parsing_files import CHINESE_FONT, make_pdf, prose, write_lines


def parse(path: Path) -> Document:
    return parse_file(path, path.name)


def texts_of(document: Document, kind: MarkKind) -> list[str]:
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind is kind]


def test_wrapped_lines_become_one_paragraph_and_a_short_line_ends_it(tmp_path: Path) -> None:
    first, second = prose(4), prose(3, offset=5)
    first[-1] = "and so the first paragraph ends here."

    document = parse(make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, first + second)))

    assert document.text == " ".join(first) + "\n" + " ".join(second)
    assert (document.pages, document.media_type, document.language) == (1, "application/pdf", "en")


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left, right = prose(12, words=6), prose(12, offset=50, words=6)
    left[-1] = "and here the left column ends."

    def draw(canvas: Canvas) -> None:
        write_lines(canvas, ["A Title across Both Columns of the Page"], 120, 780, 20)
        for left_line, right_line, y in zip(left, right, range(700, 500, -14), strict=False):
            write_lines(canvas, [left_line], 60, y, 9)
            write_lines(canvas, [right_line], 310, y - 3, 9)

    text = parse(make_pdf(tmp_path / "a.pdf", draw)).text

    assert text == "A Title across Both Columns of the Page\n" + " ".join(left) + "\n" + " ".join(right)


def test_chinese_lines_are_joined_without_a_space(tmp_path: Path) -> None:
    lines = [
        "第一条　为了完善劳动合同制度，明确劳动合同双方当事人的权利和义",
        "务，保护劳动者的合法权益，制定本法。",
        "第二条　本法适用于企业。",
    ]

    document = parse(make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, lines, font=CHINESE_FONT)))

    assert document.text == lines[0] + lines[1] + "\n" + lines[2]
    assert document.language == "zh-Hans"
    assert texts_of(document, MarkKind.ARTICLE) == document.text.split("\n")


def test_every_word_has_a_box_from_the_top_left(tmp_path: Path) -> None:
    document = parse(
        make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, ["Hello brave world"], 100, 700, 12))
    )

    assert [document.text[box.start : box.end] for box in document.boxes] == ["Hello", "brave", "world"]
    hello = document.boxes[0]
    assert hello.page == 1
    assert hello.x0 == pytest.approx(100, abs=1)
    assert 841.9 - 712 < hello.y0 < hello.y1 < 841.9 - 695  # the line stands at 700 from below


def test_boxes_of_a_rotated_page_are_where_it_shows_them(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        write_lines(canvas, prose(3), 100, 700, 12)

    document = parse(make_pdf(tmp_path / "a.pdf", draw))

    assert document.text == " ".join(prose(3))  # shown, it runs downwards
    first = document.boxes[0]
    assert first.x0 == pytest.approx(700, abs=5)
    assert first.y0 == pytest.approx(100, abs=3)
    assert first.y1 - first.y0 > first.x1 - first.x0


def test_a_word_parted_at_the_line_end_is_whole_again(tmp_path: Path) -> None:
    lines = [
        "The self-governing body of the university is responsible for the organi-",
        "sation of examinations and for keeping its own rules up to date in well-",
        "known form. A well-known form is one that needs no explanation at all.",
    ]

    document = parse(make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, lines)))

    assert "the organisation of examinations" in document.text
    assert "in well-known form." in document.text
    parts = [document.text[box.start : box.end] for box in document.boxes]
    assert "organi" in parts
    assert "sation" in parts


def test_larger_and_bolder_lines_are_headings_with_levels(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        y = write_lines(canvas, ["Student Handbook"], 72, 780, 22, "Times-Bold")
        for number, title in enumerate(["Admission", "Examinations"], 1):
            y = write_lines(canvas, [f"{number} {title}"], 72, y - 20, 15, "Times-Bold")
            y = write_lines(canvas, [f"{number}.1 Details"], 72, y - 10, 11, "Times-Bold")
            y = write_lines(canvas, prose(5), 72, y - 10)

    document = parse(make_pdf(tmp_path / "a.pdf", draw))

    headings = [
        (mark.number, document.text[mark.start : mark.end]) for mark in document.marks if mark.kind == "heading"
    ]
    assert headings == [
        (1, "Student Handbook"), (2, "1 Admission"), (3, "1.1 Details"), (2, "2 Examinations"), (3, "2.1 Details")
    ]  # fmt: skip
    assert document.title == "Student Handbook"


def test_running_heads_and_page_numbers_are_dropped_and_remembered(tmp_path: Path) -> None:
    def page(number: int) -> object:
        def draw(canvas: Canvas) -> None:
            write_lines(canvas, ["Clinic Guideline 2024"], 72, 810, 9)
            write_lines(canvas, prose(10, offset=number * 7))
            write_lines(canvas, [f"第{number}页"], 280, 30, 9, CHINESE_FONT)

        return draw

    document = parse(make_pdf(tmp_path / "a.pdf", *[page(number) for number in (1, 2, 3, 4)]))  # type: ignore[arg-type]

    assert "Guideline" not in document.text
    assert "页" not in document.text
    pages = [mark for mark in document.marks if mark.kind is MarkKind.PAGE]
    assert [(mark.number, mark.label) for mark in pages] == [(1, "1"), (2, "2"), (3, "3"), (4, "4")]
    assert all(before.end <= after.start for before, after in pairwise(pages))


def test_a_paragraph_goes_on_across_the_page_break(tmp_path: Path) -> None:
    lines = prose(12)
    document = parse(
        make_pdf(
            tmp_path / "a.pdf", lambda c: write_lines(c, lines[:6], y=200), lambda c: write_lines(c, lines[6:], y=780)
        )
    )

    first, second = (mark for mark in document.marks if mark.kind is MarkKind.PAGE)
    assert document.text == " ".join(lines)
    assert document.text[first.start : first.end] == " ".join(lines[:6])
    assert document.text[second.start : second.end] == " ".join(lines[6:])


def test_aligned_cells_become_rows_of_a_table(tmp_path: Path) -> None:
    rows = [("Drug", "Dose", "Times a day"), ("Metformin", "500 mg", "2"), ("Aspirin", "100 mg", "1")]

    def draw(canvas: Canvas) -> None:
        y = write_lines(canvas, prose(4))
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                write_lines(canvas, [cell], 80 + 150 * column, y - 20 - 16 * number)
        write_lines(canvas, prose(4, offset=9), y=y - 120)

    document = parse(make_pdf(tmp_path / "a.pdf", draw))

    table = "Drug | Dose | Times a day\nMetformin | 500 mg | 2\nAspirin | 100 mg | 1"
    assert texts_of(document, MarkKind.TABLE) == [table]
    assert document.text == " ".join(prose(4)) + "\n" + table + "\n" + " ".join(prose(4, offset=9))


def test_a_list_with_indented_text_is_no_table(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(["first of all", "then the second", "and the third"], 1):
            write_lines(canvas, [f"{number}."], 72, 720 - 14 * number)
            write_lines(canvas, [line], 110, 720 - 14 * number)

    document = parse(make_pdf(tmp_path / "a.pdf", draw))

    assert texts_of(document, MarkKind.LIST_ITEM) == ["1. first of all", "2. then the second", "3. and the third"]


def test_metadata_names_author_and_date_and_a_program_s_title_is_not_taken(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("Microsoft Word - draft_3.docx")
        canvas.setAuthor("Li Wei")
        write_lines(canvas, prose(2))

    document = parse(make_pdf(tmp_path / "rules.pdf", draw))

    assert document.title == "rules"
    assert document.metadata["author"] == "Li Wei"
    assert len(document.metadata["created"]) == len("2026-01-01")
