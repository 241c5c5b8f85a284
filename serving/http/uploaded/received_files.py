"""What is said of a file that comes in over HTTP, whole or in parts: its purpose, name, size and time to live."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from typing import Literal

from pydantic import ConfigDict, Field
from starlette.datastructures import UploadFile

from kb.errors import FileLimitError, StorageError
from serving.http.bodies import JsonBody
from serving.http.errors import ApiError
from serving.http.state import Services

_CHUNK = 1 << 20  # 1 MiB: few system calls, little memory
PURPOSES = ("assistants", "batch", "user_data")
_NAME_CHARACTERS = 255
_BATCH_SECONDS = 30 * 24 * 3600  # OpenAI's own default for files of purpose batch

# Purposes that OpenAI knows for what ibid does not do.
_ELSEWHERE = {
    "batch_output": "batches write their output themselves",
    "evals": "there is no Evals API here; `ibid eval` measures on the terminal",
    "fine-tune": "no model is trained here",
    "vision": "pictures are read as documents here: upload them as 'assistants' or 'user_data'",
}


class ExpiresAfter(JsonBody):
    """How long a file is kept, from the moment at which it is there."""

    model_config = ConfigDict(extra="forbid")

    anchor: Literal["created_at"]
    seconds: int = Field(ge=3600, le=2_592_000)  # OpenAI's own range: an hour to 30 days


def expiry_of(purpose: str, asked: ExpiresAfter | None) -> int:
    """The seconds for which a file is kept; 0 for ever. What is made for one batch need not stay, as at OpenAI."""
    if asked is not None:
        return asked.seconds
    return _BATCH_SECONDS if purpose == "batch" else 0


def check_purpose(purpose: str) -> str:
    """The purpose, where it is one that ibid serves.

    Raises:
        ApiError: 400, it is another one.
    """
    if purpose in PURPOSES:
        return purpose
    why = _ELSEWHERE.get(purpose, f"it must be one of {', '.join(PURPOSES)}")
    raise ApiError(400, f"purpose {purpose[:40]!r} cannot be served: {why}", code="invalid_value", param="purpose")


def display_name(given: str | None) -> str:
    """A file name to show: the last part of what a browser sends, without control characters."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[-_NAME_CHARACTERS:] or "unnamed"


def check_size(services: Services, name: str, size: int) -> None:
    """Refuses a file of this many bytes where it is too large, or the disk too full for it.

    An exported collection holds many documents and has a limit of its own.

    Raises:
        FileLimitError: it is larger than `limits.max_file_mb`, or than `limits.max_import_mb`.
        StorageError: too little of the disk would be left.
    """
    limits = services.settings.limits
    if name.endswith(".ibid"):
        most, advice = limits.max_import_mb, "Take it in with `ibid import` on the server's machine"
    else:
        most, advice = limits.max_file_mb, "Split it"
    if size > most * 1_000_000:
        raise FileLimitError(f"{name} is larger than {most} MB", advice=advice)
    if shutil.disk_usage(services.home.folder).free - size < limits.free_disk_mb * 1_000_000:
        raise StorageError(
            "nothing more is stored",
            "the disk is nearly full",
            f"Free some space: at least {limits.free_disk_mb} MB must stay free",
        )


def digest_of(upload: UploadFile, *said: str) -> str:
    """A digest of the bytes of a file in a form, which is then read anew, and of what is said of it."""
    digest = hashlib.sha256("\n".join(said).encode())
    for chunk in chunks_of(upload):
        digest.update(chunk)
    upload.file.seek(0)
    return digest.hexdigest()


def chunks_of(upload: UploadFile) -> Iterator[bytes]:
    """The bytes of a file in a form, a little at a time."""
    while chunk := upload.file.read(_CHUNK):
        yield chunk
