"""A finished answer to take along: as text with footnotes, as Markdown, as a list of references."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb import Citation, Claim, Verdict
from ui.browser.plain import seen
from ui.browser.wording import Words

# Every sign that CommonMark lets a backslash stand before: text of documents stays text wherever it is pasted.
_MARKDOWN_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
_BIBTEX_SIGNS = re.compile(r"([{}%&$#_])")
_BIBTEX_NAMES = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
_MARKER = re.compile(r"\[(\d{1,4})\]")


def as_text(claims: Sequence[Claim], citations: Sequence[Citation], words: Words) -> str:
    """The answer with its markers, what was found about its sentences, and a footnote for each citation."""
    notes = [f"[{citation.marker}] {_source(citation, words)}: {_quote(citation, words)}" for citation in citations]
    return "\n\n".join(
        part for part in ("".join(_with_verdict(c, words) for c in claims).strip(), "\n".join(notes)) if part
    )


def as_markdown(claims: Sequence[Claim], citations: Sequence[Citation], words: Words) -> str:
    """The same with footnotes as Markdown has them. Nothing in it is markup but these and the line breaks."""
    cited = {citation.marker for citation in citations}
    body = "".join(_markdown_sentence(_with_verdict(claim, words), cited) for claim in claims).strip()
    notes = [
        f"[^{citation.marker}]: {_escaped(_source(citation, words))}: {_escaped(_quote(citation, words))}"
        for citation in citations
    ]
    return "\n\n".join(part for part in (body, "\n".join(notes)) if part)


def as_references(citations: Sequence[Citation], words: Words) -> str:
    """A BibTeX entry for each cited document, with the pages and the words that are cited."""
    by_document: dict[str, list[Citation]] = {}
    for citation in citations:
        by_document.setdefault(citation.document_id, []).append(citation)
    return "\n\n".join(_entry(own, words) for own in by_document.values())


def _entry(citations: list[Citation], words: Words) -> str:
    first = citations[0]
    pages = sorted({citation.page for citation in citations if citation.page is not None})
    fields = {
        "title": seen(first.title or first.document),
        "howpublished": seen(first.document),
        "pages": ", ".join(map(str, pages)),
        "note": " ".join(_quote(citation, words) for citation in citations),
    }
    lines = [f"  {name} = {{{_bibtex(value)}}}," for name, value in fields.items() if value]
    # Twelve digits of the document's hash: the same key for the same file, wherever it is cited.
    return "\n".join((f"@misc{{ibid-{first.document_id[:12]},", *lines, "}"))


def _with_verdict(claim: Claim, words: Words) -> str:
    """The sentence, with what was found about it where that is not simply "supported"."""
    if claim.verdict is Verdict.SUPPORTED:
        return claim.text
    text = claim.text.rstrip()
    found = words("copied_verdict", verdict=words(f"verdict_{claim.verdict.value}"))
    return f"{text} {found}{claim.text[len(text) :]}"


def _source(citation: Citation, words: Words) -> str:
    title, name = seen(citation.title or citation.document), seen(citation.document)
    page = words("page", page=citation.page) if citation.page is not None else ""
    heading = seen(citation.headings[-1]) if citation.headings and not page else ""
    return ", ".join(part for part in (title, name if name != title else "", page or heading) if part)


def _quote(citation: Citation, words: Words) -> str:
    return words("copied_quote", quote=" ".join(citation.quote.split()))


def _markdown_sentence(text: str, cited: set[int]) -> str:
    done, pieces = 0, []
    for match in _MARKER.finditer(text):
        if int(match[1]) in cited:
            pieces += [_escaped(text[done : match.start()]), f"[^{match[1]}]"]
            done = match.end()
    return "".join((*pieces, _escaped(text[done:])))


def _escaped(text: str) -> str:
    # A blank before a line's words would make code of it, and two after them a break.
    lines = [_MARKDOWN_SIGNS.sub(r"\\\1", line.strip("\t")) for line in text.split("\n")]
    return "\n".join(line.lstrip() if number else line for number, line in enumerate(lines))


def _bibtex(text: str) -> str:
    escaped = "".join(_BIBTEX_NAMES.get(sign, sign) for sign in text)
    return "".join(
        part if part in _BIBTEX_NAMES.values() else _BIBTEX_SIGNS.sub(r"\\\1", part)
        for part in re.split(r"(\\text[a-z]+\{\})", escaped)
    )
