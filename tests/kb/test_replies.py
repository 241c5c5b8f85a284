"""Replies that are kept for whoever may ask for them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kb.errors import NotFoundError
from kb.home.answers import delete_answers, keep_answer, list_answers
from kb.home.home import Home
from kb.home.replies import (
    CANCELLED,
    IN_PROGRESS,
    KeptReply,
    change_body,
    delete_reply,
    finish_reply,
    get_reply,
    keep_reply,
    replies_until,
    reply_places,
)
from kb.records import Answer, AnswerStatus

ANSWER = Answer("Who?", "default", 1, AnswerStatus.REFUSED, 0.0, "extractive", (), ())
REPLY = KeptReply("resp_1", "response", "default", "completed", [{"type": "message"}], {"model": "ibid", "值": "甲"})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


def test_a_reply_comes_back_as_it_was_kept(home: Home) -> None:
    keep_reply(home, REPLY)
    kept = get_reply(home, "response", "resp_1")
    assert replace(kept, created_at="") == REPLY
    assert kept.created_at
    for kind, reply_id in (("chat.completion", "resp_1"), ("response", "resp_2")):
        with pytest.raises(NotFoundError):
            get_reply(home, kind, reply_id)


def test_who_deletes_a_past_answer_deletes_the_reply_that_holds_it(home: Home) -> None:
    number = keep_answer(home, "Who?", ANSWER).number
    keep_reply(home, replace(REPLY, answer=number))
    delete_answers(home, [number])
    with pytest.raises(NotFoundError):
        get_reply(home, "response", "resp_1")


def test_who_deletes_a_reply_deletes_its_past_answer_and_leaves_no_word_of_it(home: Home, tmp_path: Path) -> None:
    number = keep_answer(home, "Where is the pomegranate?", ANSWER).number
    keep_reply(home, replace(REPLY, answer=number, body={"text": "pomegranate"}))
    assert b"pomegranate" in _bytes_of(tmp_path)
    delete_reply(home, get_reply(home, "response", "resp_1"))
    assert list_answers(home) == []
    assert b"pomegranate" not in _bytes_of(tmp_path)


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("ibid.db*"))


def test_a_chain_goes_back_to_the_first_one_that_is_still_there(home: Home) -> None:
    for number in range(1, 5):
        keep_reply(home, replace(REPLY, id=f"resp_{number}", previous=f"resp_{number - 1}"))
    last = get_reply(home, "response", "resp_4")
    assert [reply.id for reply in replies_until(home, last)] == ["resp_1", "resp_2", "resp_3", "resp_4"]
    delete_reply(home, get_reply(home, "response", "resp_2"))
    assert [reply.id for reply in replies_until(home, last)] == ["resp_3", "resp_4"]


def test_a_chain_that_bites_its_tail_ends(home: Home) -> None:
    keep_reply(home, replace(REPLY, previous="resp_1"))
    assert len(replies_until(home, get_reply(home, "response", "resp_1"))) <= 501


def test_only_what_is_in_progress_is_finished(home: Home) -> None:
    keep_reply(home, replace(REPLY, status=IN_PROGRESS))
    assert finish_reply(home, "resp_1", CANCELLED, {"status": CANCELLED})
    assert not finish_reply(home, "resp_1", "completed", {})
    assert get_reply(home, "response", "resp_1").body == {"status": CANCELLED}


def test_replies_are_chosen_by_model_metadata_and_owner_in_their_order(home: Home) -> None:
    for number in range(12):
        body = {"model": "ibid" if number % 2 else "ibid/law", "metadata": {'a"].b': str(number % 3)}}
        keep_reply(home, replace(REPLY, id=f"resp_{number}", body=body, owner="mine" if number < 9 else "other"))
    chosen = reply_places(home, "response", lambda owner: owner == "mine", model="ibid", having={'a"].b': "1"})
    assert [place.id for place in sorted(chosen)] == ["resp_1", "resp_7"]
    everything = reply_places(home, "response")
    assert [place.id for place in sorted(everything)] == [f"resp_{number}" for number in range(12)]
    assert reply_places(home, "chat.completion") == []


def test_a_body_is_changed(home: Home) -> None:
    keep_reply(home, REPLY)
    change_body(home, "resp_1", {"metadata": {"甲": "乙"}})
    assert get_reply(home, "response", "resp_1").body == {"metadata": {"甲": "乙"}}
