"""Text from outside (documents, names, questions, models) made safe where Streamlit reads Markdown."""

from __future__ import annotations

import re
import string

# Streamlit finds bare addresses, e-mails, emoji names, icons and arrows in the text after backslashes are resolved, so
# a backslash alone does not stop it; an invisible zero-width space between a sign and what stands before it does.
_ZERO_WIDTH_SPACE = "\u200b"
# Control signs, and those that turn the direction of writing: they can make a notice read as what it does not say.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TABLE = str.maketrans({sign: f"{_ZERO_WIDTH_SPACE}\\{sign}" for sign in string.punctuation})


def seen(text: str) -> str:
    """`text` without control signs and without what turns the direction of writing: names that read as they are."""
    return _UNSEEN.sub("", text)


def plain(text: str) -> str:
    """Markdown that shows `text` as it stands, on one line, with nothing in it interpreted."""
    return " ".join(seen(text).split()).translate(_TABLE)
