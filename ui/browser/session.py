"""What the app remembers of one visitor between two runs of the script."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from functools import cache

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from kb.settings import LimitSettings
from ui.browser.answers.conversation import Exchange, Keeping, reopened, search_again
from ui.browser.api.answer_replies import Place
from ui.browser.api.care_replies import Key
from ui.browser.api.check_requests import CheckRequests
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.file_replies import CollectionSummary, StoredFile
from ui.browser.api.finding import Found
from ui.browser.check.state import CheckState
from ui.browser.library.listing import Listing
from ui.browser.library.outcome import Outcome
from ui.browser.sources.fetched import FetchedSources
from ui.browser.wording import LANGUAGES, Words, language_for, read_words

_KEY = "ibid"
_LIMITS = LimitSettings()  # where the app was not started with others
_DEFAULT_URL = "http://127.0.0.1:8000"  # where `ibid serve` listens when nothing else is set
_LANGUAGE_PARAMETER = "lang"  # in the address, so that a reload or a bookmark keeps the language
_CONVERSATION_PARAMETER = "conversation"  # in the address, so that a link opens what was asked and answered
_ANSWER_PARAMETER = "answer"  # which of its answers, from 1
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of a conversation: what the server takes, and what an address may hold
_KEEP_COOKIE = "ibid_keep"  # set by the browser (assets/history.js), so that the choice outlives the visit

# Connections to the server that are kept for the next request: about as many as it answers at once.
_KEPT_OPEN = 20


def _new_name() -> str:
    return secrets.token_hex(12)  # 96 bits: no two conversations share one


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link points at; `answer` counts from 0, -1 where it names none."""

    name: str
    answer: int


@dataclass
class Session:
    """One visitor. `selected` is (exchange, place) of the source shown beside the chat."""

    client: Client
    words: Words
    collection: str = ""
    collections: tuple[CollectionSummary, ...] = ()
    vanished: str = ""  # the collection that was chosen, where somebody has just deleted it
    exchanges: list[Exchange] = field(default_factory=list)
    latest_kept: Exchange | None = None  # the latest of this conversation that the server was to keep
    selected: tuple[int, int] | None = None
    sources: FetchedSources = field(init=False)
    wanted: Wanted | None = None  # the conversation that the address names, until it is opened
    revealed: int | None = None  # the exchange that a link points at
    forgotten: set[str] = field(default_factory=set)  # conversations that the server does not keep any more
    found: Found | None = None  # what was found on the page Find
    filtered_by: dict[str, str] = field(default_factory=dict)  # names of the documents that are chosen there, by id
    found_opened: Place | None = None  # and what of it is shown beside the list
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)  # example questions by collection and language
    conversation: int = 0  # counts conversations, so that the parts of a new one are drawn afresh
    conversation_name: str = field(default_factory=_new_name)  # under which the server keeps it, where it does
    keeps_answers: bool = False  # whether the visitor wants the server to keep them
    polling: bool = False  # whether the page redraws itself while an answer comes in
    drawn_last: Exchange | None = None  # the last one when the whole page was drawn, with what is beside the answers
    uploading: bool = False  # the same for files on their way in
    deleting: StoredFile | None = None  # the file whose deletion was asked for
    confirming: StoredFile | None = None  # the file whose deletion the open dialog asks to confirm
    managing: str = ""  # what is being done with the chosen collection in the open dialog: new, edit, remove, …
    managed: int = 0  # counts the dialogs about collections that were opened
    listing: Listing = field(default_factory=Listing)  # of the Library
    sent: Outcome | None = None  # what became of the files that were sent last
    shown_document: str = ""  # the id of the one on the document page
    revoking: Key | None = None  # the key whose revocation the open dialog asks to confirm
    made_key: str = ""  # the value of the key that was made last, while it is shown
    said: str = ""  # to be told once, at the next drawing
    check: CheckState = field(default_factory=CheckState)  # of the page Check
    pages: dict[str, StreamlitPage] = field(default_factory=dict)
    most_file_mb: int = _LIMITS.max_file_mb  # of a document that is added
    most_import_mb: int = _LIMITS.max_import_mb  # of a collection that is taken in from a file

    def __post_init__(self) -> None:
        self.sources = FetchedSources(self.client)

    @property
    def last(self) -> Exchange | None:
        """The last question and its answer."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def running(self) -> bool:
        """Whether an answer is coming in."""
        return self.last is not None and self.last.running

    @property
    def has_unkept_answers(self) -> bool:
        """Whether answers are here that are nowhere else."""
        return any(exchange.keeping is None for exchange in self.exchanges)

    @property
    def requests(self) -> CheckRequests:
        """What the page Check asks about the chosen collection."""
        return self.client.about(self.collection)

    @property
    def documents(self) -> int:
        """How many documents of the chosen collection can be searched."""
        return sum(item.documents for item in self.collections if item.name == self.collection)

    @property
    def chosen(self) -> CollectionSummary | None:
        """The chosen collection; None where the server has none."""
        return next((item for item in self.collections if item.name == self.collection), None)

    @property
    def strict(self) -> bool:
        """Whether the chosen collection withholds sentences that its documents do not bear out."""
        return any(item.strict for item in self.collections if item.name == self.collection)

    def title_of(self, name: str) -> str:
        """What the picker calls a collection."""
        return next((item.title for item in self.collections if item.name == name and item.title), name)

    def refresh_collections(self) -> None:
        """Asks for the collections anew and keeps the choice where it still stands.

        Raises:
            ClientError: the server did not answer.
        """
        before = [item.name for item in self.collections]
        self.collections = self.client.collections()
        names = [item.name for item in self.collections]
        self.vanished = ""
        if self.collection not in names:
            self.vanished = self.collection if self.collection in before else ""
            self.collection = "default" if "default" in names or not names else names[0]

    def forget_documents(self) -> None:
        """Forgets what is known of documents: what is deleted is not shown again, not even from memory."""
        self.sources.forget_all()
        self.examples = {}

    def new_conversation(self) -> None:
        """Forgets what was said."""
        self._begin(_new_name(), [])
        _forget_address()

    def open_conversation(self, name: str, *, shared: bool = False) -> None:
        """Goes on with a conversation that the server kept. What follows a shared one is kept apart from it, if at all.

        Raises:
            ClientError: it is not there (any more), or the server did not answer; then everything stays as it is.
        """
        exchanges = reopened(name, self.client.kept_conversation(name))
        search_again(self.client, exchanges)
        self._begin(_new_name() if shared else name, exchanges)
        self.collection = exchanges[-1].collection if exchanges else self.collection
        if not shared:
            self.latest_kept = exchanges[-1] if exchanges else None
            self.keeps_answers = True
            st.query_params[_CONVERSATION_PARAMETER] = name

    def keep_next(self) -> Keeping:
        """Where the next answer is kept; names it in the address, so that a reload or a bookmark opens it again."""
        _forget_address()
        st.query_params[_CONVERSATION_PARAMETER] = self.conversation_name
        before = self.latest_kept
        if before is None or before.keeping is None:
            return Keeping(self.conversation_name, 1)
        # One that was stopped before its end is not kept, and leaves its place to the next.
        return Keeping(self.conversation_name, before.keeping.position + (before.reply is not None))

    def _begin(self, name: str, exchanges: list[Exchange]) -> None:
        for exchange in self.exchanges:
            exchange.stop()
        self.exchanges = exchanges
        self.latest_kept = None
        self.conversation += 1
        self.conversation_name = name
        self.selected = self.revealed = None
        self.sources.forget_all()

    def judge(self, exchange: Exchange, verdict: str, reason: str) -> None:
        """Tells the server what the visitor thinks of an answer. One that is not kept is kept with that word on it.

        Whoever takes the word back has an answer that was only kept for it forgotten.

        Raises:
            ClientError: the server does not keep it any more, or cannot, or did not answer.
        """
        if exchange.kept_by_word and exchange.keeping is not None and verdict == "back":
            self.client.forget_conversation(exchange.keeping.conversation)
            exchange.keeping, exchange.number, exchange.kept_by_word, exchange.judged = None, 0, False, ""
            return
        keeping = exchange.keeping or self._keep(exchange)
        if not exchange.number:
            kept = self.client.kept_conversation(keeping.conversation)
            if len(kept) < keeping.position or kept[keeping.position - 1].question != exchange.question:
                raise ClientError(FailureKind.NOT_FOUND)
            exchange.number = kept[keeping.position - 1].number
        self.client.judge_answer(keeping.conversation, exchange.number, verdict, reason)
        exchange.judged = "" if verdict == "back" else verdict

    def _keep(self, exchange: Exchange) -> Keeping:
        """Keeps an answer by itself, in a conversation of its own."""
        if exchange.reply is None or not exchange.reply.sealed:
            raise ClientError(FailureKind.NOT_FOUND)
        keeping = Keeping(_new_name(), 1)
        exchange.number = self.client.keep_answer(keeping.conversation, exchange.question, exchange.reply.sealed)
        exchange.keeping, exchange.kept_by_word = keeping, True
        return keeping

    def switch_language(self, language: str) -> None:
        """Changes the interface's language; what was asked and answered stays."""
        self.words = read_words(language)
        st.query_params[_LANGUAGE_PARAMETER] = language


