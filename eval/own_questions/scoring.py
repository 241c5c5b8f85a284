"""What one answer is worth, given what the question's author expects of it.

Every value is 0 or 1 except MRR, confidence and seconds; one that the question does not define is left out:

- found@5: one of the first five passages is of the expected document; found@5 on page: and on the expected page.
- MRR: 1 / the place of the first such passage (on the page, where one is expected), 0 where none was read.
- answer contains: the answer's text holds one of the expected phrases (see eval/metrics/containment.py).
- cites document, cites page: a citation stands in the expected document, on the expected page.
- right refusal: it had to be refused and was; wrong refusal: it could be answered and was refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from eval.metrics.containment import contains
from kb.questions.records import OwnQuestion
from kb.records import Answer, AnswerStatus, Hit
from kb.text.folding import fold
from serving.markers import without_markers

_FIRST = 5  # what a reader looks at before asking again
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_GAP = re.compile(r"\s+(?!\d)|(?<!\d)\s+")  # none between two numbers
_QUOTATION = str.maketrans(dict.fromkeys("“”「」『』", " "))  # they would hold the last word of a quote fast


def values_of(own: OwnQuestion, hits: Sequence[Hit], answer: Answer | None, seconds: float) -> dict[str, float]:
    """Every metric that is defined for this question.

    Args:
        own: the question and what is expected.
        hits: the passages that were read, best first.
        answer: None where the model failed: then nothing was answered and nothing refused, which is never right.
        seconds: from the question to the end of the answer.
    """
    values = _place_values(own, hits) | _citation_values(own, answer)
    refused = answer is not None and answer.status is AnswerStatus.REFUSED
    if own.must_refuse:
        values["right refusal"] = float(refused)
    else:
        values["wrong refusal"] = float(refused)
    if own.answers:
        text = "" if answer is None or refused else plain_text(answer)
        values["answer contains"] = float(any(_says(text, answer) for answer in own.answers))
    if answer is not None:
        values["confidence"] = answer.confidence
    return values | {"seconds": round(seconds, 4)}


def is_document(name: str, wanted: str) -> bool:
    """Whether a document's name is the wanted one or ends in it, folder by folder: "law/act.pdf" is "act.pdf"."""
    parts, expected = _parts(name), _parts(wanted)
    return bool(expected) and parts[-len(expected) :] == expected


def plain_text(answer: Answer) -> str:
    """What the answer says, without its markers and the marks around what it quotes."""
    return without_markers(answer.text).translate(_QUOTATION)


def details_of(own: OwnQuestion, hits: Sequence[Hit], answer: Answer | None) -> dict[str, Any]:
    """What a person wants to see beside the values: what was expected, what was answered, cited and read."""
    details: dict[str, Any] = {"expected": expectation_of(own), "tags": list(own.tags), "synthetic": own.synthetic}
    if own.tags:
        details["group"] = own.tags[0]  # reports show each group's mean
    if answer is not None:
        details |= {
            "status": str(answer.status),
            "answer": answer.text,
            "citations": [
                {"marker": cited.marker, "document": cited.document, "page": cited.page, "quote": cited.quote}
                for cited in answer.citations
            ],
        }
    top = [
        {
            "document": hit.document.name,
            "page": hit.passage.first_page or None,
            "passage": hit.passage.id,
            "text": hit.passage.text,
        }
        for hit in hits[:_FIRST]
    ]
    return details | {"top": top}


def expectation_of(own: OwnQuestion) -> dict[str, Any]:
    """What is expected, as run files have it: two runs are only compared where this is the same."""
    return {
        "answers": list(own.answers),
        "document": own.document,
        "page": own.page,
        "must_refuse": own.must_refuse,
    }


def _place_values(own: OwnQuestion, hits: Sequence[Hit]) -> dict[str, float]:
    if not own.document:
        return {}
    of_document = [is_document(hit.document.name, own.document) for hit in hits]
    values = {"found@5": float(any(of_document[:_FIRST]))}
    right = of_document
    if own.page is not None:
        pages = [hit.passage.first_page <= own.page <= hit.passage.last_page for hit in hits]
        right = [document and page for document, page in zip(of_document, pages, strict=True)]
        values["found@5 on page"] = float(any(right[:_FIRST]))
    return values | {"MRR": 1 / (right.index(True) + 1) if any(right) else 0.0}


def _citation_values(own: OwnQuestion, answer: Answer | None) -> dict[str, float]:
    if not own.document:
        return {}
    cited = [c for c in (answer.citations if answer else ()) if is_document(c.document, own.document)]
    values = {"cites document": float(bool(cited))}
    if own.page is not None:
        values["cites page"] = float(any(citation.page == own.page for citation in cited))
    return values


def _says(text: str, answer: str) -> bool:
    """Whether the text holds the answer, and not only within a longer number: 150元 does not say 50元."""
    if not contains([text], [answer], whole_words=True):
        return False
    whole, wanted = _squeezed(text), _squeezed(answer)
    if wanted not in whole:  # it differs in punctuation, which is no matter
        return True
    begin = r"(?<!\d)(?<!\d\.)" if wanted[:1].isdigit() else ""
    end = r"(?!\.?\d)" if wanted[-1:].isdigit() else ""
    return re.search(begin + re.escape(wanted) + end, whole) is not None


def _squeezed(text: str) -> str:
    return _THOUSANDS.sub("", _GAP.sub("", fold(text)))


def _parts(name: str) -> list[str]:
    """Folders and file name; macOS writes accents apart from their letters, Windows parts folders by backslashes."""
    return [part for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/") if part not in ("", ".")]


def missing_documents(questions: Iterable[OwnQuestion], names: Iterable[str]) -> list[str]:
    """Expected documents that are not in the collection, each once."""
    known = list(names)
    wanted = dict.fromkeys(own.document for own in questions if own.document)
    return [document for document in wanted if not any(is_document(name, document) for name in known)]
