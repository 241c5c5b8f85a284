"""Preparing a model once: export, measure each runtime against torch, keep the fastest that agrees."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kb.embedding.exporting import save_tokenizer
from kb.embedding.kinds import EMBEDDERS, ModelKind
from kb.embedding.manifest import Candidate, ModelFacts, Preparation, read_manifest, write_manifest
from kb.embedding.opening import TOKENIZER, check_opened, graph_file, open_runtime, probe
from kb.embedding.openvino_runtime import convert_graph, has_bfloat16
from kb.embedding.sources import ModelSource, RunSettings, find_source, library_versions, preparation_name
from kb.errors import ModelError, StorageError
from kb.ports import Vectors

_CANDIDATES = (("openvino", "bf16"), ("openvino", "f32"), ("onnx", "f32"))
_TORCH = Candidate("torch", "f32", 1.0, 0.0)

# A temporary folder this old was left by a killed preparation: the longest takes minutes.
_STALE_SECONDS = 6 * 3600


def prepare_model(
    settings: RunSettings, cache: Path, report: Callable[[str], None], kind: ModelKind = EMBEDDERS
) -> Preparation:
    """Prepares the model of `settings` in a temporary folder and moves it into `cache` when all is done.

    Two processes may prepare the same model at once: the first to finish wins, the other takes what it finds.

    Raises:
        SettingsError, ModelError, StorageError: as `kb.embedding.open_embedder`.
    """
    started = time.monotonic()
    source = find_source(settings.model, kind.section)
    final = cache / preparation_name(source, settings)
    report(f"loading {source.name}")
    model = kind.load(source)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with tempfile.TemporaryDirectory(prefix=".preparing-", dir=cache, ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary) / "model"
            folder.mkdir()
            preparation = _prepare_into(folder, model, source, settings, kind, report)
            preparation = replace(preparation, seconds=round(time.monotonic() - started, 3))
            write_manifest(preparation, folder)
            preparation = _move(preparation, final)
    except OSError as error:
        raise StorageError(f"cannot write the prepared model to {cache}", str(error), "Free some space") from error
    if preparation.runtime != "torch":
        check_opened(preparation, settings.threads)  # leaves the compiled graph in its final place
    report(_summary(preparation, settings))
    return preparation


def _summary(preparation: Preparation, settings: RunSettings) -> str:
    summary = f"ready: {preparation.runtime} {preparation.precision}, agreement {preparation.agreement:.5f}"
    reasons = list(dict.fromkeys(item.why_not for item in preparation.candidates if item.why_not))
    if preparation.runtime == "torch" and settings.runtime == "auto" and reasons:
        return f"{summary}; no faster runtime takes this model: {'; '.join(reasons)}"
    return summary


def _prepare_into(
    folder: Path,
    model: Any,
    source: ModelSource,
    settings: RunSettings,
    kind: ModelKind,
    report: Callable[[str], None],
) -> Preparation:
    facts = kind.read_facts(model, source)
    candidates = [_TORCH]
    if settings.runtime != "torch":
        candidates += _measure_all(folder, facts, model, settings, kind, report)
    chosen = _choose(candidates, source, settings)
    known: tuple[float, ...] = ()
    if chosen.runtime != "torch":
        runtime = open_runtime(folder, chosen.runtime, chosen.precision, settings.threads)
        known = tuple(round(float(value), 6) for value in probe(runtime))
    _drop_all_but(folder, chosen)
    return Preparation(
        facts=facts,
        runtime=chosen.runtime,
        precision=chosen.precision,
        agreement=chosen.agreement,
        seconds=0.0,
        folder=folder,
        candidates=tuple(candidates),
        libraries=library_versions(),
        probe=known,
        source=str(source.folder or source.name),
    )


def _measure_all(
    folder: Path,
    facts: ModelFacts,
    model: Any,
    settings: RunSettings,
    kind: ModelKind,
    report: Callable[[str], None],
) -> list[Candidate]:
    wanted = [pair for pair in _CANDIDATES if settings.runtime in ("auto", pair[0])]
    report("exporting the graph")
    try:
        if why := kind.unfit(model):
            raise ModelError(why)
        save_tokenizer(model, folder / TOKENIZER)
        onnx_file = graph_file(folder, "onnx", "f32")
        onnx_file.parent.mkdir()
        kind.export(model, onnx_file)
    except ModelError as error:
        return [Candidate(runtime, precision, 0.0, 0.0, str(error)) for runtime, precision in wanted]
    reference = kind.reference(model, facts)
    measured = []
    for runtime, precision in wanted:
        report(f"measuring {runtime} {precision}")
        measured.append(_measure(folder, facts, runtime, precision, reference, settings.threads, kind))
    return measured


def _measure(
    folder: Path,
    facts: ModelFacts,
    runtime: str,
    precision: str,
    reference: Vectors,
    threads: int,
    kind: ModelKind,
) -> Candidate:
    if precision == "bf16" and not has_bfloat16():
        return Candidate(runtime, precision, 0.0, 0.0, "this processor has no bfloat16")
    try:
        if runtime == "openvino":
            onnx_file = graph_file(folder, "onnx", "f32")
            convert_graph(onnx_file, graph_file(folder, runtime, precision), half=precision == "bf16")
        opened = open_runtime(folder, runtime, precision, threads)
        kind.outputs(facts, folder / TOKENIZER, opened)  # first runs pay for memory and code generation
        started = time.process_time()
        outputs = kind.outputs(facts, folder / TOKENIZER, opened)
        seconds = round(time.process_time() - started, 4)
    except Exception as error:  # the runtimes raise bare RuntimeError and their own kinds
        return Candidate(runtime, precision, 0.0, 0.0, f"{runtime} failed: {str(error).partition(chr(10))[0]}")
    agreement = kind.agreement(outputs, reference)
    if not agreement >= kind.bound:  # "not >=" so that a NaN is refused
        return Candidate(runtime, precision, agreement, seconds, f"it agrees with torch to {agreement:.4f} only")
    return Candidate(runtime, precision, agreement, seconds)


def _choose(candidates: Sequence[Candidate], source: ModelSource, settings: RunSettings) -> Candidate:
    agreeing = [item for item in candidates if item is not _TORCH and not item.why_not]
    if agreeing:
        return min(agreeing, key=lambda item: item.seconds)
    if settings.runtime in ("auto", "torch"):
        return _TORCH
    reasons = "; ".join(f"{item.runtime} {item.precision}: {item.why_not}" for item in candidates if item.why_not)
    raise ModelError(
        f"{source.name} cannot be run through {settings.runtime}", reasons, f"Set {source.section}.runtime to auto"
    )


def _drop_all_but(folder: Path, chosen: Candidate) -> None:
    keep = graph_file(folder, chosen.runtime, chosen.precision)
    for path in folder.iterdir():
        if path == keep.parent:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        elif path.stem != keep.stem and path.name != TOKENIZER:
            path.unlink()


def _move(preparation: Preparation, final: Path) -> Preparation:
    if read_manifest(final) is None and final.exists():
        shutil.rmtree(final, ignore_errors=True)  # a damaged one
    try:
        preparation.folder.rename(final)
    except OSError:
        other = read_manifest(final)  # of a process that was faster
        if other is None:
            raise
        return other
    return replace(preparation, folder=final)


def _sweep(cache: Path) -> None:
    for path in cache.glob(".preparing-*"):
        try:
            stale = path.stat().st_mtime < time.time() - _STALE_SECONDS
        except FileNotFoundError:
            continue
        if stale:
            shutil.rmtree(path, ignore_errors=True)
