from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from kb import Verdict
from kb.document_warnings import SENTENCES
from kb.home.keys import Right
from kb.records import Policy
from serving.http.border.rights import ROUTES
from tests.ui.browser.fake_answers import HOSTILE
from tests.ui.browser.payloads import all_payloads
from ui.browser.answers.drawing import ACTIONS
from ui.browser.answers.suggestions import all_questions
from ui.browser.api.failures import FailureKind
from ui.browser.api.file_replies import FileState, Order
from ui.browser.check.drawing import METRICS
from ui.browser.labels import LANGUAGE_CODES
from ui.browser.plain import plain
from ui.browser.wording import LANGUAGES, language_for, read_words, streamlit_words

ROOT = Path(__file__).parents[3]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ui" / "browser").rglob("*.py"))
SETS = {
    "verdict": [item.value for item in Verdict],
    "count": [item.value for item in Verdict],
    "failure": [*(item.value for item in FailureKind), "said"],
    "withdrawn": ["deleted", "changed", "replaced", "superseded"],
    "state": [item.value for item in FileState],
    "action": list(ACTIONS),
    "filter": ["document", "kind", "tag", "language"],
    "kind": ["text", "image", "message"],
    "in": [code.replace("-", "_").lower() for code in LANGUAGE_CODES],
    "care": ["health", "keys", "changes", "storage", "preferences"],
    "theme": ["system", "light", "dark"],
    "health": ["ready", "degraded", "not_ready"],
    "model": ["chat", "embedder", "reranker", "verifier"],
    "model_is": ["extractive", "words", "packaged"],
    "actor": ["terminal", "worker", "server", "loopback"],
    "audit": sorted(
        {needs.change.replace(".", "_") for needs in ROUTES.values() if needs.change}
        | {"document_added", "file_expired", "collection_expired", "key_created", "key_revoked"}
    ),
    "reason": [
        *("shutting_down", "embedder_failed", "embedder_loading", "model_starting", "model_failed"),
        *("disk_full", "no_worker"),
    ],
    "right": [item.value for item in Right],
    "passages": ["heading", "none", "part", "previous", "next"],
    "order": [item.value for item in Order],
    "policy_is": [item.value for item in Policy],
    "policy": [item.value for item in Policy],
    "collection": ["new", "edit", "export", "import", "remove"],
    "month": [str(number) for number in range(1, 13)],
    "check": ["runs", "questions", "feedback"],
    "feedback": ["all", "up", "down"],
    "change": ["better", "worse", "same"],
    "metric": ["_".join(re.findall("[a-z0-9]+", name.lower())) for name in METRICS],
    "warning": list(SENTENCES),
    "stage": ["waiting", "parsing", "splitting", "embedding", "storing"],
}


def places_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_strings_with_the_same_places() -> None:
    english = read_words("en").strings
    for language in LANGUAGES:
        strings = read_words(language).strings
        assert strings.keys() == english.keys()
        for key, text in strings.items():
            assert places_in(text) == places_in(english[key]), key
            assert text.strip(), key


def test_streamlits_own_words_stand_in_every_language_but_its_own() -> None:
    assert streamlit_words("en") == {}
    for language in LANGUAGES:
        if language != "en":
            assert "Add row" in streamlit_words(language)
            assert all(word.strip() and not word.isascii() for word in streamlit_words(language).values())


def test_every_string_is_used_and_every_used_string_exists() -> None:
    known = set(read_words("en").strings)
    of_sets = {f"{prefix}_{value}" for prefix, values in SETS.items() for value in values}
    counted = {key for key in known if key.endswith("_one")}
    assert of_sets <= known
    assert {key.removesuffix("_one") for key in counted} <= known
    assert {key for key in known - of_sets - counted if f'"{key}"' not in CODE} == set()
    assert {key for key in re.findall(r'words(?:\.count)?\("([a-z_]+)"', CODE) if key not in known} == set()


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("de", "en"), ("", "en"), (None, "en")],
)
def test_the_interface_speaks_the_browsers_language(locale: str | None, language: str) -> None:
    assert language_for(locale) == language


def test_one_thing_is_not_counted_as_many() -> None:
    words = read_words("en")
    assert [words.count("pages", number) for number in (0, 1, 2)] == ["0 pages", "1 page", "2 pages"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_questions_are_ones_whose_answers_are_known(language: str) -> None:
    known = (ROOT / "examples" / "questions.yaml").read_text(encoding="utf-8")
    for name, question in all_questions(language).items():
        assert list((ROOT / "examples" / "documents").rglob(name)), name
        assert question in known


# Control signs, and those that turn the direction of writing.
_UNSEEN = "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"


@pytest.mark.parametrize("payload", [*HOSTILE, *all_payloads()])
def test_no_sign_of_markdown_stands_free_in_text_made_plain(payload: str) -> None:
    made = plain(payload)
    seen = " ".join(re.sub(_UNSEEN, "", payload).split())
    assert re.sub(r"\u200b\\([!-/:-@\[-`{-~])", "", made) == re.sub(r"[!-/:-@\[-`{-~]", "", seen)
    assert made.replace("\u200b\\", "") == seen
