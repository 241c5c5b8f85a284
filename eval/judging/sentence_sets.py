"""Sets of answers of which people said, sentence by sentence, whether the text beside them bears them out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from eval.judging.human_sets import SUPPORT, read_lines, words_of_source
from kb.errors import NotFoundError
from kb.records import Verdict
from kb.text.sentences import split_sentences
from serving.markers import without_markers

SUMMARIES, SCIENCE = "faithbench-en", "scifact-en"
FITTED_HALF = 0  # of ExpertQA's questions: the packaged verifier is fitted on these

# FaithBench's labels of a span, by the worst of which its authors label a summary (its scripts/binarize.py).
UNWANTED, QUESTIONABLE = "Unwanted", "Questionable"

_INTRODUCES = re.compile(r"[:：]\s*$")  # "Here is a summary:" says nothing that could be true or false
_WORDLESS = re.compile(r"[\W\d_]*")
_SCIENCE_LABELS = {"SUPPORT": Verdict.SUPPORTED, "CONTRADICT": Verdict.CONTRADICTED}


class JudgedSentence(NamedTuple):
    """A sentence, the words it rests on, and what people say: SUPPORTED, CONTRADICTED or UNSUPPORTED."""

    text: str
    evidence: tuple[str, ...]
    verdict: Verdict


class JudgedAnswer(NamedTuple):
    """The judged sentences of one answer, and whether people find the whole of it borne out."""

    sentences: tuple[JudgedSentence, ...]
    supported: bool


def read_expert_answers(sets_folder: Path, half: int | None = None) -> list[JudgedAnswer]:
    """ExpertQA: a sentence with what it cites is borne out where the expert says "Complete".

    With `half`, only the questions of that half: on FITTED_HALF the packaged verifier is fitted, on the other measured.

    As `read_judged_claims`, it leaves out sentences without words to judge by. An answer (one system's to one question)
    is borne out when all of its sentences are.

    Raises:
        NotFoundError: the set is not there.
        UsageError: it cannot be read.
    """
    answers: dict[tuple[str, str], list[JudgedSentence]] = {}
    for line in read_lines(sets_folder / SUPPORT / "data.jsonl"):
        evidence = tuple(map(words_of_source, line["evidence"]))
        if line["support"] not in ("Complete", "Partial", "Incomplete") or not any(evidence):
            continue
        if half is not None and _half_of(line["qid"]) != half:
            continue
        verdict = Verdict.SUPPORTED if line["support"] == "Complete" else Verdict.UNSUPPORTED
        sentence = JudgedSentence(without_markers(line["claim"]).strip(), evidence, verdict)
        answers.setdefault((line["qid"], line["system"]), []).append(sentence)
    return [_answer(sentences) for sentences in answers.values()]


def read_summaries(sets_folder: Path, labels: Iterable[str] = (UNWANTED,)) -> list[JudgedAnswer]:
    """FaithBench: a summary is unfaithful when any annotator gave any span of it one of `labels`.

    A sentence is unfaithful when such a span reaches into it. The whole source is the evidence of every sentence. Lines
    that end in a colon and sentences without a word claim nothing and are left out.

    Raises:
        NotFoundError: the set is not there.
        UsageError: it cannot be read.
    """
    wanted = tuple(labels)
    answers = []
    for line in read_lines(sets_folder / SUMMARIES / "data.jsonl"):
        spans = [(a["summary_start"], a["summary_end"]) for a in line["annotations"] if _has_label(a, wanted)]
        summary, source = str(line["summary"]), str(line["source"])
        sentences = tuple(
            JudgedSentence(
                summary[start:end].strip(),
                (source,),
                Verdict.UNSUPPORTED if any(s < end and start < e for s, e in spans) else Verdict.SUPPORTED,
            )
            for start, end in split_sentences(summary)
            if not _INTRODUCES.search(summary[start:end]) and not _WORDLESS.fullmatch(summary[start:end])
        )
        answers.append(JudgedAnswer(sentences, not spans))
    return answers


def read_scientific_claims(sets_folder: Path, part: str = "") -> list[JudgedAnswer]:
    """SciFact: each claim with each abstract it cites, title and text, is one answer of one sentence.

    With `part`, only the claims of that part: "train", on which the packaged verifier is fitted, or "dev".

    The claim's label counts for the abstracts that hold its evidence; every other cited abstract does not decide it.

    Raises:
        NotFoundError: the set is not there.
        UsageError: it cannot be read.
    """
    folder = sets_folder / SCIENCE
    abstracts = {str(line["_id"]): f"{line['title']}\n{line['text']}" for line in read_lines(folder / "corpus.jsonl")}
    answers = []
    for line in read_lines(folder / "queries.jsonl"):
        if part and line.get("part") != part:
            continue
        for cited in line["cited"]:
            if cited not in abstracts:
                raise NotFoundError(f"no abstract {cited} in {folder}", advice="Is the set complete?")
            decides = cited in line["evidence"]
            verdict = _SCIENCE_LABELS.get(line["label"], Verdict.UNSUPPORTED) if decides else Verdict.UNSUPPORTED
            answers.append(_answer([JudgedSentence(line["text"], (abstracts[cited],), verdict)]))
    return answers


def _half_of(question_id: str) -> int:
    """0 or 1, by a hash: all answers to one question are in one half, whatever the order of the file."""
    return int(hashlib.sha256(question_id.encode()).hexdigest(), 16) % 2


def _answer(sentences: list[JudgedSentence]) -> JudgedAnswer:
    return JudgedAnswer(tuple(sentences), all(one.verdict is Verdict.SUPPORTED for one in sentences))


def _has_label(annotation: dict[str, Any], labels: tuple[str, ...]) -> bool:
    return any(str(given).split(".")[0] in labels for given in annotation["label"])
