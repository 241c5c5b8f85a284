"""What every ChatModel promises. A test module calls `check_chat_model` with a maker of models for a given reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from kb.errors import ModelError
from kb.ports import ChatModel
from kb.records import Turn

MakeModel = Callable[[Sequence[str] | ModelError], ChatModel]
_QUESTION = (Turn("user", "How many days?"),)


def check_chat_model(make: MakeModel) -> None:
    _pieces_join_to_the_reply(make)
    _a_failure_is_a_model_error(make)
    _closing_early_ends_the_reply(make)


def _pieces_join_to_the_reply(make: MakeModel) -> None:
    pieces = ["Fourteen ", "days", ". ", "十四天。", "\n"]
    model = make(pieces)
    assert model.name
    assert "".join(model.stream("Be brief.", _QUESTION)) == "".join(pieces)


def _a_failure_is_a_model_error(make: MakeModel) -> None:
    model = make(ModelError("the model server is down"))
    with pytest.raises(ModelError):
        list(model.stream("Be brief.", _QUESTION))


def _closing_early_ends_the_reply(make: MakeModel) -> None:
    stream = make(["one ", "two ", "three"]).stream("Be brief.", _QUESTION)
    assert next(stream) == "one "
    started = time.monotonic()
    stream.close()  # type: ignore[attr-defined]  # promised in words by the port: Iterator itself has no close
    assert list(stream) == []
    assert time.monotonic() - started < 1
