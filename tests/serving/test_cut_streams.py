"""However a model's stream is cut, the answer has the same claims with the same verdicts and places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.records import Claim, Policy
from serving.cancellation import Cancellation
from serving.citations import Ledger
from serving.drafting import Drafting, draft_answer
from serving.passages import Reading, build_readings
from serving.verification import LexicalVerifier
from tests.fakes import ScriptedChatModel
from tests.serving.test_answering import REPORT, Library

REPLIES = (
    "Students have 14 days [1]. Late reports lose 5.5% a day, e.g. after Dr. Lee's lecture [1][2]. See Fig. 3 [9].",
    "- Reports are due in fourteen days [1]\n- Late ones lose; see Art. 5(2) [2]\n\n1. First [1].\n2. Second [2].",
    "依照《教学办法。试行》第十二条第三款，报告应在14天内提交【1】；逾期每天扣5.5%［２］。"
    "（一）学生应当提交；（二）教师应当批改[1]。",
    "学生必须提交报告[1]，《学则》另有规定的除外[9]。他问：“何时？”[1]十四天内。 "
    "U.S. rules say so [1]! Really? **Yes.** [2]",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def readings(library: Library) -> list[Reading]:
    return build_readings(library.searcher.search(REPORT, k=4).hits, library.catalog)


def claims_of(library: Library, readings: list[Reading], pieces: list[str]) -> list[Claim]:
    means = Drafting(
        ScriptedChatModel(pieces),
        library.catalog,
        LexicalVerifier(),
        Ledger(library.catalog),
        Policy.FLAG,
        Cancellation(),
    )
    return [claimed.claim for claimed in draft_answer(REPORT, readings, "en", means)]


@settings(max_examples=60)
@given(reply=st.sampled_from(REPLIES), data=st.data())
def test_any_cutting_gives_the_same_claims_and_verdicts(
    library: Library, readings: list[Reading], reply: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(reply) - 1), max_size=12)))
    pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    assert claims_of(library, readings, pieces) == claims_of(library, readings, [reply])


@pytest.mark.parametrize(("reply", "count"), list(zip(REPLIES, (3, 4, 3, 6), strict=True)))
def test_the_claims_are_the_sentences_and_cite_only_what_there_is(
    library: Library, readings: list[Reading], reply: str, count: int
) -> None:
    claims = claims_of(library, readings, list(reply))
    assert len(claims) == count, [claim.text for claim in claims]
    assert not any("[9]" in claim.text for claim in claims)
    assert all(claim.why for claim in claims)
