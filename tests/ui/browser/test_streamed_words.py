"""How soon what comes in stands on the page: waiting ends with news, and what may not have left is drawn again."""

from __future__ import annotations

import threading
import time

from streamlit.testing.v1 import AppTest

from kb import Claim, Verdict
from tests.ui.browser.test_pages import ask
from ui.browser.answers.conversation import Exchange
from ui.browser.api.failures import ClientError, FailureKind


def test_a_wait_ends_as_soon_as_more_comes_in() -> None:
    exchange = Exchange("When?", "default")
    exchange.drawn = 2
    threading.Timer(0.05, exchange.tell).start()
    began = time.monotonic()
    exchange.wait(5)
    assert time.monotonic() - began < 2
    assert exchange.drawn == 0


def test_nobody_waits_for_an_answer_that_is_over() -> None:
    exchange = Exchange("When?", "default", failure=ClientError(FailureKind.CUT_OFF))
    began = time.monotonic()
    exchange.wait(5)
    assert time.monotonic() - began < 2


class Noted(threading.Event):
    """Never waits, and counts how often it was waited for."""

    waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        return True


def test_news_are_drawn_twice_before_anybody_waits_again(app: AppTest) -> None:
    """The first drawing may be thrown away unsent when the browser looks again at once."""
    ask(app.run(), "How many marks does late work lose?")
    news = Noted()
    exchange = Exchange("And now?", "default", claims=[Claim("Now.", Verdict.UNCITED, "")], news=news)
    app.session_state["ibid"].exchanges.append(exchange)
    waits = []
    for _ in range(3):
        app.run()
        waits.append(news.waits)
    exchange.stop()
    assert waits == [0, 0, 1]
