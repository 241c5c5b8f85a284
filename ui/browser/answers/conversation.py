"""One question and its answer in the making, drained from the server by a thread of its own.

The page redraws itself from what is here a few times a second, so that a click while an answer comes in never cuts it
off, as it would if the page itself read the stream.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kb import AnswerStatus, Citation, Claim, Turn
from ui.browser.api.answer_replies import CitedState, Done, KeptAnswer, Place, Reply, Sentence, place_of
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.finding import Wanted

# Follow-ups refer to what was said just before; older turns only make the prompt longer.
_REMEMBERED_EXCHANGES = 6

# Refusals of a reopened conversation, the latest ones, whose passages are searched for again: a second at most.
_SEARCHED_AGAIN = 10

# Passages that a refusal offers: enough to see what the search took the question for, few enough to read.
NEAREST = 5

# Further up nobody looks; together they cite at most some hundred places.
_LOOKED_UP_EXCHANGES = 30


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the server keeps an answer, once it is finished: the conversation, and which of its answers, from 1."""

    conversation: str
    position: int


@dataclass
class Exchange:
    """A question and what has come of it so far. Only its own thread writes to it, except for `stopped`."""

    question: str
    collection: str
    claims: list[Claim] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    reply: Reply | None = None
    failure: ClientError | None = None
    stopped: bool = False
    attempt: int = 0  # how often it was asked in the place of another: each is drawn afresh
    keeping: Keeping | None = None  # None where the server keeps nothing of it
    news: threading.Event = field(default_factory=threading.Event, repr=False)  # set whenever more has come
    drawn: int = 0  # how often it was drawn as it is now
    number: int = 0  # of the answer that the server keeps; 0 until it was asked for
    judged: str = ""  # "up" or "down", where the visitor thought so
    kept_by_word: bool = False  # whether it is only kept because somebody judged it
    opened: bool = False  # whether its first citation has opened by itself already
    nearest: tuple[Place, ...] = ()  # to a kept refusal: found when it was opened again, since they are not kept
    became: tuple[CitedState, ...] = ()  # of the citations, since they were given; empty until it was looked up

    @property
    def running(self) -> bool:
        """Whether more may still come."""
        return self.reply is None and self.failure is None and not self.stopped

    @property
    def refused(self) -> bool:
        """Whether the server found too little to answer."""
        return self.reply is not None and self.reply.status is AnswerStatus.REFUSED

    @property
    def text(self) -> str:
        """What was answered so far."""
        return "".join(claim.text for claim in self.claims)

    def places(self) -> tuple[Place, ...]:
        """What can be opened beside this answer: its citations; where it has none, the passages looked at."""
        if self.citations:
            return tuple(place_of(citation) for citation in self.citations)
        return (self.reply.looked_at if self.reply is not None else ()) or self.nearest

    def wait(self, seconds: float) -> None:
        """Returns as soon as more has come since the last call, or after `seconds`; at once where no more will come."""
        if self.running:
            self.news.wait(seconds)
            self.news.clear()

    def tell(self) -> None:
        """Lets the page draw what has come."""
        self.drawn = 0
        self.news.set()

    def stop(self) -> None:
        """Shows what has come so far as all there is; the thread hangs up at the next event."""
        self.stopped = self.running or self.stopped


def start(
    client: Client, collection: str, question: str, before: Sequence[Exchange], keeping: Keeping | None = None
) -> Exchange:
    """Asks `question` after the exchanges `before`, in a new thread, and returns at once."""
    exchange = Exchange(question, collection, keeping=keeping)
    turns = [*history(before), Turn("user", question)]
    threading.Thread(target=_drain, args=(client, exchange, turns), daemon=True, name="ibid-answer").start()
    return exchange


def reopened(conversation: str, answers: Sequence[KeptAnswer]) -> list[Exchange]:
    """A conversation that the server kept, as if it had just been held."""
    exchanges = []
    for position, kept in enumerate(answers, 1):
        exchange = Exchange(kept.question, kept.reply.collection, keeping=Keeping(conversation, position))
        exchange.number, exchange.judged = kept.number, kept.judged
        _finish(exchange, kept.reply)
        exchanges.append(exchange)
    return exchanges


def search_again(client: Client, exchanges: Sequence[Exchange]) -> None:
    """Finds the passages that are nearest now to the questions of kept refusals. Where that fails, there are none."""
    for exchange in [item for item in exchanges if item.refused and not item.places()][-_SEARCHED_AGAIN:]:
        asked = exchange.reply.question.strip() if exchange.reply is not None else ""
        with suppress(ClientError):
            exchange.nearest = client.search(Wanted(exchange.collection, asked or exchange.question), NEAREST)


def history(exchanges: Sequence[Exchange]) -> list[Turn]:
    """The latest answered exchanges as turns."""
    turns: list[Turn] = []
    for exchange in [item for item in exchanges if item.text][-_REMEMBERED_EXCHANGES:]:
        turns += [Turn("user", exchange.question), Turn("assistant", exchange.text.strip())]
    return turns


def look_up_citations(client: Client, exchanges: Sequence[Exchange]) -> None:
    """Notes for every finished answer what became of its citations. Where that cannot be told, what is known stays."""
    by_collection: dict[str, list[Exchange]] = {}
    for exchange in exchanges[-_LOOKED_UP_EXCHANGES:]:
        if exchange.reply is not None and exchange.citations:
            by_collection.setdefault(exchange.collection, []).append(exchange)
    for collection, own in by_collection.items():
        try:
            found = iter(client.check_citations(collection, [item for exchange in own for item in exchange.citations]))
        except ClientError:
            continue
        for exchange in own:
            exchange.became = tuple(next(found) for _ in exchange.citations)


def _drain(client: Client, exchange: Exchange, turns: Sequence[Turn]) -> None:
    keep_in = exchange.keeping.conversation if exchange.keeping is not None else ""
    try:
        for event in client.ask(exchange.collection, turns, keep_in):
            if exchange.stopped:
                return  # leaving the loop closes the stream
            if isinstance(event, Sentence):
                exchange.citations.extend(event.citations)
                exchange.claims.append(event.claim)
                exchange.tell()
            elif isinstance(event, Done):
                _finish(exchange, event.reply)
    except ClientError as error:
        exchange.failure = error
    except Exception:  # a thread that dies in silence would leave the page waiting for ever
        exchange.failure = ClientError(FailureKind.BROKEN)
    finally:
        exchange.tell()


def _finish(exchange: Exchange, reply: Reply) -> None:
    exchange.citations[:] = sorted(reply.citations, key=lambda citation: citation.marker)
    exchange.claims[:] = reply.claims
    exchange.reply = reply  # last: it says that all is there
