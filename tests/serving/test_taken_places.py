"""Places for answers that several server processes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.http.answers.places import Places
from serving.http.errors import ApiError
from serving.taken_places import TakenPlaces, free_places


def two_processes(folder: Path, places: int) -> tuple[Places, Places]:
    return Places(places, TakenPlaces(folder, 2, 0)), Places(places, TakenPlaces(folder, 2, 1))


def test_several_processes_have_no_more_places_than_one(tmp_path: Path) -> None:
    one, other = two_processes(tmp_path, 3)
    taken = one.take()
    one.take()
    other.take()
    assert (one.free, other.free) == (0, 0)
    for places in (one, other):
        with pytest.raises(ApiError):
            places.check()
        with pytest.raises(ApiError):
            places.take()
    taken.give_back()
    other.take()  # whichever process had it, any may take it
    assert one.free == 0


def test_what_a_dead_process_held_is_free_again(tmp_path: Path) -> None:
    one, dead = two_processes(tmp_path, 2)
    dead.take()
    dead.take()
    assert one.free == 0
    free_places(tmp_path, 1)
    assert one.free == 2
    one.take()
    Places(2, TakenPlaces(tmp_path, 2, 1)).take()  # the one that is started in its stead
    assert one.free == 0


def test_one_process_is_crowded_by_its_own_answers_only(tmp_path: Path) -> None:
    one, other = two_processes(tmp_path, 128)
    for _ in range(20):
        one.take()
    assert one.is_crowded
    assert not other.is_crowded
