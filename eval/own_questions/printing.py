"""A run of own questions and its gate, in lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eval.own_questions.gate import Check, GateReport
from eval.own_questions.pairing import Pairs
from eval.records import QuestionResult, Run

_APART = ("answer contains", "found@5", "right refusal")  # figures given for people's and for made questions
_NAMED = 5  # ids in one line; the others are counted


def run_lines(run: Run) -> list[str]:
    """Each metric with its interval and over how many questions it is, then what could not be measured."""
    lines = []
    for name, interval in run.metrics.items():
        count = sum(name in query.values for query in run.queries)
        if name == "seconds":
            lines.append(f"{name:<18} {interval.mean:.3f} on average")
        else:
            lines.append(f"{name:<18} {interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]  {count} questions")
    lines += _lines_by_origin(run.queries)
    if missing := run.config.get("missing documents"):
        lines.append(f"expected documents that are not in the collection: {_some(list(missing))}")
    if failed := [query for query in run.queries if "failure" in query.details]:
        lines.append(f"questions on which the model failed: {len(failed)}, first: {failed[0].details['failure']}")
    return lines


def _lines_by_origin(queries: Sequence[QuestionResult]) -> list[str]:
    """The answers to people's and to made questions apart, where there are both: made ones are easier to find."""
    parted: dict[str, list[QuestionResult]] = {"people's": [], "synthetic": []}
    for query in queries:
        parted["synthetic" if query.details.get("synthetic") else "people's"].append(query)
    if not all(parted.values()):
        return []
    lines = []
    for origin, items in parted.items():
        means = [
            f"{name} {sum(values) / len(values):.3f}"
            for name in _APART
            if (values := [item.values[name] for item in items if name in item.values])
        ]
        lines.append(f"{len(items)} {origin} questions: {', '.join(means)}")
    return lines


def gate_lines(report: GateReport) -> list[str]:
    """What changed, each metric of the gate, and whether it passes."""
    lines = [f"changed since the recorded run: {change}" for change in report.changed]
    if report.pairs:
        lines += _pair_lines(report.pairs)
    lines += [_check_line(check) for check in report.checks]
    failures = sum(bool(check.failure) for check in report.checks)
    said = f"failed: {failures} of {len(report.checks)} metrics" if failures else "passed"
    return [*lines, f"gate {said}"]


def _pair_lines(pairs: Pairs) -> list[str]:
    lines = [f"compared question by question: {len(pairs.compared)}"]
    for what, ids in (
        ("added", pairs.added),
        ("removed", pairs.removed),
        ("changed, so not compared", pairs.changed),
    ):
        if ids:
            lines.append(f"questions {what}: {len(ids)} ({_some(list(ids))})")
    return lines


def _check_line(check: Check) -> str:
    mark = "FAIL" if check.failure else "ok"
    if check.difference is None or check.before is None or check.p is None:
        compared = f"{check.now:.3f}"
    else:
        low, high = check.difference.low, check.difference.high
        change = 0.0 if math.isclose(check.difference.mean, 0, abs_tol=5e-4) else check.difference.mean
        after = check.before + check.difference.mean
        compared = f"{check.before:.3f} → {after:.3f} ({change:+.3f} [{low:+.3f}, {high:+.3f}], p = {check.p:.3g})"
    reason = f": {check.failure}" if check.failure else ""
    return f"{mark:<5}{check.metric:<18} {compared}{reason}"


def _some(items: list[str]) -> str:
    named = ", ".join(items[:_NAMED])
    return f"{named}, …" if len(items) > _NAMED else named
