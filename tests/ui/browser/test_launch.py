from __future__ import annotations

import ast
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from streamlit import config

from kb.errors import UsageError
from kb.settings import AppSettings, LimitSettings, ServeSettings, Settings
from ui.browser.launch import api_url, app_command, app_environment, check_port, run_app

FOLDER = Path(__file__).parents[3] / "ui" / "browser"
LEGAL = {"kb", "ui", "httpx", "streamlit", "starlette", "uvicorn", *sys.stdlib_module_names}


def _modules() -> list[str]:
    """The app's modules and packages by name, without the one that holds them all."""
    files = [path.relative_to(FOLDER.parents[1]).with_suffix("") for path in sorted(FOLDER.rglob("*.py"))]
    return [".".join(file.parts).removesuffix(".__init__") for file in files if file.parent.name != "ui"][1:]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_app_is_a_client_of_http_and_of_nothing_else(path: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert {name.split(".")[0] for name in imported} <= LEGAL
    ground = {name for name in imported if name.startswith("kb") and not name.startswith("kb.text.")}
    assert ground <= {"kb", "kb.records", "kb.errors", "kb.settings"}
    assert {name for name in imported if name.startswith("ui")} <= {*_modules(), "ui.browser"}


def test_importing_the_app_loads_no_engine() -> None:
    names = [name for name in _modules() if name != "ui.browser.app"]
    heavy = (
        "serving",
        "retriever",
        "ingest",
        "torch",
        "faiss",
        "tantivy",
        "kb.catalog",
        "kb.embedding",
        "langchain_core",
    )
    script = f"import sys, {', '.join(names)}; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_no_module_beside_the_entry_hides_one_of_pythons_own() -> None:
    top_level = {"eval", "examples", "ingest", "kb", "retriever", "serving", "tests", "ui", "benchmarks", "docs"}
    beside = {path.stem for path in FOLDER.iterdir() if path.name != "__init__.py"}
    assert not beside & (set(sys.stdlib_module_names) | top_level | {"streamlit", "httpx"})


def test_nothing_is_reported_watched_or_shown_as_a_stack_trace(tmp_path: Path) -> None:
    command = app_command(Settings(home=tmp_path, serve=ServeSettings(app_port=8765)))
    assert {
        "--browser.gatherUsageStats=false",
        "--server.fileWatcherType=none",
        "--client.showErrorDetails=none",
        "--server.address=127.0.0.1",
        "--server.port=8765",
    } <= set(command)


def test_nobody_waits_while_streamlit_looks_for_garbage_after_somebodys_click(tmp_path: Path) -> None:
    assert "--runner.postScriptGC=false" in app_command(Settings(home=tmp_path))
    assert "runner.postScriptGC" in config.get_config_options()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("clinic.example", "http://clinic.example:8000"),
    ],
)
def test_the_app_is_told_where_the_api_is(tmp_path: Path, host: str, url: str) -> None:
    settings = Settings(home=tmp_path, serve=ServeSettings(host=host))
    assert api_url(settings) == url
    limits = {"IBID_LIMITS_MAX_FILE_MB": "100", "IBID_LIMITS_MAX_IMPORT_MB": "1000"}
    assert app_environment(settings, {"PATH": "/bin"}) == {"PATH": "/bin", "IBID_API_URL": url, **limits}


def test_the_api_may_be_on_another_machine(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, app=AppSettings(server="http://api:8000/"))
    assert app_environment(settings, {})["IBID_API_URL"] == "http://api:8000"


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{port}: .*in use.*IBID_SERVE_APP_PORT"):
            run_app(Settings(home=tmp_path, serve=ServeSettings(app_port=port)))
    check_port("127.0.0.1", port)


def test_documents_and_collections_from_a_file_have_limits_of_their_own(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, limits=LimitSettings(max_file_mb=7, max_import_mb=70))
    told = app_environment(settings, {})
    assert (told["IBID_LIMITS_MAX_FILE_MB"], told["IBID_LIMITS_MAX_IMPORT_MB"]) == ("7", "70")
    assert "--server.maxUploadSize=70" in app_command(settings)


def test_a_port_that_is_none_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match="ports end at 65535"):
        check_port("127.0.0.1", 99_999)


def test_an_address_that_is_not_ours_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match="cannot listen on"):
        check_port("203.0.113.1", 8501)


@pytest.mark.slow
def test_ending_the_launcher_ends_the_app(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = (
        "import sys; from kb.settings import read_settings; from ui.browser.launch import run_app; "
        "sys.exit(run_app(read_settings()))"
    )
    environment = {**os.environ, "IBID_HOME": str(tmp_path), "IBID_SERVE_APP_PORT": str(port), "HOME": str(tmp_path)}
    launcher = subprocess.Popen([sys.executable, "-c", script], env=environment)
    wait_until(lambda: answers(port))
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(10) == 0
    assert not answers(port)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_stcore/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def wait_until(true: object) -> None:
    assert callable(true)
    for _ in range(200):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 20 seconds")
