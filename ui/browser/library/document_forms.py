"""The forms of the document page: what is known of a document, and a newer file in its place."""

from __future__ import annotations

from datetime import date

import streamlit as st

from ui.browser.api.document_replies import DocumentFacts
from ui.browser.api.failures import ClientError
from ui.browser.api.library_requests import Attributes
from ui.browser.labels import LANGUAGE_CODES, language_name
from ui.browser.library.uploading import translate_uploader
from ui.browser.notices import sentence_for
from ui.browser.plain import plain
from ui.browser.session import Session
from ui.browser.wording import Words

# Laws and contracts of today refer to none that are older, nor to days beyond.
_FIRST_DAY, _LAST_DAY = date(1000, 1, 1), date(9999, 12, 31)


def show_details_form(session: Session, collection: str, facts: DocumentFacts) -> None:
    """Title, dates in force and tags: what people say wins over what the file says."""
    words = session.words
    with st.expander(words("details"), icon=":material/edit:"), st.form(f"details-{facts.id}", border=False):
        title = st.text_input(words("details_title"), facts.title, max_chars=512)
        start = _day(words("details_from"), facts.metadata.get("effective_from", facts.effective_from))
        end = _day(words("details_to"), facts.metadata.get("effective_to", ""))
        tags = st.text_input(
            words("details_tags"), facts.metadata.get("tags", ""), max_chars=512, help=words("details_tags_why")
        )
        language = _language(facts, words)
        saved = st.form_submit_button(words("save"), type="primary")
    if not saved:
        return
    said = {"title": title or "", "effective_from": _written(start), "effective_to": _written(end), "tags": tags or ""}
    said |= {"language": language}
    try:
        session.client.describe_document(collection, facts.id, _given(facts, said))
    except ClientError as failure:
        st.error(plain(sentence_for(failure, words)))
        return
    session.forget_documents()
    session.said = words("details_saved")
    st.rerun()


def show_replacing_form(session: Session, collection: str, facts: DocumentFacts) -> None:
    """A newer version: from its first day on, answers are drawn from it and no longer from this one."""
    words = session.words
    with (
        st.expander(words("replace"), icon=":material/upgrade:"),
        st.form(f"replace-{facts.id}", border=False, clear_on_submit=True),
    ):
        st.caption(words("replace_what"))
        translate_uploader(words, "newer", session.most_file_mb)
        file = st.file_uploader(words("replace_file"), key="newer", max_upload_size=session.most_file_mb)
        start = _day(words("replace_from"), "")
        sent = st.form_submit_button(words("replace_send"), type="primary")
    if not sent:
        return
    if file is None:
        st.warning(words("upload_nothing"))
        return
    attributes = {"replaces": facts.id} | ({"effective_from": _written(start)} if start else {})
    try:
        session.client.add_file(collection, file.name, file, attributes)
    except ClientError as failure:
        st.error(plain(words("upload_failed", name=file.name, reason=sentence_for(failure, words))))
        return
    session.forget_documents()
    session.said = words("replace_sent")
    st.switch_page(session.pages["library"])


def _given(facts: DocumentFacts, said: dict[str, str]) -> Attributes:
    """What people say of a document after a change: only what was changed here is said anew, the rest stays."""
    known = {"title": facts.title, **{key: facts.metadata.get(key, "") for key in said if key != "title"}}
    known["language"] = str(facts.given.get("language", ""))  # what the file itself states of it is not what holds
    return {**facts.given, **{key: text.strip() for key, text in said.items() if text.strip() != known[key]}}


def _language(facts: DocumentFacts, words: Words) -> str:
    """The code of the one that people say; "" where the one that was read from the text holds."""
    given = str(facts.given.get("language", ""))
    codes = dict.fromkeys(("", *LANGUAGE_CODES, *([given] if given else [])))
    read = "" if given or not facts.language else language_name(facts.language, words)
    as_read = words("details_language_read_as", language=read) if read else words("details_language_read")
    chosen = st.selectbox(
        words("details_language"),
        list(codes),
        index=list(codes).index(given),
        format_func=lambda code: language_name(code, words) if code else as_read,
        help=words("details_language_why"),
    )
    return chosen or ""


def _day(label: str, known: str) -> date | None:
    try:
        value = date.fromisoformat(known) if known else None
    except ValueError:  # as the file states it, in words
        value = None
    chosen = st.date_input(label, value, min_value=_FIRST_DAY, max_value=_LAST_DAY, format="YYYY-MM-DD")
    return chosen if isinstance(chosen, date) else None


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""
