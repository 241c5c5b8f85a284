"""Saying that documents do not mention something is itself a claim: it takes a look at every passage of them.

Models say it of the passages that they were given; readers take it for the documents. So the words that are said to be
missing are looked for in all passages of the documents meant. What stands there all the same contradicts the sentence;
what stands nowhere bears it out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import NO_FILTERS, DocumentEntry, Filters, Hit, Verdict
from kb.text.folding import fold
from serving.answer_sources import Documents
from serving.extractive.terms import is_weak, read_terms, words_of
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL, script_of
from serving.looking_through import documents_meant
from serving.reasons import Reason, because

_SOURCE = (
    r"(?:documents?|passages?|texts?|sources?|files?|leaflets?|contracts?|agreements?|guidelines?|handbooks?|lectures?"
    r"|statutes?|acts?|articles?|sections?|materials?|excerpts?|context|information provided)"
)
_SAY = (
    r"(?:say|state|mention|specify|contain|provide|address|include|give|indicate|explain|discuss|describe|define|cover"
    r"|refer to|list|set out|regulate)"
)
_SOURCE_ZH = (
    r"(?:文件|文档|资料|段落|条文|合同|协议|说明书|材料|手册|指南|法律|规定|讲义|上下文|文中|原文|条例|办法|规则|制度|准则|章程"
    r"|通知|法典|法(?=没|未|并))"
)
_SAY_ZH = r"(?:提到|提及|说明|说到|规定|涉及|载明|包含|给出|注明|明确|记载|写明|讨论|介绍|列出)"
# Read in folded text. The group "what" is what is said to be missing, as far as it follows.
_ABSENCES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_SOURCE}\b[^.;]{{0,40}}\b(?:do(?:es)? not|don['’]t|doesn['’]t|did not|never|nowhere)\b"
        rf"(?: \w+ly)? {_SAY}s?\b(?P<what>[^.;]*)",
        rf"\bnone of the {_SOURCE}\b[^.;]{{0,40}}\b{_SAY}s?\b(?P<what>[^.;]*)",
        r"\b(?:there is|there are|contains?|gives?|provides?) no (?:mention|information|statement|reference|details?"
        r"|indication|provision)s?\b(?: (?:of|on|about|to|regarding|concerning|for))?(?P<what>[^.;]*)",
        r"(?P<what>[^.;,]*)\b(?:is|are|was|were) (?:not|nowhere) (?:mentioned|stated|specified|given|addressed|covered"
        rf"|described|defined|discussed|listed)(?: (?:in|by) (?:the|these|any|this) {_SOURCE}\b)",
        rf"{_SOURCE_ZH}[^。；，]{{0,12}}?(?:没有|并未|未|不曾|没)(?:有)?(?:明确|具体|直接)?{_SAY_ZH}(?P<what>[^。；]*)",
        rf"{_SOURCE_ZH}[^。；，]{{0,12}}?(?:没有|无)(?:任何)?(?:关于|有关|与)(?P<what>[^。；]*?)(?:的|相关的)?"
        r"(?:信息|内容|规定|说明|记载|资料)",
    )
)
_FILLERS = frozenset(
    read_terms(
        "any information about regarding specific explicitly how what whether when where which provided given document"
        " documents passage passages text source mention details answer question"
    ).exact
)
_WORDS_NAMED = 3
_BETWEEN = {ENGLISH: "”, “", SIMPLIFIED: "”、“", TRADITIONAL: "」、「"}
_SURE = 0.7  # words are looked for, and what says the same in others is not seen


def missing_words(sentence: str) -> frozenset[str] | None:
    """The terms of what a sentence says is missing; empty where it does not say what; None where it says no such."""
    folded = fold(sentence)
    for pattern in _ABSENCES:
        found = pattern.search(folded)
        if found is not None:
            terms = read_terms(found["what"] or "").exact
            return frozenset(term for term in terms - _FILLERS if not is_weak(term))
    return None


def judge_absence(
    sentence: str, cited: Sequence[Hit], catalog: Documents, filters: Filters = NO_FILTERS
) -> Judgement | None:
    """Judges a sentence that says that documents do not say something; None for every other sentence.

    Meant are the documents that the sentence names, else those that it cites, else all where they are few.
    """
    missing = missing_words(sentence)
    if missing is None:
        return None
    with catalog.snapshot() as snapshot:
        documents = documents_meant(sentence, snapshot, filters, {hit.document.id for hit in cited})
        if not missing or not documents:
            return Judgement(Verdict.UNCITED, because(Reason.OF_WHAT_WAS_READ, sentence))
        for document in documents:
            for stored in snapshot.passages_of(document.id):
                if missing <= read_terms(stored.passage.text).exact:
                    words = words_of(stored.passage.text, missing)
                    return _found_after_all(sentence, document, stored.passage.first_page, words)
        return _looked_at(sentence, documents)


def _found_after_all(sentence: str, document: DocumentEntry, page: int, words: Sequence[str]) -> Judgement:
    name, what = document.title or document.name, _BETWEEN[script_of(sentence)].join(words[:_WORDS_NAMED])
    if page:
        why = because(Reason.MENTIONED_ON, sentence, document=name, page=str(page), what=what)
    else:
        why = because(Reason.MENTIONED, sentence, document=name, what=what)
    return Judgement(Verdict.CONTRADICTED, why, _SURE)


def _looked_at(sentence: str, documents: Sequence[DocumentEntry]) -> Judgement:
    passages = str(sum(document.passages for document in documents))
    if len(documents) == 1:
        name = documents[0].title or documents[0].name
        why = because(Reason.NOT_IN_ONE, sentence, passages=passages, document=name)
    else:
        why = because(Reason.NOT_IN_ANY, sentence, passages=passages, documents=str(len(documents)))
    return Judgement(Verdict.SUPPORTED, why, _SURE)
