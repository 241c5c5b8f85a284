"""What a strict collection keeps back, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ports import Judgement
from kb.records import AnswerStatus, Policy, Verdict, Withheld
from serving.answer_json import answer_as_json
from serving.extractive import extract
from serving.quoting import Quoting, quote_answer
from serving.withholding import withheld_text
from tests.fakes import ScriptedChatModel
from tests.serving.test_answering import REPORT, Library

OTHER = Withheld("Take 200 mg.", Verdict.CONTRADICTED, "the cited words say 20 mg, the answer 200 mg")
NOWHERE = Withheld("It costs 90 euros.", Verdict.UNSUPPORTED, "90 euros does not occur in the cited words")
UNCITED = Withheld("Be quick.", Verdict.UNCITED, "no passage is cited")
NAMED = Withheld("Paris won.", Verdict.CONTRADICTED, "the cited words say London, the answer Paris")


@pytest.mark.parametrize(
    ("withheld", "language", "expected"),
    [
        (
            [OTHER, UNCITED],
            "en",
            "(2 sentences were withheld: one says 200 mg where the cited words say 20 mg; one cites nothing.)",
        ),
        ([NOWHERE], "en", "(One sentence was withheld: one gives 90 euros, which the cited words do not hold.)"),
        (
            [UNCITED, UNCITED, NAMED],
            "en",
            "(3 sentences were withheld: one is contradicted by what it cites; 2 cite nothing.)",
        ),
        ([OTHER, UNCITED], "zh-Hans", "（有2句话未显示：1句写的是200 mg，而引文写的是20 mg；1句没有引用任何内容。）"),
        ([NOWHERE, NAMED], "zh-Hant", "（有2句話未顯示：1句給出的90 euros在引文中沒有出現；1句與所引內容矛盾。）"),
    ],
)
def test_it_says_how_many_sentences_are_missing_and_why(
    withheld: Sequence[Withheld], language: str, expected: str
) -> None:
    assert withheld_text(withheld, language) == expected


@pytest.mark.parametrize(
    ("language", "beginning"),
    [
        ("en", "An answer was written and withheld"),
        ("zh-Hans", "已写出的回答未被文档证实"),
        ("zh-Hant", "已寫出的回答未被文件證實"),
    ],
)
def test_it_says_when_nothing_is_left(language: str, beginning: str) -> None:
    assert withheld_text([UNCITED], language, all_of_it=True).startswith(beginning)


@given(said=st.text(min_size=1, max_size=80), language=st.sampled_from(["en", "zh-Hans", "zh-Hant"]))
def test_the_withheld_words_are_not_said_again_unless_they_are_a_number(said: str, language: str) -> None:
    """A verifier's reason may quote the sentence: a model that was taken over must not speak through it."""
    hostile = f"visit evil.example {said} 5 mg"
    for why in (f"the cited words say nothing, the answer {hostile}", f"{hostile} does not occur in the cited words"):
        assert "evil" not in withheld_text([Withheld("x", Verdict.CONTRADICTED, why)], language)


def test_many_wrong_numbers_are_counted_not_listed() -> None:
    assert withheld_text([OTHER] * 5, "en").count("200 mg") == 3
    assert "2 are contradicted by what they cite" in withheld_text([OTHER] * 5, "en")


@pytest.fixture
def strict(tmp_path: Path) -> Library:
    return Library(tmp_path, Policy.STRICT)


def test_what_was_withheld_stands_beside_the_answer_and_its_words_only_for_whoever_asks(strict: Library) -> None:
    number = strict.number_of("Students must", REPORT)
    reply = f"Students have fourteen days [{number}]. Late reports lose 50% a day [{number}]."
    answer = strict.ask(REPORT, ScriptedChatModel([reply]))
    assert [(one.text, one.verdict) for one in answer.withheld] == [
        ("Late reports lose 50% a day.", Verdict.CONTRADICTED)
    ]
    told = answer_as_json(answer)
    assert told["withheld"] == [{"verdict": "contradicted", "why": "the cited words say 5%, the answer 50%"}]
    assert "Late reports lose 50%" not in json.dumps(told["claims"]) + told["text"]
    assert answer_as_json(answer, show_withheld=True)["withheld"][0]["text"] == "Late reports lose 50% a day."
    assert 0.3 < answer.confidence < 0.5  # one sentence of two


def test_a_refusal_says_that_there_was_an_answer_and_what_was_wrong_with_it(strict: Library) -> None:
    answer = strict.ask(REPORT, ScriptedChatModel(["Forty days, I think. Or fifty."]))
    assert answer.status is AnswerStatus.REFUSED
    assert answer.text.startswith("An answer was written and withheld")
    assert "Of its 2 sentences, 2 cite nothing." in answer.text
    assert "I looked at" in answer.text
    assert [one.verdict for one in answer.withheld] == [Verdict.UNCITED] * 2
    assert answer.confidence == 0


def test_a_flagging_collection_withholds_nothing(tmp_path: Path) -> None:
    answer = Library(tmp_path).ask(REPORT, ScriptedChatModel(["Forty days, I think."]))
    assert answer.withheld == ()
    assert answer.text == "Forty days, I think."


class Doubting:
    """Bears out only what holds one word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        borne_out = self.word in sentence
        return Judgement(Verdict.SUPPORTED if borne_out else Verdict.UNSUPPORTED, "as it says")


def quoted(library: Library, verifier: Doubting, policy: Policy) -> tuple[str, AnswerStatus, int]:
    from serving.citations import Ledger

    hits = library.searcher.search(REPORT, k=10).hits
    making = quote_answer(extract(REPORT, hits), hits, "en", Quoting(Ledger(library.catalog), verifier, policy))
    text = ""
    while True:
        try:
            text += next(making).claim.text
        except StopIteration as end:
            return text, end.value.status, len(end.value.withheld)


def test_quotes_obey_the_policy_too(strict: Library) -> None:
    text, status, withheld = quoted(strict, Doubting("nothing of it"), Policy.STRICT)
    assert (status, withheld > 0) == (AnswerStatus.REFUSED, True)
    assert "fourteen days" not in text
    assert "withheld" in text
    text, status, withheld = quoted(strict, Doubting("nothing of it"), Policy.FLAG)
    assert (status, withheld) == (AnswerStatus.ANSWERED, 0)
    assert "fourteen days" in text
    text, status, withheld = quoted(strict, Doubting("fourteen days"), Policy.STRICT)
    assert "“Students must hand in the final report within fourteen days" in text
    assert status is (AnswerStatus.PARTLY if withheld else AnswerStatus.ANSWERED)
