"""Sentences that say what a thing is, where a question asks just that, as 什么是要约 and "what is a claim" do."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from kb.text.folding import fold
from serving.extractive.candidates import Candidate
from serving.extractive.features import Matrix

# Put on the score of a defining sentence, a logarithm of odds: 50 to 1 before other sentences on the same thing.
_BONUS = 4.0
_LONGEST = 60  # characters of a thing's name

# Read in folded text.
_ASKED = re.compile(
    r"^\W*(?:what (?:is|are|was|were)|what's|define|explain)(?: meant by)?(?: the (?:meaning|definition) of)?"
    r"(?: an?| the)? (?P<en>[^?]{2,60}?)\W*$"
    r"|^\W*what do(?:es)? (?:an? |the )?(?P<means>[^?]{2,60}?) (?:mean|stand for|refer to)\W*$"
    r"|^\W*(?:什么是|何谓|何为|什么叫做?|解释(?:一下)?)(?P<before>[^？?]{1,30}?)\W*$"
    r"|^\W*(?P<after>[^？?的，,]{1,20}?)(?:的(?:定义|含义|意思)是什么|是什么意思|是指什么|指的?是什么|是什么)\W*$"
)
# "Waivers are signed" says what happens to them.
_IS = (
    r"(?:means?|refers? to|denotes?|describes?|stands? for|(?:is|are) (?:defined|known) as"
    r"|(?:is|are|was|were)(?! (?:\w+ed|not|also|used|often|in|on|at|by|to|made|given|kept|held|found|taken)\b))\b"
)
_SPACES = re.compile(r"\s+")


def definition_bonuses(question: str, candidates: Sequence[Candidate]) -> Matrix:
    """What to add to each candidate's score, shape (candidates,): nothing where no definition is asked for."""
    thing = asked_thing(question)
    if not thing:
        return np.zeros(len(candidates))
    pattern = _defining(thing)
    return np.array([_BONUS if pattern.search(fold(candidate.text)) else 0.0 for candidate in candidates])


def asked_thing(question: str) -> str:
    """The thing whose definition is asked for, folded; "" where none is."""
    match = _ASKED.match(fold(question))
    thing = next(filter(None, match.groups()), "") if match else ""
    return "" if len(thing) > _LONGEST or " of " in thing.strip() else thing.strip(" \"'“”‘’「」『』《》")


def _defining(thing: str) -> re.Pattern[str]:
    name = _SPACES.sub(r"\\s+", re.escape(thing).replace("\\ ", " "))
    quoted = rf"[\"'“‘「『《]?{name}(?:s|es)?[\"'”’」』》]?(?:\s?[（(][^）)]{{0,60}}[)）])?"
    if "\u3400" <= thing[-1] <= "\u9fff":
        return re.compile(
            rf"(?:^|[，。；：\s])(?:所谓|本[法条例规定办法]{{1,4}}所称(?:的)?)?{quoted}[，,]?(?:系|就)?(?:是指|指的?是|指|即|是(?!否|不是|什么)|意为|定义为)"
            rf"|(?<!被)(?:称为|称作|叫做|叫作|简称|即)[“‘「『]?{name}"
        )
    return re.compile(
        rf"^\W*(?:an? |the |in [^,.]{{2,40}}, )?{quoted},?(?: here| therefore)? {_IS}"
        rf"|\b(?:called|known as|termed|referred to as|defined as)(?: an?| the)? {quoted}"
        r"(?!\w| (?:is|are|was|were|has)\b)"  # species called ducks are not …
        rf"|\b{quoted}, (?:an?|the|which is) \w+[^,;]{{8,}}"  # … introduces the Frobber, a tool for …
        rf"|(?:^|; ){quoted}: "
    )
