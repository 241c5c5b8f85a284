"""Which documents a filter lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from kb.attributes import EFFECTIVE_FROM, EFFECTIVE_TO
from kb.catalog.versions import Versions, today
from kb.conditions import meets
from kb.records import DocumentEntry, Filters


def let_through(
    found: Iterable[tuple[str, DocumentEntry]], filters: Filters, versions: Versions
) -> list[DocumentEntry]:
    """Those of some documents, each after the domain that was read for it, whose passages `filters` lets through."""
    replaced = left_out(filters, versions)
    return [entry for domain, entry in found if entry.id not in replaced and matches(entry, domain, filters)]


def left_out(filters: Filters, versions: Versions) -> set[str]:
    """The ids of the documents that another one has replaced, where every day's search is meant."""
    every_day = filters.as_of is None and not filters.all_versions
    return set(versions.not_current(today())) if every_day else set()


def matches(entry: DocumentEntry, domain: str, filters: Filters) -> bool:
    """Whether a document meets every condition of `filters`. Values are compared without regard to case.

    A metadata value such as "criminal, procedure" is a list: it matches either of its items, and itself.
    """
    return (
        _in_force(entry, filters.as_of)
        and all(_meets(_values_of(entry, domain, key), wanted) for key, wanted in filters.metadata.items())
        and (filters.where is None or meets(filters.where, lambda key: _values_of(entry, domain, key)))
    )


def _values_of(entry: DocumentEntry, domain: str, key: str) -> set[str]:
    own = _OWN.get(key)
    if own is not None:
        return {value.casefold() for value in own(entry, domain)}
    value = entry.metadata.get(key, "")
    if "," not in value:
        return {value.strip().casefold()} if value else set()
    return {item.strip().casefold() for item in (value, *value.split(","))}


# Functions and no values: each document is asked for one or two of them, and there may be a hundred thousand documents.
_OWN: Mapping[str, Callable[[DocumentEntry, str], tuple[str, ...]]] = {
    "document": lambda entry, _: (entry.name, entry.title, entry.id),
    "document_id": lambda entry, _: (entry.id,),
    "language": lambda entry, _: (entry.language, entry.language.partition("-")[0]),  # "zh" finds zh-Hans and zh-Hant
    "media_type": lambda entry, _: (entry.media_type,),
    "domain": lambda entry, domain: (entry.metadata.get("domain") or domain,),
    EFFECTIVE_FROM: lambda entry, _: (entry.effective_from,) if entry.effective_from else (),
    EFFECTIVE_TO: lambda entry, _: (entry.effective_to,) if entry.effective_to else (),
}


def _meets(values: set[str], wanted: tuple[str, ...]) -> bool:
    return any(value.casefold() in values for value in wanted)


def _in_force(entry: DocumentEntry, day: date | None) -> bool:
    if day is None:
        return True
    start, end = entry.effective_from, entry.effective_to  # ISO dates compare as text; a missing end is open
    return (not start or start <= day.isoformat()) and (not end or day.isoformat() <= end)
