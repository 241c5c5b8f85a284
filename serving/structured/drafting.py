"""Answers by a model that fills a schema: numbered passages in, one JSON value out, each value in it judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kb.chat.asking import asked_with
from kb.chat.replies import json_objects
from kb.errors import ModelError, OverlongReplyError
from kb.records import AnswerStatus, Claim, Claimed, Hit, Turn, Verdict, Withheld
from kb.turns import standing_aside
from serving.answer_prompt import answer_prompt
from serving.claims import OF_IBID_ITSELF, Claims, Outcome, confidence_of, status_of
from serving.passages import Reading
from serving.stages import CHECKING, MODEL
from serving.structured.checking import judge_value
from serving.structured.form import JsonForm
from serving.structured.leaves import Piece, pieces_of
from serving.withholding import keeps_back, withheld_text

if TYPE_CHECKING:
    from serving.drafting import Drafting


def draft_json(question: str, readings: Sequence[Reading], language: str, form: JsonForm, means: Drafting) -> Claims:
    """One claim for each value of the JSON, all of them when the reply is whole; none where the passages do not answer.

    Args:
        question: standing alone.
        readings: what the model reads, in this order.
        language: of the answer.
        form: that the answer follows.
        means: the model and all else that it takes.

    Raises:
        ModelError: the model failed, or its reply does not follow the form.
    """
    wishes = means.wishes
    prompt = answer_prompt(question, readings, language, instructions=wishes.instructions, schema=form.written())
    model = asked_with(means.model, wishes.sampling, None)
    reply = model.stream(
        prompt.system,
        (Turn("user", prompt.question),),
        max_tokens=wishes.max_tokens,
        schema=form.reply_schema(),
    )
    outcome = Outcome(AnswerStatus.REFUSED, 0.0, means.model.name, prompts=prompt.versions)
    try:
        text = "".join(_pieces(reply, means))
    except OverlongReplyError:
        if wishes.max_tokens is None:
            raise
        return replace(outcome, cut=True)  # half of a JSON value is none
    if means.cancellation.cancelled:
        return outcome
    answered, numbers, answer = _read(text, form)
    if not answered:
        return outcome
    named = [readings[number - 1].hit for number in numbers if 1 <= number <= len(readings)]
    hits = named or [reading.hit for reading in readings]
    with means.stages.during(CHECKING):
        judged = [_judged(piece, hits, question, means) for piece in pieces_of(answer)]
    withheld = tuple(one for one in judged if isinstance(one, Withheld))
    if withheld:  # what is left of a form without some of its values is not what was asked for
        words = withheld_text(withheld, language, all_of_it=True)
        yield Claimed(Claim(words, Verdict.UNCITED, OF_IBID_ITSELF), ())
        return replace(outcome, withheld=withheld)
    claims = [one for one in judged if isinstance(one, Claimed)]
    yield from claims
    verdicts = [claimed.claim.verdict for claimed in claims]
    return replace(outcome, status=status_of(verdicts, whole=True), confidence=confidence_of(verdicts, means.evidence))


def _pieces(reply: Iterator[str], means: Drafting) -> Iterator[str]:
    with means.stages.during(MODEL), means.cancellation.watching(reply) as pieces, standing_aside():
        yield from pieces


def _read(text: str, form: JsonForm) -> tuple[bool, list[int], Any]:
    """Whether the reply answers, from which passages, and its answer.

    Raises:
        ModelError: it is not what was asked for.
    """
    for found in json_objects(text):
        if found.get("answered") is False:
            return False, [], None
        if "answer" in found:
            numbers = found.get("passages")
            used = [number for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
            problem = form.problem_of(found["answer"])
            if not problem:
                return True, used, found["answer"]
            raise _not_followed(problem)
    raise _not_followed("it holds no answer as JSON")


def _judged(piece: Piece, hits: Sequence[Hit], question: str, means: Drafting) -> Claimed | Withheld:
    if not piece.has_value:
        return Claimed(Claim(piece.text, Verdict.UNCITED, OF_IBID_ITSELF), ())
    judgement, span = judge_value(piece.value, hits, means.verifier, question)
    if keeps_back(means.policy, judgement.verdict):
        return Withheld(piece.text, judgement.verdict, judgement.why)
    known = len(means.ledger.citations)
    cited = (means.ledger.cite(span).marker,) if span is not None else ()
    return Claimed(Claim(piece.text, judgement.verdict, judgement.why, cited), means.ledger.since(known))


def _not_followed(problem: str) -> ModelError:
    return ModelError(
        "the model's reply does not follow the schema", problem[:300], "A larger model, or a simpler schema, may do"
    )
