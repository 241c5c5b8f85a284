"""`ibid search` and `ibid ask`."""

from __future__ import annotations

import argparse
import json
import sys

from kb.errors import IbidError
from kb.home.answers import PastAnswer, get_answer, keep_answer, turns_until
from kb.home.home import Home
from kb.records import Answer, AnswerEvent, AnswerStatus, Citation, Claim, Claimed, Finished, Hit, Verdict
from kb.settings import Settings
from ui.terminal.describing import in_force
from ui.terminal.questions import filters_from, with_model

_SHOWN_CHARACTERS = 320  # four lines of a terminal: enough to recognise a passage

# What is said of a sentence that its citations do not fully bear out; nothing is said of the others.
_REMARKS = {
    Verdict.PARTLY: "partly borne out",
    Verdict.CONTRADICTED: "contradicted by what it cites",
    Verdict.UNSUPPORTED: "not borne out by what it cites",
    Verdict.UNCITED: "cites nothing",
}


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Prints ranked passages."""
    from retriever import SearchMode, open_searcher

    result = open_searcher(settings).search(
        options.question, k=options.k, mode=SearchMode(options.mode), filters=filters_from(options)
    )
    if options.json:
        from serving.answer_json import search_as_json

        print(json.dumps(search_as_json(result), ensure_ascii=False, indent=2))
        return 0
    for rank, hit in enumerate(result.hits, start=1):
        print(_hit_lines(rank, hit), end="\n\n")
    if not result.hits:
        print(f"ibid: nothing found in {result.collection!r}", file=sys.stderr)
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Prints an answer sentence by sentence as it is released, then its citations."""
    from kb.chat.openai_compatible import open_chat_model
    from retriever import open_searcher
    from serving.answering import answer_question
    from serving.deciding import deciding_of
    from serving.packets import Recorder, check_writable, write_packet
    from serving.verifiers import verifier_of

    if options.packet:
        check_writable(options.packet)
    keeps = settings.keeps_answers and not options.no_history
    after = get_answer(Home(settings.home), options.after) if options.after is not None else None
    history = turns_until(Home(settings.home), after) if after is not None else ()
    settings = with_model(options, settings)
    model = open_chat_model(settings.model)
    searcher = open_searcher(settings)
    verifier = verifier_of(settings, model, lambda: searcher.embedder)
    filters = filters_from(options)
    recorder = Recorder(settings, searcher, model, verifier)
    events = answer_question(
        options.question,
        searcher=recorder.searcher,
        catalog=searcher.catalog,
        verifier=verifier,
        model=recorder.model,
        history=history,
        filters=filters,
        limits=settings.limits,
        deciding=deciding_of(settings.answers, searcher.catalog, model),
    )
    answer: Answer | None = None
    for event in events:
        if not options.json:
            _show(event)
        if isinstance(event, Finished):
            answer = event.answer
    if options.json and answer is not None:
        from serving.answer_json import answer_as_json

        print(json.dumps(answer_as_json(answer, show_withheld=options.show_withheld), ensure_ascii=False, indent=2))
    elif answer is not None and options.show_withheld:
        _show_withheld(answer)
    if answer is not None and keeps:
        _keep(settings, options.question, answer, after)
    if answer is not None and options.packet:
        write_packet(recorder.packet(options.question, answer, history=history, filters=filters), options.packet)
    return 0


def _keep(settings: Settings, question: str, answer: Answer, after: PastAnswer | None) -> None:
    """Keeps the answer, if that can be done: it has been given already."""
    try:
        keep_answer(Home(settings.home), question, answer, after.conversation if after is not None else "")
    except IbidError as error:
        print(f"ibid: the answer was not kept: {error}", file=sys.stderr)


def _show(event: AnswerEvent) -> None:
    match event:
        case Claimed(claim, _):
            print(_in_bold(claim) if sys.stdout.isatty() else claim.text, end="", flush=True)
        case Finished(answer):
            print()
            _show_places(answer)


def _in_bold(claim: Claim) -> str:
    """The sentence with its emphasised spans in bold type, by the control sequence of ECMA-48."""
    text = claim.text
    for start, end in sorted(claim.emphasis, reverse=True):
        text = f"{text[:start]}\x1b[1m{text[start:end]}\x1b[22m{text[end:]}"
    return text


def _show_places(answer: Answer) -> None:
    from serving.claims import OF_IBID_ITSELF

    for claim in answer.claims:
        own = answer.status is AnswerStatus.REFUSED or claim.why == OF_IBID_ITSELF
        if claim.verdict in _REMARKS and not own:
            print(f"! {_REMARKS[claim.verdict]}: {claim.text.strip()} ({claim.why})", file=sys.stderr)
    for citation in answer.citations:
        print(f"\n[{citation.marker}] {place(citation)}\n    {_one_line(citation.quote)}")
    if answer.status is AnswerStatus.REFUSED and answer.looked_at:
        print("\nNearest passages:")
        for rank, hit in enumerate(answer.looked_at[:3], start=1):
            print(_hit_lines(rank, hit))


def _show_withheld(answer: Answer) -> None:
    """What a strict collection kept back, marked so that nobody takes it for the answer."""
    if answer.withheld:
        print("\nWithheld, because the documents do not bear it out:")
    for sentence in answer.withheld:
        print(f"✗ {_REMARKS.get(sentence.verdict, sentence.verdict)} ({sentence.why}): {sentence.text}")


def place(citation: Citation) -> str:
    """Where a citation stands, in one line."""
    page = f", p. {citation.page}" if citation.page else ""
    headings = f" · {' › '.join(citation.headings)}" if citation.headings else ""
    return f"{citation.document}{page}{headings} ({citation.start}–{citation.end})"


def _hit_lines(rank: int, hit: Hit) -> str:
    page = f", p. {hit.passage.first_page}" if hit.passage.first_page else ""
    headings = f" · {' › '.join(hit.passage.headings)}" if hit.passage.headings else ""
    dates = f"  ({when})" if (when := in_force(hit.document)) else ""
    return f"{rank}. {hit.document.name}{page}{headings}{dates}  [{hit.score:.3f}]\n   {_one_line(hit.passage.text)}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"
