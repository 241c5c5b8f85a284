"""`ibid history`: past answers, those marked that cite what has been deleted or replaced since."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from kb.errors import UsageError
from kb.home.answers import PastAnswer, delete_all_answers, delete_answers, get_answer, list_answers
from kb.home.home import Home
from kb.home.withdrawals import Withdrawn, standings_by_answer
from kb.settings import Settings
from kb.standing import CitationState, Standing

_SHOWN_CHARACTERS = 100  # of a question in the list: it and its date fit a line


def history(options: argparse.Namespace, settings: Settings) -> int:
    """Lists, shows or deletes past answers.

    Raises:
        UsageError: --delete without saying what, or --all without --delete.
        NotFoundError: there is no answer of that number.
    """
    home = Home(settings.home)
    if options.delete is not None:
        return _delete(home, options)
    if options.all:
        raise UsageError("--all goes with --delete", advice="`ibid history --delete --all` deletes every past answer")
    if options.show is not None:
        answers = [get_answer(home, options.show)]
    else:
        answers = list_answers(home, options.collection, at_most=None if options.withdrawn else options.number)
    standings = standings_by_answer(home, answers)
    if options.withdrawn:
        answers = [past for past in answers if not all(item.stands for item in standings[past.number])]
        answers = answers[: options.number]
    if options.json:
        print(json.dumps({"answers": [_as_json(past, standings[past.number]) for past in answers]}, ensure_ascii=False))
        return 0
    for past in answers:
        own = standings[past.number]
        print("\n".join(_whole(past, own) if options.show is not None else _listed(past, own)))
    if not answers:
        print("ibid: no past answers", file=sys.stderr)
    return 0


def say_withdrawn(found: Withdrawn) -> None:
    """Says on stderr how many past answers cite what a command has just removed or replaced."""
    if found.answers:
        count = len(found.answers)
        cite = "1 past answer cites" if count == 1 else f"{count} past answers cite"
        print(
            f"ibid: {cite} what is no longer there or in force; `ibid history --withdrawn` shows where", file=sys.stderr
        )


def _delete(home: Home, options: argparse.Namespace) -> int:
    if bool(options.delete) == options.all:
        raise UsageError("say what to delete", advice="`ibid history --delete NUMBER…`, or `--delete --all`")
    if options.all:
        gone = delete_all_answers(home, options.collection)
    else:
        delete_answers(home, options.delete)
        gone = len(set(options.delete))
    print(json.dumps({"deleted": gone}) if options.json else f"deleted {gone} past answer{'' if gone == 1 else 's'}")
    return 0


def _listed(past: PastAnswer, standings: Sequence[Standing]) -> Iterator[str]:
    question = " ".join(past.question.split())
    if len(question) > _SHOWN_CHARACTERS:
        question = question[: _SHOWN_CHARACTERS - 1] + "…"
    yield f"{past.number:5d}  {_moment(past)}  {past.answer.collection:12}  {past.answer.status:8}  {question}"
    by_document: dict[str, list[Standing]] = {}
    for standing in standings:
        by_document.setdefault(standing.citation.document_id, []).append(standing)
    for own in by_document.values():
        if not all(standing.stands for standing in own):
            yield f"       ! {_became(own)}"


def _whole(past: PastAnswer, standings: Sequence[Standing]) -> Iterator[str]:
    from ui.terminal.asking import place

    answer = past.answer
    yield f"{past.number} · {_moment(past)} · {answer.collection}, version {answer.version} · {answer.model}"
    yield f"> {past.question}\n"
    yield answer.text.rstrip()
    for standing in standings:
        citation = standing.citation
        yield f"\n[{citation.marker}] {place(citation)}\n    {' '.join(citation.quote.split())}"
        if not standing.stands:
            yield f"    ! {_became([standing])}"


def _became(standings: Sequence[Standing]) -> str:
    """What became of one document, for the citations of it that one answer has."""
    first = next(standing for standing in standings if not standing.stands)
    name = first.citation.document
    on = f" on {first.since[:10]}" if first.since else ""
    if first.state is CitationState.CHANGED:
        return f"{name} was read anew, and the quoted words were not found in it"
    if first.replacement is None:
        return f"{name} was deleted{on}" if on else f"{name} is no longer in the collection"
    kept, count = sum(standing.quote_kept for standing in standings), len(standings)
    words = (
        "the quoted words still stand in the new one"
        if kept == count
        else "the quoted words do not stand in the new one"
        if kept == 0
        else f"of {count} quotes, {kept} still stand in the new one"
    )
    if first.state is CitationState.SUPERSEDED:
        return f"{name} has a newer version in force since {first.since}, {first.replacement.name}; {words}"
    return f"{name} was replaced{on} by {first.replacement.id[:12]}; {words}"


def _moment(past: PastAnswer) -> str:
    return past.created_at[:16].replace("T", " ")


def _as_json(past: PastAnswer, standings: Sequence[Standing]) -> dict[str, object]:
    from serving.answer_json import answer_as_json, standing_as_json

    return {
        "number": past.number,
        "conversation": past.conversation,
        "created_at": past.created_at,
        "asked": past.question,
        "stands": all(standing.stands for standing in standings),
        "answer": answer_as_json(past.answer),
        "standings": [standing_as_json(standing) for standing in standings],
    }
