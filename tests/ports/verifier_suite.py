"""What every Verifier promises, whatever it reads."""

from __future__ import annotations

from kb.ports import Verifier
from kb.records import Verdict

NOT_BORNE_OUT = {Verdict.CONTRADICTED, Verdict.UNSUPPORTED}


def check_verifier(verifier: Verifier) -> None:
    _without_quotes_a_sentence_is_uncited(verifier)
    _what_is_said_to_the_letter_is_supported(verifier)
    _another_number_is_never_supported(verifier)
    _what_has_nothing_to_do_with_the_quotes_is_not_supported(verifier)
    _every_judgement_says_why(verifier)


def _without_quotes_a_sentence_is_uncited(verifier: Verifier) -> None:
    assert verifier.verify("The dose is 20 mg.", []).verdict is Verdict.UNCITED
    assert verifier.verify("The dose is 20 mg.", ["  "]).verdict is Verdict.UNCITED


def _what_is_said_to_the_letter_is_supported(verifier: Verifier) -> None:
    for sentence in ("The dose is 20 mg a day.", "承租人不得转租房屋。", "承租人不得轉租房屋。"):
        assert verifier.verify(sentence, ["Something else.", sentence]).verdict is Verdict.SUPPORTED


def _another_number_is_never_supported(verifier: Verifier) -> None:
    assert verifier.verify("The dose is 200 mg a day.", ["The dose is 20 mg a day."]).verdict in NOT_BORNE_OUT
    assert verifier.verify("期限为三十日。", ["期限为十五日。"]).verdict in NOT_BORNE_OUT


def _what_has_nothing_to_do_with_the_quotes_is_not_supported(verifier: Verifier) -> None:
    assert verifier.verify("Whales are mammals.", ["The library opens at eight."]).verdict in NOT_BORNE_OUT
    assert verifier.verify("鲸鱼是哺乳动物。", ["图书馆八点开门。"]).verdict in NOT_BORNE_OUT


def _every_judgement_says_why(verifier: Verifier) -> None:
    for quotes in ([], ["The dose is 20 mg."], ["Whales are mammals."]):
        judgement = verifier.verify("The dose is 20 mg.", quotes)
        assert judgement.why
        assert 0 <= judgement.confidence <= 1
