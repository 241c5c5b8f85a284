"""What an operation and its parameters were found to do."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

_MADE_ID = re.compile(r"\b([a-z]+[-_])?[0-9a-f]{12,}\b|\bstore-\d+")  # other ones in every run


@dataclass(frozen=True, slots=True)
class ParameterMeasured:
    """What a parameter does."""

    name: str
    verdict: str  # "taken", "ignored", "in part", "refused"
    note: str = ""


@dataclass(slots=True)
class Measured:
    """What an operation does."""

    name: str
    family: str
    route: str  # of ours, "" where there is none
    offered: bool = False
    refusal: str = ""  # why it is not offered
    answer: str = ""  # what the answer is, in words
    faults: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    parameters: list[ParameterMeasured] = field(default_factory=list)

    def note(self, fault: str) -> None:
        """Keeps what is wrong, once."""
        if without_ids(fault) not in self.faults:
            self.faults.append(without_ids(fault))


def with_differences(measured: Measured, without_model: Measured) -> Measured:
    """What a server with a chat model does, and where one without it differs."""
    others = {parameter.name: parameter for parameter in without_model.parameters}
    both: list[ParameterMeasured] = []
    for parameter in measured.parameters:
        other = others.get(parameter.name, parameter)
        note = parameter.note
        if other != parameter:
            note = f"{note}{'; ' if note else ''}without a chat model {other.verdict}: {other.note or 'no effect'}"
        both.append(replace(parameter, note=note))
    measured.parameters = both
    measured.faults += [fault for fault in without_model.faults if fault not in measured.faults]
    return measured


def without_ids(text: str) -> str:
    """A text without what is another in every run."""
    return _MADE_ID.sub("…", text)
