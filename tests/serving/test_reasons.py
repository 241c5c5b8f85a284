"""Reasons are said in the sentence's language, and what they speak of can be read back in each."""

from __future__ import annotations

from string import Formatter

import pytest

from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL, script_of
from serving.reasons import Reason, because, listed, parts_of, read_reason
from serving.verification import LexicalVerifier

SENTENCES = {ENGLISH: "The dose is 20 mg.", SIMPLIFIED: "剂量为20毫克。", TRADITIONAL: "劑量為20毫克。"}


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_worded_in_the_sentences_language_and_read_back(reason: Reason, language: str) -> None:
    names = [name for _, name, _, _ in Formatter().parse(reason.value[0]) if name]
    values = {name: f"<{name}>" for name in names}
    why = because(reason, SENTENCES[language], **values)
    assert script_of(why) == language
    read = read_reason(why)
    assert read is not None
    assert (read.reason, dict(read.values)) == (reason, values)


def test_no_reason_of_another_origin_is_read() -> None:
    assert read_reason("because of the weather") is None


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_what_is_listed_is_parted_again(sentence: str) -> None:
    assert parts_of(listed(["20 mg", "5 g", "20 mg"], sentence)) == ["20 mg", "5 g"]


@pytest.mark.parametrize(
    ("sentence", "quote", "why"),
    [
        ("成人劑量為200毫克。", "成人剂量为20毫克。", "引文寫的是20毫克，回答寫的是200毫克"),
        ("成人剂量为200毫克。", "成人剂量为20毫克。", "引文写的是20毫克，回答写的是200毫克"),
        ("The adult dose is 200 mg.", "The adult dose is 20 mg.", "the cited words say 20 mg, the answer 200 mg"),
        ("The dose for adults is 200 mg.", "成人剂量为20毫克。", "the cited words say 20毫克, the answer 200 mg"),
        ("乙方可以转让合同。", "乙方不得转让合同。", "引文说“不”，回答没有这样说"),
        ("The contract (合同) ends.", "Whales sing.", "only 0% of its words stand in the cited words"),
    ],
)
def test_a_verdicts_reason_is_in_the_language_of_the_sentence(sentence: str, quote: str, why: str) -> None:
    assert LexicalVerifier().verify(sentence, [quote]).why == why
