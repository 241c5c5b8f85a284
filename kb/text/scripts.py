"""How much of a text is written in another script than the Latin one."""

from __future__ import annotations

import re

# Letters of scripts whose words a model of English has never seen: from Cyrillic to the extended Latin block, then
# Chinese, Japanese and Korean, and the compatibility forms of Arabic and kana. Greek is left out: in English texts its
# letters are symbols.
_FOREIGN = re.compile(
    r"[\u0400-\u1dff\u2e80-\u2fff\u3005-\u3007\u3041-\ua6ff\uac00-\ud7ff\uf900-\ufaff\ufe70-\ufefc\uff66-\uffdc"
    r"\U00020000-\U0003ffff]"
)
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")


def foreign_share(text: str) -> float:
    """Letters outside the Latin script as a share of these and of Latin words; 0 for a text without either.

    A Chinese character stands against a Latin word, not a letter: both carry about one meaning.
    """
    foreign = len(_FOREIGN.findall(text))
    return foreign / (foreign + len(_LATIN_WORD.findall(text))) if foreign else 0.0
