"""Questions in YAML: a list of them, or a mapping whose `questions` is that list.

Values are taken as they are written: `answer: 0.50` means the text "0.50", `answer: No` the text "No".
"""

from __future__ import annotations

from typing import Any

from kb.questions.entries import Entry, Field, Problem
from kb.questions.records import FIELDS, field_named

_SEVERAL = {"answer", "tags"}  # fields that may be lists
_NOTHING = "tag:yaml.org,2002:null"


def read_yaml(text: str) -> tuple[list[Entry], list[Problem]]:
    """The questions of a YAML file and what is wrong with its form."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        return [], [Problem(mark.line + 1 if mark else 1, f"is not YAML: {what}")]
    except RecursionError:
        return [], [Problem(1, "is nested too deeply")]
    return _entries(root)


def _entries(root: Any) -> tuple[list[Entry], list[Problem]]:
    problems: list[Problem] = []
    listed = root
    if _is_mapping(root):
        listed = None
        for key, value in root.value:
            if str(key.value) == "questions":
                listed = value
            else:
                problems.append(Problem(_line(key), f"unknown key {_shown(key)}; the file holds `questions:`"))
    if listed is None or not _is_list(listed):
        return [], [*problems, Problem(_line(root), "holds no list of questions")]
    entries = []
    for item in listed.value:
        if _is_mapping(item):
            entries.append(_entry(item, problems))
        else:
            problems.append(Problem(_line(item), "is not a question; write `- question: …`"))
    return entries, problems


def _entry(item: Any, problems: list[Problem]) -> Entry:
    fields: dict[str, Field] = {}
    seen: set[str] = set()
    for key, value in item.value:
        name = field_named(str(key.value)) if _is_scalar(key) else ""
        if not name:
            problems.append(Problem(_line(key), f"unknown key {_shown(key)}; known: {', '.join(FIELDS)}"))
        elif str(key.value) in seen or (name in fields and name != "answer"):
            problems.append(Problem(_line(key), f"{_shown(key)} is given twice"))
        elif (texts := _texts(name, value, problems)) is not None:
            before = fields[name].texts if name in fields else ()
            fields[name] = Field(_line(value), (*before, *texts))
        seen.add(str(key.value))
    return Entry(_line(item), fields)


def _texts(name: str, value: Any, problems: list[Problem]) -> tuple[str, ...] | None:
    """The texts of one value; None where it has the wrong form."""
    if _is_scalar(value):
        return () if value.tag == _NOTHING else (value.value,)
    wrong = value
    if name in _SEVERAL and _is_list(value):
        wrong = next((item for item in value.value if not _is_scalar(item)), None)
        if wrong is None:
            return tuple(item.value for item in value.value if item.tag != _NOTHING)
    form = "a text or a list of texts" if name in _SEVERAL else "a single value"
    hint = "; put a text with “: ” in it between quotes" if _is_mapping(wrong) else ""
    problems.append(Problem(_line(wrong), f"{name} must be {form}{hint}"))
    return None


def _is_scalar(node: Any) -> bool:
    return getattr(node, "id", "") == "scalar"


def _is_list(node: Any) -> bool:
    return getattr(node, "id", "") == "sequence"


def _is_mapping(node: Any) -> bool:
    return getattr(node, "id", "") == "mapping"


def _line(node: Any) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _shown(node: Any) -> str:
    return repr(str(node.value)[:40])
