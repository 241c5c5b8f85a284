"""What `search`, `ask` and `replay` have in common: filters, dates and the model from the command line."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from datetime import date

from kb.attributes import AttributeValue
from kb.conditions import Comparing, Comparison, Condition, Joined, Joining, number_in, read_condition
from kb.errors import UsageError
from kb.records import Filters
from kb.settings import Settings
from kb.text.written_dates import read_day

_CONDITION = re.compile(r"([^=!<>]+)(=|!=|>=|<=|>|<)(.+)", re.DOTALL)
_SIGNS = {
    "!=": Comparing.NOT_EQUAL,
    ">": Comparing.ABOVE,
    ">=": Comparing.AT_LEAST,
    "<": Comparing.BELOW,
    "<=": Comparing.AT_MOST,
}


def filters_from(options: argparse.Namespace) -> Filters:
    """The filters of `--filter`, `--as-of DATE` and `--all-versions`.

    A filter is `K=V` (the same key again widens it), `K!=V`, `K>V`, `K>=V`, `K<V`, `K<=V`, or OpenAI's JSON of filters.

    Raises:
        UsageError: one of them is not of that form, or two of them contradict each other.
    """
    metadata: dict[str, tuple[str, ...]] = {}
    others: list[Condition] = []
    for written in options.filter:
        if written.lstrip().startswith("{"):
            others.append(_from_json(written))
            continue
        match = _CONDITION.fullmatch(written)
        if match is None:
            raise UsageError(f"--filter {written} is not a condition", advice="Write it as KEY=VALUE, or KEY>=VALUE")
        key, sign, value = match.groups()
        if sign == "=":
            metadata[key] = (*metadata.get(key, ()), value)
        else:
            others.append(Comparison(key, _SIGNS[sign], (_as_number(value),)))
    if options.as_of and options.all_versions:
        raise UsageError("--as-of and --all-versions contradict each other", advice="Give one of them")
    where = Joined(Joining.ALL, tuple(others)) if len(others) > 1 else next(iter(others), None)
    return Filters(metadata, _day(options.as_of), options.all_versions, where)


def with_model(options: argparse.Namespace, settings: Settings) -> Settings:
    """The settings with the chat model of `--model` and `--base-url`, where they are given."""
    given = {"name": options.model, "base_url": options.base_url}
    return replace(settings, model=replace(settings.model, **{key: value for key, value in given.items() if value}))


def _from_json(written: str) -> Condition:
    try:
        return read_condition(json.loads(written))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--filter {written[:80]} is no JSON", str(error)) from None


def _as_number(value: str) -> AttributeValue:
    """The number that a value is, or the value."""
    number = number_in(value)
    return value if number is None else int(number) if number == number.to_integral_value() else float(number)


def _day(text: str | None) -> date | None:
    try:
        return read_day(text) if text else None
    except UsageError as error:
        raise UsageError(f"--as-of cannot be {text!r}", "that is not a day", error.advice) from None
