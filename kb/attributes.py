"""What people say of documents (KEY=VALUE): checked, in one form, and laid over what the documents say themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from kb.errors import UsageError
from kb.text.written_dates import read_date

EFFECTIVE_FROM, EFFECTIVE_TO = "effective_from", "effective_to"
LANGUAGE, TAGS = "language", "tags"

AttributeValue = str | int | float | bool
_Value = TypeVar("_Value", str, AttributeValue)

_KEY = re.compile(r"[^\W\d][\w.-]{0,63}")  # 64 characters, as in OpenAI's attributes
_LONGEST_VALUE = 512  # characters, as in OpenAI's attributes
_CODE = re.compile(r"([a-zA-Z]{2,3})((?:-[a-zA-Z0-9]{2,8}){0,3})")  # of a language, as BCP 47 has it
_WHOLE = 1e16  # from here on, floating-point numbers are shown with an exponent
_READ = frozenset({EFFECTIVE_FROM, EFFECTIVE_TO, LANGUAGE})  # kept in one form, however they are written
_TEXTS = frozenset({"replaces", "title", "domain", LANGUAGE})  # read as texts, also where somebody gives a number
_OWN_FIELDS = frozenset({"as_of", "document", "document_id", "media_type"})  # what filters call by these


def read_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """The attributes of "KEY=VALUE" texts, checked; the same key again makes a list.

    Raises:
        UsageError: one is not of that form, or its value cannot be.
    """
    given: dict[str, str] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        key, value = key.strip(), value.strip()
        if not (key and equals):
            raise UsageError(f"{assignment!r} sets nothing", advice="Write KEY=VALUE; an empty value removes")
        given[key] = f"{given[key]}, {value}" if given.get(key) and value else value
    return checked_attributes(given)


def checked_attributes(given: Mapping[str, _Value]) -> dict[str, _Value]:
    """Attributes as they are kept.

    `effective_from` is a first day and `effective_to` a last day in ISO 8601, `language` a code such as "zh-Hans".
    Numbers, true and false stay what they are, except under keys that are read as texts.

    An empty value stays: it removes what was known under its key.

    Raises:
        UsageError: a key or a value cannot be, or a date is no date, or the last day is before the first, or a language
            has no such code.
    """
    kept: dict[str, _Value] = {}
    for key, value in given.items():
        text = as_text(value)
        if not _KEY.fullmatch(key):
            raise UsageError(f"{key[:80]!r} cannot be a key", "it must have 1 to 64 letters, digits, '_', '-' and '.'")
        if key in _OWN_FIELDS:
            raise UsageError(f"{key} cannot be set", "it is read from the document itself")
        if len(text) > _LONGEST_VALUE:
            raise UsageError(f"{key} is too long", f"{len(text)} characters, {_LONGEST_VALUE} allowed")
        kept[key] = _as_kept(key, text) if key in _READ and text else text if key in _TEXTS else value
    start, end = (as_text(kept.get(key, "")) for key in (EFFECTIVE_FROM, EFFECTIVE_TO))
    if start and end and end < start:
        raise UsageError(f"{EFFECTIVE_TO} {end} is before {EFFECTIVE_FROM} {start}", advice="Set both anew")
    return kept


def as_text(value: AttributeValue) -> str:
    """A value as a text: what is shown, searched and compared. Whole numbers have no decimal point."""
    if isinstance(value, str):  # as most are
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    return str(value)


def laid_over(stated: Mapping[str, str], given: Mapping[str, AttributeValue]) -> dict[str, str]:
    """What is known of a document: what a person gave wins over what the document states; empty values remove.

    A stated day that contradicts a given one (an end before the start) is left out, too.
    """
    texts = {**stated, **{key: as_text(value) for key, value in given.items()}} if given else stated
    known = {key: text for key, text in texts.items() if text}
    start, end = in_force(known)
    if start and end and end < start:
        for key in (EFFECTIVE_FROM, EFFECTIVE_TO):
            if key not in given:
                del known[key]
    return known


def in_force(metadata: Mapping[str, str]) -> tuple[str, str]:
    """The first and the last day on which a document is in force, in ISO 8601; "" where that side is open.

    A date that cannot be read (files may state anything) leaves its side open.
    """
    first, last = metadata.get(EFFECTIVE_FROM, ""), metadata.get(EFFECTIVE_TO, "")
    return _readable(EFFECTIVE_FROM, first) if first else "", _readable(EFFECTIVE_TO, last) if last else ""


def _as_kept(key: str, value: str) -> str:
    return _language(value) if key == LANGUAGE else _bound(key, value)


def _language(code: str) -> str:
    """A language's code as BCP 47 writes it: "ZH-hans" is "zh-Hans", "pt-br" is "pt-BR"."""
    found = _CODE.fullmatch(code.strip())
    if found is None:
        raise UsageError(f"{LANGUAGE} cannot be {code[:80]!r}", "it is no language's code", "Write en, zh-Hans, de, …")
    further = (
        part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower()
        for part in found[2].split("-")[1:]
    )
    return "-".join((found[1].lower(), *further))


def _readable(key: str, value: str) -> str:
    try:
        return _bound(key, value) if value else ""
    except UsageError:
        return ""


def _bound(key: str, value: str) -> str:
    """The day that bounds the time in force, ISO 8601.

    Raises:
        UsageError: the value is no date.
    """
    try:
        if len(value) == len("2024-03-01") and value[0] != "0":  # as most are: all are read in every search
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    try:
        bounds = read_date(value)
    except UsageError as error:
        raise UsageError(f"{key} cannot be {value!r}", "that is not a date", error.advice) from None
    return (bounds.first if key == EFFECTIVE_FROM else bounds.last).isoformat()
