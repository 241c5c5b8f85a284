"""How far a judge agrees with people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.statistics.intervals import Interval


@dataclass(frozen=True, slots=True)
class Agreement:
    """One measure of a judge on one set of human judgements.

    Attributes:
        judge: the model's or the verifier's name.
        set: the set of human judgements.
        measure: what was compared with what.
        figures: each figure with its interval.
        judged: items that the judge gave a verdict on; only these count.
        not_judged: items on which it failed.
    """

    judge: str
    set: str
    measure: str
    figures: Mapping[str, Interval]
    judged: int
    not_judged: int

    def line(self) -> str:
        """The agreement in one line."""
        figures = ", ".join(f"{name} {v.mean:.3f} [{v.low:.3f}, {v.high:.3f}]" for name, v in self.figures.items())
        missed = f", {self.not_judged} not judged" if self.not_judged else ""
        return f"{self.judge} on {self.set}, {self.measure}: {figures or 'nothing'} ({self.judged} judged{missed})"
