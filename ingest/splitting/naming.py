"""What the embedder sees of a passage: its own text, and in front of it where it stands."""

from __future__ import annotations

from kb.records import Passage

# Tokens that a name in front of a passage takes at most, and all of them together: they, 200 tokens of text and the two
# special tokens fit a window of 256.
_NAME_TOKENS = 22.0
_LINE_TOKENS = 48.0

_SEPARATOR = " › "


def embedding_text(title: str, passage: Passage) -> str:
    """The passage's text with its document's title and headings in front, on a line of their own.

    Names that stand in the passage's first lines are left out. The title and the nearest heading are cut where they are
    long; outer headings are left out where the line would be too long.
    """
    shown = [" ".join(line.split()) for line in passage.text[:400].splitlines()]
    names: dict[int, str] = {}  # by place: the title, then the headings from the outermost
    room = _LINE_TOKENS
    path = [title, *passage.headings]
    for place in dict.fromkeys((0, len(path) - 1, *range(len(path) - 2, 0, -1))):
        name = " ".join(path[place].split())
        is_main = place in (0, len(path) - 1)
        if not name or any(name in known for known in shown):
            continue
        short = _cut(name) if is_main else name
        if _tokens(short) <= room:
            names[place] = short
            shown.append(name)
            room -= _tokens(short) + 1
    line = _SEPARATOR.join(names[place] for place in sorted(names))
    return f"{line}\n{passage.text}" if line else passage.text


def _cut(name: str) -> str:
    """The beginning of a name, up to a space where it has one."""
    if _tokens(name) <= _NAME_TOKENS:
        return name
    end, tokens = 0, 0.0
    while tokens + _tokens(name[end]) <= _NAME_TOKENS:
        tokens += _tokens(name[end])
        end += 1
    space = name.rfind(" ", end // 2, end + 1)
    return name[: space if space > 0 else end]


def _tokens(name: str) -> float:
    """About how many tokens a name takes: a quarter for a Latin letter, one for every other visible character."""
    return sum(0.25 if character.isascii() and (character.isalpha() or character == " ") else 1.0 for character in name)
