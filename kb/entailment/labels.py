"""What a model's labels mean. Every family names and orders them in its own way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from kb.errors import SettingsError


class Role(StrEnum):
    """What a label says of a sentence and a text."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"  # the text does not say


_NAMES = {
    Role.SUPPORTED: "entailment entailed entails entail supported supports support faithful consistent factual grounded"
    " yes true correct",
    Role.CONTRADICTED: "contradiction contradicted contradicts contradict contradictory refuted refutes refute",
    Role.UNDECIDED: "undecided neutral not_entailment not_entailed non_entailment unsupported not_supported unfaithful"
    " inconsistent hallucinated hallucination ungrounded no false incorrect not_enough_info nei unrelated",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}
_UNNAMED = re.compile(r"label_\d+")


def roles_of(labels: Sequence[str], *, tokens: bool = False) -> tuple[Role, ...]:
    """What each label means.

    Labels without names (LABEL_0 …) are read as their families have them: one is the support itself (cross-encoders),
    of two for sentences the second is support (MiniCheck, FactCG), of two for tokens the first (LettuceDetect).

    Raises:
        SettingsError: it cannot be told, or no label means support.
    """
    names = [re.sub(r"[\s-]+", "_", label.strip().lower()) for label in labels]
    if names and all(map(_UNNAMED.fullmatch, names)) and len(names) <= 2:
        unnamed = (Role.SUPPORTED, Role.UNDECIDED) if tokens or len(names) == 1 else (Role.UNDECIDED, Role.SUPPORTED)
        return unnamed[: len(names)]
    roles = tuple(_ROLES[name] for name in names if name in _ROLES)
    if len(roles) < len(names) or roles.count(Role.SUPPORTED) != 1 or roles.count(Role.CONTRADICTED) > 1:
        raise SettingsError(
            f"the verifier's labels are {', '.join(labels) or 'unknown'}",
            "it cannot be told which of them means what",
            'Say it in their order: verifier.labels = "entailment, neutral, contradiction"',
        )
    return roles


def listed(labels: str) -> tuple[str, ...]:
    """The labels of a setting: names parted by commas."""
    return tuple(label.strip() for label in labels.split(",") if label.strip())
