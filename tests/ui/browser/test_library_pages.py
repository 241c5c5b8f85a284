"""The Library and its document page, over the real server: what people do there is done to the collection."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.browser.real_server import real_server
from tests.ui.browser.test_pages import drawn, plain_text
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.file_replies import FileState, StoredFile
from ui.browser.api.finding import Wanted
from ui.browser.library import collection_dialogs
from ui.browser.session import Session
from ui.browser.wording import read_words

RULES = (
    b"# House rules\n\n## Quiet\n\nThe house is quiet from 22:00.\n\n## Fees\n\n| Room | Fee |\n|---|---|\n| A | 40 |\n"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with real_server(tmp_path_factory.mktemp("ibid")) as url:
        yield Client(url)


@pytest.fixture(autouse=True)
def app_of_that_server(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBID_API_URL", client.base_url)


def _pages(first: str) -> None:
    import streamlit as st

    from ui.browser.library import document_page, library_page
    from ui.browser.session import current_session

    session = current_session()
    session.refresh_collections()
    shows = {"library": library_page.show, "document": document_page.show}
    session.pages = {name: st.Page(show, url_path=name, default=name == first) for name, show in shows.items()}
    st.navigation(list(session.pages.values())).run()


def library(collection: str = "default") -> AppTest:
    app = AppTest.from_function(_pages, default_timeout=20, args=("library",)).run()
    app.session_state["ibid"].collection = collection
    return app.run()


def document(collection: str, document_id: str) -> AppTest:
    app = AppTest.from_function(_pages, default_timeout=20, args=("document",))
    app.query_params["collection"] = collection
    app.query_params["document"] = document_id
    return app.run()


def manage(app: AppTest, what: str) -> AppTest:
    return app.button(key=f"collection-{what}").click().run()


def taken_in(client: Client, collection: str, name: str, content: bytes, **attributes: str) -> StoredFile:
    file_id = client.add_file(collection, name, io.BytesIO(content), attributes)
    for _ in range(300):
        [file] = [file for file in client.documents(collection).files if file.id == file_id]
        if file.state is not FileState.IN_PROGRESS:
            return file
        time.sleep(0.1)
    raise AssertionError("the file was not taken in")


def test_a_collection_is_made_described_and_deleted_with_what_it_removes(client: Client) -> None:
    app = manage(library(), "new")
    app.text_input(key="new-name").set_value("house 规定").run()
    app.text_area(key="description").set_value("What holds in the house").run()
    app.radio(key="policy").set_value("Withhold them").run()
    app.button(key="new-make").click().run()
    assert not app.exception
    made = client.collection("house-规定")
    assert (made.title, made.description, made.strict) == ("house 规定", "What holds in the house", True)
    assert app.text[0].value == "What holds in the house"

    manage(app, "edit")
    app.text_input(key="edit-title").set_value("House rules").run()
    app.button(key="edit-save").click().run()
    assert client.collection("house-规定").title == "House rules"
    assert client.collection("house-规定").strict

    taken_in(client, "house-规定", "rules.md", RULES)
    manage(app.run(), "remove")
    assert app.text[-1].value.startswith("Removed: 1 document, ")
    app.button(key="remove-cancel").click().run()
    assert client.collection("house-规定").documents == 1
    manage(app, "remove")
    app.button(key="remove-confirm").click().run()
    assert not app.exception
    with pytest.raises(ClientError) as gone:
        client.collection("house-规定")
    assert gone.value.kind is FailureKind.NOT_FOUND
    assert app.session_state["ibid"].collection == "default"


def test_a_document_may_be_as_large_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBID_LIMITS_MAX_FILE_MB", "7")
    [uploader] = library().get("file_uploader")
    assert uploader.proto.max_upload_size_mb == 7


def test_a_name_that_cannot_be_is_refused_in_the_dialog(client: Client) -> None:
    app = manage(library(), "new")
    assert app.button(key="new-make").disabled
    app.text_input(key="new-name").set_value("  ").run()
    assert app.button(key="new-make").disabled


def test_a_failed_file_is_tried_again_with_what_was_said_of_it(client: Client) -> None:
    torn = taken_in(client, "default", "torn.pdf", b"%PDF-1.7 and no more", tags="fees")
    assert torn.state is FileState.FAILED
    app = library()
    [row] = [row for row in drawn(app, "documents")[0]["rows"] if row["name"] == "torn.pdf"]
    assert row["can_retry"]
    client.queue_file("default", torn.id, torn.attributes)
    for _ in range(100):
        [again] = [file for file in client.documents("default").files if file.id == torn.id]
        if again.state is FileState.FAILED:
            break
        time.sleep(0.1)
    assert (again.reason, again.attributes["tags"]) == (torn.reason, "fees")
    client.delete_file("default", torn.id)


def test_a_document_shows_its_outline_its_passages_and_its_tables(client: Client) -> None:
    file = taken_in(client, "default", "rules.md", RULES)
    app = document("default", file.document_id)
    assert not app.exception
    assert plain_text(app.header[0].value) == "House rules"
    headings = drawn(app, "outline")[0]["headings"]
    assert [(heading["text"], heading["level"]) for heading in headings] == [
        ("House rules", 0),
        ("Quiet", 1),
        ("Fees", 1),
    ]
    blocks = [block for passage in drawn(app, "passages")[0]["passages"] for block in passage["blocks"]]
    assert any("quiet from 22:00" in block["text"] for block in blocks)
    assert [block["rows"] for block in blocks if block["rows"]] == [[["Room", "Fee"], ["A", "40"]]]


def test_what_is_said_of_a_document_wins_and_the_rest_stays(client: Client) -> None:
    file = taken_in(client, "default", "said.md", RULES.replace(b"22:00", b"21:00"), owner="the porter")
    app = document("default", file.document_id)
    app.text_input[0].set_value("Hausordnung 规定")
    app.text_input[1].set_value("house, quiet")
    submit = next(button for button in app.button if button.label == "Save")
    submit.click().run()
    assert not app.exception
    facts = client.facts("default", file.document_id)
    assert facts.title == "Hausordnung 规定"
    assert dict(facts.given) == {"owner": "the porter", "title": "Hausordnung 规定", "tags": "house, quiet"}


@pytest.mark.parametrize(("interface", "label", "german"), [("en", "Language", "German"), ("zh", "语言", "德文")])
def test_the_language_that_people_say_reaches_filters_and_search(
    client: Client, interface: str, label: str, german: str
) -> None:
    content = RULES.replace(b"22:00", f"20:00 ({interface})".encode())
    file = taken_in(client, "default", f"sprache-{interface}.md", content)
    app = document("default", file.document_id)
    app.session_state["ibid"].switch_language(interface)
    app.run()
    choice = next(box for box in app.selectbox if box.label == label)
    assert "en" not in choice.value
    choice.select("de")
    next(button for button in app.button if button.label in ("Save", "保存")).click().run()
    assert not app.exception
    assert client.facts("default", file.document_id).language == "de"
    assert german in " ".join(caption.value for caption in app.caption)
    found = client.search(Wanted("default", "quiet", languages=("de",)), 10)
    assert file.document_id in {place.document_id for place in found}
    assert file.document_id not in {
        place.document_id for place in client.search(Wanted("default", "quiet", languages=("en",)), 50)
    }
    (listed,) = (one for one in client.documents("default").files if one.document_id == file.document_id)
    assert listed.language == "de", "so that it can be chosen on the page Find"


def test_versions_name_each_other(client: Client) -> None:
    older = taken_in(client, "default", "fees-2025.md", RULES.replace(b"40", b"50"))
    newer = taken_in(client, "default", "fees-2026.md", RULES.replace(b"40", b"60"), replaces=older.document_id)
    said = [text.value for text in document("default", older.document_id).text]
    assert "Replaced by “House rules”." in said
    app = document("default", newer.document_id)
    assert "Replaces “House rules”." in [text.value for text in app.text]
    app.button(key=f"replaces-{older.document_id}").click().run()
    assert "fees-2025.md" in plain_text(app.caption[0].value)


def test_a_document_that_is_not_there_is_a_sentence(client: Client) -> None:
    for address in ("0" * 64, "", "<script>", "../health"):
        app = document("default", address)
        assert not app.exception
        assert app.warning[0].value == "This document is no longer in the collection."


@pytest.mark.parametrize(
    ("language", "memory", "most"), [("en", "through the app's memory", "Up to"), ("zh", "经过应用的内存", "此处至多")]
)
def test_what_is_too_large_for_the_app_goes_another_way_which_it_names(
    client: Client, monkeypatch: pytest.MonkeyPatch, language: str, memory: str, most: str
) -> None:
    app = library()
    app.session_state["ibid"].switch_language(language)
    manage(app.run(), "export")
    assert not app.exception
    assert any(memory in caption.value for caption in app.caption)
    assert app.code[0].value == (f"curl --fail --output default.ibid {client.base_url}/ibid/collections/default/export")
    assert len(app.get("download_button")) == 1
    monkeypatch.setattr(collection_dialogs, "_MOST_THROUGH_THE_APP", -1)
    app.run()
    assert app.get("download_button") == [], "what is too large is only offered from the server itself"
    assert "curl" in app.code[0].value
    manage(app, "import")
    assert any(most in caption.value for caption in app.caption)
    assert app.code[0].value == "ibid import FILE"


def test_the_command_that_saves_a_collection_holds_no_key_and_quotes_its_name(client: Client) -> None:
    session = Session(Client("http://127.0.0.1:1", key="sk-ibid-secret"), read_words("en"))
    command = collection_dialogs.export_command(session, "a b;rm")
    assert "secret" not in command
    assert "$IBID_API_KEY" in command
    assert command.endswith("--output 'a b;rm.ibid' http://127.0.0.1:1/ibid/collections/a%20b%3Brm/export")


def test_a_collection_goes_out_as_a_file_and_comes_in_again(client: Client) -> None:
    client.create_collection("out")
    taken_in(client, "out", "rules.md", RULES)
    saved = client.exported("out")
    name = client.import_collection(io.BytesIO(saved), len(saved), "in")
    assert (name, [file.name for file in client.documents("in").files]) == ("in", ["rules.md"])
    with pytest.raises(ClientError) as refused:
        client.import_collection(io.BytesIO(b"no collection"), 13)
    assert refused.value.kind is FailureKind.REFUSED
    assert "is no collection" in refused.value.detail
    for made in ("in", "out"):
        client.delete_collection(made)


MAIL = b"""From: a@example.org
Subject: The plan
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/plain

The plan is attached.
--cut
Content-Type: application/pdf
Content-Disposition: attachment; filename="plan.pdf"

%PDF
--cut--
"""


def test_what_was_not_read_of_a_file_is_told_as_a_kind_with_values(client: Client) -> None:
    [told] = taken_in(client, "default", "plan.eml", MAIL).warnings
    assert (told.code, dict(told.values)) == ("attachment_not_read", {"name": "plan.pdf"})
    assert told.message == "attachment not read: plan.pdf"
    file = next(file for file in client.documents("default").files if file.name == "plan.eml")
    assert client.facts("default", file.document_id).warnings == (told,)
    app = document("default", file.document_id)
    assert "Attachment not read: plan.pdf" in [caption.value.replace("\u200b\\", "") for caption in app.caption]
