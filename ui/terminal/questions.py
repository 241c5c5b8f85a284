"""What `search`, `ask` and `replay` have in common: filters, dates and the model from the command line."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date

from kb.errors import UsageError
from kb.records import Filters
from kb.settings import Settings
from kb.text.written_dates import read_day


def filters_from(options: argparse.Namespace) -> Filters:
    """The filters of `--filter K=V` (the same key again widens it), `--as-of DATE` and `--all-versions`.

    Raises:
        UsageError: one of them is not of that form, or two of them contradict each other.
    """
    metadata: dict[str, tuple[str, ...]] = {}
    for condition in options.filter:
        key, equals, value = condition.partition("=")
        if not (key and equals and value):
            raise UsageError(f"--filter {condition} is not a condition", advice="Write it as KEY=VALUE")
        metadata[key] = (*metadata.get(key, ()), value)
    if options.as_of and options.all_versions:
        raise UsageError("--as-of and --all-versions contradict each other", advice="Give one of them")
    return Filters(metadata, _day(options.as_of), options.all_versions)


def with_model(options: argparse.Namespace, settings: Settings) -> Settings:
    """The settings with the chat model of `--model` and `--base-url`, where they are given."""
    given = {"name": options.model, "base_url": options.base_url}
    return replace(settings, model=replace(settings.model, **{key: value for key, value in given.items() if value}))


def _day(text: str | None) -> date | None:
    try:
        return read_day(text) if text else None
    except UsageError as error:
        raise UsageError(f"--as-of cannot be {text!r}", "that is not a day", error.advice) from None
