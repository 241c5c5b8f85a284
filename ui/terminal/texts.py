"""Whether what was typed can be meant: texts of real characters, and no empty value where one is named."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from kb.errors import UsageError

# Where "" comes from a variable of a script that is not set, and means something else than leaving the option out.
_NEVER_EMPTY = ("collection", "as_of", "create", "delete", "document", "only_collection", "expires")


def check_texts(options: argparse.Namespace) -> None:
    """Refuses arguments that no catalog could hold or that name nothing.

    Raises:
        UsageError: a text is not in the terminal's encoding, or an option that names something is empty.
    """
    for name, value in _texts(options):
        if not _is_text(value):
            shown = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:80]
            raise UsageError(f"{shown!r} is no text", "its bytes are not in UTF-8", "Set the terminal to UTF-8")
        if name in _NEVER_EMPTY and not value.strip():
            option = "DOC" if name == "document" else "--" + name.replace("_", "-")
            raise UsageError(f"{option} is empty", "nothing is named by it", "Name it, or leave the option out")


def _texts(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for name, value in vars(options).items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield name, item


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # Python's stand-ins for bytes that it could not read
        return False
    return True
