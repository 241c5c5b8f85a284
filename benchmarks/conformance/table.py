"""The measured operations as a page of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.conformance.description import FAMILIES, Description
from benchmarks.conformance.findings import Measured

_VERDICTS = ("taken", "in part", "ignored", "refused")
_INTRODUCTION = """# What of OpenAI's API ibid offers

This page is written by a program. It reads OpenAI's own description of its API (`openapi.yaml`, version {version},
SHA-256 `{digest}…`), starts the real server with a chat model behind it and again without one, sends it every operation
and every parameter of the families that ibid offers, and holds each answer and each event of a stream against the
description's schemas. Nothing here is claimed by hand; tests fail where the page and the server part ways.

    make conformance DESCRIPTION=path/to/openapi.yaml

A parameter is *taken* when requests with it are answered and ibid's own description (`GET /openapi.json`) names it;
*ignored* when they are answered as if it were not there; taken *in part* when some of its values are refused; *refused*
when all are, with status 400 and the sentence that stands here. What an answer holds beyond OpenAI's schemas stands in
fields named `ibid`; beyond that, a chat message's `annotations` hold the `file_citation` of OpenAI's responses, since
chat itself knows only citations of web pages; and the messages of a stored completion are those that were sent, the
user's as in the description's example, though its schema has the assistant's alone. Chunks of streamed completions,
which the description leaves out, are held against the whole completion.
"""


def table(description: Description, measured: Sequence[Measured], others: int, clear: int) -> str:
    """The whole page.

    Args:
        description: what was measured against.
        measured: the operations of the families that are listed.
        others: how many operations there are in other families.
        clear: how many of those answer 404 or 405 in the shape of OpenAI's errors.
    """
    plain = [item for item in measured if "?" not in item.name]
    beta = [item for item in measured if "?" in item.name]
    parts = [_INTRODUCTION.format(version=description.version, digest=description.digest[:16])]
    parts += [_summary(plain, beta, others, clear)]
    for family in FAMILIES:
        parts += [f"## {family}\n", _operations([item for item in plain if item.family == family])]
        parts += [_parameters(item) for item in plain if item.family == family and item.parameters]
    parts += ["## Beta variants\n", "The same paths with `?beta=true`, held against the schemas of the beta.\n"]
    parts += [_operations(beta)]
    return "\n".join(parts)


def _summary(plain: Sequence[Measured], beta: Sequence[Measured], others: int, clear: int) -> str:
    offered = [item for item in plain if item.offered]
    verdicts = Counter(parameter.verdict for item in offered for parameter in item.parameters)
    faultless = sum(not item.faults for item in (*plain, *beta) if item.offered)
    all_offered = len(offered) + sum(item.offered for item in beta)
    events = sum((item.events for item in offered), Counter())
    counted = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in _VERDICTS)
    return f"""## In numbers

| | |
|---|---|
| operations in these families | {len(plain)}, and {len(beta)} beta variants |
| offered | {len(offered)}, and {sum(item.offered for item in beta)} beta variants |
| offered and every answer as described | {faultless} of {all_offered} |
| parameters of the operations offered | {verdicts.total()}: {counted} |
| kinds of stream events seen | {len(events)} |
| operations of other families (audio, images, …) | {others}; {clear} answer 404 or 405 in OpenAI's error shape |
"""


def _operations(measured: Sequence[Measured]) -> str:
    rows = ["| operation | offered | answer |", "|---|---|---|"]
    for item in measured:
        answer = item.answer
        if item.events:
            answer += "; as a stream " + ", ".join(f"`{kind}`" for kind in item.events)
        if item.faults:
            answer += "; **not as described**: " + "; ".join(item.faults[:3])
        rows.append(f"| `{item.name}` | {'yes' if item.offered else f'no: {_cell(item.refusal)}'} | {_cell(answer)} |")
    return "\n".join(rows) + "\n"


def _parameters(item: Measured) -> str:
    rows = [f"`{item.name}`", "", "| parameter | verdict | note |", "|---|---|---|"]
    rows += [f"| `{parameter.name}` | {parameter.verdict} | {_cell(parameter.note)} |" for parameter in item.parameters]
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
