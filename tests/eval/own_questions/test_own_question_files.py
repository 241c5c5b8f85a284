"""A person's question file is read as it is meant, and each line that cannot be used is named."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eval.own_questions import OwnQuestion, read_questions, write_questions
from kb.errors import NotFoundError, UsageError
from kb.questions.records import id_of

YAML = """
questions:
  - id: late
    question: How many marks does a late report lose?
    answer: [5 marks, 5%]
    document: course/handbook.pdf
    page: 6
    tags: [course, en]
  - question: 迟交作业扣多少分？
    answer: 0.50
  - question: Who is the mayor?
    must_refuse: yes
  - 问题: 誰可以借書？
    答案: 讀者
    文件: 須知.html
    合成: 是
"""


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems_of(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_questions(path)
    return str(caught.value)


def test_yaml_is_read_with_all_its_fields(tmp_path: Path) -> None:
    late, chinese, refused, traditional = read_questions(written(tmp_path / "q.yaml", YAML))
    assert late == OwnQuestion(
        "late",
        "How many marks does a late report lose?",
        ("5 marks", "5%"),
        "course/handbook.pdf",
        6,
        tags=("course", "en"),
    )
    assert chinese.answers == ("0.50",)  # as written, not as a number
    assert refused.must_refuse
    assert traditional == OwnQuestion(id_of("誰可以借書？"), "誰可以借書？", ("讀者",), "須知.html", synthetic=True)


def test_a_bare_list_of_questions_is_read_too(tmp_path: Path) -> None:
    (own,) = read_questions(written(tmp_path / "q.yml", "- question: When?\n  answer: No\n"))
    assert own.answers == ("No",)


CSV = (
    "问题,答案,答案2,文档,页码,必须拒答,标签\r\n"
    "押金多少？,500元,五百元,合同.docx,2.0,,租赁；押金\r\n"
    "谁是市长？,,,,,是,\r\n"
)


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("gb18030"),
        CSV.encode("utf-16"),
        CSV.replace(",", ";").encode("utf-8-sig"),
        ("sep=;\r\n" + CSV.replace(",", ";")).encode(),
        CSV.replace(",", "\t").encode("utf-16"),
    ],
    ids=["utf-8", "byte order mark", "GB18030", "UTF-16", "semicolons", "sep line", "tabs"],
)
def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, content: bytes) -> None:
    deposit, mayor = read_questions(written(tmp_path / "q.csv", content))
    assert (deposit.question, deposit.answers) == ("押金多少？", ("500元", "五百元"))
    assert (deposit.document, deposit.page, deposit.tags) == ("合同.docx", 2, ("租赁", "押金"))
    assert mayor.must_refuse


def test_every_wrong_line_of_a_yaml_file_is_named(tmp_path: Path) -> None:
    text = """questions:
  - question: One?
  - question: Two?
    page: 3
    answer: x
  - question: Three?
    answer: x
    document: d
    page: twelve
  - question: Four?
    must_refuse: true
    answer: x
  - answer: x
  - question: Five?
    awnser: x
  - question: Six?
    answer: x
    must_refuse: perhaps
  - just words
  - {id: a, question: Seven?, answer: x}
  - {id: a, question: Eight?, answer: x}
