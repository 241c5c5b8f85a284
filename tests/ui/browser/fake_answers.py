"""What the fake server answers: scripted by words in the question."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.ui.browser.fake_documents import FakeDocument, example_documents
from tests.ui.browser.payloads import payload_answer, payload_refusal

# Everything that could be taken for HTML, Markdown, a link, an image, an icon, a formula or a code by a careless page.
HOSTILE = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "<svg onload=window.pwned=1></svg>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href='javascript:window.pwned=1'>click</a>",
    "<style>*{display:none}</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.pwned=1>",
    "</span></p></div><h1>out</h1>",
    "![track](https://evil.example/p.png)",
    "[click](https://evil.example)",
    "[click](javascript:window.pwned=1)",
    "[ref]: https://evil.example 'x'",
    "<https://evil.example>",
    "https://evil.example/bare www.evil.example me@evil.example",
    "**bold** _em_ `code` ~~gone~~ # head",
    "| a | b |\n|---|---|\n| c | d |",
    "$$\\href{https://evil.example}{x}$$ $x^2$",
    ":red[colour] :material/home: :smile: :streamlit: -> <- -- >=",
    "&lt;b&gt; &#60;img src=x onerror=window.pwned=1&#62; \\<b\\>",
    "\u202egnp.exe \u2028 \x00 \ud7ff {words} {0} %s",
    "```html\n<script>window.pwned=1</script>\n```",
    "data:text/html,<script>window.pwned=1</script>",
    "'\"></title><base href=https://evil.example>",
)


def claim(text: str, verdict: str, why: str, *citations: int) -> dict[str, Any]:
    return {"text": text, "verdict": verdict, "why": why, "citations": list(citations)}


def answer_to(question: str, collection: str) -> dict[str, Any]:
    """The whole answer in the shape of `ibid ask --json`."""
    handbook, regulation, leaflet = example_documents()
    answer: dict[str, Any]
    if "weather" in question or "天气" in question:
        answer = _refusal(question, handbook, leaflet)
    elif "no payload" in question:
        answer = payload_refusal()
    elif "every payload" in question:
        answer = payload_answer()
    elif "hostile" in question:
        answer = _hostile()
    elif "withheld" in question:
        withheld = [{"verdict": "contradicted", "why": "the source says “seven days”"}]
        answer = _english(handbook) | {"withheld": withheld}
    elif "pressure" in question:
        answer = _from_leaflet(leaflet)
    elif "年休假" in question or "年假" in question:
        answer = _chinese(regulation)
    else:
        answer = _english(handbook)
    return {"question": question, "collection": collection, "version": 3, "confidence": 0.8, "timings": {}} | answer


def _english(handbook: FakeDocument) -> dict[str, Any]:
    late = "Work handed in late loses five marks for each working day, up to five working days."
    extension = "An extension of up to seven days may be granted by the module leader where a student shows good cause."
    claims = [
        claim("Late work loses five marks for each working day, for at most five days [1]. ", "supported", "", 1),
        claim(
            "The module leader may grant an extension of a week or more [2]. ",
            "partly",
            "the source says “up to seven days”",
            2,
        ),
        claim("Speak to your tutor early.", "uncited", "no passage is cited"),
    ]
    citations = [handbook.citation(1, late), handbook.citation(2, extension)]
    looked_at = [handbook.hit(1, late), handbook.hit(2, extension)]
    return _answered(claims, citations, looked_at)


def _chinese(regulation: FakeDocument) -> dict[str, Any]:
    days = "职工累计工作已满一年不满十年的，年休假五天"
    split = "年休假在一个年度内可以集中安排，也可以分段安排"
    claims = [
        claim("工作满一年不满十年的职工，年休假为五天[1]。", "supported", "数字与原文一致", 1),
        claim("年休假可以集中安排，也可以分段安排[2]。", "supported", "", 2),
    ]
    return _answered(claims, [regulation.citation(1, days), regulation.citation(2, split)], [])


def _from_leaflet(leaflet: FakeDocument) -> dict[str, Any]:
    quote = "Take two readings, one minute apart, in the morning and in the evening, for seven days."
    claims = [claim("Take two readings, morning and evening, for seven days [1].", "supported", "", 1)]
    return _answered(claims, [leaflet.citation(1, quote)], [])


def _refusal(question: str, handbook: FakeDocument, leaflet: FakeDocument) -> dict[str, Any]:
    text = "The documents say nothing about this." if question.isascii() else "文档中没有这方面的内容。"
    near = [
        handbook.hit(1, "Illness on the day itself is reported by telephone."),
        leaflet.hit(2, "Sit quietly for five minutes before you begin."),
    ]
    return {
        "status": "refused",
        "model": "extractive",
        "text": text,
        "claims": [claim(text, "uncited", "")],
        "citations": [],
        "looked_at": near,
    }


def _hostile() -> dict[str, Any]:
    document = hostile_document()
    citations = [document.citation(number, payload) for number, payload in enumerate(HOSTILE, 1)]
    claims = [
        claim(f"{payload} [{number}]\n", "unsupported", payload, number) for number, payload in enumerate(HOSTILE, 1)
    ]
    return _answered(claims, citations, [])


def hostile_document() -> FakeDocument:
    """A document whose name, title, headings and text are all payloads."""
    text = "\n\n".join(HOSTILE)
    return FakeDocument(HOSTILE[1], " ".join(HOSTILE[7:18]), "text/html", "en", (text,), HOSTILE[:3])


def _answered(
    claims: list[dict[str, Any]], citations: list[dict[str, Any]], looked_at: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "status": "answered",
        "model": "scripted",
        "text": "".join(item["text"] for item in claims),
        "claims": claims,
        "citations": citations,
        "looked_at": looked_at,
    }


def stream_of(answer: dict[str, Any], question: str, pause: float) -> Iterator[str]:
    """The server-sent events of an answer, `pause` seconds apart."""
    yield ": searching\n\n"
    given: set[int] = set()
    for claim in answer["claims"]:
        time.sleep(pause)
        new = [
            item for item in answer["citations"] if item["marker"] in claim["citations"] and item["marker"] not in given
        ]
        given |= {item["marker"] for item in new}
        yield _chunk({"content": claim["text"]}, None, {"claim": claim, "citations": new})
        if "cut off" in question:
            return
        if "fails midway" in question:
            yield f"data: {json.dumps({'error': {'message': 'the model went silent', 'type': 'server_error'}})}\n\n"
            return
    time.sleep(pause)
    yield _chunk({}, "stop", answer)
    yield "data: [DONE]\n\n"


def _chunk(delta: dict[str, Any], reason: str | None, ours: dict[str, Any]) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice], "ibid": ours}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
