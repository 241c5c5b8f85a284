"""The page Look after, over the real server: what it says is so, and what is done there is done."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from kb.home.audit import record
from kb.home.home import Home
from tests.ui.browser.real_server import real_server
from tests.ui.browser.test_pages import drawn, plain_text
from ui.browser.api.care_replies import Health, Storage
from ui.browser.api.client import Client
from ui.browser.care.drawing import appearance_data, health_data, storage_data
from ui.browser.wording import LANGUAGES, read_words


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("ibid"))


@pytest.fixture
def client(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with real_server(home.folder) as url:
        monkeypatch.setenv("IBID_API_URL", url)
        yield Client(url)


def _page() -> None:
    from contextlib import suppress

    from ui.browser.api.failures import ClientError
    from ui.browser.care.care_page import show
    from ui.browser.session import current_session

    session = current_session()
    with suppress(ClientError):  # the frame around the page says so
        session.refresh_collections()
    show()


def page(section: str = "health") -> AppTest:
    app = AppTest.from_function(_page, default_timeout=20).run()
    return app if section == "health" else choose(app, section)


def choose(app: AppTest, section: str) -> AppTest:
    app.session_state["section"] = section
    return app.run()


def titles(app: AppTest) -> list[str]:
    return [record["title"] for record in drawn(app, "records")[-1]["records"]]


def test_health_says_whether_the_server_answers_and_with_what(client: Client) -> None:
    app = page()
    assert not app.exception
    records = {record["title"]: record for record in drawn(app, "records")[0]["records"]}
    assert records["Server"]["state"] in ("Answers questions", "Cannot answer now")
    assert records["Answers"]["lines"] == ["none: answers are sentences of the documents, quoted"]
    assert records["Files on their way in"]["lines"] == ["0 waiting or being read · 0 failed"]


def test_a_key_is_made_shown_once_and_revoked(client: Client) -> None:
    app = page("keys")
    assert "no keys" in app.text[-1].value
    assert "IBID_API_KEY" in app.warning[0].value
    app.text_input(key="key-name").set_value("robot 机器人")
    app.multiselect(key="key-rights").set_value(["admin"])
    next(button for button in app.button if button.label == "Make the key").click().run()
    assert not app.exception
    secret = app.code[0].value
    assert secret.startswith("sk-ibid-")
    # From now on the app needs a key, too; what is shown once stays until it is copied.
    assert app.error
    assert app.button(key="key-copied")
    keyed = Client(client.base_url, key=secret)
    app.session_state["ibid"].client = keyed
    app.button(key="key-copied").click().run()
    assert [code.value for code in app.code] == []
    assert titles(app) == ["robot 机器人"]
    [key] = keyed.all_keys()
    assert (key.name, key.rights, key.collections) == ("robot 机器人", ("admin",), ())
    app.session_state["ibid"].revoking = key
    app.run()
    assert "cannot be undone" in app.text[-1].value
    app.button(key="revoke-confirm").click().run()
    assert httpx.get(f"{client.base_url}/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_key_for_some_collections_lasts_as_long_as_was_said(client: Client) -> None:
    secret = client.make_key("all", ["admin"], [], 0)
    admin = Client(client.base_url, key=secret)
    admin.make_key("reader", ["read", "ask"], ["default"], 30)
    reader = admin.all_keys()[1]
    assert (set(reader.rights), reader.collections) == ({"ask", "read"}, ("default",))
    assert reader.expires_at - reader.created_at == 30 * 86_400


@pytest.mark.parametrize("section", ["keys", "changes", "storage"])
@pytest.mark.parametrize(("language", "right"), [("en", {"admin", "read"}), ("zh", {"管理", "阅读"})])
def test_without_the_right_it_is_said_which_one_is_missing(
    client: Client, section: str, language: str, right: set[str]
) -> None:
    secret = client.make_key("asks", ["ask"], [], 0)
    app = page()
    session = app.session_state["ibid"]
    session.client, session.words = Client(client.base_url, key=secret), read_words(language)
    choose(app, section)
    assert not app.exception
    [error] = app.error
    assert any(f"“{one}”" in plain_text(error.value) for one in right)


def test_the_audit_log_is_read_page_by_page_and_checked(client: Client, home: Home) -> None:
    record(home, "worker", "document.added", collection="default", subjects=[str(number) for number in range(60)])
    app = page("changes")
    assert not app.exception
    records = drawn(app, "records")[0]["records"]
    assert (len(records), records[0]["title"], records[0]["state"]) == (50, "Document taken in", "#60")
    app.button(key="older").click().run()
    assert drawn(app, "records")[0]["records"][-1]["state"] == "#1"
    assert app.button(key="older").disabled
    app.button(key="newer").click().run()
    assert drawn(app, "records")[0]["records"][0]["state"] == "#60"
    app.button(key="check").click().run()
    assert app.success[0].value.startswith("The log is whole: 60 entries")


def test_storage_tells_what_every_collection_takes(client: Client) -> None:
    client.create_collection("law", policy="strict")
    app = page("storage")
    assert not app.exception
    records = {record["title"]: record for record in drawn(app, "records")[0]["records"]}
    assert records["law"]["lines"][0].endswith("0 documents · withholds what its documents do not bear out")
    assert 0 <= records["Disk"]["share"] <= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_a_sentence_and_an_unknown_one_the_servers_own(language: str) -> None:
    words = read_words(language)
    health = Health("not_ready", (("model_failed", "x"), ("new", "something new")), "", (("chat", "qwen"),), 1, 2, 100)
    server, *_ = health_data(health, words)["records"]
    assert server["notes"] == [words("reason_model_failed"), "something new"]
    assert server["mood"] == "bad"


def test_a_disk_that_is_nearly_full_is_named() -> None:
    words = read_words("en")
    disk, *_ = storage_data(Storage(1000, 10, 100, 5, ()), (), words)["records"]
    assert disk["notes"] == [words("reason_disk_full")]
    assert disk["share"] == pytest.approx(0.99)


def test_a_server_that_is_down_is_a_sentence_and_a_button(client: Client) -> None:
    app = page()
    app.session_state["ibid"].client = Client("http://127.0.0.1:9")  # the discard port, where nobody listens
    app.run()
    assert not app.exception
    assert plain_text(app.error[0].value).startswith("The server cannot be reached.")
    assert app.button(key="care-again")


def test_an_uploaded_file_of_others_is_in_the_log_without_its_name(client: Client) -> None:
    client.add_file("default", "secret name.txt", io.BytesIO(b"words"))
    app = page("changes")
    shown = str(drawn(app, "records"))
    assert "File uploaded" in shown
    assert "secret name" not in shown


@pytest.mark.parametrize(
    ("language", "choices", "strict"),
    [("en", ["As the device", "Light", "Dark"], "Withhold them"), ("zh", ["随设备", "浅色", "深色"], "不予显示")],
)
def test_language_theme_and_every_collections_policy_are_chosen_in_one_place(
    client: Client, language: str, choices: list[str], strict: str
) -> None:
    client.create_collection("wards", "Of the hospital *alone*", "flag")
    app = page("preferences")
    (switch,) = (one for one in app.get("button_group") if one.key == "care-language")
    switch.set_value(language).run()
    assert [label for _, label in drawn(app, "appearance")[0]["choices"]] == choices
    policy = app.selectbox(key="policy-of-wards")
    policy.select(next(value for value in ("flag", "strict") if policy.format_func(value) == strict)).run()
    assert not app.exception
    (wards,) = (one for one in client.collections() if one.name == "wards")
    assert wards.strict
    assert wards.description == "Of the hospital *alone*"


def test_whoever_has_answers_that_nobody_keeps_is_told_what_loading_anew_costs() -> None:
    for language, loss in (("en", "not kept"), ("zh", "未保存")):
        words = read_words(language)
        assert loss in appearance_data(["", "find"], words, losing=True)["when"]
        assert loss not in appearance_data(["", "find"], words, losing=False)["when"]
