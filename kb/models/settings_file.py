"""Setting keys in `ibid.toml` and leaving everything else in it as it stands: comments, order, other settings."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.errors import SettingsError, StorageError

Sections = Mapping[str, Mapping[str, Any]]

_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"\s*\[")


def set_in_file(path: Path, wanted: Sections) -> None:
    """Writes `wanted` into the file, which is made if it is missing.

    Raises:
        SettingsError: the file is no TOML, or is written in a way in which the keys cannot be set line by line.
        StorageError: it cannot be written.
    """
    try:
        before = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}", str(error), "Mend the file or move it away") from error
    after = with_settings(before, wanted, str(path))
    if after != before:
        _write(path, after)


def with_settings(text: str, wanted: Sections, place: str = "ibid.toml") -> str:
    """`text` with the keys of `wanted` set, every other line as it was.

    Raises:
        SettingsError: as `set_in_file`; what would have to be written by hand is said.
    """
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"cannot read {place}", str(error), "Mend the file or move it away") from error
    changed = text
    for section, values in wanted.items():
        held = expected.get(section, {})
        missing = {key: value for key, value in values.items() if held.get(key) != value or key not in held}
        changed = _with_section(changed, section, missing)
        if isinstance(held, dict):
            expected[section] = {**held, **missing} if missing or section in expected else {}
    expected = {key: value for key, value in expected.items() if value != {} or key in tomllib.loads(text)}
    try:
        done = tomllib.loads(changed) == expected
    except tomllib.TOMLDecodeError:
        done = False
    if not done:
        lines = "; ".join(f"{section}.{_line(*item)}" for section, keys in wanted.items() for item in keys.items())
        raise SettingsError(f"cannot change {place} line by line", "it is written in an unusual way", f"Set {lines}")
    return changed


def _with_section(text: str, section: str, values: Mapping[str, Any]) -> str:
    if not values:
        return text
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if _is_header(line, section)), None)
    if start is None:
        block = [f"[{section}]", *(_line(key, value) for key, value in values.items())]
        return "\n".join([*lines, *([""] if lines and lines[-1].strip() else []), *block]) + "\n"
    end = next((n for n in range(start + 1, len(lines)) if _ANY_HEADER.match(lines[n])), len(lines))
    for key, value in values.items():
        held = next((n for n in range(start + 1, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[n])), None)
        if held is not None:
            lines[held] = _line(key, value) + _comment(lines[held])
            continue
        place = next((n for n in range(end, start, -1) if lines[n - 1].strip()), end)  # before the blank lines
        lines.insert(place, _line(key, value))
        end += 1
    return "\n".join(lines) + "\n"


def _is_header(line: str, section: str) -> bool:
    match = _HEADER.match(line)
    return bool(match and match.group(1) == section)


def _comment(line: str) -> str:
    """The comment at the end of a line with a plain value; nothing where it could stand inside the value."""
    match = re.fullmatch(r"[^#\"']*=\s*(?:\"[^\"\\]*\"|'[^']*'|[^#\"']*?)(\s*#.*)", line)
    return match.group(1) if match else ""


def _line(key: str, value: object) -> str:
    # A TOML string, a number or true is written as in JSON, but for characters beyond the first plane.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _write(path: Path, text: str) -> None:
    """In one step: a reader sees the old file or the new one."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600  # it may hold keys
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".ibid-toml-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path.resolve() if path.is_symlink() else path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise StorageError(f"cannot write {path}", str(error), "Free some space, or set it by hand") from error
