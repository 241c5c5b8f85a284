"""The manifest of a prepared model: all that opening it needs to know. Without it a folder is no preparation."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kb.records import EmbeddingSpace

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One runtime as measured while preparing. `agreement` is the least cosine to torch in fp32 over the sample."""

    runtime: str  # openvino, onnx, torch
    precision: str  # bf16, f32
    agreement: float
    seconds: float  # CPU seconds for the sample; 0 where it was not timed
    why_not: str = ""  # why it could not be taken; "" where it could


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the vectors depend on besides the weights."""

    name: str
    revision: str  # the first 16 hexadecimal digits of a hash of weights, tokenizer and module settings
    dimension: int
    pooling: str
    max_tokens: int  # the model's window, special tokens counted
    pad_id: int
    query_prefix: str
    passage_prefix: str
    labels: str = ""  # of a verifier, parted by commas
    template: str = ""  # how a verifier takes a text and a sentence; "" for a pair

    @property
    def space(self) -> EmbeddingSpace:
        """The space that the vectors of this model belong to, through whichever runtime."""
        return EmbeddingSpace(
            model=self.name,
            revision=self.revision,
            dimension=self.dimension,
            pooling=self.pooling,
            query_prefix=self.query_prefix,
            passage_prefix=self.passage_prefix,
        )


@dataclass(frozen=True, slots=True)
class Preparation:
    """A model made ready: which runtime was taken and what it was measured against."""

    facts: ModelFacts
    runtime: str
    precision: str
    agreement: float
    seconds: float  # what preparing took
    folder: Path
    candidates: tuple[Candidate, ...]
    libraries: tuple[str, ...]  # one "name version" each
    probe: tuple[float, ...]  # what the taken runtime made of the probe tokens: a damaged file shows there
    source: str  # the model's folder or hub name, for the torch runtime


def write_manifest(preparation: Preparation, folder: Path) -> None:
    """Writes `preparation` into `folder`, which may be a temporary one."""
    values = asdict(preparation)
    del values["folder"]
    (folder / MANIFEST).write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Preparation | None:
    """The preparation in `folder`, or None where there is none or it cannot be read."""
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        values["facts"] = ModelFacts(**values["facts"])
        values["candidates"] = tuple(Candidate(**item) for item in values["candidates"])
        values["libraries"] = tuple(values["libraries"])
        values["probe"] = tuple(values["probe"])
        names = [item.name for item in fields(Preparation) if item.name != "folder"]
        return Preparation(folder=folder, **{name: values[name] for name in names})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def discard(preparation: Preparation) -> None:
    """Takes a damaged preparation away: the manifest first, so that nobody opens what is half gone."""
    (preparation.folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(preparation.folder, ignore_errors=True)
