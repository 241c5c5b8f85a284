"""What the documents say of the program is true, in both languages."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from kb.settings import Settings, read_settings
from ui.terminal.main import build_parser

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> dict[str, argparse.ArgumentParser]:
    """Every command with its own parser."""
    actions = build_parser()._actions
    (choices,) = [action.choices for action in actions if isinstance(action, argparse._SubParsersAction)]
    return dict(choices)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_command_is_in_the_readme(readme: Path) -> None:
    named = set(re.findall(r"`(?:ibid )?([a-z]+)[ `]", readme.read_text("utf-8")))
    assert set(commands()) <= named


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_readme_names_only_settings_that_exist(readme: Path, tmp_path: Path) -> None:
    text = readme.read_text("utf-8")
    variables = {name: "1" for name in re.findall(r"IBID_[A-Z_]+", text) if name not in {"IBID_HOME", "IBID_API_URL"}}
    assert isinstance(read_settings(variables, home=tmp_path), Settings)
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "ibid.toml").write_text(block, "utf-8")
    assert read_settings({}, home=tmp_path).collection == tomllib.loads(block)["collection"]


def test_both_readmes_have_the_same_parts() -> None:
    def shape(path: Path) -> list[str]:
        return re.findall(r"^(#+ |```[a-z]*$|- |!\[|\| )", path.read_text("utf-8"), re.MULTILINE)

    assert shape(READMES[0]) == shape(READMES[1])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_no_document_holds_a_place_left_open() -> None:
    for path in DOCUMENTS:
        assert not re.search(r"@@|TODO|TBD|FIXME", path.read_text("utf-8")), path.name
