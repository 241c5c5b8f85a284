"""The verifier that needs nothing but packaged parts: words first, then likeness to the cited words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embedding import open_embedder
from kb.errors import ModelError
from kb.ports import Embedder, Vectors
from kb.records import Verdict
from kb.settings import EmbedderSettings, Settings, VerifierSettings
from retriever.remembered import RememberedVectors
from serving.verification import LexicalVerifier
from serving.verifiers import health_of, verifier_of
from serving.verifiers.checked import CheckedVerifier, Health
from serving.verifiers.likeness import LIKENESS_NAMES, measure_likeness
from serving.verifiers.packaged import FITTED_ON, PackagedMeaning, chance_of_support
from tests.fakes import HashEmbedder
from tests.ports.verifier_suite import check_verifier

QUOTE = "Students must hand in the final report within fourteen days after the last lecture."
PARAPHRASE = "The final report must be submitted soon after lectures end."
ASPIRIN = "Aspirin reduces the risk of heart attack and stroke in people with cardiovascular disease."


class CountingEmbedder(HashEmbedder):
    """Remembers what it was asked to embed; fails where it is told to."""

    def __init__(self, model: str = FITTED_ON, failure: Exception | None = None) -> None:
        super().__init__(model=model)
        self.embedded: list[list[str]] = []
        self.failure = failure

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded.append(list(texts))
        if self.failure is not None:
            raise self.failure
        return HashEmbedder().embed_passages(texts)


def packaged(embedder: Embedder, threshold: float = 0.5) -> CheckedVerifier:
    return CheckedVerifier("packaged", "", lambda: PackagedMeaning(embedder, threshold))


@pytest.fixture(scope="session")
def real(prepared_models: Path) -> Embedder:
    return open_embedder(EmbedderSettings(), prepared_models)


def test_it_keeps_the_promises_of_a_verifier(real: Embedder) -> None:
    check_verifier(packaged(real))
    check_verifier(packaged(HashEmbedder(model=FITTED_ON)))


def test_a_paraphrase_with_too_few_of_the_words_is_supported_by_its_meaning(real: Embedder) -> None:
    sentence = "Taking aspirin makes heart attack and stroke less likely in cardiovascular patients."
    assert LexicalVerifier().verify(sentence, [ASPIRIN]).verdict is Verdict.PARTLY
    judgement = packaged(real).verify(sentence, [ASPIRIN])
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.why.startswith("close to the cited words in words and meaning")


def test_another_statement_in_the_same_words_is_not(real: Embedder) -> None:
    sentence = "People with cardiovascular disease often take aspirin with a meal in the morning."
    assert packaged(real).verify(sentence, [ASPIRIN]).verdict is Verdict.PARTLY


def test_what_goes_the_other_way_is_contradicted_though_all_of_its_other_words_agree(real: Embedder) -> None:
    sentence = "Aspirin increases the risk of stroke."
    assert LexicalVerifier().verify(sentence, [ASPIRIN]).verdict is Verdict.SUPPORTED
    judgement = packaged(real).verify(sentence, [ASPIRIN])
    assert judgement.verdict is Verdict.CONTRADICTED
    assert "Aspirin reduces the risk" in judgement.why


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("学生应当在课程结束之后尽快提交期末报告。", "学生须于最后一讲后十四日内交期末报告。"),
        ("學生應當在課程結束之後盡快提交期末報告。", "學生須於最後一講後十四日內交期末報告。"),
        ("学生应当在课程结束之后尽快提交期末报告。", QUOTE),
        (PARAPHRASE, "学生须于最后一讲后交期末报告。"),
    ],
)
def test_chinese_is_left_to_words(sentence: str, quote: str) -> None:
    embedder = CountingEmbedder()
    assert packaged(embedder).verify(sentence, [quote]) == LexicalVerifier().verify(sentence, [quote])
    assert embedder.embedded == []


def test_with_another_embedder_words_decide_since_its_cosines_lie_elsewhere() -> None:
    embedder = CountingEmbedder("some-other-model")
    verifier = packaged(embedder)
    assert verifier.verify(PARAPHRASE, [QUOTE]) == LexicalVerifier().verify(PARAPHRASE, [QUOTE])
    assert embedder.embedded == []
    assert verifier.health == Health("packaged", "", "")


def test_where_the_embedder_fails_words_decide_and_say_so() -> None:
    verifier = packaged(CountingEmbedder(failure=ModelError("the embedder is gone")))
    judgement = verifier.verify(PARAPHRASE, [QUOTE])
    assert judgement.verdict is LexicalVerifier().verify(PARAPHRASE, [QUOTE]).verdict
    assert "by words alone" in judgement.why
    assert verifier.health.failure == "the embedder is gone"


def test_what_is_said_to_the_letter_opens_no_embedder(tmp_path: Path) -> None:
    def never() -> Embedder:
        raise AssertionError("opened")

    verifier = verifier_of(Settings(home=tmp_path), open_embedder=never)
    assert verifier.verify(QUOTE, [QUOTE]).verdict is Verdict.SUPPORTED
    assert health_of(verifier) == Health("packaged", "")


def test_only_three_cited_sentences_are_embedded_however_long_the_quotes_are() -> None:
    embedder = CountingEmbedder()
    quotes = [" ".join(f"Report {letter} is due after lecture {letter}." for letter in "abcdefghijk"), QUOTE]
    packaged(embedder).verify(PARAPHRASE, quotes)
    assert len(embedder.embedded) == 4
    assert [QUOTE] in embedder.embedded


def test_what_was_cited_before_is_not_embedded_again() -> None:
    embedder = CountingEmbedder()
    verifier = packaged(embedder)
    judged = [verifier.verify(sentence, [QUOTE]) for sentence in (PARAPHRASE, "A report is due.", PARAPHRASE)]
    assert sorted(embedder.embedded[:2]) == [[QUOTE], [PARAPHRASE]]  # side by side, in any order
    assert embedder.embedded[2:] == [["A report is due."]]
    assert judged[0] == judged[2]


def test_only_the_latest_vectors_are_kept() -> None:
    embedder = CountingEmbedder()
    remembered = RememberedVectors(embedder)
    remembered.vectors_of(["first"])
    remembered.vectors_of([str(number) for number in range(2_000)])
    assert remembered.vectors_of(["first", "1999"]).shape[0] == 2
    assert embedder.embedded[-1] == ["first"]


def test_the_threshold_is_a_setting(tmp_path: Path) -> None:
    def judged(threshold: float) -> Verdict:
        chosen = Settings(home=tmp_path, verifier=VerifierSettings(kind="packaged", threshold=threshold))
        verifier = verifier_of(chosen, open_embedder=lambda: HashEmbedder(model=FITTED_ON))
        return verifier.verify(PARAPHRASE, [QUOTE]).verdict

    assert (judged(0.01), judged(0.99)) == (Verdict.SUPPORTED, Verdict.UNSUPPORTED)


def test_every_value_has_a_weight() -> None:
    table = json.loads(files("serving.verifiers").joinpath("weights.json").read_text("utf-8"))
    assert list(table["weights"]) == list(LIKENESS_NAMES)


@given(st.text(min_size=1), st.lists(st.text(alphabet="ab .。\n%不1-"), min_size=1, max_size=3))
def test_any_text_has_a_likeness_and_a_chance_between_0_and_1(sentence: str, quotes: list[str]) -> None:
    for likeness in measure_likeness([(sentence, [*quotes, "word"])], HashEmbedder().embed_passages):
        assert ((likeness.values >= 0) & (likeness.values <= 1 + 1e-6)).all()
        assert 0 <= chance_of_support(likeness.values) <= 1
