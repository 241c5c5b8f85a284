"""Preparing a model once: export, measure each runtime against torch, keep the fastest that agrees."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.exporting import export_graph, read_facts, save_tokenizer
from kb.embedding.graph_embedder import GraphEmbedder
from kb.embedding.manifest import Candidate, ModelFacts, Preparation, read_manifest, write_manifest
from kb.embedding.opening import TOKENIZER, graph_file, open_prepared, open_runtime, probe
from kb.embedding.openvino_runtime import convert_graph, has_bfloat16
from kb.embedding.revision import weights_revision
from kb.embedding.sample import sample_passages, sample_questions
from kb.embedding.sources import ModelSource, find_source, library_versions, preparation_name
from kb.embedding.tokens import TextTokenizer
from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer
from kb.errors import ModelError, StorageError
from kb.ports import Embedder, Vectors
from kb.settings import EmbedderSettings

# The least cosine to torch's float32 vectors that still counts as the same model: bfloat16 gives .9999, int8 .99.
AGREEMENT_BOUND = 0.999

_CANDIDATES = (("openvino", "bf16"), ("openvino", "f32"), ("onnx", "f32"))
_TORCH = Candidate("torch", "f32", 1.0, 0.0)

# A temporary folder this old was left by a killed preparation: the longest takes minutes.
_STALE_SECONDS = 6 * 3600


def prepare_model(settings: EmbedderSettings, cache: Path, report: Callable[[str], None]) -> Preparation:
    """Prepares the model of `settings` in a temporary folder and moves it into `cache` when all is done.

    Two processes may prepare the same model at once: the first to finish wins, the other takes what it finds.

    Raises:
        SettingsError, ModelError, StorageError: as `kb.embedding.open_embedder`.
    """
    started = time.monotonic()
    source = find_source(settings.model)
    final = cache / preparation_name(source, settings)
    report(f"loading {source.name}")
    model = load_sentence_transformer(source, to_export=True)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with tempfile.TemporaryDirectory(prefix=".preparing-", dir=cache, ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary) / "model"
            folder.mkdir()
            preparation = _prepare_into(folder, model, source, settings, report)
            preparation = replace(preparation, seconds=round(time.monotonic() - started, 3))
            write_manifest(preparation, folder)
            preparation = _move(preparation, final)
    except OSError as error:
        raise StorageError(f"cannot write the prepared model to {cache}", str(error), "Free some space") from error
    if preparation.runtime != "torch":
        open_prepared(preparation, settings.threads)  # leaves the compiled graph in its final place
    report(f"ready: {preparation.runtime} {preparation.precision}, agreement {preparation.agreement:.5f}")
    return preparation


def _prepare_into(
    folder: Path, model: Any, source: ModelSource, settings: EmbedderSettings, report: Callable[[str], None]
) -> Preparation:
    facts = read_facts(model, source.name, weights_revision(source))
    candidates = [_TORCH]
    if settings.runtime != "torch":
        candidates += _measure_all(folder, facts, model, settings, report)
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
    folder: Path, facts: ModelFacts, model: Any, settings: EmbedderSettings, report: Callable[[str], None]
) -> list[Candidate]:
    wanted = [pair for pair in _CANDIDATES if settings.runtime in ("auto", pair[0])]
    report("exporting the graph")
    try:
        save_tokenizer(model, folder / TOKENIZER)
        export_graph(model, graph_file(folder, "onnx", "f32"))
    except ModelError as error:
        return [Candidate(runtime, precision, 0.0, 0.0, str(error)) for runtime, precision in wanted]
    reference = _all_vectors(TorchEmbedder(facts, model))
    measured = []
    for runtime, precision in wanted:
        report(f"measuring {runtime} {precision}")
        measured.append(_measure(folder, facts, runtime, precision, reference, settings.threads))
    return measured


def _measure(
    folder: Path, facts: ModelFacts, runtime: str, precision: str, reference: Vectors, threads: int
) -> Candidate:
    if precision == "bf16" and not has_bfloat16():
        return Candidate(runtime, precision, 0.0, 0.0, "this processor has no bfloat16")
    try:
        if runtime == "openvino":
            onnx_file = graph_file(folder, "onnx", "f32")
            convert_graph(onnx_file, graph_file(folder, runtime, precision), half=precision == "bf16")
        opened = open_runtime(folder, runtime, precision, threads)
        embedder = GraphEmbedder(facts, TextTokenizer(folder / TOKENIZER, facts.max_tokens), opened)
        _all_vectors(embedder)  # first runs pay for memory and code generation
        started = time.process_time()
        vectors = _all_vectors(embedder)
        seconds = round(time.process_time() - started, 4)
    except Exception as error:  # the runtimes raise bare RuntimeError and their own kinds
        return Candidate(runtime, precision, 0.0, 0.0, f"{runtime} failed: {str(error).partition(chr(10))[0]}")
    agreement = float(np.min(np.sum(vectors * reference, axis=1)))
    if not agreement >= AGREEMENT_BOUND:  # "not >=" so that a NaN is refused
        return Candidate(runtime, precision, agreement, seconds, f"its vectors agree to {agreement:.4f} only")
    return Candidate(runtime, precision, agreement, seconds)


def _all_vectors(embedder: Embedder) -> Vectors:
    questions = [embedder.embed_question(text) for text in sample_questions()]
    return np.vstack([embedder.embed_passages(sample_passages()), *questions])


def _choose(candidates: Sequence[Candidate], source: ModelSource, settings: EmbedderSettings) -> Candidate:
    agreeing = [item for item in candidates if item is not _TORCH and not item.why_not]
    if agreeing:
        return min(agreeing, key=lambda item: item.seconds)
    if settings.runtime in ("auto", "torch"):
        return _TORCH
    reasons = "; ".join(f"{item.runtime} {item.precision}: {item.why_not}" for item in candidates if item.why_not)
    raise ModelError(f"{source.name} cannot be run through {settings.runtime}", reasons, "Set embedder.runtime to auto")


def _drop_all_but(folder: Path, chosen: Candidate) -> None:
    keep = graph_file(folder, chosen.runtime, chosen.precision)
    for path in folder.iterdir():
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
