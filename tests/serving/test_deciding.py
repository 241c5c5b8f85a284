from collections.abc import Sequence
from pathlib import Path

import pytest

from kb.calibration import Calibration, Knot, Step, calibration_to_json
from kb.catalog import Catalog
from kb.errors import UsageError
from kb.records import Answer, AnswerEvent, AnswerStatus, Claimed, Finished
from kb.settings import AnswerSettings
from retriever import Searcher
from serving.answering import answer_question
from serving.deciding import Deciding, deciding_of, packaged_calibration
from serving.verification import LexicalVerifier
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.making import make_catalog, make_document
from tests.serving.http_server import running_server

NOTES = make_document("The resit fee is 40 euros.\n押金应当在三十日内退还。", "notes.txt")
FEE, DEPOSIT = "How much is the resit fee?", "押金应当在几日内退还？"


def calibration(*steps: Step, answered_by: str = "scripted") -> Calibration:
    """Of every two answers that are sure of themselves, one is right."""
    return Calibration((Knot(0.0, 0.0), Knot(1.0, 0.5)), steps, answered_by, "made up", 50)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, HashEmbedder(), NOTES)


def events_of(
    catalog: Catalog, question: str, deciding: Deciding, replies: Sequence[str] | None = None
) -> list[AnswerEvent]:
    model = ScriptedChatModel(replies, replies) if replies else None
    searcher = Searcher(catalog, HashEmbedder())
    return list(
        answer_question(
            question, searcher=searcher, catalog=catalog, verifier=LexicalVerifier(), model=model, deciding=deciding
        )
    )


def answer_in(events: Sequence[AnswerEvent]) -> Answer:
    last = events[-1]
    assert isinstance(last, Finished)
    return last.answer


def test_confidence_is_the_chance_that_the_calibration_tells(catalog: Catalog) -> None:
    reply = ["The resit fee is 40 euros [1]."]
    raw = answer_in(events_of(catalog, FEE, Deciding(), reply))
    told = answer_in(events_of(catalog, FEE, Deciding(calibration()), reply))
    assert 0.9 < raw.confidence < 1
    assert told.confidence == pytest.approx(raw.confidence / 2, abs=0.001)
    assert raw.text == told.text


@pytest.mark.parametrize(
    ("asked", "beside_it", "reply"),
    [
        (FEE, "Who has to pay 40 euros to the janitor?", "The resit fee is 40 euros [1]."),
        (DEPOSIT, "三十日内谁应当修理房屋？", "押金应当在三十日内退还[1]。"),
    ],
)
def test_a_sentence_that_is_borne_out_is_less_sure_where_its_passage_hardly_answers_the_question(
    catalog: Catalog, asked: str, beside_it: str, reply: str
) -> None:
    fitting, unfitting = (
        answer_in(events_of(catalog, question, Deciding(whatever=True), [reply])) for question in (asked, beside_it)
    )
    assert [claim.verdict for claim in unfitting.claims] == [claim.verdict for claim in fitting.claims]
    assert unfitting.confidence < fitting.confidence - 0.1


def test_a_sentence_that_is_not_borne_out_is_unsure_however_well_its_passage_fits(catalog: Catalog) -> None:
    wrong = answer_in(events_of(catalog, FEE, Deciding(), ["The resit fee is 90 euros [1]."]))
    assert wrong.confidence == 0


def test_where_passages_are_in_another_script_the_verdicts_alone_count(tmp_path: Path) -> None:
    english = make_catalog(tmp_path, HashEmbedder(), make_document("The resit fee is 40 euros.", "notes.txt"))
    answer = answer_in(events_of(english, "补考费是多少？", Deciding(), ["The resit fee is 40 euros [1]."]))
    assert answer.confidence == 1


