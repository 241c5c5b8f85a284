from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import NotFoundError
from kb.home.batches import (
    BatchState,
    LineError,
    Result,
    add_batch,
    beat,
    begin_batch,
    cancel_batch,
    end_batch,
    fail_batch,
    finalize_batch,
    get_batch,
    list_batches,
    note_results,
    release_batch,
    results_of,
    take_batch,
)
from kb.home.home import Home

ENDPOINT = "/v1/chat/completions"
FIRST, SECOND = Result(1, worked=True, written='{"答": 1}'), Result(2, worked=False, written='{"error": 2}')


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


def test_a_batch_goes_from_its_file_to_its_results(home: Home) -> None:
    queued = add_batch(home, ENDPOINT, "file-1", {"项目": "期末"}, owner="key_1")
    assert (queued.state, queued.total, queued.metadata) == (BatchState.VALIDATING, 0, {"项目": "期末"})
    taken = take_batch(home)
    assert taken is not None
    assert taken.id == queued.id
    begin_batch(home, queued.id, 2)
    note_results(home, queued.id, [SECOND])
    note_results(home, queued.id, [FIRST])
    assert results_of(home, queued.id) == [FIRST, SECOND]
    finalize_batch(home, queued.id)
    end_batch(home, queued.id, BatchState.COMPLETED, "file-2", "file-3")
    ended = get_batch(home, queued.id)
    assert (ended.total, ended.completed, ended.failed) == (2, 1, 1)
    assert (ended.output_file_id, ended.error_file_id) == ("file-2", "file-3")
    assert list(ended.moments) == ["validating", "in_progress", "finalizing", "completed"]
    assert take_batch(home) is None


def test_nobody_takes_what_another_works_on_until_it_falls_silent_or_lets_go(home: Home) -> None:
    older, newer = add_batch(home, ENDPOINT, "file-1"), add_batch(home, ENDPOINT, "file-2")
    assert [batch.id for batch in list_batches(home)] == [newer.id, older.id]
    assert [batch.id if (batch := take_batch(home)) else None for _ in range(3)] == [older.id, newer.id, None]
    release_batch(home, older.id)
    again = take_batch(home)
    assert again is not None
    assert again.id == older.id


def test_one_that_is_cancelled_says_so_to_whoever_works_on_it_and_never_goes_back(home: Home) -> None:
    batch = add_batch(home, ENDPOINT, "file-1")
    begin_batch(home, batch.id, 2)
    assert beat(home, batch.id) is BatchState.IN_PROGRESS
    assert cancel_batch(home, batch.id).state is BatchState.CANCELLING
    begin_batch(home, batch.id, 2)
    finalize_batch(home, batch.id)
    assert beat(home, batch.id) is BatchState.CANCELLING
    end_batch(home, batch.id, BatchState.CANCELLED, "", "")
    assert cancel_batch(home, batch.id).state is BatchState.CANCELLED


def test_a_file_that_cannot_be_worked_off_fails_with_its_lines(home: Home) -> None:
    batch = add_batch(home, ENDPOINT, "file-1")
    errors = (LineError("invalid_json_line", "这一行不是 JSON", 3), LineError("empty_file", "there is nothing in it"))
    fail_batch(home, batch.id, errors)
    assert get_batch(home, batch.id).errors == errors
    assert get_batch(home, batch.id).state is BatchState.FAILED


def test_an_unknown_batch_is_not_found(home: Home) -> None:
    with pytest.raises(NotFoundError, match="batch_nowhere"):
        cancel_batch(home, "batch_nowhere")
