"""Whether a number is a least or a most: at least 3, 不少于三次, up to 5%, 三年以上十年以下."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

# Read in folded text, the first that fits counts. A denied bound is the opposite one: not less than, 不得超过.
_NOT = r"(?:not|never|cannot|no)(?: be| to)? "
_CHINESE_NOT = "[不未](?:得|能|应|可|宜|要)?"
_REACH = 24  # characters before and after a number in which its bound stands
_ONE_OF = r"[为是达到约]?\s?$"
_VERB = "[\u3400-\u9fff]{0,5}\\s?$"  # 至少通过3门: what is done stands between


class Bound(Enum):
    """What a number limits."""

    NONE = "none"
    LEAST = "least"  # it is included
    MOST = "most"
    ABOVE = "above"  # it is not included
    BELOW = "below"


_BEFORE = (
    (Bound.LEAST, rf"(?:{_NOT}(?:less|fewer|lower|shorter|younger|earlier) than|\bat least|\bminimum of) $"),
    (Bound.MOST, rf"(?:{_NOT}(?:more|greater|higher|longer|older|later) than|{_NOT}(?:over|exceed(?:ing)?)|\bat most"
                 r"|\bup to|\bmaximum of|\bwithin) $"),
    (Bound.ABOVE, r"(?:\b(?:more|greater|higher|longer|older) than|\bover|\babove|\bexceed(?:s|ed|ing)?"
                  r"|\bin excess of) $"),
    (Bound.BELOW, r"(?:\b(?:less|fewer|lower|shorter|younger) than|\bunder|\bbelow) $"),
    (Bound.LEAST, rf"(?:{_CHINESE_NOT}(?:少|低|小|短|早)于|{_CHINESE_NOT}下于|最低){_ONE_OF}"),
    (Bound.LEAST, rf"(?:至少|最少|起码){_VERB}"),
    (Bound.MOST, rf"(?:至多|最多){_VERB}"),
    (Bound.MOST, rf"(?:{_CHINESE_NOT}(?:超过|超出|(?:多|高|大|长|晚)于|逾)|最高|最长|最迟){_ONE_OF}"),
    (Bound.ABOVE, rf"(?:超过|超出|(?:多|高|大|长)于|逾){_ONE_OF}"),
    (Bound.BELOW, rf"(?:(?:少|低|小|短)于|[未不]满|不足|未达){_ONE_OF}"),
)  # fmt: skip
_AFTER = (
    (Bound.LEAST, r",? (?:or|and) (?:more|older|longer|above|over|greater|higher|upwards?)\b|\s?[及或]?以上"),
    (Bound.MOST, r",? (?:or|and) (?:less|fewer|younger|under|below|shorter|lower)\b|\s?[及或]?以下"
                 r"|\s?[以之]?内(?![容部科外置在])"),
)  # fmt: skip
# Where no number stands: at least one, more than half, 二个以上. Longer ones first.
_ALONE = (
    (Bound.MOST, r"\b(?:no|not) (?:more|greater|higher|longer|older|later) than\b|\bat most\b|至多|最多|以下|以内"),
    (Bound.LEAST, r"\b(?:no|not) (?:less|fewer|lower|shorter|earlier) than\b|\bat least\b|至少|最少|起码|以上"),
    (Bound.ABOVE, r"\b(?:more|greater|higher|longer) than\b"),
    (Bound.BELOW, r"\b(?:less|fewer|lower|shorter) than\b"),
)
_WORDS = re.compile("|".join(f"(?P<{bound.name}>{pattern})" for bound, pattern in _ALONE))
_LEADS = tuple((bound, re.compile(pattern)) for bound, pattern in _BEFORE)
_FOLLOWS = tuple((bound, re.compile(pattern)) for bound, pattern in _AFTER)
_OPPOSITE = {
    Bound.LEAST: Bound.MOST,
    Bound.MOST: Bound.LEAST,
    Bound.ABOVE: Bound.BELOW,
    Bound.BELOW: Bound.ABOVE,
}
_COMPLEMENT = {
    Bound.LEAST: Bound.BELOW,
    Bound.BELOW: Bound.LEAST,
    Bound.MOST: Bound.ABOVE,
    Bound.ABOVE: Bound.MOST,
}


class FoundBound(NamedTuple):
    """A bound with the place that it takes together with its number."""

    bound: Bound
    start: int
    end: int


def bound_at(text: str, start: int, end: int) -> FoundBound:
    """What the number with its unit at `[start:end]` of a folded text limits."""
    after = text[end : end + _REACH]
    for bound, pattern in _FOLLOWS:
        if found := pattern.match(after):
            return FoundBound(bound, start, end + found.end())
    before = text[max(0, start - _REACH) : start]
    for bound, pattern in _LEADS:
        if found := pattern.search(before):
            return FoundBound(bound, start - (len(before) - found.start()), end)
    return FoundBound(Bound.NONE, start, end)


def find_bounds(text: str) -> list[FoundBound]:
    """The words of a folded text that make a least or a most, whether or not a number stands beside them."""
    return [FoundBound(Bound[match.lastgroup or ""], *match.span()) for match in _WORDS.finditer(text)]


def are_opposite(one: Bound, other: Bound) -> bool:
    """Whether one is a least and the other a most."""
    return _OPPOSITE.get(one) is other


def are_complementary(one: Bound, other: Bound) -> bool:
    """Whether what one takes in is just what the other leaves out: more than 3, at most 3."""
    return _COMPLEMENT.get(one) is other
