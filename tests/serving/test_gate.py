from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.gate import SentenceGate


def released(*pieces: str) -> list[str]:
    gate = SentenceGate()
    sentences = [sentence for piece in pieces for sentence in gate.read(piece)]
    return [*sentences, *gate.finish()]


@pytest.mark.parametrize(
    ("reply", "sentences"),
    [
        ("One [1]. Two [2].", ["One [1]. ", "Two [2]."]),
        ("One.[1] Two.[2]", ["One.[1] ", "Two.[2]"]),
        ("One. [1][2] Two.", ["One. [1][2] ", "Two."]),
        ("The dose is 20.5 mg [1]. Dr. Smith agrees [2].", ["The dose is 20.5 mg [1]. ", "Dr. Smith agrees [2]."]),
        (
            "剂量为20毫克【1】。不得超过40毫克。［２］请遵医嘱。",
            ["剂量为20毫克【1】。", "不得超过40毫克。［２］", "请遵医嘱。"],
        ),
        ("他说：“可以。”[1]然后走了。", ["他说：“可以。”[1]", "然后走了。"]),
        ("- First [1]\n- Second [2]\n", ["- First [1]\n", "- Second [2]"]),
        ("1. First [1].\n2. Second [2].", ["1. First [1].\n", "2. Second [2]."]),
        ("Take it so:\n- with food [1]\n", ["Take it so:\n- with food [1]"]),
        ("**Yes.** It may [1].", ["**Yes.** ", "It may [1]."]),
        ("See [the book]. Then [see", ["See [the book]. ", "Then [see"]),
        ("\n\n  Late start. ", ["Late start."]),
        ("<think>One. Two [9].</think>\n\nYes [1].", ["Yes [1]."]),
        ("<think>never ends. [1]", []),
        ("", []),
        ("   \n", []),
    ],
)
def test_sentences_leave_the_gate_whole_with_the_markers_after_them(reply: str, sentences: list[str]) -> None:
    assert released(reply) == sentences


def test_a_sentence_is_released_before_the_reply_ends() -> None:
    gate = SentenceGate()
    assert list(gate.read("One [1]. Two")) == []  # the next word may still go on
    assert list(gate.read(" ")) == ["One [1]. "]


def test_a_chinese_sentence_is_released_a_few_characters_later() -> None:
    gate = SentenceGate()
    assert list(gate.read("剂量为20毫克[1]。不得超过")) == ["剂量为20毫克[1]。"]


FRAGMENTS = (
    *(
        "The dose ",
        "is 20.5 mg",
        ". ",
        ".",
        "。",
        "！",
        "？”",
        "[1]",
        "[2, 3]",
        "【",
        "1】",
        "［１］",
        "\n",
        "\n\n",
        " ",
    ),
    *("剂量为", "他说：“可以", "[", "]", "see", "- ", "1. ", "…", "; ", "；", "<think>", "</think>", "U.S. ", "**"),
    *(" ", ":\n", "[9", ", ", "Dr. ", "e.g. "),
)
PIECES = st.lists(st.sampled_from(FRAGMENTS), max_size=30)


@given(PIECES, st.data())
def test_any_cutting_of_the_stream_gives_the_same_sentences(parts: list[str], data: st.DataObject) -> None:
    reply = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=10)))
    pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    assert released(*pieces) == released(reply) == released(*reply)


@given(PIECES)
def test_the_sentences_join_to_the_reply(parts: list[str]) -> None:
    reply = "".join(part for part in parts if "think" not in part)
    assert "".join(released(reply)) == reply.strip()


@given(PIECES)
def test_no_sentence_begins_with_a_marker_unless_the_reply_does(parts: list[str]) -> None:
    reply = "".join(part for part in parts if "think" not in part)
    assert not any(re.match(r"\[\d+\]", sentence) for sentence in released(reply)[1:])
