"""Whether what was found is enough for an answer: how likely it is to be right, and how likely it has to be.

An answer's confidence is made of what the search and the verdicts say. A calibration turns it into the chance that the
answer is right, as questions with known answers showed it: the collection's own (`ibid eval -c NAME --calibrate`), a
file's (`[answers] calibration`), or, for answers of quotes, the one that comes with ibid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from kb.calibration import Calibration, calibration_from_json
from kb.errors import UsageError
from kb.ports import ChatModel
from kb.settings import AnswerSettings
from serving.answer_sources import Documents

EXTRACTIVE = "extractive"  # the name in the place of a model's

_PACKAGED = "extractive.json"  # made by benchmarks/calibration.py


@dataclass(frozen=True, slots=True)
class Deciding:
    """When to answer.

    Attributes:
        calibration: None where confidence is taken as it is.
        risk: the share of answers that may be wrong; 0 where none was stated.
        whatever: say what would be said, however unsure: to measure what the confidence is worth.
    """

    calibration: Calibration | None = None
    risk: float = 0.0
    whatever: bool = False

    @property
    def waits(self) -> bool:
        """Whether an answer is only shown when it is whole and sure enough."""
        return self.risk > 0 and not self.whatever

    def chance_of(self, confidence: float) -> float:
        """The chance, 0 to 1, that an answer of this confidence is right."""
        return confidence if self.calibration is None else self.calibration.chance_of(confidence)

    def is_sure(self, confidence: float) -> bool:
        """Whether an answer of this confidence keeps within the stated risk; True where none was stated."""
        if not self.waits or self.calibration is None:
            return True
        return self.calibration.chance_of(confidence) >= self.calibration.answer_from(self.risk)


def deciding_of(settings: AnswerSettings, catalog: Documents, model: ChatModel | None) -> Deciding:
    """How to decide in this collection, for answers of this model (None: of quotes).

    Raises:
        UsageError: a risk is stated and nothing says how often this model is right; or the file is no calibration.
    """
    if not 0 <= settings.risk < 1:
        raise UsageError(f"answers.risk is {settings.risk:g}", "it is a share", "Use 0.05 for one in twenty")
    name = model.name if model else EXTRACTIVE
    calibration = next((known for known in _known(settings, catalog) if known.answered_by == name), None)
    if settings.risk and calibration is None:
        raise UsageError(
            f"nobody can promise that {settings.risk:.0%} of the answers are wrong at most",
            f"nothing says how often {name!r} is right",
            f"Run `ibid eval -c {catalog.name} --calibrate`, or set answers.risk to 0",
        )
    return Deciding(calibration, settings.risk)


def _known(settings: AnswerSettings, catalog: Documents) -> Iterator[Calibration]:
    """The calibrations there are, the nearest first; each is only read when those before it are another model's."""
    with catalog.snapshot() as snapshot:
        own = snapshot.calibration()
    if own is not None:
        yield own
    if settings.calibration:
        yield read_calibration(Path(settings.calibration).expanduser())
    yield packaged_calibration()


def read_calibration(path: Path) -> Calibration:
    """A calibration from its file.

    Raises:
        UsageError: it is not there, or no calibration.
    """
    try:
        return calibration_from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}", str(error), "`ibid eval --calibrate FILE` writes one") from error


@cache
def packaged_calibration() -> Calibration:
    """The calibration of answers of quotes that comes with ibid, fitted on open question sets."""
    place = files("serving.calibrations").joinpath(_PACKAGED)
    return calibration_from_json(place.read_text(encoding="utf-8"), str(place))
