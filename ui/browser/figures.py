"""Sizes, days and durations in words."""

from __future__ import annotations

from datetime import UTC, datetime

from ui.browser.wording import Words

_UNITS = ("B", "kB", "MB", "GB", "TB")  # powers of 1000, as disks are sold


def size_in(size: int) -> str:
    """Bytes in the largest unit that leaves at least one: "1.2 MB". The same in every language."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 100 else f"{amount:.1f} {_UNITS[unit]}"


def day_in(moment: str, words: Words) -> str:
    """The day of an ISO 8601 moment; "" where there is none."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    return words("day", year=day.year, month=words(f"month_{day.month}"), day=day.day)


def minute_in(moment: str, words: Words) -> str:
    """The day and the minute (UTC) of an ISO 8601 moment; "" where there is none."""
    try:
        read = datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:
        return ""
    return words("minute", day=day_in(read.isoformat(), words), time=f"{read:%H:%M}")


def moment_of(seconds: int) -> str:
    """Seconds since 1970 as an ISO 8601 moment; "" for none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""


def duration_in(seconds: float, words: Words) -> str:
    """A duration that is a guess: no more exact than it can be."""
    if seconds < 50:
        return words("left_soon")
    return words.count("left_minutes", round(seconds / 60) or 1)
