"""What the components are given to draw, made from replies: plain data, no Streamlit."""

from __future__ import annotations

import re
from typing import Any

from kb import Citation, Claim, Verdict
from kb.records import Conflict, Withheld
from ui.browser.answers.conversation import NEAREST, Exchange
from ui.browser.answers.copying import as_markdown, as_references, as_text
from ui.browser.api.answer_replies import CitedState, Place
from ui.browser.labels import in_force, place_label
from ui.browser.plain import seen
from ui.browser.wording import Words

_MARKER = re.compile(r"\[(\d{1,4})\]")

# What the buttons of an answer say, and what is said when they were pressed.
ACTIONS = (
    *("stop", "share", "again", "edit", "ask", "cancel", "copied", "not_copied", "not_kept"),
    *("up", "down", "why", "send", "keeps", "not_judged"),
)

# The order in which the summary counts verdicts.
_VERDICTS = (Verdict.SUPPORTED, Verdict.PARTLY, Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNCITED)


def answer_data(exchange: Exchange, selected: int | None, documents: int, words: Words) -> dict[str, Any]:
    """One exchange. `selected` is the number of the place shown beside it, `documents` how many were searched."""
    numbers = {citation.marker: number for number, citation in enumerate(exchange.citations)}
    places = exchange.places()
    nearest = () if exchange.citations else places[:NEAREST]
    reply = exchange.reply
    # A refusal says nothing that could be true or false of the documents.
    unmarked = {"verdict": ""} if exchange.refused else {}
    understood = reply is not None and reply.question.strip() not in ("", exchange.question.strip())
    return {
        "lang": words("html_language"),
        "question": exchange.question,
        "note": words("understood_as", question=reply.question) if reply is not None and understood else "",
        "sentences": [_sentence(claim, numbers, places, words) | unmarked for claim in list(exchange.claims)],
        "gone": [number for number, state in enumerate(exchange.became) if not state.stands],
        "progress": _progress(exchange, words),
        "summary": _summary(exchange, documents, words),
        "reasons": " ".join(_why_refused(exchange)) if exchange.refused else "",
        "withheld": _withheld(exchange, words),
        "withdrawn": _withdrawn(exchange, words),
        "conflicts_title": words("documents_disagree"),
        "conflicts": [_sides(conflict, numbers, words) for conflict in reply.conflicts] if reply is not None else [],
        "passages_title": words("nearest_now" if exchange.nearest else "nearest_passages"),
        "passages": [{"label": place_label(place, words), "excerpt": place.quote} for place in nearest],
        "selected": -1 if selected is None else selected,
        "copies": _copies(exchange, words),
        "judged": exchange.judged,
        "may_judge": exchange.reply is not None,
        "may_keep": exchange.reply is not None and bool(exchange.reply.sealed),
        "words": {key: words(f"action_{key}") for key in ACTIONS},
    }


def _sentence(claim: Claim, numbers: dict[int, int], places: tuple[Place, ...], words: Words) -> dict[str, Any]:
    shown = claim.text.rstrip()
    pieces: list[dict[str, Any]] = []
    seen: set[int] = set()
    done = 0
    for match in _MARKER.finditer(shown):
        marker = int(match[1])
        if marker in claim.citations and marker in numbers:
            # The chip brings its own distance.
            before = len(shown[: match.start()].rstrip(" "))
            pieces += [*_pieces(claim, done, before), _chip(marker, numbers[marker], places, words)]
            seen.add(marker)
            done = match.end()
    pieces += _pieces(claim, done, len(shown))
    # Citations that the text itself does not mark stand at its end.
    unseen = [marker for marker in claim.citations if marker in numbers and marker not in seen]
    pieces += [_chip(marker, numbers[marker], places, words) for marker in unseen]
    pieces, tail = _with_tail([piece for piece in pieces if piece["text"]])
    return {
        "pieces": pieces,
        "tail": tail,
        "after": claim.text[len(shown) :] or " ",
        "verdict": claim.verdict.value,
        "reason": _reason(claim, words),
    }


def _pieces(claim: Claim, start: int, end: int) -> list[dict[str, Any]]:
    """`claim.text[start:end]` in pieces, those that are emphasised marked."""
    pieces: list[dict[str, Any]] = []
    done = start
    for span in sorted(claim.emphasis):
        first, last = max(span[0], done), min(span[1], end)
        if first < last:
            pieces += [{"text": claim.text[done:first]}, {"text": claim.text[first:last], "strong": True}]
            done = last
    return [*pieces, {"text": claim.text[done:end]}]