@pytest.mark.parametrize(("question", "reply"), [(FEE, "The resit fee is 40 euros [1]."), (DEPOSIT, "三十日[1]。")])
def test_what_is_less_sure_than_the_stated_risk_allows_is_refused_and_never_shown(
    catalog: Catalog, question: str, reply: str
) -> None:
    known = calibration(Step(0.4, 0.1, 0.5), Step(0.2, 0.3, 1.0))
    shown = events_of(catalog, question, Deciding(known, risk=0.1), [reply])
    assert answer_in(shown).status is AnswerStatus.ANSWERED
    kept = events_of(catalog, question, Deciding(known, risk=0.05), [reply])
    assert answer_in(kept).status is AnswerStatus.REFUSED
    assert not any(reply.partition("[")[0] in event.claim.text for event in kept if isinstance(event, Claimed))
    assert "answers.risk" in answer_in(kept).claims[0].why


def test_answers_of_quotes_keep_to_the_risk_too(catalog: Catalog) -> None:
    known = calibration(Step(0.45, 0.1, 0.5), answered_by="extractive")
    assert answer_in(events_of(catalog, FEE, Deciding(known, risk=0.2))).status is AnswerStatus.ANSWERED
    assert answer_in(events_of(catalog, FEE, Deciding(known, risk=0.01))).status is AnswerStatus.REFUSED


def test_whatever_is_found_is_said_where_confidence_is_measured(catalog: Catalog) -> None:
    question = "Who painted the ceiling of the chapel?"
    assert answer_in(events_of(catalog, question, Deciding())).status is AnswerStatus.REFUSED
    assert answer_in(events_of(catalog, question, Deciding(whatever=True))).status is not AnswerStatus.REFUSED


def test_the_collections_own_calibration_comes_before_the_files_and_the_packaged_one(
    catalog: Catalog, tmp_path: Path
) -> None:
    own = calibration(Step(0.3, 0.1, 0.5), answered_by="extractive")
    file = tmp_path / "rates.json"
    file.write_text(calibration_to_json(calibration()), encoding="utf-8")
    settings = AnswerSettings(calibration=str(file))
    assert deciding_of(settings, catalog, None).calibration == packaged_calibration()
    assert deciding_of(settings, catalog, ScriptedChatModel()).calibration == calibration()
    catalog.set_calibration(own)
    assert deciding_of(settings, catalog, None).calibration == own
    catalog.set_calibration(None)
    assert deciding_of(settings, catalog, None).calibration == packaged_calibration()


def test_a_risk_that_nobody_can_keep_is_refused_with_what_to_do(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ibid eval -c test --calibrate"):
        deciding_of(AnswerSettings(risk=0.05), catalog, ScriptedChatModel())
    with pytest.raises(UsageError, match=r"answers\.risk is 5"):
        deciding_of(AnswerSettings(risk=5), catalog, None)
    with pytest.raises(UsageError, match=r"nowhere\.json"):
        deciding_of(AnswerSettings(calibration=str(tmp_path / "nowhere.json")), catalog, ScriptedChatModel())


def test_a_stated_risk_that_the_packaged_calibration_knows_answers_something() -> None:
    packaged = packaged_calibration()
    assert packaged.answered_by == "extractive"
    assert packaged.questions > 1000
    assert packaged.answer_from(0.1) < 1
    assert packaged.answer_from(0.01) >= packaged.answer_from(0.1) > packaged.answer_from(0.2)


def test_the_server_keeps_to_the_risk_that_its_settings_state(tmp_path: Path) -> None:
    body = {"model": "ibid", "messages": [{"role": "user", "content": "How much is the fee for a resit?"}]}
    statuses = []
    for place, risk in (("any", 0.0), ("none", 0.001)):
        with running_server(tmp_path / place, answers=AnswerSettings(risk=risk)) as server:
            reply = server.http().post("/v1/chat/completions", json=body).json()
            statuses.append(reply["ibid"]["status"])
    assert statuses == ["answered", "refused"]


def test_the_server_says_what_to_do_about_a_risk_that_nobody_can_keep(tmp_path: Path) -> None:
    body = {"model": "ibid", "messages": [{"role": "user", "content": "How much is the fee for a resit?"}]}
    with running_server(tmp_path, answers=AnswerSettings(risk=0.05), model=ScriptedChatModel(["40 [1]."])) as server:
        reply = server.http().post("/v1/chat/completions", json=body)
    assert reply.status_code == 400
    assert "--calibrate" in reply.json()["error"]["message"]
