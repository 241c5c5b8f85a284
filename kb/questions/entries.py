"""What YAML and CSV files have in common before anything is checked: fields with the lines they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kb.errors import UsageError

_SHOWN = 12  # problems in one message: enough to see the pattern, and a screen's half


class Field(NamedTuple):
    """One field of one question: its texts (several only for answers and tags) and its line."""

    line: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question as it stands in a file."""

    line: int
    fields: dict[str, Field]


class Problem(NamedTuple):
    """What is wrong, and on which line."""

    line: int
    text: str


def refuse(called: str, problems: list[Problem], counted: str = "line") -> UsageError:
    """The error that names the problems of a file by their lines, or by whatever else they are counted."""
    ordered = sorted(problems)
    lines = [f"{counted} {problem.line}: {problem.text}" for problem in ordered[:_SHOWN]]
    if len(ordered) > _SHOWN:
        lines.append(f"and {len(ordered) - _SHOWN} more")
    return UsageError(f"cannot use the questions of {called}", "\n  " + "\n  ".join(lines))
