"""The list of the Library: what is asked for, what is shown in which order, and what can honestly be foretold."""

from __future__ import annotations

import dataclasses

import pytest

from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError
from ui.browser.api.file_replies import DocumentsPart, FileState, Order, StoredFile
from ui.browser.figures import day_in, duration_in, size_in
from ui.browser.library.drawing import documents_data
from ui.browser.library.listing import ROWS, Listing, Looked
from ui.browser.wording import read_words

READY = StoredFile("file-1", "b/rules.pdf", "House rules", FileState.COMPLETED, created_at=10, size=5, tags=("house",))
OTHER = StoredFile("file-2", "条例.html", "管理条例", FileState.COMPLETED, created_at=30, size=50)
TORN = StoredFile("file-3", "torn.pdf", "", FileState.FAILED, reason="it is torn", created_at=20)
BUSY = StoredFile("file-4", "long.pdf", "", FileState.IN_PROGRESS, stage="embedding", progress=0.2, created_at=40)


class FakeClient(Client):
    """Holds as many files as it is told, and notes what it is asked for."""

    def __init__(self, total: int) -> None:
        super().__init__("http://server")
        self.total = total
        self.progress = 0.2
        self.asked: list[tuple[str, str, int, int]] = []

    def documents(
        self,
        collection: str,
        words: str = "",
        state: FileState | None = None,
        order: Order = Order.ATTENTION,
        *,
        first: int = 0,
        limit: int = 50,
    ) -> DocumentsPart:
        self.asked.append((collection, words, first, limit))
        numbers = range(self.total)[first : first + limit]
        files = [dataclasses.replace(BUSY, id=f"file-{number}", progress=self.progress) for number in numbers]
        return DocumentsPart(tuple(files), self.total, {FileState.IN_PROGRESS: self.total, FileState.COMPLETED: 1})


def test_only_what_is_shown_is_asked_for_and_each_time_anew() -> None:
    client, listing = FakeClient(20_000), Listing()
    listing.refresh(client, Looked("default"), 0)
    listing.refresh(client, Looked("default"), 399)
    client.progress = 0.5
    listing.refresh(client, Looked("default"), 399)
    assert client.asked == [("default", "", first, ROWS) for first in (0, 19_950, 19_950)]
    assert {file.progress for file in listing.part.files} == {0.5}
    assert (listing.parts, listing.number, listing.busy) == (400, 399, True)


def test_whatever_else_is_looked_for_begins_with_its_first_part() -> None:
    client, listing = FakeClient(120), Listing()
    listing.refresh(client, Looked("default"), 2)  # another list than the empty one before
    assert (listing.number, listing.changed) == (0, 1)
    listing.refresh(client, Looked("default"), 2)
    assert (listing.number, listing.changed) == (2, 1)
    listing.refresh(client, Looked("default", "rules"), 2)
    assert (listing.number, listing.changed, client.asked[-1]) == (0, 2, ("default", "rules", 0, ROWS))


def test_where_the_last_part_is_gone_the_one_before_it_is_shown() -> None:
    client, listing = FakeClient(101), Listing()
    listing.refresh(client, Looked("default"), 0)
    listing.refresh(client, Looked("default"), 2)
    assert len(listing.part.files) == 1
    client.total = 100
    listing.refresh(client, Looked("default"), 2)
    assert (listing.number, len(listing.part.files)) == (1, ROWS)
    client.total = 0
    listing.refresh(client, Looked("default"), 1)
    assert (listing.part.files, listing.parts, listing.busy) == ((), 1, False)


def test_what_failed_to_be_asked_for_leaves_what_was_known() -> None:
    client, listing = FakeClient(3), Listing()
    listing.refresh(client, Looked("default"), 0)
    known = listing.part
    with pytest.raises(ClientError):
        listing.refresh(Client("http://127.0.0.1:9"), Looked("other"), 0)
    assert (listing.part, listing.looked.collection) == (known, "default")


def test_the_time_left_is_only_told_once_there_is_a_pace() -> None:
    listing = Listing(_since={"file-4": (100.0, 0.2)})
    assert listing.seconds_left(BUSY, 130.0) is None  # nothing moved
    moved = dataclasses.replace(BUSY, progress=0.6)
    assert listing.seconds_left(moved, 101.0) is None  # too soon to tell
    assert listing.seconds_left(moved, 140.0) == pytest.approx(40.0)
    assert listing.seconds_left(dataclasses.replace(moved, stage="parsing"), 140.0) is None
    assert listing.seconds_left(dataclasses.replace(moved, id="file-9"), 140.0) is None


@pytest.mark.parametrize(("language", "soon", "later"), [("en", "less than", "about 2 min"), ("zh", "不到", "2 分钟")])
def test_what_is_foretold_is_no_more_exact_than_it_can_be(language: str, soon: str, later: str) -> None:
    words = read_words(language)
    assert soon in duration_in(12, words)
    assert later in duration_in(110, words)


def test_documents_of_one_file_name_are_shown_as_such() -> None:
    twin = dataclasses.replace(READY, same_name=True)
    rows = documents_data([twin, OTHER], Listing(), 0.0, read_words("en"))["rows"]
    assert [any("also called rules.pdf" in note for note in row["notes"]) for row in rows] == [True, False]


def test_a_failed_file_can_be_tried_again_and_only_a_ready_one_opened() -> None:
    rows = documents_data([READY, OTHER, TORN, BUSY], Listing(), 0.0, read_words("zh"))["rows"]
    assert [(row["can_open"], row["can_retry"]) for row in rows] == [
        (True, False), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert rows[2]["notes"] == ["it is torn"]


def test_sizes_and_days_are_in_words() -> None:
    assert [size_in(size) for size in (0, 999, 1000, 1_234_567, 123_456_789_000)] == [
        "0 B", "999 B", "1.0 kB", "1.2 MB", "123 GB",
    ]  # fmt: skip
    assert day_in("2026-03-01T08:00:00+00:00", read_words("en")) == "1 March 2026"
    assert day_in("2026-03-01T08:00:00+00:00", read_words("zh")) == "2026年3月1日"
    assert day_in("soon", read_words("en")) == ""
