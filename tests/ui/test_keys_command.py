"""`ibid keys`: a key made on the terminal opens the server, to the browser app too, until it is revoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.settings import AppSettings, Settings, read_settings
from tests.serving.http_server import running_server
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.launch import app_environment
from ui.terminal.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["keys", *arguments, "--home", str(tmp_path)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run_command


def test_a_key_is_shown_once_and_alone_on_stdout(run: Run) -> None:
    status, out, err = run("create", "robot")
    assert status == 0
    assert out.startswith("sk-ibid-")
    assert out.count("\n") == 1
    assert "shown once" in err
    assert out.strip() not in run("list")[1] + run("list", "--json")[1]


def test_a_key_that_could_never_be_used_is_not_made(run: Run) -> None:
    status, out, err = run("create", "robot", "--expires", "2001-01-31")
    assert (status, out) == (2, "")
    assert "could never be used" in err
    assert json.loads(run("list", "--json")[1])["keys"] == []


def test_a_collection_that_is_not_there_yet_is_said(run: Run) -> None:
    status, out, err = run("create", "robot", "--only-collection", "clinc")
    assert status == 0
    assert out.startswith("sk-ibid-")
    assert "no collection 'clinc' yet" in err


def test_what_a_key_may_do_is_listed(run: Run) -> None:
    made = ("--right", "ask", "--right", "write", "--only-collection", "clinic", "--only-collection", "病历")
    run("create", "robot", *made, "--expires", "2099年1月31日", "--per-minute", "60", "--at-once", "4")
    _, out, _ = run("list")
    for shown in (
        "robot",
        "ask+write",
        "clinic, 病历",
        "60 a minute",
        "4 at once",
        "until the end of 2099-01-31",
        "never used",
    ):
        assert shown in out
    (key,) = json.loads(run("list", "--json")[1])["keys"]
    assert key["rights"] == ["ask", "write"]
    assert key["collections"] == ["clinic", "病历"]
    assert key["state"] == "valid"


def test_no_keys_are_said_to_mean_loopback(run: Run) -> None:
    status, out, err = run("list")
    assert (status, out) == (0, "")
    assert "this machine only" in err


def test_revoking_the_last_key_is_warned_of(run: Run) -> None:
    run("create", "one")
    run("create", "two")
    status, out, err = run("revoke", "one")
    assert status == 0
    assert out.endswith("one\n")
    assert err == ""
    assert "lets nobody in" in run("revoke", "two")[2]
    assert [key["state"] for key in json.loads(run("list", "--json")[1])["keys"]] == ["revoked", "revoked"]


@pytest.mark.parametrize(
    "arguments", [("revoke", "nobody"), ("create", " "), ("create", "a", "--expires", "someday"), ("revoke", "x" * 999)]
)
def test_what_cannot_be_is_one_clear_line(run: Run, arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("ibid: ")
    assert err.count("\n") == 1


def test_the_app_sends_the_key_that_it_is_given(run: Run, tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        secret = run("create", "app", "--right", "ask", "--right", "read")[1].strip()
        with pytest.raises(ClientError) as refused:
            Client(server.address).collections()
        assert refused.value.kind is FailureKind.NO_KEY
        client = Client(server.address, key=secret)
        assert [collection.name for collection in client.collections()] == ["default"]
        run("revoke", "app")
        with pytest.raises(ClientError, match="revoked"):
            client.collections()


def test_the_apps_key_comes_from_the_settings_or_the_environment(tmp_path: Path) -> None:
    (tmp_path / "ibid.toml").write_text('[app]\nkey = "sk-ibid-file"\n')
    settings = read_settings({}, tmp_path)
    assert settings.app == AppSettings(key="sk-ibid-file")
    assert app_environment(settings, {})["IBID_API_KEY"] == "sk-ibid-file"
    assert app_environment(settings, {"IBID_API_KEY": "sk-ibid-variable"})["IBID_API_KEY"] == "sk-ibid-variable"
    assert "IBID_API_KEY" not in app_environment(Settings(tmp_path), {})


def test_the_audit_log_is_shown_and_checked(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def audit(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["audit", *arguments, "--home", str(tmp_path)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    assert audit() == (0, "", "ibid: nothing was changed yet\n")
    run("create", "robot")
    main(["collections", "--create", "法律", "--home", str(tmp_path)])
    _, listed, _ = audit()
    assert "terminal  collection.created  法律" in listed
    assert "(robot)" in listed
    assert [entry["number"] for entry in json.loads(audit("--json", "-n", "1")[1])["entries"]] == [2]
    status, checked, _ = audit("--verify")
    assert status == 0
    assert checked.startswith("2 entries, all as they were written\n")
    head = checked.splitlines()[1].split()[0]
    assert audit("--verify", head)[0] == 0
    status, out, err = audit("--verify", "0" * 64)
    assert (status, out) == (1, "")
    assert "not whole" in err