"""
    said = problems_of(written(tmp_path / "q.yaml", text))
    for line, what in (
        (2, "nothing is expected"),
        (3, "a page needs its `document`"),
        (9, "page is 'twelve'"),
        (10, "must be refused has no answer"),
        (13, "the question is missing"),
        (15, "unknown key 'awnser'"),
        (18, "must_refuse is 'perhaps'"),
        (19, "is not a question"),
        (21, "the id 'a' stands on line 20 too"),
    ):
        assert any(part.startswith(f"line {line}: ") and what in part for part in said.split("\n  ")), (line, said)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("questions:\n  - question: a\n   answer: b\n", 3, "is not YAML"),
        ("questions:\n  - question: [a]\n    answer: b\n", 2, "question must be a single value"),
        ("questions:\n  - question: a?\n    answer:\n      - x\n      - Weight: 20\n", 5, "between quotes"),
        ("questions:\n  - question: a?\n    question: b?\n    answer: x\n", 3, "given twice"),
        ("quesions: []\n", 1, "unknown key"),
        ("just text\n", 1, "holds no list"),
        ("- question: same\n  answer: x\n- question: same\n  answer: y\n", 3, "the same question stands on line 1"),
        ("- question: a\n  answer: &x [b]\n  tags: *x\n  document: *x\n", 2, "document must be a single value"),
        ("[" * 5_000, 1, ""),
        ('- question: "a\\ud800"\n  answer: b\n', 1, ""),
    ],
)
def test_what_is_wrong_with_a_yaml_file_is_said(tmp_path: Path, text: str, line: int, what: str) -> None:
    said = problems_of(written(tmp_path / "q.yaml", text))
    assert what in said
    assert "line" in said if line == 1 else f"line {line}: " in said


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("question,answer\nOne?,x\nTwo?,\n", 3, "nothing is expected"),
        ('question,answer\n"One\nmore?",x\nTwo?,\n', 4, "nothing is expected"),
        ("frage,answer\nOne?,x\n", 1, "unknown column 'frage'"),
        ("question,question,answer\na,b,c\n", 1, "the column question twice"),
        ("question,answer\na?,b,c\n", 2, "3 cells under 2 columns"),
        ('question,answer\na?,"b\n', 2, "is not CSV"),
        ("question,answer,page\na?,b,0\n", 2, "whole number from 1"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_said_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    said = problems_of(written(tmp_path / "q.csv", text))
    assert f"line {line}: " in said
    assert what in said


def test_files_that_are_no_question_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_questions(tmp_path / "none.yaml")
    assert "holds no questions" in problems_of(written(tmp_path / "q.csv", "question,answer\n"))
    assert "neither in .yaml nor in .csv" in problems_of(tmp_path / "q.json")
    with pytest.raises(UsageError, match="neither in"):
        write_questions(tmp_path / "q.json", ())
    with pytest.raises(UsageError, match="cannot write"):
        write_questions(written(tmp_path / "file", "") / "q.csv", ())


def test_a_message_about_many_lines_stays_short(tmp_path: Path) -> None:
    said = problems_of(written(tmp_path / "q.csv", "question,answer\n" + "a?,\n" * 500))
    assert "and " in said
    assert " more" in said
    assert len(said.splitlines()) < 20


def texts(most: int = 40) -> st.SearchStrategy[str]:
    """Texts as they come out of a file: without white space around them."""
    letters = st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n\t")
    return st.text(letters, min_size=1, max_size=most).map(str.strip).filter(bool)


words = st.text(st.characters(whitelist_categories=("L", "N")), min_size=1, max_size=9)
QUESTIONS = st.builds(
    OwnQuestion,
    id=texts(),
    question=texts(),
    answers=st.lists(texts(), min_size=1, max_size=3, unique=True).map(tuple),
    document=texts(),
    page=st.none() | st.integers(1, 5_000),
    tags=st.lists(words, max_size=3, unique=True).map(tuple),
    synthetic=st.booleans(),
)


@given(
    st.lists(QUESTIONS, min_size=1, max_size=4, unique_by=lambda own: own.id), st.sampled_from(["yaml", "csv", "tsv"])
)
@example([OwnQuestion("1", "=1+1\u2028# x: y", ("0.5", "null", "'"), "no", tags=("true",))], "yaml")
@example([OwnQuestion("1", 'a "b", c;\nd', ("x",), must_refuse=False)], "csv")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path: Path, questions: list[OwnQuestion], suffix: str) -> None:
    path = tmp_path / f"q.{suffix}"
    write_questions(path, questions)
    assert read_questions(path) == tuple(questions)


def test_a_refusal_and_an_id_from_the_words_survive_writing(tmp_path: Path) -> None:
    questions = (OwnQuestion(id_of("谁？"), "谁？", must_refuse=True), OwnQuestion("b", "Where?", document="a.pdf"))
    for name in ("q.yaml", "q.csv"):
        write_questions(tmp_path / name, questions)
        assert read_questions(tmp_path / name) == questions
    assert b"q-" not in (tmp_path / "q.yaml").read_bytes()
    assert (tmp_path / "q.csv").read_bytes().startswith(b"\xef\xbb\xbf")
