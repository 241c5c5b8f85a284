"""Profiles and writing them into the settings: nothing that stands in the file is lost."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embedding.sources import find_source
from kb.errors import SettingsError, StorageError
from kb.models import read_profiles
from kb.models.settings_file import set_in_file, with_settings
from kb.settings import read_settings
from serving.verifiers import verifier_of

PROFILES = read_profiles()


def test_there_are_the_three_profiles() -> None:
    assert list(PROFILES) == ["embedded", "standard", "gpu"]
    for profile in PROFILES.values():
        assert profile.embedder.name
        assert profile.embedder.licence in {"Apache-2.0", "MIT"}
        assert profile.embedder.question_ms
        assert profile.embedder.why
        for part in (profile.embedder, profile.reranker, profile.verifier, profile.chat):
            assert not part.name or part.unverified


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_sets_settings_that_exist(name: str, tmp_path: Path) -> None:
    set_in_file(tmp_path / "ibid.toml", PROFILES[name].settings)
    settings = read_settings({}, home=tmp_path)
    for section, values in PROFILES[name].settings.items():
        for key, value in values.items():
            assert getattr(getattr(settings, section), key) == value
    assert find_source(settings.embedder.model).name == PROFILES[name].embedder.name
    if PROFILES[name].reranker.name:
        assert find_source(settings.reranker.model, "reranker").name == PROFILES[name].reranker.name
    if PROFILES[name].verifier.name:
        assert find_source(settings.verifier.model, "verifier").name == PROFILES[name].verifier.name
        assert PROFILES[name].verifier.question_ms


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_names_a_verifier_that_can_be_opened(name: str, tmp_path: Path) -> None:
    set_in_file(tmp_path / "ibid.toml", PROFILES[name].settings)
    settings = read_settings({}, home=tmp_path)
    if settings.verifier.device != "cuda":  # where there is no GPU, that is said when it is asked
        verifier_of(settings)
    assert settings.verifier.kind in {"packaged", "model"}


def test_every_profile_sets_the_same_keys_so_that_one_replaces_another() -> None:
    keys = [{section: set(values) for section, values in profile.settings.items()} for profile in PROFILES.values()]
    for one in keys:
        assert one["embedder"] == keys[0]["embedder"]
        assert one["reranker"] - {"candidates"} == keys[0]["reranker"]
        assert one["verifier"] == keys[0]["verifier"]


def test_comments_order_and_other_settings_stay() -> None:
    text = """# of the law office
collection = "法律"  # default

[serve]   # where
port = 9000

[embedder]
# the first model
model = "packaged"   # comes with it
threads = 2


[limits]
max_pages = 10
"""
    changed = with_settings(text, {"embedder": {"model": "a/b", "device": "cpu"}, "reranker": {"model": "c/d"}})
    assert (
        changed
        == """# of the law office
collection = "法律"  # default

[serve]   # where
port = 9000

[embedder]
# the first model
model = "a/b"   # comes with it
threads = 2
device = "cpu"


[limits]
max_pages = 10

[reranker]
model = "c/d"
"""
    )


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ibid.toml"
    set_in_file(path, {"embedder": {"model": "a/b"}})
    assert path.read_text("utf-8") == '[embedder]\nmodel = "a/b"\n'
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    set_in_file(path, {"embedder": {"model": "a/c"}})
    assert path.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in path.parent.iterdir()] == ["ibid.toml"]


def test_what_is_set_already_leaves_the_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "ibid.toml"
    path.write_text("[embedder]\nmodel='a/b'", "utf-8")
    set_in_file(path, {"embedder": {"model": "a/b"}, "reranker": {}})
    assert path.read_text("utf-8") == "[embedder]\nmodel='a/b'"


@pytest.mark.parametrize(
    "text",
    [
        "embedder = { model = 'packaged' }",
        "embedder.model = 'packaged'",
        '[embedder]\nmodel = """\npackaged"""',
        "[other]\nnote = '''\n[embedder]\nmodel = 1\n'''\n[embedder]\nmodel = 'packaged'",
    ],
)
def test_a_file_in_an_unusual_form_is_left_alone_and_the_lines_are_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ibid.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r'Set embedder\.model = "a/b"'):
        set_in_file(path, {"embedder": {"model": "a/b"}})
    assert path.read_text("utf-8") == text


def test_a_broken_file_is_said_to_be_broken(tmp_path: Path) -> None:
    path = tmp_path / "ibid.toml"
    path.write_text("[embedder", "utf-8")
    with pytest.raises(SettingsError, match="cannot read"):
        set_in_file(path, {"embedder": {"model": "a/b"}})


def test_a_file_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises((StorageError, SettingsError), match="cannot"):
        set_in_file(tmp_path / "home" / "ibid.toml", {"embedder": {"model": "a/b"}})


_KEYS = st.sampled_from(["model", "device", "threads", "query_prefix"])
_VALUES = st.one_of(st.text(alphabet="ab/# '\"\\\n\t為[]=𠮷", max_size=6), st.integers(-5, 5))
_HELD = st.dictionaries(st.sampled_from(["embedder", "reranker", "serve"]), st.dictionaries(_KEYS, _VALUES, max_size=3))
_WANTED = st.dictionaries(st.sampled_from(["embedder", "reranker"]), st.dictionaries(_KEYS, _VALUES, max_size=3))


def as_toml(held: dict[str, dict[str, object]]) -> str:
    import json

    lines = ["# first"]
    for section, values in held.items():
        lines += ["", f"[{section}] # {section}"]
        lines += [f"  {key}={json.dumps(value, ensure_ascii=False)} # of {key}" for key, value in values.items()]
    return "\n".join(lines)


@given(held=_HELD, wanted=_WANTED)
def test_exactly_the_wanted_keys_change(
    held: dict[str, dict[str, object]], wanted: dict[str, dict[str, object]]
) -> None:
    text = as_toml(held)
    changed = with_settings(text, wanted)
    expected = {section: dict(values) for section, values in held.items()}
    for section, values in wanted.items():
        if values:
            expected.setdefault(section, {}).update(values)
    assert tomllib.loads(changed) == expected
    assert with_settings(changed, wanted) == changed
    kept = [line for line in text.splitlines() if "=" not in line]
    assert [line for line in changed.splitlines() if line in kept and line.strip()] == [
        line for line in kept if line.strip()
    ]
