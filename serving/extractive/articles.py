"""What an article says, to the letter, where a question asks for the article itself: "What does article 12 say?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.records import Hit, Passage
from kb.text.folding import fold
from kb.text.sentences import split_sentences
from retriever.addresses import Address, names_nothing_else, numbered_line, read_addresses
from serving.extractive.records import Quote

# Read in folded text, the address taken out: what is left asks for the text and for nothing in it.
_ASKS_FOR_TEXT = re.compile(
    r"\b(?:what(?:'s| is| does| do| are)?|quote|show|read|cite|text of|content of|wording of)\b"
    r".*\b(?:say|says|state|states|provide|provides|stipulate|stipulates|prescribe|prescribes|text|wording|content"
    r"|contents|contain|contains|regulate|regulates)\b"
    r"|^\W*(?:quote|show(?: me)?|cite|read)\b"
    r"|(?:规定|讲|说|写)(?:了|的是|的)?(?:些)?什么|(?:是)?(?:如何|怎么|怎样)(?:规定|说|写)的?|的?(?:内容|原文|条文|全文)(?:是什么|如何|怎样)?"
    r"|条\W*是什么\W*$"
)
_ABOUT = re.compile(r"\b(?:about|on|regarding|concerning)\b|(?:对|关于|就).+(?:规定|说)")
_MOST_QUOTES = 4  # two articles of two passages each; a reader opens the document for more
_LABEL = 40  # characters at the head of a line in which an article's number stands
_LONGEST = 900  # characters of a quoted article: a page's half; longer ones end after the sentence before that
_LONGEST_CHINESE = 450


def asks_for_articles(question: str) -> tuple[Address, ...]:
    """The articles that `question` asks to be told, and not about; none for any other question."""
    addresses = read_addresses(question)
    folded = fold(question)
    return addresses if addresses and _ASKS_FOR_TEXT.search(folded) and not _ABOUT.search(folded) else ()


def article_quotes(question: str, hits: Sequence[Hit]) -> tuple[Quote, ...]:
    """The articles that `question` asks for; none where it asks for none or no passage begins one.

    One quote for each article, and one for each further passage over which it goes on. Where the question names nothing
    but the article, and several documents have one of that number, each of theirs is quoted.
    """
    quotes: list[Quote] = []
    for address in asks_for_articles(question):
        for quote in _in_documents(address, hits, several=names_nothing_else(question)):
            found: Quote | None = quote
            while found is not None and len(quotes) < _MOST_QUOTES:
                quotes.append(found)
                found = _continued(found, address, hits)
    return tuple(quotes)


def _in_documents(address: Address, hits: Sequence[Hit], *, several: bool) -> list[Quote]:
    """The article in the first document that has it; in all, each text once, where no word tells which is meant."""
    found: dict[str, Quote] = {}
    for hit in hits:
        quote = None if hit.passage.document_id in found else _quoted(address, hit)
        if quote is not None and all(_same(quote.text) != _same(other.text) for other in found.values()):
            found[hit.passage.document_id] = quote
            if not several:
                break
    return list(found.values())


def _same(text: str) -> str:
    return "".join(fold(text).split())  # the same law as a PDF and as a page differs in its line ends


def _continued(quote: Quote, address: Address, hits: Sequence[Hit]) -> Quote | None:
    """What goes on in the passage after a quote that ends with its own."""
    own = quote.hit.passage
    if quote.end < own.start + len(own.text.rstrip()):
        return None
    after = (own.document_id, own.order + 1)
    following = next((hit for hit in hits if (hit.passage.document_id, hit.passage.order) == after), None)
    if following is None:
        return None
    ends = _next_head(following.passage, address, 0)
    return _quote(following, 0, ends) if following.passage.text[:ends].strip() else None


def _quoted(address: Address, hit: Hit) -> Quote | None:
    passage = hit.passage
    for start, end in _lines(passage.text):
        if _begins_article(passage.text, start, end):
            begins = _addresses(passage.text, start, end)[:1] == (address,)
        else:
            begins = _clause_at(passage, start, end) == address
        if begins:
            return _quote(hit, start, _next_head(passage, address, end))
    return None


def _next_head(passage: Passage, address: Address, after: int) -> int:
    """Where the next article or heading begins behind a place, or the text ends; clauses of the article are its own."""
    text, headings = passage.text, {heading.strip() for heading in passage.headings}
    for start, end in _lines(text):
        clause = _clause_at(passage, start, end)
        if start < after or (clause is not None and clause.number.startswith(f"{address.number}.")):
            continue
        if _begins_article(text, start, end) or text[start:end].strip() in headings or _is_later(clause, address):
            return start
    return len(text)


def _is_later(clause: Address | None, address: Address) -> bool:
    """Whether a numbered line ends a numbered clause; below 第十二条, a line 2.1 is its own."""
    return clause is not None and ("." in address.number or "." not in clause.number)


def _clause_at(passage: Passage, start: int, end: int) -> Address | None:
    """The number of a line that is a heading ("12. Charges"), or of a clause below one ("12.1 The Client")."""
    line = passage.text[start:end]
    number = numbered_line(line)
    if number is None or "." in number.number:
        return number
    return number if line.strip() in {heading.strip() for heading in passage.headings} else None


def _quote(hit: Hit, begins: int, ends: int) -> Quote:
    text, first = hit.passage.text, hit.passage.start
    begins += len(text[begins:ends]) - len(text[begins:ends].lstrip())
    end = _shortened(text, begins, begins + len(text[begins:ends].rstrip()))
    return Quote(hit, first + begins, first + end, text[begins:end], score=1.0)


def _lines(text: str) -> list[tuple[int, int]]:
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append((start, start + len(line)))
        start += len(line) + 1
    return lines


def _begins_article(text: str, start: int, end: int) -> bool:
    """Whether a line begins with an article's number, as the articles themselves do and references to them do not."""
    begins = re.match(r"\s*(?:第|§|art|sec|clause|rule)", text[start:end], re.IGNORECASE)
    return begins is not None and bool(_addresses(text, start, end))


def _addresses(text: str, start: int, end: int) -> tuple[Address, ...]:
    return read_addresses(text[start : min(end, start + _LABEL)])


def _shortened(text: str, start: int, end: int) -> int:
    longest = _LONGEST_CHINESE if "\u3400" <= text[start : start + 1] <= "\u9fff" else _LONGEST
    if end - start <= longest:
        return end
    ends = [start + last for _, last in split_sentences(text[start:end]) if last <= longest]
    return ends[-1] if ends else start + longest
