"""The task "answers": how much of what is said to a set's questions is what its authors say.

Every answerable question with a written answer counts; one that is refused, or fails, counts 0 in every metric. Short
answers (names, numbers, phrases) are measured by EM, F1, containment, ROUGE-L and chrF; sets whose answers are
explanations by F1, ROUGE-L, chrF and BLEU, since nobody says an explanation to the letter. An extractive answer is made
of whole sentences: of the short metrics, containment is the one that says whether it is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.metrics.bleu import bleu
from eval.metrics.chrf import chrf
from eval.metrics.containment import contains
from eval.metrics.exact_match import exact_match
from eval.metrics.rouge import rouge_l
from eval.metrics.token_f1 import token_f1
from eval.records import QuestionResult, Run
from eval.set_collection import Progress
from eval.sets import take_sample
from eval.tasks.answer_sets import AnsweredQuestion, AnswerSet
from eval.tasks.asking import Reply, ask_all, details_of, opened, run_of, statements_of
from eval.tasks.questions import read_answer_set
from kb.errors import UsageError
from kb.ports import ChatModel, Embedder
from kb.settings import Settings


def evaluate_answers(
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
    """Measures what is said to a set's answerable questions.

    Args:
        folder: the set's folder.
        settings: the embedder and, where it names one, the chat model; without a model, answers are extractive.
        cache: where collections and vectors of sets are kept.
        sample: how many questions, the same ones in every run; 0 for all.
        part: only questions of this part of the set.
        embedder: instead of the settings' one.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of the set is missing.
        UsageError: the set has no written answers, or a file of it cannot be read.
        ModelError: the model failed several times in a row.
    """
    content = read_answer_set(folder, part)
    questions = take_sample([item for item in content.questions if item.answerable and _has_answer(item)], sample)
    if not questions:
        why = "`answers` is missing, or says yes or no and nothing else"
        raise UsageError(f"{folder} has no questions with written answers", why)
    with opened(content, settings, cache, embedder=embedder, model=model, progress=progress) as asking:
        results = [
            QuestionResult(reply.question.id, reply.question.text, _values(reply, content), details_of(reply, asking))
            for reply in ask_all(asking, questions, progress)
        ]
        return run_of("answers", content, asking, results, config={"part": part, "sample": sample})


def is_right(question: AnsweredQuestion, sentences: Sequence[str]) -> bool:
    """Whether sentences answer a question: each thing that had to be said stands in them, in one of its ways.

    A gold answer that is longer than a sentence cannot stand in one: there, a sentence that is a part of it is right
    too.
    """
    if question.parts:
        return all(contains(sentences, part, whole_words=True) for part in question.parts)
    if contains(sentences, question.answers, whole_words=True):
        return True
    longest = max(map(len, sentences), default=0)
    return any(contains([gold], sentences) for gold in question.answers if len(gold) > longest)


def _has_answer(question: AnsweredQuestion) -> bool:
    return bool(question.answers or question.parts)


def _values(reply: Reply, content: AnswerSet) -> dict[str, float]:
    question = reply.question
    sentences = [statement.text for statement in statements_of(reply.answer)]
    said = "\n".join(sentences)
    right = float(is_right(question, sentences))
    if question.parts:
        return {"containment": right, "answered": float(reply.answered)}
    golds = question.answers
    values = {
        "F1": token_f1(said, golds, chinese=content.chinese),
        "ROUGE-L": rouge_l(said, golds),
        "chrF": chrf(said, golds),
    }
    if content.long:
        values = values | {"BLEU": bleu(said, golds)}
    else:
        whole = float(contains(sentences, golds, whole_words=True))
        values = {"EM": exact_match(said, golds, chinese=content.chinese), "containment": whole} | values
    return values | {"answered": float(reply.answered)}
