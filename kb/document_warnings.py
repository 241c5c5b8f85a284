"""What a reader should know of a document, in kinds: each is made into an English sentence and read from it again.

A document keeps its sentences. Who shows them in another language goes by the kind and its values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter

# By kind, the sentence with places for its values. One that is worded otherwise leaves those of before without a kind.
SENTENCES: Mapping[str, str] = {
    "page_damaged": "page {page} is damaged and was left out",
    "page_without_text": "page {page} has no text: it is a picture. {advice}",
    "page_not_recognised": "page {page} is a picture in which no text was recognised",
    "attachment_not_read": "attachment not read: {name}",
    "chapter_missing": "the book names a chapter that is not in it: {name}",
    "start_no_date": "effective_from is “{value}”, which is no date; it is not used",
    "end_no_date": "effective_to is “{value}”, which is no date; it is not used",
}

OTHER = "other"  # the kind of a sentence that is none of these


def warning(kind: str, **values: object) -> str:
    """The sentence of a kind of `SENTENCES` with its values."""
    return SENTENCES[kind].format(**values)


def kind_of(sentence: str) -> tuple[str, dict[str, str]]:
    """The kind of a sentence that `warning` made, and its values; `OTHER` and nothing for any other sentence."""
    for kind, template in SENTENCES.items():
        found = _pattern(template).fullmatch(sentence)
        if found is not None:
            return kind, found.groupdict()
    return OTHER, {}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = [re.escape(text) + (f"(?P<{name}>.*)" if name else "") for text, name, _, _ in Formatter().parse(template)]
    return re.compile("".join(parts), re.DOTALL)
