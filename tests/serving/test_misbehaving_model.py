"""What a person gets when the model's server misbehaves: over real HTTP on both sides, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.settings import ModelSettings
from retriever.searcher import Searcher
from serving.passages import build_readings
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.model_server import ModelServer, Reply, model_server


@dataclass(frozen=True)
class Case:
    """A question, and what can be said about it. `#` stands for the number of the passage that answers it."""

    question: str
    passage: str  # begins with these words
    true: str
    half: str  # of a further sentence
    false: str
    repeated: str  # what ibid says when it ends a loop


ENGLISH = Case(
    "How many days do students have to hand in the final report?",
    "Students must",
    "Students must hand in the final report within fourteen days after the last lecture [#]. ",
    "Late reports lose ",
    "Late reports lose 50% a day [#]. ",
    "repeat itself",
)
CHINESE = Case(
    "租赁期满后多少天内退还押金？",
    "第十三条",
    "租赁期满后，出租人应当在三十日内退还押金[#]。",
    "未经出租人同意，",
    "出租人应当在九十日内退还押金[#]。",
    "重复自己的话",
)
BOTH = pytest.mark.parametrize("case", [ENGLISH, CHINESE], ids=["en", "zh"])


@dataclass(frozen=True)
class Heard:
    """What came of one question: sentences as they streamed, the whole answer or the error at the end."""

    text: str
    answer: dict[str, Any]
    error: str

    @property
    def verdicts(self) -> list[str]:
        return [claim["verdict"] for claim in self.answer["claims"]]


class Ibid:
    """A server that asks a model server which does what it is told."""

    def __init__(self, server: RunningServer, model: ModelServer) -> None:
        self.server = server
        self.model = model

    def hears(self, case: Case, *replies: Reply) -> Heard:
        """Asks, while the model server plays `replies`."""
        numbered = self._number_of(case)
        self.model.replies[:] = [
            Reply(**{**reply.__dict__, "pieces": tuple(piece.replace("#", numbered) for piece in reply.pieces)})
            for reply in replies
        ]
        self.model.requests.clear()
        body = {"model": "ibid", "messages": [{"role": "user", "content": case.question}], "stream": True}
        response = self.server.http().post("/v1/chat/completions", json=body)
        lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
        events = [json.loads(line) for line in lines if line != "[DONE]"]
        choices = [event["choices"][0]["delta"] for event in events if event.get("choices")]
        text = "".join(choice.get("content") or "" for choice in choices)
        error = events[-1].get("error", {}).get("message", "")
        assert ("[DONE]" in response.text) != bool(error)
        return Heard(text, events[-1].get("ibid", {}), error)

    def _number_of(self, case: Case) -> str:
        found = Searcher(self.server.catalog, self.server.embedder).search(case.question, k=20)
        readings = build_readings(found.hits, self.server.catalog)
        return str(next(n for n, one in enumerate(readings, 1) if f"\n{case.passage}" in f"\n{one.hit.passage.text}"))


@pytest.fixture(scope="module")
def ibid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ibid]:
    with model_server(Reply()) as scripted:
        settings = ModelSettings(scripted.base_url, "scripted", timeout_seconds=0.5, first_token_seconds=5.0)
        model = OpenAICompatibleModel(settings, retry_waits=(0.01,))
        with running_server(tmp_path_factory.mktemp("home"), model=model) as server:
            yield Ibid(server, scripted)
        model.close()


@BOTH
def test_a_server_that_dies_in_the_middle_keeps_the_sentences_that_were_whole(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true, case.half), ending="cut"))
    assert heard.text.rstrip().startswith(case.true.partition("[")[0])
    assert case.half not in heard.text
    assert "broke off in the middle" in heard.error
    assert len(ibid.model.requests) == 1  # what was begun is not begun again


@BOTH
def test_half_an_event_at_the_end_is_no_end(ibid: Ibid, case: Case) -> None:
    whole = {"choices": [{"index": 0, "delta": {"content": case.half}, "finish_reason": None}]}
    half = b'data: {"choices": [{"index": 0, "delta": {"content": "and th'
    heard = ibid.hears(case, Reply(raw=f"data: {json.dumps(whole)}\n\n".encode() + half))
    assert heard.text == ""
    assert "broke off" in heard.error


@BOTH
def test_a_server_that_never_answers_is_given_up_and_hung_up_on(ibid: Ibid, case: Case) -> None:
    before = len(ibid.model.hang_ups)
    heard = ibid.hears(case, Reply((case.true,), wait_before=30))
    assert heard.text == ""
    assert "went silent: nothing came for 0.5 s" in heard.error
    wait_until(lambda: len(ibid.model.hang_ups) > before)


@BOTH
def test_a_server_that_stalls_after_a_sentence_keeps_it_and_says_so(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true + case.half, "never"), gap=30))
    assert heard.text.rstrip().startswith(case.true.partition("[")[0])
    assert "nothing came for 0.5 s" in heard.error


@BOTH
def test_a_web_page_in_the_place_of_an_answer_is_told(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply(raw=b"<html><body>Bad gateway</body></html>", kind="text/html"))
    assert "text/html in the place of a stream" in heard.error
    assert "<html>" not in heard.text


@BOTH
def test_a_number_that_no_passage_has_is_no_citation(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true.replace("#", "99"),)))
    assert heard.verdicts == ["uncited"]
    assert "99" not in heard.text
    assert heard.answer["citations"] == []
    assert heard.answer["status"] == "partly"


@BOTH
def test_a_sentence_that_cites_nothing_is_marked(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true.replace("[#]", ""),)))
    assert heard.verdicts == ["uncited"]
    assert heard.answer["status"] == "partly"


@BOTH
def test_what_its_passage_does_not_say_is_marked_beside_what_it_says(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true, case.false)))
    assert heard.verdicts[0] == "supported"
    assert heard.verdicts[1] in {"unsupported", "contradicted"}
    assert heard.answer["status"] == "partly"


@BOTH
def test_a_model_that_repeats_itself_says_each_sentence_once_and_is_ended(ibid: Ibid, case: Case) -> None:
    before = len(ibid.model.hang_ups)
    heard = ibid.hears(case, Reply((case.true,) * 10_000))
    assert heard.text.count(case.true.partition("[")[0]) == 1
    assert case.repeated in heard.text
    assert heard.verdicts == ["supported", "uncited"]
    assert heard.answer["claims"][-1]["why"] == "said by ibid about its search, not by the documents"
    assert heard.answer["status"] == "partly"
    wait_until(lambda: len(ibid.model.hang_ups) > before)


@BOTH
def test_a_loop_without_one_whole_sentence_is_an_error(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.half,) * 10_000))
    assert heard.text == ""
    assert "repeats itself" in heard.error


@BOTH
def test_an_answer_that_comes_to_no_end_loses_its_half_sentence_only(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true, case.half), finish="length"))
    assert heard.verdicts == ["supported", "uncited"]
    assert case.half not in heard.text
    assert heard.answer["status"] == "partly"


@BOTH
def test_a_character_that_no_text_has_does_no_harm(ibid: Ibid, case: Case) -> None:
    middle = len(case.true) // 2
    broken = case.true[:middle] + "\x00\x1b" + case.true[middle:]
    heard = ibid.hears(case, Reply((broken,)))
    assert heard.verdicts == ["supported"]
    assert not {"\x00", "\x1b"} & set(heard.text)
    assert heard.answer["status"] == "answered"


@BOTH
def test_a_line_that_is_far_too_long_is_cut(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply((case.true, "".join(map(str, range(100_000))))))
    assert heard.verdicts == ["supported", "uncited"]
    assert len(heard.text) < 300


@BOTH
def test_an_empty_reply_is_an_error_and_no_refusal(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply(()))
    assert heard.text == ""
    assert "empty reply" in heard.error


@BOTH
def test_a_server_that_was_restarting_is_asked_again(ibid: Ibid, case: Case) -> None:
    heard = ibid.hears(case, Reply(status=503, error="loading"), Reply((case.true,)))
    assert heard.verdicts == ["supported"]
    assert len(ibid.model.requests) == 2
