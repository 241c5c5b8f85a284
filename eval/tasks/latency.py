"""The task "latency": how long one client waits for passages, for the first sentence, and for the whole answer.

Every question of a set is answered, and searched for, one after the other, in milliseconds by the clock; CPU time of
the whole process stands beside it, since on a busy machine the clock measures the others too. A few questions go
before, uncounted, so that models and indexes are loaded. Questions are embedded anew, as a person's would be.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eval.metrics.latency import MeteredModel, percentile
from eval.records import QuestionResult, Run
from eval.set_collection import Progress, say_nothing
from eval.sets import take_sample
from eval.statistics.intervals import Interval, bootstrap_interval
from eval.tasks.answer_sets import AnsweredQuestion
from eval.tasks.asking import Asking, filters_of, opened, run_of
from eval.tasks.questions import read_answer_set
from eval.tasks.resampling import interval_of
from kb.chat.openai_compatible import open_chat_model
from kb.errors import IbidError, UsageError
from kb.ports import ChatModel, Embedder
from kb.records import Claimed, Finished
from kb.settings import Settings

_WARMING = 3  # questions: the first loads models and indexes, the next ones fill the processor's caches
_K = 10  # passages asked for: as many as an answer reads
_PERCENTS = (50, 95)
_TOKENS = ("tokens in", "tokens out")


def evaluate_latency(
    folder: Path,
    settings: Settings,
    *,
    cache: Path,
    sample: int = 0,
    part: str = "",
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measures searches and answers over a set's questions.

    Args:
        folder: the set's folder.
        settings: the embedder and, where it names one, the chat model.
        cache: where collections of sets are kept.
        sample: how many questions; 0 for all.
        part: only questions of this part of the set.
        embedder: instead of the settings' one.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of the set is missing.
        UsageError: a file of the set cannot be read, or no question could be answered.
    """
    content = read_answer_set(folder, part)
    questions = take_sample(content.questions, sample)
    chat = model or open_chat_model(settings.model)
    say = progress or say_nothing
    with opened(content, settings, cache, embedder=embedder, remember=False, progress=progress) as plain:
        meter = MeteredModel(chat, plain.embedder.count_tokens) if chat else None
        asking = replace(plain, model=meter)
        for question in questions[:_WARMING]:
            _answer(question, asking, meter)
        results = []
        for number, question in enumerate(questions):
            say("timing", number, len(questions))
            times = _answer(question, asking, meter)
            details = {} if times else {"failure": "no answer came"}
            results.append(QuestionResult(question.id, question.text, _search(question, asking) | times, details))
        say("timing", len(questions), len(questions))
        if not any("answer ms" in result.values for result in results):
            raise UsageError(f"no question of {folder} could be answered", "every one of them failed")
        run = run_of("latency", content, asking, results, config={"part": part, "sample": sample})
    return replace(run, metrics=_metrics(results))


def _search(question: AnsweredQuestion, asking: Asking) -> dict[str, float]:
    started = time.perf_counter()
    result = asking.searcher.search(question.text, k=_K, filters=filters_of(question))
    taken = time.perf_counter() - started
    return {"search ms": 1000 * taken, "search without embedding ms": 1000 * (taken - result.timings.get("embed", 0.0))}


def _answer(question: AnsweredQuestion, asking: Asking, meter: MeteredModel | None) -> dict[str, float]:
    """Milliseconds to the first claim and to the end, and the tokens of it; nothing where the answer failed."""
    values: dict[str, float] = {}
    started, used = time.perf_counter(), time.process_time()
    try:
        for event in asking.events(question):
            if isinstance(event, Claimed):
                values.setdefault("first claim ms", 1000 * (time.perf_counter() - started))
            elif isinstance(event, Finished):
                values["answer ms"] = 1000 * (time.perf_counter() - started)
                values["answer CPU ms"] = 1000 * (time.process_time() - used)
    except IbidError:
        values = {}
    tokens = meter.read() if meter else None
    return values | dict(zip(_TOKENS, map(float, tokens), strict=True)) if tokens and values else values


def _metrics(results: Sequence[QuestionResult]) -> dict[str, Interval]:
    names = dict.fromkeys(name for result in results for name in result.values)
    metrics: dict[str, Interval] = {}
    for name in names:
        values = np.array([result.values[name] for result in results if name in result.values])
        if name in _TOKENS:
            metrics[name] = bootstrap_interval(values.tolist())
            continue
        for percent in _PERCENTS:
            metrics[f"{name} p{percent}"] = _percentile_of(values, percent)
    return metrics


def _percentile_of(values: np.typing.NDArray[np.float64], percent: float) -> Interval:
    return interval_of(lambda places: percentile(values[places].tolist(), percent), values.size)
