"""Seals of answers: by one, a server knows an answer again that it gave and did not keep.

An answer that nobody wanted kept leaves no trace in the home folder. Whoever brings it back with its seal, to have it
kept after all, can have changed nothing of it: the seal is a keyed hash of everything that would be kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kb.errors import StorageError, UsageError
from kb.records import Answer

_FILE = "seal.key"  # in the home folder
_KEY_BYTES = 32  # as many as the hash has


def seal_answer(folder: Path, question: str, answer: Answer) -> str:
    """The seal of an answer to a question as it was asked, by the key of a home folder.

    Raises:
        StorageError: the key can neither be read nor made.
    """
    told = json.dumps([question, _plain(asdict(_as_told(answer)))], sort_keys=True, separators=(",", ":"))
    return hmac.new(_key(folder), told.encode(), hashlib.sha256).hexdigest()


def sealed_answer(folder: Path, question: str, told: Mapping[str, Any], seal: str) -> Answer:
    """The answer that `told` tells, as HTTP answers do, if it has this seal.

    Raises:
        UsageError: it is no answer, or not one that was given here to this question.
        StorageError: the key can neither be read nor made.
    """
    try:
        answer = _adapter().validate_python({**told, "looked_at": (), "withheld": (), "timings": {}})
        ours = seal_answer(folder, question, answer)
    except (ValidationError, OverflowError) as error:  # OverflowError: a whole number beyond all that JSON can tell
        raise UsageError("this cannot be kept", "it is no answer in the shape of the field `ibid`") from error
    if not hmac.compare_digest(ours.encode(), seal.encode(errors="replace")):
        raise UsageError("this cannot be kept", "it is not an answer that this server gave to this question")
    return answer


def _as_told(answer: Answer) -> Answer:
    """What HTTP answers tell of it and is kept: nothing of what was read and not cited, nor of how it came about."""
    return replace(answer, looked_at=(), withheld=(), timings={}, cut=False, tokens=None, calls=())


@cache
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _plain(value: Any) -> Any:
    """A value of which every writing is the same: JSON makes no difference between 1 and 1.0."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _key(folder: Path) -> bytes:
    path = folder / _FILE
    try:
        with suppress(FileNotFoundError):
            return path.read_bytes()
        part = path.with_name(f"{_FILE}.{secrets.token_hex(8)}.part")
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        with suppress(FileExistsError):  # another process was faster: its key is the one
            os.link(part, path)
        part.unlink()
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot use {_FILE}", str(error.strerror)) from error
