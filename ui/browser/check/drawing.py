"""What the parts of the page Check are given to draw: plain data, no Streamlit."""

from __future__ import annotations

import math
import re
from typing import Any

from ui.browser.api.question_replies import Judged
from ui.browser.api.run_replies import Change, Comparison, Figures, Measure, Moved, Passage, WorstQuestion
from ui.browser.figures import minute_in
from ui.browser.plain import seen
from ui.browser.wording import Words

# Metrics that have a sentence of their own in every language; others are shown under the server's name.
METRICS = (
    "answer contains",
    "cites document",
    "cites page",
    "found@5",
    "found@5 on page",
    "MRR",
    "right refusal",
    "wrong refusal",
    "confidence",
    "seconds",
)

_NOT_LETTERS = re.compile("[^a-z0-9]+")
_LONGEST = 700  # characters of a passage: enough to see why it was found
_MOST_MOVED = 8  # questions in each direction, as in a report


def run_data(figures: Figures, before: str, words: Words) -> dict[str, Any]:
    """One run. `before` says when the run was that it is compared with."""
    return {
        "lang": words("html_language"),
        "metrics_title": words("metrics_heading"),
        "metrics": [_bar(measure, figures, words) for measure in figures.metrics if math.isfinite(measure.mean)],
        "curve": _curve(figures, words),
        "comparison": _comparison(figures.comparison, before, words) if figures.comparison else None,
        "worst_title": words("worst_heading", metric=metric_name(figures.ordered_by, words)) if figures.worst else "",
        "worst": [_worst(question, words) for question in figures.worst],
    }


def judged_data(judged: Judged, words: Words) -> dict[str, Any]:
    """One judged answer."""
    reply = judged.past.reply
    return {
        "lang": words("html_language"),
        "verdict": judged.verdict,
        "verdict_label": words("judged_up" if judged.verdict == "up" else "judged_down"),
        "at": moment_in(judged.at, words),
        "question": judged.past.question,
        "answer": "".join(claim.text for claim in reply.claims).strip(),
        "reason": words("judged_because", reason=judged.reason) if judged.reason else "",
        "sources": [_where(seen(citation.document), citation.page, words) for citation in reply.citations],
        "adopt": words("make_question"),
    }


def metric_name(name: str, words: Words) -> str:
    """What people call a metric."""
    return words(f"metric_{_NOT_LETTERS.sub('_', name.lower())}") if name in METRICS else seen(name)


def moment_in(moment: str, words: Words) -> str:
    """A moment for people, to the minute; as the server has it where it is none."""
    return minute_in(moment, words) or seen(moment)


def _bar(measure: Measure, figures: Figures, words: Words) -> dict[str, Any]:
    """Shares have one scale from 0 to 1; what is beyond 1 (seconds) has its own, lest it dwarf them."""
    ends = [value for value in (measure.mean, measure.low, measure.high) if math.isfinite(value)]
    scale = max([1.0, *ends])
    low, high = (value if math.isfinite(value) else measure.mean for value in (measure.low, measure.high))
    whole = measure.questions in (0, figures.questions)
    return {
        "label": metric_name(measure.name, words),
        "value": _shown(measure.mean),
        "interval": words("interval", low=_shown(low), high=_shown(high)),
        "count": "" if whole else words.count("of_questions", measure.questions),
        "mean": _per_cent(measure.mean / scale),
        "low": _per_cent(low / scale),
        "high": _per_cent(high / scale),
    }


def _curve(figures: Figures, words: Words) -> dict[str, Any] | None:
    if len(figures.curve) < 2:
        return None
    coverage, risk = figures.curve[-1]
    half = min(figures.curve, key=lambda point: abs(point[0] - 0.5))
    return {
        "title": words("curve_heading"),
        "why": words("curve_why"),
        "told": words("curve_told", half=_percent(half[1]), whole=_percent(risk), coverage=_percent(coverage)),
        "points": [[_per_cent(x), _per_cent(1 - y)] for x, y in figures.curve],
        "across": words("curve_across"),
        "up": words("curve_up"),
    }


def _comparison(comparison: Comparison, before: str, words: Words) -> dict[str, Any]:
    return {
        "title": words("comparison_heading", before=before),
        "why": words.count("comparison_why", comparison.questions),
        "changes": [_change(change, words) for change in comparison.changes],
        "moved": [
            {"title": words(title), "questions": [_moved(item) for item in moved[:_MOST_MOVED]]}
            for title, moved in (("moved_worse", comparison.worse), ("moved_better", comparison.better))
            if moved
        ],
    }


def _change(change: Change, words: Words) -> dict[str, Any]:
    known = change.verdict if change.verdict in ("better", "worse") else "same"
    tested = change.p is not None and math.isfinite(change.low) and math.isfinite(change.high)
    return {
        "label": metric_name(change.name, words),
        "values": f"{_shown(change.before)} → {_shown(change.after)}",
        "interval": _tested(change, words) if tested else "",
        "verdict": known,
        "verdict_label": words(f"change_{known}"),
    }


def _tested(change: Change, words: Words) -> str:
    p = "<.001" if change.p is not None and change.p < 0.001 else f"{change.p:.3f}"
    return words("change_interval", low=_signed(change.low), high=_signed(change.high), p=p)


def _moved(moved: Moved) -> dict[str, str]:
    return {"question": moved.question, "values": f"{_shown(moved.before)} → {_shown(moved.after)}"}


def _worst(question: WorstQuestion, words: Words) -> dict[str, Any]:
    if question.must_refuse:
        expected = words("expected_refusal")
    else:
        wanted = [*question.expected, *([seen(question.document)] if question.document else [])]
        expected = words("expected", expected=words("between_expected").join(wanted))
    answered = words("worst_failed", why=question.failure) if question.failure else question.answer
    return {
        "question": question.question,
        "value": _shown(question.value),
        "expected": expected,
        "answer_label": words("worst_refused" if question.refused else "worst_answered"),
        "answer": answered,
        "passages_title": words("worst_cited" if question.cited else "worst_read"),
        "passages": [_passage(passage, words) for passage in (question.cited or question.read)],
    }


def _passage(passage: Passage, words: Words) -> dict[str, str]:
    text = passage.text if len(passage.text) <= _LONGEST else f"{passage.text[:_LONGEST]}…"
    return {"where": _where(seen(passage.document), passage.page, words), "text": text}


def _where(document: str, page: int | None, words: Words) -> str:
    return f"{document} · {words('page', page=page)}" if page is not None else document


def _shown(value: float) -> str:
    if not math.isfinite(value):
        return "—"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{_shown(abs(value))}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _per_cent(share: float) -> float:
    return round(100 * min(1.0, max(0.0, share)), 2)
