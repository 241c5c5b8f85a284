"""Files and their references, and questions about pages, with documents that need no parser."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from eval.runs import read_run, write_run
from eval.tasks.parsing import evaluate_parsing
from kb.errors import InputError, NotFoundError, UnreadableFileError, UsageError
from kb.records import Document, Mark, MarkKind, document_id_of
from tests.eval.tasks.small_sets import settings_at, write_lines
from tests.fakes import HashEmbedder

FILLER = " ".join(f"Rule {number} is about chairs and tables." for number in range(60))  # each page its own passage
PAGES = (
    f"The opening hours of the library are eight to ten. {FILLER}",
    f"The fee for a resit of the examination is 40 euros. {FILLER}",
    f"圖書館每日上午九時開放。{FILLER}",
)
QUESTIONS = (
    {"_id": "q1", "text": "What is the fee for a resit?", "doc": "files/book.txt", "evidence": [{"page0": 1}]},
    {"_id": "q2", "text": "圖書館每日幾時開放？", "doc": "files/book.txt", "evidence": [{"page0": 0}]},
    {
        "_id": "q3",
        "text": "Who painted the chapel?",
        "doc": "files/book.txt",
        "evidence": [{"page0": 2}],
    },
)


def parse(files: Sequence[tuple[Path, str]]) -> Iterable[Document | InputError]:
    """Each form feed begins a page; a file that says "broken" cannot be read."""
    for path, name in files:
        content = path.read_bytes()
        text = content.decode()
        if text == "broken":
            yield UnreadableFileError(f"cannot read {name}", "it is broken")
            continue
        starts = [0, *(place + 1 for place, sign in enumerate(text) if sign == "\f")]
        ends = [*starts[1:], len(text)]
        spans = enumerate(zip(starts, ends, strict=True), start=1)
        marks = tuple(Mark(MarkKind.PAGE, start, end, number) for number, (start, end) in spans)
        yield Document(document_id_of(content), name, "text/plain", "Book", text, "en", "", marks, pages=len(marks))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "files").mkdir(parents=True)
    texts = {"book.txt": "\n\n\f".join(PAGES), "法.txt": "第十二条 承祖人", "loose.txt": "fee the", "bad.txt": "broken"}
    for name, text in texts.items():
        (folder / "files" / name).write_text(text, encoding="utf-8")
    (folder / "exact.txt").write_text("第十二条承租人", encoding="utf-8")
    (folder / "loose.md").write_text("The *fee*, the time", encoding="utf-8")
    write_lines(
        folder / "manifest.jsonl",
        [
            {"file": "files/book.txt", "lang": "en", "reference": None},
            {"file": "files/法.txt", "lang": "zh", "reference": "exact.txt", "reference_exact": True},
            {"file": "files/loose.txt", "lang": "en", "reference": "loose.md"},
            {"file": "files/bad.txt", "lang": "en", "reference": "exact.txt", "reference_exact": True},
        ],
    )
    return folder


def run(folder: Path, **options):  # type: ignore[no-untyped-def]
    given = {"cache": folder.parent / "cache", "parse": parse, "embedder": HashEmbedder()} | options
    return evaluate_parsing(folder, settings_at(folder.parent / "home"), **given)


def test_exact_references_give_an_error_rate_and_others_a_recall(folder: Path) -> None:
    found = run(folder)
    assert [dict(query.values) for query in found.queries] == [
        {"parsed": 1.0},
        {"parsed": 1.0, "CER": pytest.approx(1 / 7)},
        {"parsed": 1.0, "token recall": 0.5},
        {"parsed": 0.0, "CER": 1.0},  # what cannot be read has every character wrong
    ]
    assert found.metrics["parsed"].mean == 0.75
    assert "broken" in found.queries[3].details["failure"]


def test_pages_are_right_where_the_answer_cites_them_and_wrong_where_it_is_refused(folder: Path) -> None:
    write_lines(folder / "bank_questions.jsonl", QUESTIONS)
    found = run(folder)
    values = {query.id: query.values for query in found.queries if query.details["kind"] == "page"}
    assert [values[name]["page cited"] for name in ("q1", "q2", "q3")] == [1, 0, 0]
    assert values["q1"]["page found first"] == 1
    assert values["q1"]["page among 5 passages"] >= values["q1"]["page found first"]
    assert values["q2"]["page found first"] == 0  # it stands on the third page
    again = run(folder, parse=lambda files: parse([file for file in files if "book" not in file[1]] or files[:1]))
    assert [query.values for query in again.queries][4:] == [query.values for query in found.queries][4:]


def test_a_part_of_the_files_can_be_measured(folder: Path) -> None:
    write_lines(folder / "bank_questions.jsonl", QUESTIONS)
    assert [query.id for query in run(folder, part="zh").queries] == ["files/法.txt"]
    assert len(run(folder, sample=2).queries) == 4  # two files, two questions


def test_a_parsing_run_can_be_written_and_read(folder: Path, tmp_path: Path) -> None:
    write_lines(folder / "bank_questions.jsonl", QUESTIONS)
    found = run(folder)
    write_run(tmp_path / "run.json", found)
    assert read_run(tmp_path / "run.json").metrics.keys() == found.metrics.keys()


def test_what_is_wrong_with_the_folder_is_said(folder: Path) -> None:
    with pytest.raises(UsageError, match="part 'xx'"):
        run(folder, part="xx")
    write_lines(folder / "bank_questions.jsonl", [{"_id": "1", "text": "?"}])
    with pytest.raises(UsageError, match="line 1"):
        run(folder)
    write_lines(folder / "bank_questions.jsonl", [QUESTIONS[0] | {"doc": "files/gone.txt"}])
    with pytest.raises(NotFoundError, match=r"gone\.txt"):
        run(folder)
    (folder / "manifest.jsonl").unlink()
    with pytest.raises(UsageError, match="no set for parsing"):
        run(folder)


@pytest.mark.slow
def test_the_products_own_parsers_are_used_where_no_other_is_given(folder: Path) -> None:
    found = run(folder, parse=None, part="zh")
    assert found.queries[0].values == {"parsed": 1.0, "CER": pytest.approx(1 / 7)}
