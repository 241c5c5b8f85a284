"""Questions from definitions.

English: “X” means …, X is a …, X refers to …; Chinese: 本法所称X，是指…, X是指…, X是一种…, 叫做X：…
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.synthetic.records import Candidate, Kind
from eval.synthetic.wording import ENGLISH, ask, within_a_sentence
from kb.records import Document
from kb.text.folding import fold

_QUOTED = re.compile(
    r"(?m)(?:^|(?<=[.;:] ))[ \t]*(?:\(?\w{1,4}[.)]\s+|\d+(?:\.\d+)*\s+)?[\"“'‘](?P<term>[^\"”'’\n]{2,50})[\"”'’]"
    r"\s+(?:means|refers to|is defined as)\s+(?P<what>[^\n]{15,400}?)(?=[;\n]|\.(?:\s|$)|$)"
)
_PLAIN = re.compile(
    r"(?m)(?:^|(?<=[.!?] ))(?P<term>(?:An? )?[A-Z][\w-]*(?: [A-Za-z][\w-]*){0,3})"
    r" (?:(?:refers to|is defined as|stands for) |is (?=an? ))"
    r"(?P<what>[^\n]{20,300}?)(?=\.(?:\s|$)|;)"
)
# Beginnings that point at something said before, and words that no name of a thing holds.
_POINTING = re.compile(
    r"(?:this|that|it|there|he|she|they|we|you|i|what|here|these|those|one|each|every|if|when|the|its?|his|her|their|our"
    r"|my|your|such|another|both|all|some|most|many|any|who|which|where|how|why|in|on|at|for|from|by|with|after|before"
    r"|as|first|second|third|next|so|but|and|or|not|only|also|then|thus|now|\w+ing)\b",
    re.IGNORECASE,
)
_NO_TERM = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|can|may|must|will|would|shall|should|do|does|did|and|or|but|which|that|who"
    r"|if|when|because|while|than|it|this|there|not|no)\b",
    re.IGNORECASE,
)

_HAN = r"\u3400-\u9fff"
_CALLED = re.compile(
    rf"(?:本[{_HAN}]{{1,6}})?(?:所称|所稱)的?[“「]?(?P<term>[{_HAN}A-Za-z0-9]{{2,16}})[”」]?[，,]?\s*(?:是指|係指|指的是|指)"
    rf"(?P<what>[^。；;\n]{{8,200}})(?=[。；;\n]|$)"
)
_MEANS = re.compile(
    rf"(?m)(?:^|(?<=[。；：:]))\s*[“「]?(?P<term>[{_HAN}A-Za-z0-9]{{2,14}})[”」]?[，,]?\s*(?:是指|係指|指的是)"
    rf"(?P<what>[^。；;\n]{{8,200}})(?=[。；;\n]|$)"
)
_NAMED = re.compile(
    rf"(?:叫做|称为|稱為|叫作)[“「]?(?P<term>[{_HAN}A-Za-z0-9]{{2,12}})[”」]?[：:](?P<what>[^。\n]{{8,200}})(?=[。\n]|$)"
)
_KIND_OF = re.compile(
    rf"(?:(?m:^)|(?<=[。]))\s*(?P<term>[{_HAN}A-Za-z0-9]{{2,12}})是"
    rf"(?P<what>(?:一[种種类類项項门門]|[^。，；\n]{{2,20}}的一[种種类類])[^。；;\n]{{6,150}})(?=[。；;\n]|$)"
    # What "is one" may be anything; only at the beginning of a text or section is that said of its subject.
    rf"|(?m:^)\s*(?P<first>[{_HAN}A-Za-z0-9]{{2,12}})是(?P<that>[^。；;\n]{{0,20}}?一[个個座位名][^。；;\n]{{6,150}})(?=[。；;\n]|$)"
)
# In a Chinese term these words mean that a sentence, not a name, was caught.
_NO_CHINESE_TERM = re.compile(  # folded, so simplified
    r"[的了是在和与及或被把将这那其此该它他她我你们]|不|没有|可以|应当|什么|如果|因为|所以|所称|第.{1,4}条"
    r"|^(?:每|第|各|任何|由于|虽然|尽管|所有|因|但|而|另|某|上|下|前|后|一|两|三|对|为|从|当|若|就|以|于|由|有|无|又|也|还|更|最|如|做|使|让|用|通过|根据|我们|目标|目的)"
    r"|(?:就|都|也|还|只|好|直|常|仍|均|往往|可能|已|曾|亦|皆|乃|才|并|总|本身|其实|上|主要|一般|来|算|即|便|则|却|不过|中|时|后|前)$"
)


def definition_questions(document: Document, language: str, title: str) -> Iterator[Candidate]:
    """Asks for each term that the document defines; the answer is the definition without the term."""
    if language == ENGLISH:
        yield from _english(document, title)
        return
    for match in _CALLED.finditer(document.text):
        if _is_chinese_term(match["term"]):
            yield _candidate(match, ask("term", language, term=match["term"], title=title))
    for pattern in (_MEANS, _NAMED):
        for match in pattern.finditer(document.text):
            if _is_chinese_term(match["term"]):
                yield _candidate(match, ask("what is", language, term=match["term"]))
    for match in _KIND_OF.finditer(document.text):
        term, group = (match["term"], "what") if match["term"] else (match["first"], "that")
        if _is_chinese_term(term):
            yield _candidate(match, ask("what is", language, term=term), term, group)


def _is_chinese_term(term: str) -> bool:
    return not _NO_CHINESE_TERM.search(fold(term))


def _english(document: Document, title: str) -> Iterator[Candidate]:
    for match in _QUOTED.finditer(document.text):
        yield _candidate(match, ask("term", ENGLISH, term=match["term"].strip(), title=title))
    for match in _PLAIN.finditer(document.text):
        if _POINTING.match(match["term"]) or _NO_TERM.search(match["term"]):
            continue
        term = match["term"]
        article = term.startswith(("A ", "An "))
        spoken = f"{term[0].lower()}{term[1:]}" if article else within_a_sentence(term, document.text)
        yield _candidate(match, ask("what is", ENGLISH, term=spoken))


def _candidate(match: re.Match[str], question: str, term: str = "", group: str = "what") -> Candidate:
    start = match.start(group)
    end = start + len(match[group].rstrip(" \t，,：:"))
    return Candidate(Kind.DEFINITION, question, term or match["term"], ((start, end),))
