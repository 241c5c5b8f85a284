"""What the app remembers of one visitor between two runs of the script."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.browser.client import Client
from ui.browser.conversation import Exchange
from ui.browser.replies import CollectionSummary, Place, StoredFile
from ui.browser.source import View
from ui.browser.wording import LANGUAGES, Words, language_for, read_words

_KEY = "ibid"
_DEFAULT_URL = "http://127.0.0.1:8000"  # where `ibid serve` listens when nothing else is set
_LANGUAGE_PARAMETER = "lang"  # in the address, so that a reload or a bookmark keeps the language


def _new_name() -> str:
    return secrets.token_hex(12)  # 96 bits: no two conversations share one


@dataclass
class Session:
    """One visitor. `selected` is (exchange, place) of the source shown beside the chat."""

    client: Client
    words: Words
    collection: str = ""
    collections: tuple[CollectionSummary, ...] = ()
    exchanges: list[Exchange] = field(default_factory=list)
    selected: tuple[int, int] | None = None
    shown: dict[tuple[str, Place], View] = field(default_factory=dict)  # sources already fetched, by collection
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)  # example questions by collection and language
    conversation: int = 0  # counts conversations, so that the parts of a new one are drawn afresh
    conversation_name: str = field(default_factory=_new_name)  # under which the server keeps it, where it does
    keeps_answers: bool = False  # whether the visitor wants the server to keep them
    polling: bool = False  # whether the page redraws itself while an answer comes in
    uploading: bool = False  # the same for files on their way in
    deleting: StoredFile | None = None  # the file whose deletion was asked for
    confirming: StoredFile | None = None  # the file whose deletion the open dialog asks to confirm
    upload_failures: tuple[str, ...] = ()
    pages: dict[str, StreamlitPage] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether an answer is coming in."""
        return bool(self.exchanges) and self.exchanges[-1].running

    @property
    def documents(self) -> int:
        """How many documents of the chosen collection can be searched."""
        return sum(item.documents for item in self.collections if item.name == self.collection)

    @property
    def strict(self) -> bool:
        """Whether the chosen collection withholds sentences that its documents do not bear out."""
        return any(item.strict for item in self.collections if item.name == self.collection)

    def refresh_collections(self) -> None:
        """Asks for the collections anew and keeps the choice where it still stands.

        Raises:
            ClientError: the server did not answer.
        """
        self.collections = self.client.collections()
        names = [item.name for item in self.collections]
        if self.collection not in names:
            self.collection = "default" if "default" in names or not names else names[0]

    def new_conversation(self) -> None:
        """Forgets what was said."""
        for exchange in self.exchanges:
            exchange.stop()
        self.exchanges = []
        self.conversation += 1
        self.conversation_name = _new_name()
        self.selected = None
        self.shown = {}

    def switch_language(self, language: str) -> None:
        """Changes the interface's language; what was asked and answered stays."""
        self.words = read_words(language)
        st.query_params[_LANGUAGE_PARAMETER] = language


def current_session() -> Session:
    """The visitor's session, begun on the first run."""
    if _KEY not in st.session_state:
        chosen = st.query_params.get(_LANGUAGE_PARAMETER, "")
        language = chosen if chosen in LANGUAGES else language_for(st.context.locale)
        client = Client(os.environ.get("IBID_API_URL") or _DEFAULT_URL, key=os.environ.get("IBID_API_KEY", ""))
        st.session_state[_KEY] = Session(client, read_words(language))
    session = st.session_state[_KEY]
    assert isinstance(session, Session)
    return session
