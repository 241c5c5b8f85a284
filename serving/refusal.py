"""What is said where the documents hold no answer: what was looked at, in the question's language."""

from __future__ import annotations

from collections.abc import Sequence

from kb.records import AnswerStatus, Claim, Claimed, DocumentEntry, Hit, Verdict
from serving.claims import Claims, Outcome
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL
from serving.looking_through import LookedThrough

_NAMED = 3  # documents named in the text; the others are counted

_NOTHING = {
    ENGLISH: "I found no answer to this: no passage of the documents fits the question.",
    SIMPLIFIED: "没有找到答案：现有文档中没有与这个问题相关的段落。",
    TRADITIONAL: "沒有找到答案：現有文件中沒有與這個問題相關的段落。",
}
_LOOKED = {
    ENGLISH: "I found no answer to this in the documents. I looked at {passages} of {documents}.",
    SIMPLIFIED: "在现有文档中没有找到这个问题的答案。已查看{documents}中的{passages}。",
    TRADITIONAL: "在現有文件中沒有找到這個問題的答案。已查看{documents}中的{passages}。",
}
_LOOKED_AT_ALL = {
    ENGLISH: "I found no answer to this in the documents. I looked at {passages} of {documents}.",
    SIMPLIFIED: "在现有文档中没有找到这个问题的答案。已逐段查看{documents}，共{passages}。",
    TRADITIONAL: "在現有文件中沒有找到這個問題的答案。已逐段查看{documents}，共{passages}。",
}


def say_refusal(outcome: Outcome, hits: Sequence[Hit], looked: LookedThrough | None, language: str) -> Claims:
    """The claim of a refused answer: what was looked at, with nothing cited."""
    yield Claimed(Claim(refusal_text(hits, language, looked), Verdict.UNCITED, outcome.why), ())
    assert outcome.status is AnswerStatus.REFUSED
    return outcome


def refusal_text(hits: Sequence[Hit], language: str, looked: LookedThrough | None = None) -> str:
    """Says that there is no answer, how many passages were read, and in which documents.

    Args:
        hits: the passages that were read, best first.
        language: "en", "zh-Hans" or "zh-Hant".
        looked: the documents of which every passage was looked at, if any.
    """
    if looked is not None:
        count, sentence = len(looked.hits), _LOOKED_AT_ALL[language]
        passages = f"all {count} passages" if language == ENGLISH and count > 1 else _passages(count, language)
        return sentence.format(passages=passages, documents=_documents(looked.documents, language))
    if not hits:
        return _NOTHING[language]
    documents = _documents([hit.document for hit in hits], language)
    return _LOOKED[language].format(passages=_passages(len(hits), language), documents=documents)


def _documents(entries: Sequence[DocumentEntry], language: str) -> str:
    names = list(dict.fromkeys(entry.title or entry.name for entry in entries))
    return _english_documents(names) if language == ENGLISH else _chinese_documents(names, language)


def _passages(count: int, language: str) -> str:
    if language == SIMPLIFIED:
        return f"{count}个段落"
    if language == TRADITIONAL:
        return f"{count}個段落"
    return "one passage" if count == 1 else f"{count} passages"


def _english_documents(names: Sequence[str]) -> str:
    named = [f"“{name}”" for name in names[:_NAMED]]
    if len(names) > _NAMED:
        more = len(names) - _NAMED
        named.append("one more document" if more == 1 else f"{more} more documents")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _chinese_documents(names: Sequence[str], language: str) -> str:
    named = "".join(name if name.startswith("《") else f"《{name}》" for name in names[:_NAMED])
    if len(names) <= _NAMED:
        return named
    return f"{named}等{len(names)}{'份文档' if language == SIMPLIFIED else '份文件'}"