def _with_tail(pieces: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The pieces, and how many of the last ones share a line with the verdict's mark, which must not stand alone."""
    # The last words, and before them any chips and lone full stops: 1 where the words themselves come last.
    tail = next(
        (n for n, piece in enumerate(reversed(pieces), 1) if "place" not in piece and len(piece["text"]) > 2), 0
    )
    if not tail:
        return pieces, len(pieces)
    last = pieces[-tail]
    cut = [last | {"text": last["text"][:-2]}, last | {"text": last["text"][-2:]}]
    return [*pieces[:-tail], *cut, *pieces[len(pieces) - tail + 1 :]], tail


def _chip(marker: int, number: int, places: tuple[Place, ...], words: Words) -> dict[str, Any]:
    label = place_label(places[number], words) if number < len(places) else ""
    return {
        "text": str(marker),
        "place": number,
        "title": label,
        "label": words("open_citation", marker=marker, place=label),
    }


def _progress(exchange: Exchange, words: Words) -> str:
    if not exchange.running:
        return ""
    return words("checking") if exchange.claims else words("searching")


def _summary(exchange: Exchange, documents: int, words: Words) -> str:
    if exchange.stopped and exchange.reply is None:
        return words("stopped")
    if exchange.reply is None:
        return ""
    if exchange.refused:
        return words.count("searched", documents, collection=exchange.collection)
    counts = [sum(claim.verdict is verdict for claim in exchange.claims) for verdict in _VERDICTS]
    parts = [
        words.count(f"count_{verdict.value}", count) for verdict, count in zip(_VERDICTS, counts, strict=True) if count
    ]
    return words("between_counts").join(parts)


def _withheld(exchange: Exchange, words: Words) -> list[str]:
    """What a strict collection kept back: how many sentences, and why each of them."""
    withheld = exchange.reply.withheld if exchange.reply is not None else ()
    reasons = [_reason(sentence, words) for sentence in withheld]
    return [words.count("withheld", len(reasons)), *reasons] if reasons else []


def _copies(exchange: Exchange, words: Words) -> list[dict[str, str]]:
    """The finished answer to take along, in each form under its label."""
    if exchange.reply is None or exchange.refused:
        return []
    claims, citations = exchange.claims, exchange.citations
    copies = [
        {"label": words("copy_text"), "text": as_text(claims, citations, words)},
        {"label": words("copy_markdown"), "text": as_markdown(claims, citations, words)},
    ]
    if citations:
        copies.append({"label": words("copy_references"), "text": as_references(citations, words)})
    return copies


def _reason(judged: Claim | Withheld, words: Words) -> str:
    label = words(f"verdict_{judged.verdict.value}")
    return words("verdict_because", verdict=label, why=judged.why) if judged.why else label


def _withdrawn(exchange: Exchange, words: Words) -> list[str]:
    """What became of the cited documents since, a line for each that is no longer what it was."""
    lines: dict[str, None] = {}
    for citation, state in zip(exchange.citations, exchange.became, strict=False):  # more may come in meanwhile
        if not state.stands:
            lines[_became(citation, state, words)] = None
    return list(lines)


def _became(citation: Citation, state: CitedState, words: Words) -> str:
    document = seen(citation.title or citation.document)
    if state.state in ("replaced", "superseded"):
        happened = words(f"withdrawn_{state.state}", document=document, replacement=seen(state.replacement))
        kept = words("quote_kept" if state.quote_stands else "quote_lost", marker=citation.marker)
        return words("withdrawn_detail", happened=happened, kept=kept)
    return words("withdrawn_changed" if state.state == "changed" else "withdrawn_deleted", document=document)


def _sides(conflict: Conflict, numbers: dict[int, int], words: Words) -> list[dict[str, Any]]:
    """What each of the documents says that disagree, with its dates and the place to open."""
    return [
        {
            "value": side.value,
            "document": seen(side.title or side.document),
            "dates": in_force(side, words),
            "place": numbers[side.marker],
        }
        for side in conflict.sides
        if side.marker in numbers
    ]


def _why_refused(exchange: Exchange) -> list[str]:
    """What the server says about a refusal, where it is a sentence about this question."""
    return [claim.why for claim in exchange.claims if claim.why.endswith((".", "。"))]
