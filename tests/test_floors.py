"""A package imports only from floors below its own, and importing ibid's own modules does no work."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "kb": set(),
    "retriever": {"kb"},
    "ingest": {"kb", "retriever"},
    "serving": {"kb", "retriever"},
    "eval": {"kb", "retriever", "ingest", "serving"},
    "ui": {"kb", "retriever", "ingest", "serving", "eval"},
}


def imported_packages(path: Path) -> set[str]:
    """Our own packages that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} & MAY_IMPORT.keys()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_from_floors_below_it(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        upwards = imported_packages(path) - MAY_IMPORT[package] - {package}
        assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"


def test_the_browser_app_speaks_http_and_imports_only_the_ground_floor() -> None:
    for path in (ROOT / "ui" / "browser").rglob("*.py"):
        assert imported_packages(path) <= {"kb", "ui"}, path


def test_the_command_line_starts_without_loading_anything_heavy() -> None:
    heavy = {"torch", "transformers", "sentence_transformers", "unstructured", "spacy", "fastapi", "streamlit"}
    heavy |= {"langchain_core", "openvino", "pandas", "numpy"}
    code = f"import sys; import ui.terminal.main; print(sorted(set(sys.modules) & {heavy!r}))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert printed.stdout.strip() == "[]"
