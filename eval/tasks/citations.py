"""The task "citations": whether what is cited bears out what is said, and is what people say answers the question.

Every answerable question is asked; the metrics are over those that were answered. The judge of entailment is a
`Verifier`: without another one it is ibid's own, which also judged the sentences as they were released, so that
citation recall then says how much of what is shown passes its own check, and precision whether citations are needed.
"""

from __future__ import annotations

from pathlib import Path

from eval.metrics.citations import citation_quality, gold_cited, quotes_in_place
from eval.records import QuestionResult, Run
from eval.set_collection import Progress
from eval.sets import take_sample
from eval.tasks.asking import Asking, Reply, ask_all, details_of, opened, run_of, statements_of
from eval.tasks.questions import read_answer_set
from kb.errors import UsageError
from kb.ports import ChatModel, Embedder, Verifier
from kb.settings import Settings
from serving.verifiers.checked import CheckedVerifier


def evaluate_citations(
    folder: Path,
    settings: Settings,
    *,
    cache: Path,
    sample: int = 0,
    part: str = "",
    judge: Verifier | None = None,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measures the citations of the answers to a set's answerable questions.

    Args:
        folder: the set's folder; gold passages come from its `qrels.tsv`.
        settings: the embedder and, where it names one, the chat model.
        cache: where collections and vectors of sets are kept.
        sample: how many questions; 0 for all.
        part: only questions of this part of the set.
        judge: says whether quotes entail a sentence; ibid's own verifier where none is given.
        embedder: instead of the settings' one.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of the set is missing.
        UsageError: the set has no answerable questions, or a file of it cannot be read.
        ModelError: the model failed several times in a row.
    """
    content = read_answer_set(folder, part)
    questions = take_sample([question for question in content.questions if question.answerable], sample)
    if not questions:
        raise UsageError(f"{folder} has no answerable questions", "none of them would have anything to cite")
    with opened(content, settings, cache, embedder=embedder, model=model, progress=progress) as asking:
        by = judge or asking.verifier
        results = [
            QuestionResult(
                reply.question.id, reply.question.text, _values(reply, asking, by), details_of(reply, asking)
            )
            for reply in ask_all(asking, questions, progress)
        ]
        config = {
            "part": part,
            "sample": sample,
            "judge": by.health.kind if isinstance(by, CheckedVerifier) else type(by).__name__,
        }
        return run_of("citations", content, asking, results, config=config)


def _values(reply: Reply, asking: Asking, judge: Verifier) -> dict[str, float]:
    statements = statements_of(reply.answer)
    if reply.answer is None or not statements:
        return {"answered": 0.0}
    quality = citation_quality(statements, judge)
    values = {
        "answered": 1.0,
        "citation recall": quality.recall,
        "citation precision": quality.precision,
        "quotes in place": quotes_in_place(reply.answer.citations, asking.text_of),
    }
    if reply.question.gold:
        gold = gold_cited({citation.document for citation in reply.answer.citations}, reply.question.gold)
        values |= {"gold passage recall": gold.recall, "gold passage precision": gold.precision}
    return values
