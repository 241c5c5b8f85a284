"""Preparing a model once: export, measure each runtime against torch, keep the fastest that agrees."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.exporting import GRAPH, INPUTS, TOKENIZER, export_graph, read_facts, save_tokenizer
from kb.embedding.graph_embedder import GraphEmbedder, Runtime
from kb.embedding.manifest import Candidate, ModelFacts, Preparation, read_manifest, write_manifest
from kb.embedding.onnx_runtime import OnnxRuntime
from kb.embedding.openvino_runtime import OpenVinoRuntime
from kb.embedding.sample import sample_passages
from kb.embedding.sources import ModelSource, find_source, library_versions, preparation_name
from kb.embedding.tokens import TextTokenizer
from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer
from kb.errors import ModelError, StorageError
from kb.ports import Embedder, Vectors
from kb.settings import EmbedderSettings

# The least cosine to torch's float32 vectors that still counts as the same model: bfloat16 gives .9999, int8 .99.
AGREEMENT_BOUND = 0.999

# Every runtime that is tried, in the order in which ties are broken.
_CANDIDATES = (("openvino", "bf16"), ("openvino", "f32"), ("onnx", "f32"))


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
    model = load_sentence_transformer(source, "cpu")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".preparing-", dir=cache, ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            preparation = _prepare_into(folder, model, source, settings, report)
            preparation = replace(preparation, seconds=round(time.monotonic() - started, 3), folder=final)
            write_manifest(preparation, folder)
            _move(folder, final)
    except OSError as error:
        raise StorageError(f"cannot write the prepared model to {cache}", str(error), "Free some space") from error
    report(f"ready: {preparation.runtime} {preparation.precision}, agreement {preparation.agreement:.5f}")
    return preparation


def _prepare_into(
    folder: Path, model: Any, source: ModelSource, settings: EmbedderSettings, report: Callable[[str], None]
) -> Preparation:
    save_tokenizer(model, folder)
    facts = read_facts(model, source, folder)
    torch_result = Candidate("torch", "f32", 1.0, 0.0)
    candidates: list[Candidate] = [torch_result]
    chosen = torch_result
    if settings.runtime != "torch":
        report("exporting the graph")
        reference = TorchEmbedder(facts, model).embed_passages(sample_passages())
        export_graph(model, folder / GRAPH)
        for runtime, precision in _CANDIDATES:
            if settings.runtime in ("auto", runtime):
                report(f"measuring {runtime} {precision}")
                candidates.append(_measure(folder, facts, runtime, precision, reference, settings))
        agreeing = [item for item in candidates[1:] if not item.why_not]
        chosen = min(agreeing, key=lambda item: item.seconds) if agreeing else torch_result
        if settings.runtime not in ("auto", chosen.runtime):
            reasons = "; ".join(item.why_not for item in candidates if item.why_not)
            raise ModelError(f"{source.name} cannot be run by {settings.runtime}", reasons, "Set embedder.runtime to auto")
    if chosen.runtime == "torch":
        (folder / GRAPH).unlink(missing_ok=True)
    return Preparation(
        facts=facts,
        runtime=chosen.runtime,
        precision=chosen.precision,
        agreement=chosen.agreement,
        seconds=0.0,
        folder=folder,
        candidates=tuple(candidates),
        libraries=library_versions(),
        inputs=INPUTS,
        source=str(source.folder or source.name),
    )


def _measure(
    folder: Path, facts: ModelFacts, runtime: str, precision: str, reference: Vectors, settings: EmbedderSettings
) -> Candidate:
    try:
        embedder = make_graph_embedder(folder, facts, runtime, precision, settings.threads)
        texts = sample_passages()
        embedder.embed_passages(texts)  # first runs pay for memory and code generation
        started = time.process_time()
        vectors = embedder.embed_passages(texts)
        seconds = time.process_time() - started
    except Exception as error:
        return Candidate(runtime, precision, 0.0, 0.0, f"{runtime} failed: {error}".splitlines()[0])
    agreement = float(np.min(np.sum(vectors * reference, axis=1)))
    if not agreement >= AGREEMENT_BOUND:  # "not >=" so that a NaN is refused
        return Candidate(runtime, precision, agreement, seconds, f"{runtime} {precision} agrees to {agreement:.4f} only")
    return Candidate(runtime, precision, agreement, seconds)


def make_graph_embedder(folder: Path, facts: ModelFacts, runtime: str, precision: str, threads: int) -> Embedder:
    """An embedder over the graph in `folder`."""
    tokenizer = TextTokenizer(folder / TOKENIZER, facts.max_tokens, facts.special_tokens)
    made: Runtime
    if runtime == "openvino":
        made = OpenVinoRuntime(folder / GRAPH, precision, threads)
    else:
        made = OnnxRuntime(folder / GRAPH, threads)
    return GraphEmbedder(facts, tokenizer, made)


def _move(folder: Path, final: Path) -> None:
    if final.exists() and read_manifest(final) is None:
        shutil.rmtree(final, ignore_errors=True)  # a damaged one
    try:
        os.rename(folder, final)
    except OSError:
        if read_manifest(final) is None:  # not simply another process that was faster
            raise
