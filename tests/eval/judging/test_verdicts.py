"""A verifier beside people: sets laid out like the real ones, and verifiers that always say the same."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.judging.agreement import macro_f1
from eval.judging.sentence_sets import (
    FITTED_HALF,
    QUESTIONABLE,
    UNWANTED,
    read_expert_answers,
    read_scientific_claims,
    read_summaries,
)
from eval.judging.verdicts import measure_verdicts
from kb.errors import NotFoundError
from kb.ports import Judgement
from kb.records import Verdict
from serving.verification import LexicalVerifier

SUMMARY = "Here is a summary:\nThe film cost 160 million. It made 181 million.\n"


def span(words: str, *labels: str) -> dict[str, Any]:
    start = SUMMARY.index(words)
    return {"label": list(labels), "summary_start": start, "summary_end": start + len(words)}


def write(folder: Path, file: str, *lines: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    expert = [
        {"qid": "a", "system": "x", "claim": "The fee is 30 euros [1].", "support": "Complete"},
        {"qid": "a", "system": "x", "claim": "The fee is 40 euros [1].", "support": "Partial"},
        {"qid": "b", "system": "x", "claim": "The fee is 30 euros.", "support": "Complete"},
        {"qid": "b", "system": "x", "claim": "Nobody could open this.", "support": "N/A"},
    ]
    write(
        tmp_path / "expertqa-attribution-en",
        "data.jsonl",
        *({**line, "evidence": ["[1] https://example.org\n\nThe fee is 30 euros."]} for line in expert),
    )
    source = "The film cost 160 million and made 181 million."
    write(
        tmp_path / "faithbench-en",
        "data.jsonl",
        {"source": source, "summary": SUMMARY, "annotations": [span("cost", UNWANTED, "Unwanted.Intrinsic")]},
        {"source": source, "summary": SUMMARY, "annotations": [span("made", QUESTIONABLE)]},
        {
            "source": source,
            "summary": SUMMARY,
            "annotations": [span("made", "Benign"), span("It", "Unwanted.Extrinsic")],
        },
        {"source": source, "summary": SUMMARY, "annotations": []},
    )
    write(
        tmp_path / "scifact-en",
        "corpus.jsonl",
        {"_id": "1", "title": "Zinc", "text": "Zinc shortens colds."},
        {"_id": "2", "title": "Iron", "text": "Iron was measured."},
    )
    write(
        tmp_path / "scifact-en",
        "queries.jsonl",
        *(
            {"text": text, "label": label, "part": part, "evidence": {"1": [["0"]]} if on else {}, "cited": cited}
            for text, label, part, on, cited in (
                ("Zinc shortens colds.", "SUPPORT", "dev", True, ["1", "2"]),
                ("Zinc lengthens colds.", "CONTRADICT", "dev", True, ["1"]),
                ("Iron helps.", "NOT_ENOUGH_INFO", "train", False, ["2"]),
            )
        ),
    )
    return tmp_path


def test_an_answer_is_borne_out_when_the_expert_finds_all_of_its_sentences_so(sets: Path) -> None:
    first, second = read_expert_answers(sets)
    assert [one.text for one in first.sentences] == ["The fee is 30 euros.", "The fee is 40 euros."]
    assert first.sentences[0].evidence == ("The fee is 30 euros.",)
    assert (first.supported, second.supported) == (False, True)
    assert len(second.sentences) == 1  # the other one could not be judged


def test_a_sentence_of_a_summary_is_unfaithful_where_an_unwanted_span_reaches_into_it(sets: Path) -> None:
    unwanted = read_summaries(sets)
    assert [one.text for one in unwanted[0].sentences] == ["The film cost 160 million.", "It made 181 million."]
    assert [[one.verdict is Verdict.SUPPORTED for one in answer.sentences] for answer in unwanted] == [
        [False, True],
        [True, True],
        [True, False],
        [True, True],
    ]
    assert [answer.supported for answer in unwanted] == [False, True, False, True]


def test_questionable_spans_count_where_the_authors_count_them(sets: Path) -> None:
    assert [answer.supported for answer in read_summaries(sets, (UNWANTED, QUESTIONABLE))] == [
        False,
        False,
        False,
        True,
    ]


def test_a_cited_abstract_without_the_evidence_decides_nothing(sets: Path) -> None:
    verdicts = [answer.sentences[0].verdict for answer in read_scientific_claims(sets)]
    assert verdicts == [Verdict.SUPPORTED, Verdict.UNSUPPORTED, Verdict.CONTRADICTED, Verdict.UNSUPPORTED]
    assert read_scientific_claims(sets)[0].sentences[0].evidence == ("Zinc\nZinc shortens colds.",)


def test_a_missing_abstract_is_an_error_not_a_wrong_verdict(sets: Path) -> None:
    write(sets / "scifact-en", "corpus.jsonl", {"_id": "1", "title": "Zinc", "text": "Zinc shortens colds."})
    with pytest.raises(NotFoundError, match="no abstract 2"):
        read_scientific_claims(sets)


class Constant:
    """Says the same of every sentence, and counts how often it is asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked = 0

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        self.asked += 1
        return Judgement(self.verdict, "always")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_always_says_the_same_is_at_chance(sets: Path, verdict: Verdict) -> None:
    for agreement in measure_verdicts(Constant(verdict), sets):
        for figures in agreement.figures.values():
            accuracies = [value.mean for name, value in figures.items() if name.startswith("balanced")]
            assert accuracies == [0.5, 0.5]


def test_partly_counts_as_borne_out_in_one_figure_of_two(sets: Path) -> None:
    class Careful:
        def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
            said = "40" in sentence or "lengthens" in sentence or "cost" in sentence
            return Judgement(Verdict.UNSUPPORTED if said else Verdict.PARTLY, "")

    expert = measure_verdicts(Careful(), sets)[0].figures["sentences"]
    assert expert["balanced accuracy (supported)"].mean == 0.5
    assert expert["balanced accuracy (supported or partly)"].mean == 1.0


def test_a_sentence_is_judged_once_for_all_protocols(sets: Path) -> None:
    verifier = Constant(Verdict.SUPPORTED)
    measure_verdicts(verifier, sets)
    assert verifier.asked == 2 + 2 + 4


def test_the_three_labels_of_science_are_told_apart(sets: Path) -> None:
    figures = measure_verdicts(LexicalVerifier(), sets)[-1].figures
    assert list(figures) == ["sentences"]
    assert 0 < figures["sentences"]["macro-F1 (three labels)"].mean <= 1


def test_what_a_verifier_is_fitted_on_is_also_measured_apart(sets: Path) -> None:
    assert read_expert_answers(sets, FITTED_HALF) == []
    assert read_expert_answers(sets, 1 - FITTED_HALF) == read_expert_answers(sets)  # by hash, both questions are there
    dev = read_scientific_claims(sets, "dev")
    assert [answer.sentences[0].text for answer in dev] == [*["Zinc shortens colds."] * 2, "Zinc lengthens colds."]
    measured = measure_verdicts(Constant(Verdict.SUPPORTED), sets)
    assert [(one.set, one.answers) for one in measured[-2:]] == [("expertqa-attribution-en", 2), ("scifact-en", 3)]


def test_macro_f1_is_the_mean_over_labels() -> None:
    gold, said = np.array([1.0, 1.0, 0.0, -1.0]), np.array([1.0, 0.0, 0.0, 0.0])
    assert macro_f1(gold, said) == pytest.approx((2 / 3 + 2 / 4 + 0) / 3)
