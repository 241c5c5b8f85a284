"""What an article says, to the letter, where a question asks for the article itself: "What does article 12 say?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.records import Hit
from kb.text.folding import fold
from kb.text.sentences import split_sentences
from retriever.addresses import Address, read_addresses
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

    One quote for each article, and one for each further passage over which it goes on.
    """
    quotes: list[Quote] = []
    for address in asks_for_articles(question):
        quote = next(filter(None, (_quoted(address, hit) for hit in hits)), None)
        while quote is not None and len(quotes) < _MOST_QUOTES:
            quotes.append(quote)
            quote = _continued(quote, hits)
    return tuple(quotes)


def _continued(quote: Quote, hits: Sequence[Hit]) -> Quote | None:
    """What goes on in the passage after a quote that ends with its own."""
    own = quote.hit.passage
    if quote.end < own.start + len(own.text.rstrip()):
        return None
    after = (own.document_id, own.order + 1)
    following = next((hit for hit in hits if (hit.passage.document_id, hit.passage.order) == after), None)
    if following is None:
        return None
    text = following.passage.text
    ends = next((start for start, end in _lines(text) if _begins_article(text, start, end)), len(text))
    return _quote(following, 0, ends) if text[:ends].strip() else None


def _quoted(address: Address, hit: Hit) -> Quote | None:
    text = hit.passage.text
    heads = [(start, end) for start, end in _lines(text) if _begins_article(text, start, end)]
    begins = next((start for start, end in heads if _addresses(text, start, end)[:1] == (address,)), None)
    if begins is None:
        return None
    return _quote(hit, begins, next((start for start, _ in heads if start > begins), len(text)))


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
