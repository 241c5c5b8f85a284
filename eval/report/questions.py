"""The questions of a run that a person should look at first, and everything the run says about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from eval.records import QuestionResult, Run
from eval.report.wording import Words
from eval.runs.directions import lower_is_better
from eval.runs.tables import shown_number

_PERCENTILE = re.compile(r" p\d+$")

_HIDDEN = ("group", "synthetic")  # shown elsewhere, or of no use beside the question
# In the order in which a person asks: what was said, what should have been, what was found; anything else after them.
_ORDER = ("failure", "status", "kind", "answer", "golds", "expected", "citations", "cited", "found", "top")
_TITLES = ("document", "title", "id", "passage")  # what heads a passage, the first two of those it has
_BODIES = ("text", "quote")
_LONGEST = 1_200  # characters of one text: a report of fifteen questions stays one that is read


class Card(NamedTuple):
    """A passage or citation: its head, small facts beside it, its words, whether it is one that answers."""

    title: str
    facts: tuple[str, ...]
    text: str
    right: bool


class Detail(NamedTuple):
    """One thing a run says about a question: a text, or cards."""

    name: str
    text: str
    cards: tuple[Card, ...]


class Shown(NamedTuple):
    """A question as the report shows it."""

    id: str
    question: str
    values: tuple[tuple[str, str], ...]
    details: tuple[Detail, ...]


def leading_metric(run: Run) -> str:
    """The metric that questions are grouped by: the first that single questions have; "" where there is none."""
    return next(iter(_metrics_of_questions(run)), "")


def telling_metric(run: Run) -> str:
    """The metric that questions are ordered by: the first in which one falls short; "" where none does."""
    return next((name for name in _metrics_of_questions(run) if any(_falls_short(q, name) for q in run.queries)), "")


def worst_questions(run: Run, metric: str, count: int) -> list[QuestionResult]:
    """At most `count` questions, the worst by `metric` first; those with the best possible value are none.

    Among equals, the most confident comes first (a sure mistake is worse than a doubtful one), then the one that is
    worse in everything else.
    """
    sign = -1.0 if lower_is_better(metric) else 1.0

    def order(query: QuestionResult) -> tuple[float, float, float]:
        others = [query.values[name] for name in run.metrics if name in query.values and not lower_is_better(name)]
        mean = sum(others) / len(others) if others else 0.0
        return (sign * query.values[metric], -query.values.get("confidence", 0.0), mean)

    return sorted((query for query in run.queries if _falls_short(query, metric)), key=order)[:count]


def _metrics_of_questions(run: Run) -> list[str]:
    """Metrics that single questions have, percentiles by what they are percentiles of."""
    known = {name for query in run.queries for name in query.values}
    names = dict.fromkeys(_PERCENTILE.sub("", name) for name in (*run.metrics, "right"))
    return [name for name in names if name in known]


def _falls_short(query: QuestionResult, metric: str) -> bool:
    """Whether a question's value is not the best possible one: 1, or 0 of a cost."""
    return metric in query.values and query.values[metric] != (0.0 if lower_is_better(metric) else 1.0)


def shown_question(query: QuestionResult, words: Words) -> Shown:
    """Everything a run says about a question, ready to be written."""
    names = [*(name for name in _ORDER if name in query.details), *(n for n in query.details if n not in _ORDER)]
    details = [
        _detail(words, name, query.details[name])
        for name in names
        if name not in _HIDDEN and _says(query.details[name])
    ]
    values = tuple((name, shown_number(value)) for name, value in query.values.items())
    return Shown(query.id, query.question or query.id, values, tuple(details))


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {}, False)


def _detail(words: Words, name: str, value: Any) -> Detail:
    label = words.named("details", name)
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return Detail(label, "", tuple(_card(item, words) for item in value))
    if isinstance(value, list):
        return Detail(label, _cut(" · ".join(map(str, value))), ())
    if isinstance(value, Mapping):
        parts = [f"{words.named('details', str(key))}: {_plain(item)}" for key, item in value.items() if _says(item)]
        return Detail(label, _cut(" · ".join(parts)), ())
    return Detail(
        label, words.named("values", value) if isinstance(value, str) and len(value) < 20 else _plain(value), ()
    )


def _card(item: Mapping[str, Any], words: Words) -> Card:
    titles = [str(item[name]) for name in _TITLES if item.get(name)][:2]
    body = next((str(item[name]) for name in _BODIES if item.get(name)), "")
    rest = {key: value for key, value in item.items() if key not in (*_TITLES, *_BODIES)}
    facts = [f"{words.named('details', str(key))} {_plain(value)}" for key, value in rest.items() if _says(value)]
    if "place" in item and item["place"] is None:
        facts.append(words("not_found"))
    right = isinstance(item.get("grade"), int | float) and item["grade"] > 0
    return Card(" · ".join(titles), tuple(facts), _cut(body), right)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _cut(shown_number(value) if isinstance(value, float) else str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
