"""`ibid replay`: the question of a packet asked again, and what differs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace

from kb.catalog.collections import open_collection
from kb.errors import NotFoundError
from kb.records import Finished
from kb.settings import Settings
from kb.standing import Standing, standings_of
from retriever import Searcher, embedder_of, open_searcher
from serving.packets import (
    Comparison,
    Difference,
    Packet,
    Recorder,
    compare,
    frozen_searcher,
    packet_as_json,
    read_packet,
)
from ui.terminal.questions import with_model

_SHOWN_PASSAGES = 5  # that are gone, new or moved; the others are counted
_SHOWN_CHARACTERS = 160  # of a value: two lines of a terminal


def replay(options: argparse.Namespace, settings: Settings) -> int:
    """Asks again, in the present collection or over the packet's own passages; 0: the same answer, 1: another one."""
    before = read_packet(options.file)
    settings = _with_seed(before, with_model(options, settings))
    name = options.collection or before.collection.name
    with _searcher(before, name, settings, frozen=options.frozen) as searcher:
        after = _asked_again(before, searcher, settings)
    if options.frozen:  # of which it saw only the part that the packet holds
        after = replace(after, collection=before.collection)
    comparison = compare(before, after, () if options.frozen else _standings(before, name, settings))
    if options.json:
        found = {
            "same": comparison.same,
            "frozen": options.frozen,
            "differences": [asdict(difference) for difference in comparison.differences],
            "before": packet_as_json(before),
            "now": packet_as_json(after),
        }
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_report(comparison)))
    return 0 if comparison.same else 1


def _with_seed(packet: Packet, settings: Settings) -> Settings:
    """The settings with the packet's seed: another one would be another draw."""
    seed = packet.settings.get("model", {}).get("seed")
    return replace(settings, model=replace(settings.model, seed=seed)) if isinstance(seed, int) else settings


@contextmanager
def _searcher(packet: Packet, name: str, settings: Settings, *, frozen: bool) -> Iterator[Searcher]:
    if frozen:
        with frozen_searcher(packet, embedder_of(settings)) as searcher:
            yield searcher
        return
    try:
        searcher = open_searcher(settings, name)
    except NotFoundError as error:
        advice = "Name another one with -c, or answer from the packet's own passages with --frozen"
        raise NotFoundError(error.what, error.why, advice) from error
    yield searcher
    searcher.catalog.close()


def _asked_again(packet: Packet, searcher: Searcher, settings: Settings) -> Packet:
    from kb.chat.openai_compatible import open_chat_model
    from serving.answering import answer_question
    from serving.deciding import deciding_of
    from serving.verifiers import verifier_of

    model = open_chat_model(settings.model)
    verifier = verifier_of(settings, model, lambda: searcher.embedder)
    recorder = Recorder(settings, searcher, model, verifier)
    events = answer_question(
        packet.question,
        searcher=recorder.searcher,
        catalog=searcher.catalog,
        verifier=verifier,
        model=recorder.model,
        history=packet.history,
        filters=packet.filters,
        k=packet.k,
        limits=settings.limits,
        deciding=deciding_of(settings.answers, searcher.catalog, model),
    )
    *_, last = events  # what is said is compared at the end
    assert isinstance(last, Finished)  # nobody cancels it
    return recorder.packet(packet.question, last.answer, history=packet.history, filters=packet.filters, k=packet.k)


def _standings(packet: Packet, name: str, settings: Settings) -> tuple[Standing, ...]:
    catalog = open_collection(settings.home, name)
    try:
        return standings_of(packet.answer.citations, catalog)
    finally:
        catalog.close()


def _report(comparison: Comparison) -> Iterator[str]:
    if not comparison.differences:
        yield "The same answer, from the same passages."
        return
    yield "The same answer. What it is made from changed:" if comparison.same else "Another answer:"
    passages = [difference for difference in comparison.differences if difference.kind == "passage"]
    for difference in comparison.differences:
        if difference.kind == "claim":
            yield from _sentence(difference)
        elif difference.kind != "passage":
            yield _line(difference)
    if passages:
        yield from _passages(passages)


def _sentence(difference: Difference) -> Iterator[str]:
    if difference.before is not None:
        yield f"  - {_short(difference.before)}"
    if difference.after is not None:
        yield f"  + {_short(difference.after)}"


def _line(difference: Difference) -> str:
    what = f"{difference.kind} {difference.where}".strip() if difference.kind != "verdict" else "verdict"
    if difference.kind == "citation":
        return (
            f"  citation: “{_short(difference.where)}” cites {_quotes(difference.before)} → {_quotes(difference.after)}"
        )
    of = f" of “{_short(difference.where)}”" if difference.kind == "verdict" else ""
    return f"  {what}{of}: {_value(difference.before)} → {_value(difference.after)}"


def _quotes(cited: Sequence[dict[str, object]]) -> str:
    return (
        "; ".join(f"{item['document']} {item['start']} “{_short(str(item['quote']))}”" for item in cited) or "nothing"
    )


def _passages(differences: Sequence[Difference]) -> Iterator[str]:
    gone = sum(difference.after is None for difference in differences)
    new = sum(difference.before is None for difference in differences)
    yield f"  passages: {gone} gone, {new} new, {len(differences) - gone - new} at another rank"
    for difference in differences[:_SHOWN_PASSAGES]:
        yield f"    {difference.where}: rank {_value(difference.before)} → {_value(difference.after)}"


def _value(value: object) -> str:
    return "none" if value is None else _short(str(value)) or "“”"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"
