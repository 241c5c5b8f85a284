"""What a model says of a sentence and a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Entailment(NamedTuple):
    """How far a text bears a sentence out, as probabilities. What is left of 1 is that it does not say.

    `unfound` are the characters of the sentence, from and to, that the model does not find in the text; None where it
    judges sentences whole.
    """

    supported: float
    contradicted: float = 0.0
    unfound: tuple[int, int] | None = None


class Entailing(Protocol):
    """Judges sentences: a model on this machine, or one on a server."""

    def judge(self, sentence: str, texts: Sequence[str]) -> Entailment:
        """How far the texts, each alone or all together, bear the sentence out.

        Raises:
            ModelError: the model failed.
        """
        ...


def best_of(found: Sequence[Entailment]) -> Entailment:
    """What several texts say together: the one that bears the sentence out best decides.

    Where none bears it out, it is the one that says most plainly that it is wrong.
    """
    best = max(found, key=lambda one: one.supported)
    return best._replace(contradicted=max(one.contradicted for one in found))
