"""Files parsed in confined processes: what a bad one does stays there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.codec import decode, encode_document, encode_error, pack, unpack
from ingest.sandbox import ParserPool, parse_in_sandbox
from kb.errors import EmptyDocumentError, FileLimitError, InputError, UnreadableFileError
from kb.records import Document, Mark, MarkKind, WordBox
from kb.settings import LimitSettings
from tests.ingest.parsing_files import make_pdf, prose, write_lines

LIMITS = LimitSettings(max_file_mb=1, max_pages=3, parse_seconds=1, parse_memory_mb=300)
DOCUMENT = Document(
    id="a" * 64, name="规章.pdf", media_type="application/pdf", title="T", text="第一条 “x”\nend", language="zh-Hans",
    marks=(Mark(MarkKind.PAGE, 0, 11, 1, "iv"), Mark(MarkKind.ARTICLE, 0, 7, 1, "第一条")),
    boxes=(WordBox(0, 1, 1, 1.25, 2.0, 3.5, 4.75),), metadata={"author": "王"}, pages=1, warnings=("w",),
)  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(LIMITS, parser="tests.ingest.misbehaving:behave") as made:
        yield made


def order(folder: Path, what: str) -> Path:
    path = folder / "order.pdf"  # an ending that needs no heavy libraries
    path.write_text(what)
    return path


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(3)))

    document = parse_in_sandbox(path, "shown.pdf", LIMITS)

    assert (document.name, document.text, document.pages) == ("shown.pdf", " ".join(prose(3)), 1)
    assert document.boxes[0].page == 1


def test_errors_come_back_as_themselves(tmp_path: Path) -> None:
    locked = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(1)), password="x")
    long = make_pdf(tmp_path / "b.pdf", *[lambda canvas: write_lines(canvas, prose(1))] * 4)
    (tmp_path / "c.pdf").write_bytes(b"")

    with pytest.raises(UnreadableFileError, match="password"):
        parse_in_sandbox(locked, "a.pdf", LIMITS)
    with pytest.raises(FileLimitError, match="4 pages, 3 allowed"):
        parse_in_sandbox(long, "b.pdf", LIMITS)
    with pytest.raises(EmptyDocumentError):
        parse_in_sandbox(tmp_path / "c.pdf", "c.pdf", LIMITS)


@pytest.mark.parametrize(
    ("what", "kind", "words"),
    [
        ("crash", UnreadableFileError, "signal 11"),
        ("spin", FileLimitError, "takes too long"),
        ("sleep", FileLimitError, "takes too long"),
        ("grow", FileLimitError, "more than 300 MB"),
        ("exit", UnreadableFileError, "the parser stopped"),
        ("strange", UnreadableFileError, "the parser stopped"),
    ],
)
def test_what_a_bad_file_does_becomes_a_reason(
    pool: ParserPool, tmp_path: Path, what: str, kind: type[InputError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        pool.parse(order(tmp_path, what), "bad.pdf")

    assert pool.parse(order(tmp_path, "still here"), "good.pdf").text == "still here"


def test_a_parser_has_no_network_no_programs_and_an_empty_folder(pool: ParserPool, tmp_path: Path) -> None:
    assert "may not use socket" in pool.parse(order(tmp_path, "connect"), "a.pdf").text
    assert "may not use subprocess.Popen" in pool.parse(order(tmp_path, "run"), "a.pdf").text
    seen = pool.parse(order(tmp_path, "look around"), "a.pdf").text.split("|")
    assert seen[0] == "granted-seconds"
    assert "IBID_HOME" not in seen
    assert seen[-1] == "3"


def test_folders_of_finished_parsers_are_removed(pool: ParserPool, tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("ibid-parse-*"))
    pool.parse(order(tmp_path, "one"), "a.pdf")
    with pytest.raises(UnreadableFileError):
        pool.parse(order(tmp_path, "crash"), "a.pdf")
    assert set(Path(tempfile.gettempdir()).glob("ibid-parse-*")) <= before


def test_threads_each_get_their_own_document_while_another_hangs(pool: ParserPool, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pdf" for number in range(12)]
    for number, path in enumerate(paths):
        path.write_text("sleep" if number == 5 else f"text {number}")
    started = time.monotonic()

    def read(path: Path) -> str:
        try:
            return pool.parse(path, path.name).text
        except FileLimitError:
            return "too long"

    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(read, paths))

    assert results == ["too long" if number == 5 else f"text {number}" for number in range(12)]
    assert time.monotonic() - started < 60


def small_texts(folder: Path, *orders: str) -> list[tuple[Path, str]]:
    files = []
    for number, what in enumerate(orders):
        path = folder / f"{number}.txt"
        path.write_text(what)
        files.append((path, path.name))
    return files


def shown(results: Iterable[Document | InputError]) -> list[str]:
    return [result.text if isinstance(result, Document) else type(result).__name__ for result in results]


def test_small_texts_share_a_process_and_come_back_in_their_order(pool: ParserPool, tmp_path: Path) -> None:
    processes = shown(pool.parse_all(small_texts(tmp_path, *["process"] * 20)))

    assert [processes.count(process) for process in dict.fromkeys(processes)] == [16, 4]
    assert shown(pool.parse_all(small_texts(tmp_path, "一", "two", "三"))) == ["一", "two", "三"]


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("crash", "UnreadableFileError"),
        ("spin", "FileLimitError"),
        ("grow", "FileLimitError"),
        ("strange", "UnreadableFileError"),
    ],
)
def test_what_ends_a_shared_process_costs_its_own_file_alone(
    pool: ParserPool, tmp_path: Path, deed: str, error: str
) -> None:
    files = small_texts(tmp_path, "before", deed, "after", "last")

    assert shown(pool.parse_all(files)) == ["before", error, "after", "last"]


@pytest.mark.parametrize("beginning", [b"%PDF-1.7 ", b"PK\x03\x04", b"a\0b", b"\x89PNG"])
def test_what_is_no_text_shares_no_process_whatever_its_ending(
    pool: ParserPool, tmp_path: Path, beginning: bytes
) -> None:
    files = small_texts(tmp_path, *["process"] * 3)
    files[1][0].write_bytes(beginning)

    first, _, last = shown(pool.parse_all(files))

    assert first != last


def test_a_missing_file_among_small_ones_gets_its_reason(pool: ParserPool, tmp_path: Path) -> None:
    files = small_texts(tmp_path, "one", "two")
    files.insert(1, (tmp_path / "gone.txt", "gone.txt"))

    assert shown(pool.parse_all(files)) == ["one", "UnreadableFileError", "two"]


@given(st.lists(st.binary(max_size=40)), st.integers(0, 30))
def test_packed_contents_are_unpacked_up_to_where_they_were_cut(contents: list[bytes], cut: int) -> None:
    packed = b"".join(map(pack, contents))

    assert unpack(packed) == contents
    assert unpack(packed[: max(0, len(packed) - cut)]) == contents[: len(unpack(packed[: max(0, len(packed) - cut)]))]


def test_a_killed_host_is_started_anew(tmp_path: Path) -> None:
    with ParserPool(LIMITS, parser="tests.ingest.misbehaving:behave") as pool:
        with pytest.raises(UnreadableFileError, match="the process that parses files ended"):
            pool.parse(order(tmp_path, "kill host"), "a.pdf")
        assert pool.parse(order(tmp_path, "again"), "a.pdf").text == "again"


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(FileLimitError, match="200 MB, 1 allowed"):
        parse_in_sandbox(path, "a.pdf", LIMITS)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        parse_in_sandbox(tmp_path / "gone.pdf", "gone.pdf", LIMITS)
    with pytest.raises(UnreadableFileError, match="folder"):
        parse_in_sandbox(tmp_path, "folder", LIMITS)


def test_a_closed_pool_leaves_no_process(tmp_path: Path) -> None:
    pool = ParserPool(LIMITS, parser="tests.ingest.misbehaving:behave")
    pool.parse(order(tmp_path, "x"), "a.pdf")
    host = pool._host
    assert host is not None
    pool.close()
    assert host.poll() is not None


def test_importing_the_sandbox_loads_no_parser() -> None:
    heavy = ("unstructured", "spacy", "torch", "pypdfium2", "numpy")
    code = f"import sys, ingest.sandbox; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_document_survives_the_codec() -> None:
    assert decode(encode_document(DOCUMENT)) == DOCUMENT


def test_an_error_survives_the_codec() -> None:
    with pytest.raises(FileLimitError) as caught:
        decode(encode_error(FileLimitError("what", "why", "advice")))
    assert (caught.value.what, caught.value.why, caught.value.advice) == ("what", "why", "advice")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"marks":[["page",0,11', b'"marks":[["page",0,999'), (b'"boxes":[[0,1', b'"boxes":[[0,"1"'),
     (b'"page"', b'"evil"'),
     (b'{"document"', b'{"other"'), (b"}}", b"}"), (b"[0,1,1,1.25", b"[-5,1,1,1.25")],
)  # fmt: skip
def test_an_answer_that_breaks_a_promise_is_refused(old: bytes, new: bytes) -> None:
    content = encode_document(DOCUMENT)
    assert old in content
    with pytest.raises(UnreadableFileError, match="makes no sense"):
        decode(content.replace(old, new))
