"""A gate: how much worse than the recorded run a collection's answers may become before a build fails."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from eval.own_questions.pairing import Pairs, pair_questions
from eval.records import Run
from eval.runs.directions import lower_is_better
from eval.statistics.intervals import Interval
from eval.statistics.paired import LEVEL, holm, paired_difference
from kb.errors import NotFoundError, UsageError

_EXAMPLE = '[metrics."answer contains"] with may_fall = 0.02, or minimum = 0.7'


class Bounds(NamedTuple):
    """What one metric is held to; None where nothing was said."""

    may_fall: float | None = None
    may_rise: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def compares(self) -> bool:
        """Whether a recorded run is needed."""
        return self.may_fall is not None or self.may_rise is not None


Gate = Mapping[str, Bounds]  # metric → bounds


class Check(NamedTuple):
    """One metric at the gate.

    `before`, `difference` and `p` (corrected over the gate's metrics) are None where nothing was compared; `before` and
    `difference` are over the questions that both runs have, `now` over all questions of the run.
    """

    metric: str
    now: float
    before: float | None
    difference: Interval | None
    p: float | None
    failure: str  # "" where it passes


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate says of a run.

    Attributes:
        checks: one for each metric of the gate.
        pairs: which questions were compared and which could not be; None without a recorded run.
        changed: what else is not as it was recorded: the model, the collection's version; "name: before → now".
    """

    checks: tuple[Check, ...]
    pairs: Pairs | None
    changed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no metric fails."""
        return not any(check.failure for check in self.checks)


def read_gate(path: Path) -> Gate:
    """Reads a gate from a TOML file.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is not TOML, or names something that a gate does not know.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"no gate {path}", advice=f"A gate is a TOML file: {_EXAMPLE}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the gate {path}", str(error)) from error
    metrics = content.pop("metrics", None)
    if content or not isinstance(metrics, dict) or not metrics:
        wrong = f"it has {', '.join(map(repr, content))}" if content else "it names no metric"
        raise UsageError(f"cannot use the gate {path}", wrong, f"Write {_EXAMPLE}")
    return {name: _bounds(path, name, values) for name, values in metrics.items()}


def check_comparable(gate: Gate, recorded: Run | None) -> None:
    """Says before an hour of measuring that there is nothing to compare with.

    Raises:
        UsageError: the gate compares, and no run was recorded.
    """
    if recorded is None and any(bounds.compares for bounds in gate.values()):
        raise UsageError("there is no recorded run to compare with", advice="Record one with --record")


def check_gate(gate: Gate, run: Run, recorded: Run | None) -> GateReport:
    """Holds a run to a gate.

    A metric fails where it is significantly worse than recorded (paired by question, p below .05 after Holm's
    correction over the gate's metrics) and by more than the gate allows, or where its mean is beyond a stated bound.

    Raises:
        UsageError: the run has no such metric, or a comparison is asked for and there is nothing to compare with.
    """
    if unknown := [name for name in gate if name not in run.metrics]:
        named = ", ".join(map(repr, unknown))
        raise UsageError(f"the run has no metric {named}", advice=f"It has: {', '.join(run.metrics)}")
    check_comparable(gate, recorded)
    compared = [name for name, bounds in gate.items() if bounds.compares]
    pairs = pair_questions(recorded, run) if recorded else None
    found = {name: _difference(name, pairs) for name in compared if pairs}
    corrected = dict(zip(found, holm([p for _, _, p in found.values()]), strict=True))
    checks = []
    for name, bounds in gate.items():
        now = run.metrics[name].mean
        if name not in found:
            checks.append(Check(name, now, None, None, None, _beyond(now, bounds)))
            continue
        before, difference, _ = found[name]
        failure = _beyond(now, bounds) or _worse(difference, corrected[name], bounds)
        checks.append(Check(name, now, before, difference, corrected[name], failure))
    return GateReport(tuple(checks), pairs, _changed(recorded, run) if recorded else ())


def _bounds(path: Path, name: str, values: Any) -> Bounds:
    where = f"cannot use the gate {path}: {name!r}"
    if not isinstance(values, dict) or not values:
        raise UsageError(where, "it is held to nothing", f"Write {_EXAMPLE}")
    for key, value in values.items():
        if key not in Bounds._fields:
            raise UsageError(where, f"unknown key {key!r}", f"Known: {', '.join(Bounds._fields)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or (key.startswith("may") and value < 0):
            raise UsageError(where, f"{key} is {value!r}", "It must be a number, and what may change not negative")
    bounds = Bounds(**{key: float(value) for key, value in values.items()})
    wrong, right = ("may_fall", "may_rise") if lower_is_better(name) else ("may_rise", "may_fall")
    if getattr(bounds, wrong) is not None:
        better = "lower" if lower_is_better(name) else "higher"
        raise UsageError(where, f"it is better when {better}, so that {wrong} allows nothing", f"Write {right}")
    return bounds


def _difference(name: str, pairs: Pairs) -> tuple[float, Interval, float]:
    """The recorded mean, the difference and its p-value, over the questions in which both runs define the metric."""
    shared = [
        (one.values[name], other.values[name])
        for one, other in pairs.compared
        if name in one.values and name in other.values
    ]
    if not shared:
        raise UsageError(
            f"{name!r} cannot be compared with the recorded run",
            "no question that defines it is the same in both",
            "Record a run with the present questions: --record",
        )
    before, after = [one for one, _ in shared], [other for _, other in shared]
    difference = paired_difference(before, after)
    return sum(before) / len(before), difference.interval, difference.p


def _worse(difference: Interval, p: float, bounds: Bounds) -> str:
    allowed = bounds.may_fall if bounds.may_fall is not None else bounds.may_rise
    fallen = -difference.mean if bounds.may_fall is not None else difference.mean
    if allowed is None or not p < LEVEL or fallen <= allowed:
        return ""
    way = "fell" if bounds.may_fall is not None else "rose"
    return f"{way} by {fallen:.3f} (p = {p:.3g}), {allowed:g} is allowed"


def _beyond(now: float, bounds: Bounds) -> str:
    if bounds.minimum is not None and now < bounds.minimum:
        return f"{now:.3f} is below the minimum of {bounds.minimum:g}"
    if bounds.maximum is not None and now > bounds.maximum:
        return f"{now:.3f} is above the maximum of {bounds.maximum:g}"
    return ""


def _changed(recorded: Run, run: Run) -> tuple[str, ...]:
    before, now = {**recorded.config, **recorded.collection}, {**run.config, **run.collection}
    names = dict.fromkeys([*before, *now])
    return tuple(f"{name}: {before.get(name)} → {now.get(name)}" for name in names if before.get(name) != now.get(name))
