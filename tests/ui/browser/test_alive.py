"""When the server is down, slow, busy, strict about keys, or has lost something: a sentence, and a way on."""

from __future__ import annotations

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.browser.conftest import APP
from tests.ui.browser.fake_server import FakeState, full_state, serving
from tests.ui.browser.test_pages import ask, drawn, plain_text
from ui.browser.api.client import Client

LATE = "How many marks does late work lose?"


def said(app: AppTest) -> str:
    (error,) = app.error
    assert "Traceback" not in error.value
    return plain_text(error.value)


def test_a_server_that_restarts_leaves_what_was_answered_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    state = full_state()
    with serving(state) as api:
        monkeypatch.setenv("IBID_API_URL", api)
        app = AppTest.from_file(str(APP), default_timeout=20)
        ask(app.run(), LATE)
    app.run()
    assert not app.exception
    assert said(app).startswith("The server cannot be reached.")
    assert drawn(app, "answer")[0]["question"] == LATE
    assert drawn(app, "source")[0]["where"] == "course/handbook.pdf · page 1"
    app.button(key="next").click().run()  # fetched ahead
    assert drawn(app, "source")[0]["where"] == "course/handbook.pdf · page 2"
    with serving(state, int(api.rpartition(":")[2])):
        app.button(key="reconnect").click().run()
        assert not app.error
        ask(app, "And after a week?")
        assert len(drawn(app, "answer")) == 2


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "The server asks for an API key, or does not accept this one any more."),
        (403, "The server does not allow this."),
        (429, "The server is busy just now."),
        (500, "Something went wrong on the server."),
        (503, "The server is busy just now."),
    ],
)
def test_a_server_that_refuses_everything_is_a_sentence_and_a_button(
    app: AppTest, state: FakeState, status: int, sentence: str
) -> None:
    ask(app.run(), LATE)
    state.refuses = status
    app.run()
    assert not app.exception
    assert said(app).startswith(sentence)
    assert len(drawn(app, "answer")) == 1
    state.refuses = 0
    app.button(key="reconnect").click().run()
    assert not app.error


def test_an_answer_that_is_refused_can_be_asked_for_again(app: AppTest, state: FakeState) -> None:
    app.run()
    session = app.session_state["ibid"]
    good = session.client
    session.client = Client("http://server", httpx.MockTransport(lambda _: httpx.Response(401, json={})))
    app.chat_input[0].set_value(LATE).run()
    assert not app.exception
    session.client = good
    app.run().button(key="again").click().run()
    assert len(state.asked) == 1
    assert not app.exception


def test_a_slow_server_is_a_sentence(app: AppTest) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    ask(app.run(), LATE)
    app.session_state["ibid"].client = Client("http://server", httpx.MockTransport(never))
    app.run()
    assert said(app).startswith("The server took too long to answer.")


def test_a_collection_that_somebody_deletes_is_named_and_another_one_chosen(app: AppTest, state: FakeState) -> None:
    app.run()
    app.sidebar.selectbox(key="collection").set_value("empty").run()
    del state.documents["empty"]
    app.run()
    assert plain_text(app.warning[0].value) == "The collection “empty” is no longer there. This is “default” now."
    ask(app, LATE)
    assert not app.exception
    assert not app.warning
    assert state.asked[-1]["model"] == "ibid/default"


def test_sources_of_a_deleted_collection_are_said_to_be_gone(app: AppTest, state: FakeState) -> None:
    ask(app.run(), LATE)
    del state.documents["default"]
    app.run()
    assert not app.exception
    assert drawn(app, "answer")[0]["gone"] == [0, 1]
    assert "no longer in the collection" in plain_text(app.warning[-1].value)


@pytest.mark.parametrize("question", ["this is cut off", "this fails midway"])
def test_an_answer_that_breaks_off_keeps_what_came_and_can_be_asked_for_again(app: AppTest, question: str) -> None:
    ask(app.run(), question)
    assert said(app)
    assert len(drawn(app, "answer")[0]["sentences"]) == 1
    assert app.button(key="again").label == "Ask again"
