"""Text from outside, made harmless for a prompt, and the key that no such text can hold.

A prompt puts each text between tags that end in a key: `<passage-3f9ac1d2 …>` and `</passage-3f9ac1d2>`. The key is a
hash of all the texts and occurs in none of them, so that no text can close its tags or open others, whatever it says.
That is what the frame promises by construction. The rest here only makes a text less persuasive: what chat templates
read as their own tokens, tags that look like the frame's, and characters that nobody sees.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from itertools import count

_KEY_DIGITS = 8  # hexadecimal: some five tokens, and 4 billion keys, of which one that no text holds is taken

# Servers split a whole prompt into tokens, so that a control token written in a document becomes a real one: <|im_end|>
# (GPT, Qwen, Llama 3, Phi), <｜User｜> (DeepSeek), <start_of_turn> (Gemma), [INST] (Mistral, Llama 2), </s>.
_CONTROL = re.compile(
    r"<(?=[|｜]|/?(?:s|bos|eos|pad|unk|sop|eop|think|tool_call|tool_response|start_of_turn|end_of_turn)>)"
    r"|<(?=</?SYS>>)|(?<=<)<(?=/?SYS>>)",
    re.IGNORECASE,
)
_BRACKETED_CONTROL = re.compile(
    r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_[A-Z]+|THINK|gMASK)\])", re.IGNORECASE
)
_FRAME_LIKE = re.compile(
    r"<(?=\s*/?\s*(?:passage|question|instructions|schema|conversation|quote|sentence|system|user|assistant)\b)",
    re.IGNORECASE,
)
# Unicode's categories Cc, Cf and Cs, without line breaks, tabulators and the two joiners, with which some scripts and
# emoji are written; and rows of variation selectors: one chooses the form of a letter, a row hides words.
_UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
)


class PromptText(str):
    """Text that may stand in a prompt as it is: written by us, a filled prompt, or made harmless by `as_data`."""

    __slots__ = ()


def as_data(text: str) -> PromptText:
    """`text` without what a model or its server could take for structure. Applied twice it changes nothing more.

    `<` becomes `‹` and `[` becomes `［` where they begin a control token or a tag like the frame's. What nobody sees
    goes: directions, zero widths, Unicode tags, control characters, half surrogates.
    """
    if isinstance(text, PromptText):
        return text
    seen = _UNSEEN.sub("", text)
    while (again := _UNSEEN.sub("", seen)) != seen:  # what goes may bring variation selectors together
        seen = again
    return PromptText(_BRACKETED_CONTROL.sub("［", _FRAME_LIKE.sub("‹", _CONTROL.sub("‹", seen))))


def frame_key(texts: Iterable[str], seed: str = "") -> str:
    """Eight hexadecimal digits that stand in none of `texts`, even as `as_data` leaves them.

    The same texts and seed give the same key, so that an answer can be made again.
    """
    shown = [as_data(text) for text in texts]
    folded = [text.lower() for text in shown]
    for attempt in count():
        written = "\x1f".join((seed, str(attempt), *shown)).encode("utf-8")
        key = hashlib.sha256(written).hexdigest()[:_KEY_DIGITS]
        if not any(key in text for text in folded):
            return key
    raise AssertionError("unreachable")
