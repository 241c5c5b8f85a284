"""Plain text, its encodings, and the one way of cleaning it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parsing import parse_file
from ingest.parsing.normalising import clean_line, clean_text, join_wrapped
from kb.records import Document, MarkKind
from kb.text.decoding import decode

HANS = "第一条　为了完善劳动合同制度，明确劳动合同双方当事人的权利和义务，保护劳动者的合法权益，制定本法。"
HANT = "第一條　為了完善勞動合同制度，明確勞動合同雙方當事人的權利和義務，保護勞動者的合法權益，制定本法。"
WESTERN = "Café déjà vu — the naïve “façade” of Müller’s résumé"


def parse(path: Path) -> Document:
    return parse_file(path, path.name)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (HANS, "utf-8"), (HANS, "utf-8-sig"), (HANS, "utf-16"), (HANS, "gb18030"), (HANS, "gbk"), (HANT, "big5"),
        (HANT, "big5hkscs"), (HANT, "gb18030"), (WESTERN, "cp1252"), (WESTERN, "utf-8"), (WESTERN, "utf-16"),
        (WESTERN, "utf-16-le"),
        ("甲乙丙药品", "gb18030"), ("plain", "ascii"),
    ],
)  # fmt: skip
def test_every_encoding_is_read(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_chinese_text_file_in_utf_16_needs_no_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "law.txt").write_bytes(f"{HANS}\n{HANS}\n".encode(encoding))
    assert HANS in parse(tmp_path / "law.txt").text


def test_a_file_cut_off_inside_a_character_keeps_its_encoding() -> None:
    assert decode(HANS.encode("utf-8")[:-1]) == HANS[:-1]
    assert decode((HANS * 3).encode("gb18030")[:-1]).startswith(HANS)


def test_a_page_s_declared_encoding_is_believed() -> None:
    page = '<html><meta http-equiv="Content-Type" content="text/html; charset=big5"><p>天天</p></html>'
    assert decode(page.encode("big5"), html=True) == page


def test_wrapped_lines_are_joined_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "REPORT ON THE CLINIC\n\nThis is the first paragraph, which has been hard\nwrapped at a short width, so that "
        "its lines need\njoining.\n\n1. first item\n2. second item\n\n"
        "为了完善劳动合同制度，明确劳动合同双方当事人的权\n利和义务，制定本法。\n",
        encoding="utf-8",
    )

    document = parse(tmp_path / "a.txt")

    assert document.text == (
        "REPORT ON THE CLINIC\nThis is the first paragraph, which has been hard wrapped at a short width, so that "
        "its lines need joining.\n1. first item\n2. second item\n"
        "为了完善劳动合同制度，明确劳动合同双方当事人的权利和义务，制定本法。"
    )
    kinds = [mark.kind for mark in document.marks]
    assert kinds == [MarkKind.HEADING, MarkKind.LIST_ITEM, MarkKind.LIST_ITEM]
    assert document.title == "REPORT ON THE CLINIC"


def test_long_lines_are_paragraphs_of_their_own(tmp_path: Path) -> None:
    lines = ["word " * 60 + "end", "other " * 50 + "end"]
    (tmp_path / "a.txt").write_text("\n".join(lines))

    assert parse(tmp_path / "a.txt").text.split("\n") == lines


def test_cleaning_leaves_only_what_a_reader_sees() -> None:
    assert clean_text("a\x00\u200b\ufeffb\r\n\r\n\r\n\r\n c\u00a0 d\ud800\t\u3000\n") == "ab\n\nc d"
    assert clean_text("ﬁne ⼀⻅ e\u0301") == "fine 一见 é"


def test_lines_are_joined_by_what_stands_at_the_break() -> None:
    assert join_wrapped("中文", "继续") == "中文继续"
    assert join_wrapped("结束。", "“引文") == "结束。“引文"
    assert join_wrapped("the word", "goes on") == "the word goes on"
    assert join_wrapped("使用", "Python") == "使用 Python"
    assert clean_line("平时\n作业") == "平时作业"
