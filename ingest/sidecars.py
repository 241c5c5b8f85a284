"""What a file beside a document says of it: `handbook.pdf.ibid.toml` speaks of `handbook.pdf`.

It holds lines such as `title = "Handbook"`, `effective_from = 2023-09-01` and `tags = ["course", "rules"]`.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from kb.attributes import checked_attributes
from kb.errors import UnreadableFileError, UsageError
from kb.records import MOST_PASSAGE_TOKENS

SIDECAR_ENDING = ".ibid.toml"


def read_sidecar(path: Path) -> dict[str, str]:
    """The attributes that stand beside the document at `path`, checked; none where there is no such file.

    Raises:
        UnreadableFileError: it is no TOML, or what it says cannot be.
    """
    sidecar = path.with_name(path.name + SIDECAR_ENDING)
    # `Path.is_file` raises an error where the longer name is too long for any file.
    if not os.path.isfile(sidecar):  # noqa: PTH113
        return {}
    try:
        told = tomllib.loads(sidecar.read_text("utf-8"))
        return checked_attributes({key: _as_text(key, value) for key, value in told.items()})
    except OSError as error:
        raise UnreadableFileError(f"cannot read {sidecar}", (error.strerror or str(error)).lower()) from error
    except UsageError as error:
        raise UnreadableFileError(f"cannot use {sidecar}", str(error), "Correct it, or remove it") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UnreadableFileError(f"cannot read {sidecar}", str(error), "It must be TOML: KEY = VALUE") from error


def reading_of(pipeline: str, attributes: Mapping[str, str], passage_tokens: int = MOST_PASSAGE_TOKENS) -> str:
    """The name of a reading by `pipeline` with these attributes and sizes: with others, a file is read anew."""
    if passage_tokens != MOST_PASSAGE_TOKENS:
        pipeline = f"{pipeline}+{passage_tokens}"
    if not attributes:
        return pipeline
    told = json.dumps(dict(attributes), sort_keys=True, ensure_ascii=False)
    return f"{pipeline}+{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _as_text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float, date)):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        return ", ".join(map(str, value))
    raise UsageError(f"{key} cannot be {value!r}", "values are texts, numbers, dates, true, false and lists of texts")
