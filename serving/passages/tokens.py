"""How long a text is to a chat model whose tokenizer nobody has."""

from __future__ import annotations

import re

_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# English prose takes a token for 4 to 5 characters, tables and code one for 3 to 4. A Chinese character takes .6 to 1
# in the vocabularies of Chinese models, a little more than 1 in some others.
_CHARACTERS_TO_A_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """About how many tokens a chat model makes of `text`: one for a Chinese character, one for four others."""
    han = len(_HAN.findall(text))
    return han + -(-(len(text) - han) // _CHARACTERS_TO_A_TOKEN)
