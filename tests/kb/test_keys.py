"""API keys are shown once, kept as hashes, and end when they are revoked or their last day is over."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.errors import NotFoundError, UsageError
from kb.home.home import Home
from kb.home.keys import Keyring, Right, create_key, get_key, is_use_noted, list_keys, note_use, revoke_key


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_key_has_256_random_bits_and_only_its_hash_is_kept(home: Home) -> None:
    key, secret = create_key(home, "robot")
    assert re.fullmatch(r"sk-ibid-[\w-]{43}", secret)  # 43 characters of 6 bits
    kept = b"".join(path.read_bytes() for path in home.folder.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert secret.removeprefix("sk-ibid-").encode() not in kept
    assert hashlib.sha256(secret.encode()).digest() in kept
    assert Keyring(home).find(secret) == key


def test_two_keys_of_one_name_differ(home: Home) -> None:
    (first, one), (second, other) = create_key(home, "robot"), create_key(home, "robot")
    assert one != other
    assert first.id != second.id
    with pytest.raises(NotFoundError, match="several keys are named 'robot'"):
        get_key(home, "robot")
    assert get_key(home, first.id) == first


def test_a_key_may_ask_and_read_everywhere_unless_it_is_said(home: Home) -> None:
    key, _ = create_key(home, "机器人")
    assert key.rights == {Right.ASK, Right.READ}
    assert key.collections is None
    narrow, _ = create_key(home, "clinic", [Right.WRITE], ["病历", "clinic"])
    assert get_key(home, "clinic") == narrow
    assert narrow.collections == {"病历", "clinic"}
    assert list_keys(home) == [narrow, key]


def test_a_revoked_key_is_found_as_revoked_by_every_process_at_once(home: Home) -> None:
    _, secret = create_key(home, "robot")
    keyring = Keyring(home)
    found = keyring.find(secret)
    assert found is not None
    assert found.state == "valid"
    revoke_key(Home(home.folder), "robot")
    found = keyring.find(secret)
    assert found is not None
    assert found.state == "revoked"
    assert keyring.in_use


def test_revoking_again_keeps_the_first_moment(home: Home) -> None:
    key, _ = create_key(home, "robot")
    with home.writing() as connection:
        connection.execute("UPDATE keys SET revoked_at = '2026-01-01T00:00:00+00:00'")
    assert revoke_key(home, key.id).revoked_at == "2026-01-01T00:00:00+00:00"


def test_a_key_is_valid_on_its_last_day_and_expired_on_the_next(home: Home) -> None:
    today = datetime.now(UTC).date()
    assert create_key(home, "today", last_day=today)[0].state == "valid"
    assert create_key(home, "yesterday", last_day=today - timedelta(days=1))[0].state == "expired"


def test_unknown_secrets_find_nothing(home: Home) -> None:
    create_key(home, "robot")
    keyring = Keyring(home)
    for secret in ("", "sk-ibid-", "sk-ibid-" + "A" * 43, "\udcff"):
        assert keyring.find(secret) is None


def test_use_is_noted_once_an_hour(home: Home) -> None:
    key, _ = create_key(home, "robot")
    assert not is_use_noted(key)
    note_use(home, key)
    noted = get_key(home, key.id)
    assert is_use_noted(noted)
    with home.reading() as connection:
        before = connection.total_changes
    note_use(home, key)
    with home.reading() as connection:
        assert connection.total_changes == before


def test_looking_a_key_up_does_not_wait_for_who_writes(home: Home) -> None:
    _, secret = create_key(home, "robot")
    keyring = Keyring(home)
    found = threading.Event()

    def look() -> None:
        assert keyring.find(secret) is not None
        found.set()

    with home.writing() as connection:
        connection.execute("UPDATE keys SET name = 'robot'")
        thread = threading.Thread(target=look)
        thread.start()
        assert found.wait(5)
        thread.join()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": " "}, "cannot name a key"),
        ({"name": "a\nb"}, "cannot name a key"),
        ({"name": "x" * 81}, "cannot name a key"),
        ({"name": "a", "rights": []}, "without rights"),
        ({"name": "a", "collections": []}, "for no collection"),
        ({"name": "a", "requests_per_minute": -1}, "limit cannot be"),
        ({"name": "a", "concurrent_requests": 5000}, "limit cannot be"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(home: Home, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        create_key(home, **arguments)  # type: ignore[arg-type]
    assert list_keys(home) == []
