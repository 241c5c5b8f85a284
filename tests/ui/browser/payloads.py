"""Texts that could be taken for more than text: kept in `payloads.json`, by the kind of trick."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.ui.browser.fake_documents import FakeDocument

_FILE = Path(__file__).parent / "payloads.json"


@cache
def payloads_by_kind() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return kinds


def all_payloads() -> list[str]:
    return [payload for kind in payloads_by_kind().values() for payload in kind]


@cache
def payload_documents() -> tuple[FakeDocument, ...]:
    """One document for each payload, which is its name, its title, its headings and its text."""
    return tuple(
        FakeDocument(f"{payload}.html", payload, "text/html", "en", (f"{payload}\n\n{payload}\nend",), (payload,) * 2)
        for payload in all_payloads()
    )


def payload_answer() -> dict[str, Any]:
    """An answer whose every part is a payload: sentences, reasons, quotes, documents that disagree, the model."""
    documents = payload_documents()
    verdicts = ("supported", "partly", "contradicted", "unsupported", "uncited")
    citations = [
        document.citation(number, document.title) | {"headings": [document.title]}
        for number, document in enumerate(documents, 1)
    ]
    claims = [
        {
            "text": f"{document.title} [{number}]\n",
            "verdict": verdicts[number % len(verdicts)],
            "why": document.title,
            "citations": [number],
            "emphasis": [[0, len(document.title)]] if number % 3 else [],
        }
        for number, document in enumerate(documents, 1)
    ]
    sides = [
        {"marker": number, "value": document.title, "document_id": document.id}
        | {"document": document.name, "title": document.title, "effective_from": document.title}
        for number, document in enumerate(documents, 1)
    ]
    return {
        "question": "\n".join(document.title for document in documents),
        "status": "answered",
        "model": documents[0].title,
        "text": "".join(str(claim["text"]) for claim in claims),
        "claims": claims,
        "citations": citations,
        "looked_at": [document.hit(rank, document.title) for rank, document in enumerate(documents, 1)],
        "conflicts": [{"sides": sides}],
    }


def payload_refusal() -> dict[str, Any]:
    """A refusal that knows nothing but payloads."""
    documents = payload_documents()
    why = "; ".join(all_payloads()) + "."
    return {
        "status": "refused",
        "model": documents[0].title,
        "text": documents[0].title,
        "claims": [{"text": documents[0].title, "verdict": "uncited", "why": why, "citations": []}],
        "citations": [],
        "looked_at": [document.hit(rank, document.title) for rank, document in enumerate(documents, 1)],
    }
