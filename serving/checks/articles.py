"""The number of an article, with its paragraphs and items, must be one that the cited words or their headings name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.articles import Article, same_kind
from serving.placed_quotes import headings_of
from serving.reasons import Reason, because, listed
from serving.values import read_values

_ENUMERATED = r"(?<![\w.])[(（]?{label}[)）.、:]"  # (2), 2., a)


def wrong_article(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A place in a statute that is not named; PARTLY where its article is, and its paragraph is not marked."""
    stated = read_values(sentence).articles
    if not stated:
        return None
    headings = dict.fromkeys(heading for quote in quotes for heading in headings_of(quote))
    cited = read_values("\n".join((*headings, *quotes)))
    bare = {quantity.value for quantity in cited.quantities if not quantity.unit}  # "12. Notice" is section 12, too
    flaw: Judgement | None = None
    for article in stated:
        if any(same_kind(article, other) and _agree(article, other) for other in cited.articles):
            continue
        if _is_part(article, cited.articles):
            continue
        whole = [other for other in cited.articles if _is_whole_of(other, article)]
        if (whole or article.number in bare) and all(_is_marked(part, cited.folded) for part in article.parts):
            continue
        if whole:
            part = article.written.removeprefix(whole[0].written).strip(" ,，、") or article.written
            why = because(Reason.NOT_NUMBERED, sentence, cited=whole[0].written, said=part)
            flaw = Judgement(Verdict.PARTLY, why, 0.5)
            continue
        return _not_named(article, cited.articles, sentence)
    return flaw


def _agree(stated: Article, cited: Article) -> bool:
    """Whether the cited place is the stated one, or within it."""
    return stated.number == cited.number and stated.parts == cited.parts[: len(stated.parts)]


def _is_part(stated: Article, cited: Sequence[Article]) -> bool:
    """Whether "paragraph 3" is one of a cited article's."""
    return stated.kind in ("paragraph", "item") and any(stated.number in other.parts for other in cited)


def _is_whole_of(cited: Article, stated: Article) -> bool:
    """Whether the cited words name the article alone, or less far into it."""
    is_within = len(cited.parts) < len(stated.parts) and stated.parts[: len(cited.parts)] == cited.parts
    return same_kind(cited, stated) and cited.number == stated.number and is_within


def _is_marked(part: str, folded: str) -> bool:
    return re.search(_ENUMERATED.format(label=re.escape(part)), folded) is not None


def _not_named(stated: Article, cited: Sequence[Article], sentence: str) -> Judgement:
    of_kind = [other for other in cited if same_kind(stated, other)]
    rivals = [other for other in of_kind if other.number == stated.number] or of_kind
    if not rivals:
        return Judgement(Verdict.UNSUPPORTED, because(Reason.NOWHERE, sentence, said=stated.written), 0.9)
    said = listed((other.written for other in rivals), sentence)
    why = because(Reason.OTHERWISE, sentence, cited=said, said=stated.written)
    return Judgement(Verdict.CONTRADICTED, why, 0.8)
