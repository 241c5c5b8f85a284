"""How CMRC 2018 cuts a Chinese answer into the segments that it compares, and what it overlooks."""

from __future__ import annotations

import re

from eval.metrics.words import simplified

# The signs that the official script drops. Its list also names "……", which as two characters never meets one; ASCII
# commas, stops, quotation marks and brackets are not in it.
_DROPPED = str.maketrans(dict.fromkeys("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』", ""))
_HAN = r"[\u4e00-\u9fa5]"  # the script's range
# What the script leaves between Chinese characters is cut by NLTK's tokenizer: these signs stand alone, a stop only at
# the end, a comma not before a digit. Of its rules, those for contractions ("do", "n't") are left out.
_SIGN = rf"[;@#$%&?!()\[\]{{}}<>\"–—]|,(?!\d)|\.{{2,}}|\.(?=[\])}}>\"' ]*(?:{_HAN}|$))"
_SEGMENTS = re.compile(rf"{_HAN}|{_SIGN}|(?:(?!{_HAN}|{_SIGN})\S)+")


def compared_text(text: str) -> str:
    """`text` without case and without the signs that CMRC 2018 drops; traditional characters become simplified.

    The last is not in the official script, which never meets an answer in the other writing.
    """
    return simplified(text).lower().strip().translate(_DROPPED)


def segments_of(text: str) -> list[str]:
    """Chinese characters one by one, other words whole."""
    return _SEGMENTS.findall(compared_text(text))
