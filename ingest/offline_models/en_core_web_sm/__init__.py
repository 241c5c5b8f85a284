"""A small bilingual stand-in for spaCy's model of this name, which no package index carries.

`unstructured` wants the model for two things only: to count sentences, and to see whether a text holds a verb. This
pipeline answers both by rules, for English and Chinese, with no weights. It is not spaCy's model and has none of its
accuracy; its folder stands at the end of `sys.path`, so that the real one is used wherever it is installed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

__version__ = "3.8.0"

# A token and the white space after it.
_TOKEN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff]|[^\W\u3400-\u9fff\uf900-\ufaff]+|[^\w\s])(\s*)")
_LOOKED_AT = 400  # characters: what has no verb and no second sentence by then has none that matters
# Words that make a short English line a sentence rather than a title. A closed list: precision before reach, since what
# is missed is still text.
_VERBS = frozenset(
    """
    am is are was were be been being have has had do does did can could shall should will would may
    might must need needs make makes made take takes took get gets got give gives gave find finds found
    show shows showed use uses used say says said see sees saw let lets apply applies provide provides
    include includes
    """.split()  # noqa: SIM905 - a list of sixty quoted words is harder to read
)
_VERB_ENDING = re.compile(r"[a-z]{3,}(?:ed|ing|ises|izes|ifies)$")
# A Chinese character from this list in a text of some length is verb enough.
_CHINESE_VERBS = frozenset("是有为应得可不能会要在由与使让给到成用将被把做说看去来")


_SENTENCE_END = frozenset(".!?。！？；…")


class _SplitCharacters:
    """Tokens are words, single Chinese characters, and single signs, with their tags and sentences.

    All of it in one pass over plain strings: asking spaCy for its tokens one by one took as long as everything else
    that is done with a text.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        found = _TOKEN.findall(text[:_LOOKED_AT]) or [(text or " ", "")]
        words = [word for word, _ in found]
        spaces = [bool(space) for _, space in found]
        ends = [word in _SENTENCE_END for word in words]
        starts: list[bool | int | None] = [True, *(before and not here for before, here in pairwise(ends))]
        return Doc(self.vocab, words=words, spaces=spaces, tags=list(map(_tag, words)), sent_starts=starts)


@lru_cache(maxsize=50_000)  # the words of a book; each file has its own process, so nothing grows beyond that
def _tag(word: str) -> str:
    lower = word.lower()
    if lower in _VERBS or word in _CHINESE_VERBS:
        return "VB"
    return "VBG" if _VERB_ENDING.fullmatch(lower) else "NN"


def load(**_overrides: Any) -> Language:
    """The pipeline. spaCy calls this with settings for parts that do not exist here; they are passed over."""
    pipeline = spacy.blank("xx")
    pipeline.tokenizer = _SplitCharacters(pipeline.vocab)
    return pipeline
