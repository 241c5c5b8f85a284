"""The command line as a person meets it, with the real parts: files in, cited answers out."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.making import lend_models
from tests.serving.model_server import Reply, model_server
from ui.terminal.main import build_parser, main

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "documents"

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def home(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a course, a clinic and a law office in it."""
    home = tmp_path_factory.mktemp("home")
    lend_models(prepared_models, home)
    chosen = ["course/inf342-handbook.pdf", "law/yunxi-library-regulation.html", "clinic/metformin-leaflet.docx"]
    assert main(["ingest", *(str(EXAMPLES / name) for name in chosen), "--home", str(home)]) == 0
    return home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command that prints JSON and returns what it printed."""

    def run_command(*arguments: str) -> Any:
        assert main([*arguments, "--home", str(home), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run_command


def error_of(capsys: pytest.CaptureFixture[str], status: int, *arguments: str) -> str:
    """The one line on stderr of a command that ends with `status`."""
    assert main(list(arguments)) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.startswith("ibid: ")
    return captured.err


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [
        ("When and where is the written examination of INF 342?", "inf342-handbook.pdf", "hall b"),
        ("读者证有效期是多久？", "yunxi-library-regulation.html", "有效期"),
        ("What should I do if I miss a dose of metformin?", "metformin-leaflet.docx", "dose"),
    ],
)
def test_an_answer_quotes_the_very_words_of_the_right_document(
    run: Run, question: str, document: str, words: str
) -> None:
    answer = run("ask", question)
    assert answer["status"] == "answered"
    assert answer["text"] == "".join(claim["text"] for claim in answer["claims"])
    assert document in {citation["document"] for citation in answer["citations"]}
    for citation in answer["citations"]:
        text = run("show", citation["document_id"])["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert words in " ".join(citation["quote"] for citation in answer["citations"]).lower()
    assert {claim["verdict"] for claim in answer["claims"]} == {"supported"}


def test_a_pdf_citation_names_its_page_and_boxes(run: Run) -> None:
    citation = run("ask", "How much is deducted for late work?")["citations"][0]
    assert citation["page"] >= 1
    page, x0, y0, x1, y1 = citation["boxes"][0]
    assert page == citation["page"]
    assert 0 <= x0 < x1 <= 612
    assert 0 <= y0 < y1 <= 842


@pytest.mark.parametrize("question", ["Who won the football world cup in 1998?", "谁赢得了一九九八年世界杯足球赛？"])
def test_a_question_that_no_document_answers_is_refused(run: Run, question: str) -> None:
    answer = run("ask", question)
    assert answer["status"] == "refused"
    assert answer["citations"] == []
    assert answer["looked_at"]


def test_search_prints_what_the_interface_promises(run: Run) -> None:
    result = run("search", "late work", "-k", "3", "--mode", "lexical")
    assert {"question", "collection", "version", "hits"} <= result.keys()
    assert [hit["rank"] for hit in result["hits"]] == [1, 2, 3]
    promised = "rank score source passage_id document_id document title headings page start end text"
    assert set(promised.split()) <= result["hits"][0].keys()
    assert result["hits"][0]["source"] == "lexical"


def test_a_filter_keeps_to_its_document(run: Run) -> None:
    hits = run("search", "late return", "--filter", "document=yunxi-library-regulation.html")["hits"]
    assert {hit["document"] for hit in hits} == {"yunxi-library-regulation.html"}


@pytest.mark.parametrize(
    "condition",
    ["document!=yunxi-library-regulation.html", '{"type": "nin", "key": "language", "value": ["zh"]}', "language<zh"],
)
def test_conditions_leave_documents_out(run: Run, condition: str) -> None:
    names = {hit["document"] for hit in run("search", "late return 图书馆 逾期", "--filter", condition)["hits"]}
    assert names
    assert "yunxi-library-regulation.html" not in names


def test_a_deleted_document_is_found_no_more(home: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "parking.txt"
    path.write_text("Visitors park behind the gymnasium and pay four euros a day.")
    run("ingest", str(path), "-c", "rules")
    assert run("search", "visitor parking", "-c", "rules")["hits"]
    removed = run("delete", "parking.txt", "-c", "rules")
    assert [item["name"] for item in removed["removed"]] == ["parking.txt"]
    assert run("search", "visitor parking", "-c", "rules")["hits"] == []
    assert run("documents", "-c", "rules")["documents"] == []
    assert {item["name"] for item in run("collections")["collections"]} >= {"default", "rules"}


def test_a_collection_is_made_strict_and_flagging_again(
    home: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    def policy() -> str:
        return next(item["policy"] for item in run("collections")["collections"] if item["name"] == "ward")

    run("collections", "--create", "ward", "--policy", "strict")
    assert policy() == "strict"
    run("collections", "--set", "ward", "--policy", "flag")
    assert policy() == "flag"
    assert main(["collections", "--home", str(home)]) == 0
    assert re.search(r"ward .* flag ", capsys.readouterr().out)
    for arguments in (["--policy", "strict"], ["--set", "ward"]):
        error = error_of(capsys, 2, "collections", *arguments, "--home", str(home))
        assert "`ibid collections --set NAME --policy strict`" in error
    assert "no collection 'nowhere'" in error_of(
        capsys, 2, "collections", "--set", "nowhere", "--policy", "flag", "--home", str(home)
    )
    run("collections", "--delete", "ward")


def test_what_is_withheld_is_printed_for_whoever_asks(
    prepared_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    lend_models(prepared_models, home)
    (tmp_path / "tea.txt").write_text("Tea is served at four in the garden. Visitors pay two euros for it.")
    assert main(["ingest", str(tmp_path / "tea.txt"), "--home", str(home)]) == 0
    assert main(["collections", "--set", "default", "--policy", "strict", "--home", str(home)]) == 0
    reply = "Tea is served at four in the garden [1]. Visitors pay nine euros for it [1]."
    with model_server(Reply((reply,))) as server:
        asked = ["ask", "When is tea served in the garden?", "--model", "m", "--base-url", server.base_url]
        capsys.readouterr()
        assert main([*asked, "--home", str(home)]) == 0
        plain = capsys.readouterr().out
        assert "(One sentence was withheld: one says nine euros where the cited words say two euros.)" in plain
        assert "Visitors pay nine" not in plain
        assert main([*asked, "--home", str(home), "--show-withheld"]) == 0
        shown = capsys.readouterr().out
    assert "Withheld, because the documents do not bear it out:\n✗ contradicted by what it cites" in shown
    assert shown.rstrip().endswith("Visitors pay nine euros for it.")


def test_a_file_that_fails_makes_the_exit_status_1_and_the_others_are_stored(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.txt").write_text("A good file says that tea is served at four.")
    (tmp_path / "empty.txt").write_text("")
    assert main(["ingest", str(tmp_path), "-c", "mixed", "--home", str(home), "--json"]) == 1
    files = {item["name"]: item for item in json.loads(capsys.readouterr().out)["files"]}
    assert files["good.txt"]["state"] == "stored"
    assert files["empty.txt"]["state"] == "failed"
    assert "empty" in files["empty.txt"]["reason"]


def test_nothing_that_can_be_read_makes_no_collection(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = ("-c", "mistyped", "--home", str(home))
    assert "no such file" in error_of(capsys, 1, "ingest", str(tmp_path / "absent.pdf"), *new)
    assert "no file that can be read" in error_of(capsys, 2, "ingest", str(tmp_path), *new)
    assert "no collection 'mistyped'" in error_of(capsys, 2, "documents", *new)


@pytest.mark.parametrize("number", ["-1", "0", "two"])
def test_fewer_than_one_entry_cannot_be_listed(home: Path, capsys: pytest.CaptureFixture[str], number: str) -> None:
    with pytest.raises(SystemExit):
        main(["history", "-n", number, "--home", str(home)])
    assert f"must be 1 or more, not {number}" in capsys.readouterr().err


def test_an_unknown_collection_is_named_and_ends_with_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no collection 'absent'" in error_of(capsys, 2, "ask", "why?", "-c", "absent", "--home", str(home))


@pytest.mark.parametrize("question", ["", "   ", "a" * 100_000])
def test_a_question_that_nobody_can_answer_ends_with_2(
    home: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    assert "question" in error_of(capsys, 2, "ask", question, "--home", str(home))


def test_a_wrong_date_or_filter_ends_with_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--as-of" in error_of(capsys, 2, "search", "x", "--as-of", "tomorrow", "--home", str(home))
    for wrong in ("document", "=x", '{"type": '):
        assert "--filter" in error_of(capsys, 2, "search", "x", "--filter", wrong, "--home", str(home))


def test_a_port_in_use_is_said_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in error_of(capsys, 2, "serve", "--port", port, "--home", str(home))


def test_the_doctor_finds_a_healthy_home_healthy(run: Run) -> None:
    findings = run("doctor")["findings"]
    assert not [finding for finding in findings if finding["level"] == "fault"]
    assert {"python", "disk", "default", "chat model", "verifier"} <= {finding["subject"] for finding in findings}


def test_every_command_of_the_interface_is_there() -> None:
    promised = "ingest search ask documents show delete collections doctor serve worker app up eval models"
    listed = {line.split()[0] for line in build_parser().format_help().splitlines() if line.startswith("    ")}
    assert set(promised.split()) <= listed


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            'kind = "server"\nbase_url = "http://127.0.0.1:9"',
            "server: the verifier's server http://127.0.0.1:9 cannot be",
        ),
        ('kind = "model"\nmodel = "nobody/none"', "model: the verifier's model nobody/none is not prepared"),
        ('kind = "llm"', "there is no chat model"),
        ('kind = "oracle"', "verifier.kind is 'oracle'"),
    ],
)
def test_the_doctor_says_when_the_verifier_cannot_be_asked(
    lines: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ibid.toml").write_text(f"[verifier]\n{lines}\n", "utf-8")
    assert main(["doctor", "--home", str(tmp_path), "--json"]) == 1
    (finding,) = (item for item in json.loads(capsys.readouterr().out)["findings"] if item["subject"] == "verifier")
    assert finding["level"] == "fault"
    assert text in finding["text"]


def test_the_short_answer_is_bold_on_a_terminal_and_plain_elsewhere(
    home: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "When is the written examination of INF 342?"
    claim = run("ask", question)["claims"][0]
    (start, end), *_ = claim["emphasis"]
    short = claim["text"][start:end]
    assert main(["ask", question, "--home", str(home)]) == 0
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["ask", question, "--home", str(home)]) == 0
    assert f"\x1b[1m{short}\x1b[22m" in capsys.readouterr().out


def test_what_a_person_sets_of_a_document_is_listed_and_filters(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    name = "metformin-leaflet.docx"
    described = run("set", name, "effective_from=2023年9月1日", "effective_to=2024-08", "tags=leaflet")["document"]
    assert (described["effective_from"], described["effective_to"]) == ("2023-09-01", "2024-08-31")
    listed = {entry["name"]: entry for entry in run("documents")["documents"]}
    assert listed[name]["given"] == {"effective_from": "2023-09-01", "effective_to": "2024-08-31", "tags": "leaflet"}
    question = "What should I do if I miss a dose of metformin?"
    for day, found in (("2024-08-31", True), ("2024年9月1日", False)):
        assert (name in {hit["document"] for hit in run("search", question, "--as-of", day)["hits"]}) is found
    cleared = run("set", name, "effective_from=", "effective_to=", "tags=")["document"]
    assert (cleared["effective_from"], cleared["effective_to"], cleared["given"]) == ("", "", {})


def test_a_date_that_is_none_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("set", "metformin-leaflet.docx", "effective_from=next week", "--home", str(home))
    assert "effective_from cannot be 'next week'" in error_of(capsys, 2, *arguments)
    folder = str(EXAMPLES / "clinic")
    assert "is before" in error_of(
        capsys, 2, "ingest", folder, "--set", "effective_from=2025", "--set", "effective_to=2024", "--home", str(home)
    )
