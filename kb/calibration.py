"""From an answer's confidence to the chance that it is right, and from a stated risk to where answers begin.

Fitted by `ibid eval --calibrate` (eval/calibrating.py) on questions whose right answers are known; kept in a collection
or in a file.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from kb.errors import UsageError


class Knot(NamedTuple):
    """At this confidence, answers are right with this chance."""

    confidence: float
    chance: float


class Step(NamedTuple):
    """When all questions from this chance on are answered: the share of wrong answers, and how many are answered."""

    chance: float
    risk: float  # 0 to 1, rounded up by one wrong answer, since the next collection of questions is another one
    coverage: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a set of questions says about the confidence of answers.

    `knots` rise in both numbers; between them the chance is read off a straight line. `steps` go from the most certain
    answers to all of them. `answered_by` names the model whose answers were looked at: another one's are not meant.
    """

    knots: tuple[Knot, ...]
    steps: tuple[Step, ...]
    answered_by: str
    fitted_on: str
    questions: int

    def chance_of(self, confidence: float) -> float:
        """The chance, 0 to 1, that an answer of this confidence is right."""
        place = bisect_right([knot.confidence for knot in self.knots], confidence)
        if place == 0:
            return self.knots[0].chance
        if place == len(self.knots):
            return self.knots[-1].chance
        low, high = self.knots[place - 1], self.knots[place]
        share = (confidence - low.confidence) / (high.confidence - low.confidence)
        return low.chance + share * (high.chance - low.chance)

    def answer_from(self, risk: float) -> float:
        """The chance from which on to answer, so that at most `risk` of the answers are wrong.

        More than 1, which refuses everything, where no part of the questions was answered so well.
        """
        good = [step for step in self.steps if step.risk <= risk]
        return max(good, key=lambda step: step.coverage).chance if good else 1.01


def calibration_to_json(calibration: Calibration) -> str:
    """As it is kept in a file or a collection."""
    return json.dumps(asdict(calibration), ensure_ascii=False)


def calibration_from_json(text: str, place: str) -> Calibration:
    """What `calibration_to_json` wrote. `place` says where it stands, for the error.

    Raises:
        UsageError: it is not a calibration.
    """
    try:
        values: Mapping[str, Any] = json.loads(text)
        knots = tuple(Knot(float(x), float(y)) for x, y in values["knots"])
        steps = tuple(Step(*map(float, step)) for step in values["steps"])
        names = str(values["answered_by"]), str(values["fitted_on"])
        if not knots or any(a.confidence >= b.confidence for a, b in pairwise(knots)):
            raise ValueError("its knots do not rise")
        return Calibration(knots, steps, *names, int(values["questions"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place} is no calibration", str(error), "`ibid eval --calibrate` writes one") from error
