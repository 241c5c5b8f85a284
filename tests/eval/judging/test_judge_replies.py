"""What models write around, instead of and before the JSON that they were asked for."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.judging.replies import numbered_verdicts, texts_of
from kb.chat.replies import json_objects

OBJECT = '{"claims": ["a {brace}", "b"]}'


@pytest.mark.parametrize(
    "reply",
    [
        OBJECT,
        f"```json\n{OBJECT}\n```",
        f"Here is the JSON:\n\n{OBJECT}\n\nI hope that helps {{or not}}!",
        f'<think>First {{"claims": ["draft"]}}, or {{x</think>{OBJECT}',
        f'For example {{"claims": []}} would be empty, but here: {OBJECT}',
        f"{{{OBJECT}",
        f"  \n{OBJECT}",
    ],
)
def test_the_object_is_found_in_what_stands_around_it(reply: str) -> None:
    assert json_objects(reply)[0] == {"claims": ["a {brace}", "b"]}


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot help with that.",
        '{"claims": ["a", "b',
        "[1, 2, 3]",
        "<think>endless " + OBJECT,
        "{" * 3_000,
        '{"a":' * 3_000,
        "{'claims': ['a']}",
    ],
)
def test_half_an_object_and_none_at_all_are_nothing(reply: str) -> None:
    assert json_objects(reply) == []


@given(st.text())
@settings(max_examples=50)
def test_no_text_breaks_the_search_for_an_object(reply: str) -> None:
    assert all(isinstance(found, dict) for found in json_objects(reply))


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3), st.text("ab \n", max_size=9)
)
def test_an_object_is_found_whatever_prose_stands_around_it(value: dict[str, object], prose: str) -> None:
    assert json_objects(f"{prose}{json.dumps(value)}{prose}") == [value]


@pytest.mark.parametrize(
    "verdicts",
    [
        [{"number": 1, "ok": 1}, {"number": 2, "ok": 0}],
        [{"number": 2, "ok": "no"}, {"number": "1", "ok": "Yes"}],
        [{"ok": True}, {"ok": False}],
        [1, 0],
        [{"number": 1, "ok": "是"}, {"number": 2, "ok": "否"}],
    ],
)
def test_verdicts_are_read_as_models_write_them(verdicts: list[object]) -> None:
    assert numbered_verdicts({"verdicts": verdicts}, "ok", 2, 1) == [1, 0]


@pytest.mark.parametrize(
    "verdicts",
    [
        [{"number": 1, "ok": 1}],
        [{"number": 1, "ok": 1}, {"number": 3, "ok": 1}],
        [{"number": 1, "ok": 1}, {"number": 1, "ok": 0}, {"number": 2, "ok": 0}],
        [{"number": 1, "ok": 2}, {"number": 2, "ok": 0}],
        [{"number": 1, "ok": "maybe"}, {"number": 2, "ok": 0}],
        [{"number": 1}, {"number": 2}],
        [{"number": 1, "ok": None}, {"number": 2, "ok": float("nan")}],
        [{"number": 1, "ok": 0.5}, {"number": 2, "ok": 0}],
        "supported",
        None,
        [1, 0, 1],
    ],
)
def test_verdicts_that_do_not_fit_are_no_verdicts(verdicts: object) -> None:
    assert isinstance(numbered_verdicts({"verdicts": verdicts}, "ok", 2, 1), str)


def test_texts_are_read_once_each() -> None:
    assert texts_of({"claims": [" a  b ", "a b", ""]}, "claims") == ["a b"]
    assert isinstance(texts_of({"claims": "a"}, "claims"), str)
    assert isinstance(texts_of({"claims": [1]}, "claims"), str)