def _forget_address() -> None:
    for parameter in (_CONVERSATION_PARAMETER, _ANSWER_PARAMETER):
        st.query_params.pop(parameter, None)


def _wanted() -> Wanted | None:
    """The conversation that the address names, if it can be one's name."""
    name = st.query_params.get(_CONVERSATION_PARAMETER, "")
    answer = st.query_params.get(_ANSWER_PARAMETER, "")
    if not _NAME.fullmatch(name):
        return None
    return Wanted(name, int(answer) - 1 if answer.isascii() and answer.isdigit() and len(answer) < 5 else -1)


@cache
def _client(url: str, key: str) -> Client:
    """The same for all visitors: they use each other's connections, and none has to load certificates first."""
    return Client(url, key=key, kept_open=_KEPT_OPEN)


def current_session() -> Session:
    """The visitor's session, begun on the first run."""
    if _KEY not in st.session_state:
        chosen = st.query_params.get(_LANGUAGE_PARAMETER, "")
        language = chosen if chosen in LANGUAGES else language_for(st.context.locale)
        client = _client(os.environ.get("IBID_API_URL") or _DEFAULT_URL, os.environ.get("IBID_API_KEY", ""))
        session = Session(client, read_words(language), wanted=_wanted())
        session.keeps_answers = st.context.cookies.get(_KEEP_COOKIE) == "1"
        session.most_file_mb = int(os.environ.get("IBID_LIMITS_MAX_FILE_MB") or session.most_file_mb)
        session.most_import_mb = int(os.environ.get("IBID_LIMITS_MAX_IMPORT_MB") or session.most_import_mb)
        st.session_state[_KEY] = session
    session = st.session_state[_KEY]
    assert isinstance(session, Session)
    return session
