"""What docs/evaluating.md shows can be used as it stands, and both languages say the same."""

import re
from pathlib import Path

import pytest
import yaml

from eval.own_questions import read_gate, read_questions
from ui.terminal.main import build_parser

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "docs" / "evaluating.md", ROOT / "docs" / "evaluating.zh-CN.md"]


def blocks(path: Path, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_questions_and_gates_in_the_document_can_be_read(path: Path, tmp_path: Path) -> None:
    questions, workflow = blocks(path, "yaml")
    (table,) = blocks(path, "csv")
    for name, content, count in (("q.yaml", questions, 3), ("q.csv", table, 2)):
        (tmp_path / name).write_text(content, "utf-8")
        assert len(read_questions(tmp_path / name)) == count
    (tmp_path / "gate.toml").write_text(blocks(path, "toml")[0], "utf-8")
    assert read_gate(tmp_path / "gate.toml")
    steps = yaml.safe_load(workflow)["jobs"]["answers"]["steps"]
    assert any("--gate" in step.get("run", "") for step in steps)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_the_document_is_one(path: Path) -> None:
    commands = re.findall(r"(?:^|run: |\$ )(ibid [^\n#]*)", path.read_text("utf-8"), re.MULTILINE)
    assert len(commands) >= 9
    for command in commands:
        build_parser().parse_args(command.split()[1:])


def test_both_languages_have_the_same_parts() -> None:
    def shape(path: Path) -> list[str]:
        return re.findall(r"^(#+ |```[a-z]*$|\|)", path.read_text("utf-8"), re.MULTILINE)

    assert shape(DOCUMENTS[0]) == shape(DOCUMENTS[1])
    assert blocks(DOCUMENTS[0], "csv") == blocks(DOCUMENTS[1], "csv")
