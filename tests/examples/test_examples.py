"""The example documents are there, long enough, equal to their sources, and hold the answers to their questions."""

import hashlib
import html
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest

from eval.own_questions import OwnQuestion, read_questions

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SOURCES = EXAMPLES / "sources"
DOCUMENTS = EXAMPLES / "documents"
QUESTIONS = read_questions(EXAMPLES / "questions.yaml")
ANSWERED = [question for question in QUESTIONS if not question.must_refuse]
WORDS_ON_A_PAGE, CHARACTERS_ON_A_PAGE = 450, 700
OFFICE = {".docx", ".pptx", ".xlsx"}


def squeezed(text: str) -> str:
    """The text with no white space and none of the marks of Markdown, so that line breaks do not matter."""
    return re.sub(r"[\s*`|]|<[^>]+>", "", text)


def pages(path: Path) -> list[str]:
    """The text of each page of a PDF; everything else is one page."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            return [page.get_textpage().get_text_range() for page in pdf]
    if path.suffix in OFFICE:
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")]
        return [html.unescape(re.sub(r"<[^>]+>", "", " ".join(parts)))]
    text = path.read_text(encoding="utf-8")
    return [html.unescape(re.sub(r"<[^>]+>", "", text)) if path.suffix == ".html" else text]


def length_in_pages(path: Path) -> float:
    if path.suffix == ".pdf":
        return len(pages(path))
    if path.suffix == ".pptx":
        with zipfile.ZipFile(path) as archive:
            return sum(bool(re.fullmatch(r"ppt/slides/slide\d+\.xml", name)) for name in archive.namelist())
    if path.suffix in {".xlsx", ".csv", ".eml"}:
        return 1
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            text = re.sub(r"<[^>]+>", " ", archive.read("word/document.xml").decode())
    else:
        text = pages(path)[0]
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return chinese / CHARACTERS_ON_A_PAGE + len(re.findall(r"[A-Za-z']+", text)) / WORDS_ON_A_PAGE


def facts_of(source: Path) -> dict[str, str]:
    text = source.read_text(encoding="utf-8")
    head = text.split("---\n", 2)[1] if text.startswith("---\n") else f"file: {source.name}"
    return dict(line.split(": ", 1) for line in head.splitlines())


def document_of(source: Path) -> Path:
    return DOCUMENTS / source.parent.relative_to(SOURCES) / facts_of(source)["file"]


ALL_SOURCES = sorted(path for path in SOURCES.rglob("*") if path.is_file())


def test_every_source_has_its_document_and_every_document_its_source() -> None:
    assert {document_of(source) for source in ALL_SOURCES} == {path for path in DOCUMENTS.rglob("*") if path.is_file()}


def test_the_documents_are_sixty_pages_or_more_and_below_four_megabytes() -> None:
    made = [path for path in DOCUMENTS.rglob("*") if path.is_file()]
    assert sum(map(length_in_pages, made)) >= 60
    assert sum(path.stat().st_size for path in made) < 4_000_000
    assert max(path.stat().st_size for path in made) < 1_000_000


@pytest.mark.parametrize("source", ALL_SOURCES, ids=lambda path: path.stem)
def test_a_document_says_what_its_source_says(source: Path) -> None:
    body = source.read_text(encoding="utf-8").split("---\n", 2)[-1]
    paragraphs = [line for line in body.splitlines() if re.match(r"\w", line) and not re.match(r"\d+\. |Notes:", line)]
    where = document_of(source)
    headers = {facts_of(source).get(name, "") for name in ("header", "footer")} - {""}
    text = "".join(pages(where))
    if where.suffix == ".pdf":  # paragraphs run on over pages: heads and numbers of pages stand between
        text = re.sub("|".join([*map(re.escape, headers), r"Page \d+", r"第 \d+ 页"]), "", text)
    text = squeezed(text)
    missing = [line for line in paragraphs if squeezed(line) not in text]
    assert missing == []


@pytest.mark.parametrize("question", ANSWERED, ids=lambda question: question.id)
def test_the_answer_to_a_question_stands_in_its_document(question: OwnQuestion) -> None:
    path = DOCUMENTS / question.document
    texts = [squeezed(text) for text in pages(path)]
    found = [number for number, text in enumerate(texts, start=1) if squeezed(question.answers[0]) in text]
    assert found
    assert (question.page is not None) == (path.suffix == ".pdf")
    assert question.page is None or question.page in found


def test_there_are_questions_in_three_scripts_and_some_to_refuse() -> None:
    assert {question.tags[0] for question in ANSWERED} == {"en", "zh-Hans", "zh-Hant"}
    assert len(ANSWERED) >= 20
    assert len(QUESTIONS) - len(ANSWERED) >= 4


@pytest.mark.parametrize("path", sorted(DOCUMENTS.rglob("*guideline.pdf")), ids=lambda path: path.stem)
def test_the_chinese_pdf_embeds_its_font(path: Path) -> None:
    assert b"/FontFile2" in path.read_bytes()


def test_building_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    build = [sys.executable, "-W", "ignore", str(EXAMPLES / "build.py"), "--out", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    for path in sorted(path for path in DOCUMENTS.rglob("*") if path.is_file()):
        again = tmp_path / path.relative_to(DOCUMENTS)
        # A newer library may pack the same text in other bytes; only what the page says must not change.
        same = hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
        assert same or list(map(squeezed, pages(again))) == list(map(squeezed, pages(path)))
