"""A packet holds all that made an answer; asked again, it gives the same answer, or says what is another."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kb.calibration import Calibration, Knot, Step
from kb.catalog import Catalog
from kb.conditions import read_condition
from kb.errors import UsageError
from kb.ports import ChatModel
from kb.records import Conflict, ConflictSide, Filters, Finished, Policy, Turn
from kb.settings import ModelSettings, RerankerSettings, Settings
from kb.standing import standings_of
from retriever.searcher import Searcher
from serving.answer_prompt import NO_ANSWER
from serving.answering import answer_question
from serving.packets import (
    FORMAT,
    Packet,
    Recorder,
    check_writable,
    compare,
    frozen_searcher,
    packet_as_json,
    read_packet,
    write_packet,
)
from serving.verification import LexicalVerifier
from serving.verifiers.checked import Health
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.serving.library import DOCUMENTS, HANDBOOK, REGULATION, make_collection, store_text

REPORT = "How many days do students have to hand in the final report?"
OBJECTION = "承租人应当在多少日内提出异议？"
RICE = "How do I cook rice?"
SAID = "Students must hand in the final report within fourteen days after the last lecture [1]."
OLD_PACKET = Path(__file__).parent / "packet_v1.json"


class Desk:
    """A collection to ask, with every answer as a packet."""

    def __init__(self, home: Path, policy: Policy = Policy.FLAG, embedder: HashEmbedder | None = None) -> None:
        self.settings = Settings(home=home)
        self.embedder = embedder or HashEmbedder()
        self.catalog = make_collection(home, self.embedder, policy=policy)
        self.searcher = Searcher(self.catalog, self.embedder)

    def ask(
        self,
        question: str,
        model: ChatModel | None = None,
        *,
        searcher: Searcher | None = None,
        history: Sequence[Turn] = (),
        k: int = 10,
        settings: Settings | None = None,
        filters: Filters | None = None,
    ) -> Packet:
        filters = filters or Filters()
        verifier = LexicalVerifier()
        recorder = Recorder(settings or self.settings, searcher or self.searcher, model, verifier)
        *_, last = answer_question(
            question,
            searcher=recorder.searcher,
            catalog=recorder.searcher.catalog,
            verifier=verifier,
            model=recorder.model,
            history=history,
            filters=filters,
            k=k,
        )
        assert isinstance(last, Finished)
        return recorder.packet(question, last.answer, history=history, filters=filters, k=k)

    def replace(self, name: str, text: str) -> str:
        """Another text under the same name; returns its id."""
        return store_text(self.catalog, self.embedder, name, text)

    def delete(self, name: str) -> None:
        with self.catalog.snapshot() as snapshot:
            ids = [entry.id for entry in snapshot.documents() if entry.name == name]
        self.catalog.remove(ids)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def kinds(before: Packet, after: Packet, catalog: Catalog | None = None) -> set[str]:
    standings = standings_of(before.answer.citations, catalog) if catalog else ()
    return {difference.kind for difference in compare(before, after, standings).differences}


@pytest.mark.parametrize("question", [REPORT, OBJECTION, RICE])
def test_a_packet_is_read_as_it_was_written(desk: Desk, question: str, tmp_path: Path) -> None:
    where = read_condition(
        {
            "type": "or",
            "filters": [
                {"type": "nin", "key": "year", "value": [2020, "x"]},
                {"type": "and", "filters": [{"type": "gt", "key": "share", "value": 0.5}]},
            ],
        }
    )
    packet = desk.ask(question, filters=Filters({"language": ("en", "zh-Hans")}, where=where))
    write_packet(packet, tmp_path / "answer.json")
    assert read_packet(tmp_path / "answer.json") == packet


def test_a_packet_tells_what_made_the_answer(desk: Desk) -> None:
    model = ScriptedChatModel([SAID])
    value = packet_as_json(desk.ask(REPORT, model))
    assert value["format"] == FORMAT
    assert value["collection"]["version"] == value["searches"][0]["version"] == 3
    assert value["collection"]["space"]["model"] == "hash"
    assert value["settings"]["verifier"]["kind"] == desk.settings.verifier.kind
    assert value["answer"]["model"] == "scripted"
    assert value["answer"]["text"] == SAID
    assert [claim["verdict"] for claim in value["answer"]["claims"]] == ["supported"]
    first = value["searches"][0]["hits"][0]
    assert (
        first["passage"]["id"]
        == f"{first['document']['id'][:16]}-{first['passage']['start']}-{first['passage']['end']}"
    )
    (call,) = value["calls"]
    ((system, turns),) = model.asked
    assert (call["system"], call["turns"][0]["text"], call["reply"]) == (system, turns[0].text, SAID)
    assert set(value["answer"]["prompts"]) == {"answer_system", "answer_question", "passage"}


def test_a_packet_keeps_the_call_that_rewrote_a_follow_up(desk: Desk) -> None:
    history = [Turn("user", REPORT), Turn("assistant", SAID)]
    model = ScriptedChatModel(["What is the fee for a resit of the final report?"], ["The fee is 40 euros [1]."])
    packet = desk.ask("And the fee for a resit?", model, history=history)
    assert [call.reply for call in packet.calls] == [
        "What is the fee for a resit of the final report?",
        "The fee is 40 euros [1].",
    ]
    assert packet.history == tuple(history)


def test_no_key_stands_in_a_packet(desk: Desk) -> None:
    settings = replace(
        desk.settings,
        model=ModelSettings(base_url="https://me:sesame@models.example:8443/v1?key=sesame", name="m", api_key="sesame"),
        reranker=RerankerSettings(api_key="sesame"),
    )
    packet = desk.ask(REPORT, settings=settings)
    assert "sesame" not in json.dumps(packet_as_json(packet))
    assert packet.settings["model"]["base_url"] == "https://models.example:8443/v1"


@pytest.mark.parametrize("question", [REPORT, OBJECTION, RICE])
def test_the_same_question_gives_the_same_packet_but_for_its_date(desk: Desk, question: str) -> None:
    comparison = compare(desk.ask(question), desk.ask(question))
    assert comparison.same
    assert comparison.differences == ()


@pytest.mark.parametrize("question", [REPORT, OBJECTION, RICE])
@pytest.mark.parametrize("policy", list(Policy))
def test_a_frozen_answer_is_the_same_when_the_collection_is_empty(
    tmp_path: Path, question: str, policy: Policy
) -> None:
    desk = Desk(tmp_path, policy)
    reply = ["Students have ninety days [1]. ", "承租人应当在十五日内提出异议[1]。", NO_ANSWER]
    model = ScriptedChatModel(reply, reply)
    by_model, by_quotes = desk.ask(question, model), desk.ask(question)
    for name in ("handbook.txt", "leaflet.txt", "条例.txt"):
        desk.delete(name)
    for before, again in ((by_model, model), (by_quotes, None)):
        with frozen_searcher(before, HashEmbedder()) as searcher:
            after = desk.ask(question, again, searcher=searcher)
        assert after.answer.claims == before.answer.claims
        assert compare(before, after).differences == ()
        assert [call.turns for call in after.calls] == [call.turns for call in before.calls]


WORDS = sorted(
    {word for text in DOCUMENTS.values() for word in re.findall(r"[A-Za-z0-9%]+|[\u3400-\u9fff]{2,4}", text)}
)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("shared"))


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), k=st.integers(1, 12), by_model=st.booleans())
@hypothesis_settings(max_examples=40)
def test_whatever_is_asked_a_frozen_replay_gives_the_same_packet(
    shared_desk: Desk, words: list[str], k: int, *, by_model: bool
) -> None:
    question = " ".join(words) + "?"
    reply = [f"It says {' '.join(words)} [1]. ", "The fee is 40 euros [2]."]
    model = ScriptedChatModel(*[reply] * 4) if by_model else None
    before = shared_desk.ask(question, model, k=k)
    with frozen_searcher(before, HashEmbedder()) as searcher:
        after = shared_desk.ask(question, model, searcher=searcher, k=k)
    assert compare(before, after).differences == ()
    assert after.answer.claims == before.answer.claims
    assert after.calls == before.calls


def test_a_frozen_prompt_holds_the_neighbours_that_were_joined(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.replace(
        "list.txt", "Fees of the archive:\n\ncopies of a deed for ten euros,\n\nscans of a map for four euros."
    )
    model = ScriptedChatModel(["A scan costs four euros [1]."], ["A scan costs four euros [1]."])
    before = desk.ask("What does the archive ask for scans of a map?", model, k=1)
    desk.delete("list.txt")
    with frozen_searcher(before, HashEmbedder()) as searcher:
        after = desk.ask(before.question, model, searcher=searcher, k=1)
    assert model.asked[0] == model.asked[1]
    assert compare(before, after).same


def test_another_document_beside_changes_the_version_and_not_the_answer(desk: Desk) -> None:
    before = desk.ask(REPORT)
    desk.replace("tea.txt", "Tea\n\nTea is served at four.")
    after = desk.ask(REPORT)
    assert compare(before, after).same
    assert "collection" in kinds(before, after, desk.catalog)
    assert "document" not in kinds(before, after, desk.catalog)


@pytest.mark.parametrize(
    ("question", "name", "text", "said", "instead"),
    [
        (REPORT, "handbook.txt", HANDBOOK, "fourteen days", "twenty-one days"),
        (OBJECTION, "条例.txt", REGULATION, "十五日内", "二十日内"),
    ],
)
def test_a_replaced_document_is_named_with_what_became_of_its_words(
    desk: Desk, question: str, name: str, text: str, said: str, instead: str
) -> None:
    before = desk.ask(question)
    desk.replace(name, text.replace(said, instead))
    after = desk.ask(question)
    comparison = compare(before, after, standings_of(before.answer.citations, desk.catalog))
    assert not comparison.same
    found = {difference.kind: difference for difference in reversed(comparison.differences)}
    assert found["document"].where == name
    assert found["document"].after.startswith("replaced by ")
    assert "which holds 0 of" in found["document"].after
    assert said in found["claim"].before
    assert instead in found["claim"].after
    gone = [item for item in comparison.differences if item.kind == "passage" and not item.after]
    assert gone
    assert all(item.where.startswith(f"{name} ") for item in gone)


def test_another_verdict_is_another_answer(desk: Desk) -> None:
    before = desk.ask(REPORT, ScriptedChatModel(["Students must hand in the final report within ninety days [1]."]))
    after = replace(
        before,
        answer=replace(before.answer, claims=tuple(replace(item, why="otherwise") for item in before.answer.claims)),
    )
    comparison = compare(before, after)
    assert not comparison.same
    (difference,) = comparison.differences
    assert (difference.kind, difference.where) == (
        "verdict",
        "Students must hand in the final report within ninety days.",
    )


def test_documents_that_begin_to_disagree_are_another_answer(desk: Desk) -> None:
    before = desk.ask(REPORT)
    sides = tuple(
        ConflictSide(1, value, "0" * 64, name, name, 1, "", "")
        for value, name in (("14 days", "a.pdf"), ("21 days", "b.pdf"))
    )
    comparison = compare(before, replace(before, answer=replace(before.answer, conflicts=(Conflict(sides),))))
    (difference,) = comparison.differences
    assert (difference.kind, difference.before) == ("conflict", None)
    assert difference.after == "14 days (a.pdf) against 21 days (b.pdf)"
    assert not comparison.same


def test_claims_are_matched_in_their_order(desk: Desk) -> None:
    model = ScriptedChatModel(
        ["The library opens at 8:00 [1]. Books may be borrowed for 30 days [1]."],
        ["Nobody pays for books [1]. Books may be borrowed for 30 days [1]."],
        ["Books may be borrowed for 30 days [1]."],
    )
    question = "For how long may books be borrowed from the library?"
    one, two, three = (desk.ask(question, model) for _ in range(3))
    changed, removed, added = (
        [(item.before, item.after) for item in compare(*pair).differences if item.kind == "claim"]
        for pair in ((one, two), (one, three), (three, one))
    )
    assert changed == [("The library opens at 8:00.", "Nobody pays for books.")]
    assert removed == [("The library opens at 8:00.", None)]
    assert added == [(None, "The library opens at 8:00.")]


def test_another_model_prompt_or_setting_is_named(desk: Desk) -> None:
    before = desk.ask(REPORT, ScriptedChatModel([SAID]))
    after = replace(
        before,
        calls=(replace(before.calls[0], system="Say what you like."),),
        answer=replace(before.answer, model="another", prompts={"answer_system": 99}),
        settings={**before.settings, "verifier": {**before.settings["verifier"], "kind": "llm"}, "new": {"x": 1}},
        judged_by=Health("llm", "m", "it cannot be reached"),
    )
    comparison = compare(before, after)
    assert comparison.same
    found = {(item.kind, item.where) for item in comparison.differences}
    assert {("model", ""), ("prompt", "text as sent"), ("settings", "verifier.kind")} <= found
    assert ("prompt", "version of answer_system") in found
    (judge,) = (item for item in comparison.differences if item.kind == "verifier")
    assert (judge.before, judge.after) == ("words", "llm, m, it cannot be reached")
    assert not [item for item in comparison.differences if item.where.startswith("new")]


def test_only_its_owner_may_read_a_packet_and_an_older_one_is_replaced(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text("before")
    write_packet(desk.ask(REPORT), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_packet(path).question == REPORT
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


def test_a_place_where_nothing_can_be_written_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        check_writable(tmp_path)
    with pytest.raises(UsageError, match="its folder is not there"):
        check_writable(tmp_path / "absent" / "answer.json")
    check_writable(tmp_path / "answer.json")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "does not say that its format"),
        (b'{"format": 1}', "does not say that its format"),
        (b'{"format": "other/1"}', "does not say that its format"),
        (b'{"format": "ibid-packet/2"}', "its format is ibid-packet/2, this ibid reads ibid-packet/1"),
        (b'{"format": "ibid-packet/1"}', "damaged packet"),
    ],
)
def test_what_is_no_packet_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_packet(path)


def test_a_packet_that_is_not_there_or_was_cut_off_is_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    with pytest.raises(UsageError, match="no such file"):
        read_packet(path)
    write_packet(desk.ask(REPORT), path)
    whole = path.read_text("utf-8")
    path.write_text(whole[: len(whole) // 2], "utf-8")
    with pytest.raises(UsageError, match="It may have been cut off"):
        read_packet(path)


@pytest.mark.parametrize(
    ("where", "value", "reason"),
    [
        (("k",), "many", "k: "),
        (("answer", "claims", 0, "verdict"), "true", "answer.claims.0.verdict: "),
        (("searches", 0, "hits", 0, "passage", "start"), -5, "the text of hit 1 is not as long as its span"),
        (("searches",), [], "it holds no search"),
        (("k",), 10**9, "k is 1000000000"),
        (("collection", "space", "dimension"), 10**12, "dimensions"),
        (("stretches", 0, "start"), 10**12, "do not stand in their text"),
    ],
)
def test_a_packet_changed_by_hand_is_named(
    desk: Desk, tmp_path: Path, where: tuple[str | int, ...], value: object, reason: str
) -> None:
    whole = packet_as_json(desk.ask(REPORT))
    part = whole
    for step in where[:-1]:
        part = part[step]  # type: ignore[index]
    part[where[-1]] = value  # type: ignore[index]
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(whole), "utf-8")
    with pytest.raises(UsageError, match="damaged packet") as error:
        read_packet(path)
    assert reason in str(error.value)


@pytest.mark.parametrize("name", ["../../elsewhere", "/tmp/elsewhere", "a/b", ""])
def test_a_packet_from_elsewhere_writes_nothing_outside_its_own_folder(desk: Desk, name: str) -> None:
    packet = desk.ask(REPORT)
    hostile = replace(packet, collection=replace(packet.collection, name=name))
    with pytest.raises(UsageError, match="cannot name a collection"), frozen_searcher(hostile, HashEmbedder()):
        pass


def test_a_packet_of_the_first_version_is_still_read(tmp_path: Path) -> None:
    packet = read_packet(OLD_PACKET)
    assert packet.answer.text.startswith("“Students must hand in the final report")
    with frozen_searcher(packet, HashEmbedder()) as searcher:
        assert [hit.passage.id for hit in searcher.search("anything", k=3).hits] == [
            hit.passage.id for hit in packet.search.hits[:3]
        ]


def test_the_collections_own_calibration_goes_with_the_packet(desk: Desk, tmp_path: Path) -> None:
    own = Calibration((Knot(0.0, 0.1), Knot(1.0, 0.9)), (Step(0.5, 0.05, 0.8),), "extractive", "own questions", 40)
    desk.catalog.set_calibration(own)
    before = desk.ask(REPORT)
    write_packet(before, tmp_path / "answer.json")
    with (
        frozen_searcher(read_packet(tmp_path / "answer.json"), HashEmbedder()) as searcher,
        searcher.catalog.snapshot() as snapshot,
    ):
        assert snapshot.calibration() == own
    desk.catalog.set_calibration(None)
    (difference,) = compare(before, desk.ask(REPORT)).differences
    assert (difference.kind, difference.where, difference.after) == ("collection", "calibration", None)


def test_a_question_for_which_nothing_was_found_is_frozen_too(desk: Desk) -> None:
    before = desk.ask(REPORT, filters=Filters({"language": ("fr",)}))
    assert before.search.hits == ()
    with frozen_searcher(before, HashEmbedder()) as searcher:
        after = desk.ask(REPORT, searcher=searcher, filters=before.filters)
    assert compare(before, replace(after, collection=before.collection)).differences == ()


def test_what_the_packet_did_not_search_for_finds_nothing_when_frozen(desk: Desk) -> None:
    packet = desk.ask(REPORT)
    embedder = HashEmbedder()
    with frozen_searcher(packet, lambda: embedder) as searcher:
        assert searcher.embedder is embedder  # verifiers may ask it
        assert searcher.search(REPORT).hits == packet.search.hits
        again = searcher.search("Anything else?", k=50)
    assert (again.hits, again.version) == ((), packet.search.version)
