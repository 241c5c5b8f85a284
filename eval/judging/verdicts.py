"""How far a verifier's verdicts agree with people's, sentence by sentence and answer by answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.judging.agreement import balanced_accuracy, macro_f1, with_interval
from eval.judging.human_sets import SUPPORT
from eval.judging.sentence_sets import (
    FITTED_HALF,
    QUESTIONABLE,
    SCIENCE,
    SUMMARIES,
    UNWANTED,
    JudgedAnswer,
    read_expert_answers,
    read_scientific_claims,
    read_summaries,
)
from eval.statistics.intervals import Interval
from kb.ports import Verifier
from kb.records import Verdict
from serving.verifiers.checked import Question, judge_all

Progress = Callable[[str, int, int], None]  # set, done, of
Figures = Mapping[str, Interval]

# What a strict collection lets through counts as borne out in the second of each pair of figures.
_BORNE_OUT = {
    "supported": frozenset({Verdict.SUPPORTED}),
    "supported or partly": frozenset({Verdict.SUPPORTED, Verdict.PARTLY}),
}
_THREE = {Verdict.SUPPORTED: 1.0, Verdict.CONTRADICTED: -1.0}  # every other verdict: it does not say


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """A verifier on one set of human judgements.

    Attributes:
        set: its name.
        protocol: what counts as what, in a sentence.
        sentences, answers: how many were judged.
        figures: by level ("sentences", "answers"), each figure with its interval.
        milliseconds: the median and the 95th percentile of the time for one sentence.
    """

    set: str
    protocol: str
    sentences: int
    answers: int
    figures: Mapping[str, Figures]
    milliseconds: tuple[float, float]


_PROTOCOLS: tuple[tuple[str, str, Callable[[Path], list[JudgedAnswer]]], ...] = (
    (SUPPORT, "borne out: the expert says that what the sentence cites supports it completely", read_expert_answers),
    (SUMMARIES, "unfaithful: any annotator marked a span as unwanted", read_summaries),
    (
        SUMMARIES,
        "unfaithful: any annotator marked a span as unwanted or questionable (the authors' own script)",
        lambda folder: read_summaries(folder, (UNWANTED, QUESTIONABLE)),
    ),
    (SCIENCE, "each claim against each cited abstract: support, contradict, does not decide", read_scientific_claims),
    (
        SUPPORT,
        "as above, of the half of the questions on which no verifier is fitted",
        lambda folder: read_expert_answers(folder, 1 - FITTED_HALF),
    ),
    (
        SCIENCE,
        "as above, of the dev claims alone, on which no verifier is fitted",
        lambda folder: read_scientific_claims(folder, "dev"),
    ),
)


def measure_verdicts(verifier: Verifier, sets_folder: Path, progress: Progress | None = None) -> list[SetAgreement]:
    """The verifier's agreement with people on ExpertQA, FaithBench and SciFact.

    Args:
        verifier: any; what it does not call supported counts as not borne out.
        sets_folder: holds `expertqa-attribution-en`, `faithbench-en` and `scifact-en`.
        progress: told what is done.

    Raises:
        NotFoundError: a set is not there.
    """
    remembered: dict[Question, tuple[Verdict, float]] = {}
    return [
        _measured(name, protocol, answers, _Asking(verifier, remembered), progress)
        for name, protocol, read in _PROTOCOLS
        if (answers := read(sets_folder))
    ]


class _Asking:
    """Asks the verifier about each sentence once, however many protocols it occurs in."""

    def __init__(self, verifier: Verifier, known: dict[Question, tuple[Verdict, float]]) -> None:
        self._verifier = verifier
        self._known = known

    def verdicts_on(self, answer: JudgedAnswer) -> list[tuple[Verdict, float]]:
        """The verdict on each sentence, and the seconds that a sentence of this answer took."""
        asked = [Question(one.text, one.evidence) for one in answer.sentences]
        new = [question for question in dict.fromkeys(asked) if question not in self._known]
        started = time.perf_counter()
        judgements = judge_all(self._verifier, new)
        taken = (time.perf_counter() - started) / max(1, len(new))
        self._known |= {question: (word.verdict, taken) for question, word in zip(new, judgements, strict=True)}
        return [self._known[question] for question in asked]


def _measured(
    name: str, protocol: str, answers: Sequence[JudgedAnswer], asking: _Asking, progress: Progress | None
) -> SetAgreement:
    said: list[list[Verdict]] = []
    seconds: list[float] = []
    for done, answer in enumerate(answers, start=1):
        judged = asking.verdicts_on(answer)
        said.append([verdict for verdict, _ in judged])
        seconds += [taken for _, taken in judged]
        if progress:
            progress(name, done, len(answers))
    median, slow = np.percentile(seconds, [50, 95]) * 1000
    figures = {"sentences": _sentence_figures(answers, said), "answers": _answer_figures(answers, said)}
    if name == SCIENCE:  # every answer there is one sentence
        figures = {"sentences": {**figures["sentences"], **_three_label_figures(answers, said)}}
    return SetAgreement(name, protocol, len(seconds), len(answers), figures, (round(median, 2), round(slow, 2)))


def _sentence_figures(answers: Sequence[JudgedAnswer], said: Sequence[Sequence[Verdict]]) -> Figures:
    gold = [float(one.verdict is Verdict.SUPPORTED) for answer in answers for one in answer.sentences]
    return {
        name: value
        for counts_as, verdicts in _BORNE_OUT.items()
        for name, value in _two_label_figures(
            gold, [float(verdict in verdicts) for answer in said for verdict in answer], counts_as
        ).items()
    }


def _answer_figures(answers: Sequence[JudgedAnswer], said: Sequence[Sequence[Verdict]]) -> Figures:
    gold = [float(answer.supported) for answer in answers]
    return {
        name: value
        for counts_as, verdicts in _BORNE_OUT.items()
        for name, value in _two_label_figures(
            gold, [float(verdicts >= set(answer)) for answer in said], counts_as
        ).items()
    }


def _two_label_figures(gold: Sequence[float], said: Sequence[float], counts_as: str) -> Figures:
    return {
        f"balanced accuracy ({counts_as})": with_interval(balanced_accuracy, gold, said),
        f"macro-F1 ({counts_as})": with_interval(macro_f1, gold, said),
    }


def _three_label_figures(answers: Sequence[JudgedAnswer], said: Sequence[Sequence[Verdict]]) -> Figures:
    gold = [_THREE.get(one.verdict, 0.0) for answer in answers for one in answer.sentences]
    three = [_THREE.get(verdict, 0.0) for answer in said for verdict in answer]
    return {"macro-F1 (three labels)": with_interval(macro_f1, gold, three)}
