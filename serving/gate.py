"""The gate that a model's words pass as they stream: only whole sentences leave it, each with the markers after it.

The gate reads one character at a time, and what it releases depends on the characters seen so far and on nothing else,
so that any cutting of the stream gives the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.text.sentences import split_sentences
from serving.markers import MARKER, begins_marker, without_markers

_CLOSERS = "\"'”’」』》〉）)*_"  # with the marks of bold and italic type, which models put after a stop
_CANDIDATE = re.compile(rf"(?P<stop>[.。！？!?｡．…；;]+[{re.escape(_CLOSERS)}]*)|(?P<line>\n)")
_AFTER = re.compile(rf"(?:\s*{MARKER.pattern})*\s*")
_NEXT_WORD = re.compile(r"[^\w\s]*([^\W_]*)")
_ENOUGH = 24  # characters after a stop that settle whether it ends a sentence, even in the middle of a word
_ENOUGH_CHINESE = 4  # Chinese has no spaces; its stops are told from the next characters
_LEADS_ON = re.compile(r"[:：][\s*_]*$")  # "Take it as follows:" belongs to what follows
_WORDLESS = re.compile(r"[\W\d_]*$")  # a bullet, a list number, a rule: no sentence of its own
_THINKING, _THOUGHT = "<think>", "</think>"  # what reasoning models say to themselves is no part of the answer


class SentenceGate:
    """Cuts a stream into sentences. Their concatenation is the reply without white space around it."""

    def __init__(self) -> None:
        self._held = ""  # read but not released
        self._scanned = 0  # up to here `_held` holds no end of a sentence
        self._thinking: bool | None = None  # None until the reply's first characters tell
        self._begun = False

    def read(self, piece: str) -> Iterator[str]:
        """Takes the next piece of the stream; yields the sentences that it completes."""
        for character in piece:
            self._take(character)
            if not self._thinking and self._held:
                yield from self._completed()

    def finish(self) -> Iterator[str]:
        """The stream is at its end: yields what is left."""
        if self._thinking:
            return
        yield from self._completed(at_end=True)
        if rest := self._held.rstrip():
            yield rest
        self._held = ""

    def _take(self, character: str) -> None:
        if not self._begun and not self._held and character.isspace():
            return
        self._held += character
        if self._thinking is None and not _THINKING.startswith(self._held):
            self._thinking = self._held.startswith(_THINKING)
        elif self._thinking and self._held.endswith(_THOUGHT):
            self._held, self._thinking = "", False

    def _completed(self, *, at_end: bool = False) -> Iterator[str]:
        while (candidate := _CANDIDATE.search(self._held, self._scanned)) is not None:
            end = candidate.end()
            after = _AFTER.match(self._held, end)
            assert after is not None  # it matches nothing at all
            rest = self._held[after.end() :]
            if not rest or (not at_end and not _is_settled(rest)):
                return
            if self._ends_sentence(candidate, rest):
                yield self._held[: after.end()]
                self._begun = True
                self._held, self._scanned = rest, 0
            else:
                self._scanned = end
        self._scanned = len(self._held)

    def _ends_sentence(self, candidate: re.Match[str], rest: str) -> bool:
        written = self._held[: candidate.end()]
        if _WORDLESS.match(without_markers(written)) or _LEADS_ON.search(written):
            return False
        if candidate["line"] is not None:
            return True
        before = without_markers(written).rstrip("*_")
        gap = self._held[candidate.end() : len(self._held) - len(rest)]
        probe = f"{before}{' ' if gap else ''}{rest[:_ENOUGH]}"
        return any(end == len(before) for _, end in split_sentences(probe))


def _is_settled(rest: str) -> bool:
    """Whether enough stands after a stop to tell if it ends a sentence."""
    if begins_marker(rest):
        return False
    if len(rest) >= _ENOUGH:
        return True
    word = _NEXT_WORD.match(rest)
    assert word is not None  # it matches nothing at all
    if "\u3400" <= word[1][:1] <= "\u9fff":
        return len(rest) >= _ENOUGH_CHINESE
    return word.end() < len(rest)
