"""The list of the Library: what is asked again, what is shown in which order, and what can honestly be foretold."""

from __future__ import annotations

import dataclasses

import pytest

from ui.browser.api.client import Client
from ui.browser.api.file_replies import CollectionSummary, FileState, StoredFile
from ui.browser.figures import day_in, duration_in, size_in
from ui.browser.library.drawing import documents_data
from ui.browser.library.listing import Listing, Order, chosen
from ui.browser.wording import read_words

READY = StoredFile("file-1", "b/rules.pdf", "House rules", FileState.COMPLETED, created_at=10, size=5, tags=("house",))
OTHER = StoredFile("file-2", "条例.html", "管理条例", FileState.COMPLETED, created_at=30, size=50)
TORN = StoredFile("file-3", "torn.pdf", "", FileState.FAILED, reason="it is torn", created_at=20)
BUSY = StoredFile("file-4", "long.pdf", "", FileState.IN_PROGRESS, stage="embedding", progress=0.2, created_at=40)
FILES = (READY, OTHER, TORN, BUSY)


class FakeClient(Client):
    """Holds files, and notes what it is asked for."""

    def __init__(self, files: tuple[StoredFile, ...]) -> None:
        super().__init__("http://server")
        self.held = files
        self.version = 1
        self.asked: list[FileState | None] = []

    def collection(self, name: str) -> CollectionSummary:
        return CollectionSummary(name, len(self.held), stamp=(self.version,))

    def files(self, collection: str, state: FileState | None = None) -> tuple[StoredFile, ...]:
        self.asked.append(state)
        return tuple(file for file in self.held if state in (None, file.state))


def test_a_list_is_only_fetched_where_something_changed_and_else_only_what_is_on_its_way() -> None:
    client, listing = FakeClient(FILES), Listing()
    listing.refresh(client, "default")
    client.held = (READY, OTHER, TORN, dataclasses.replace(BUSY, progress=0.5))
    listing.refresh(client, "default")
    assert client.asked == [None, FileState.IN_PROGRESS]
    assert [file.progress for file in listing.files] == [0, 0, 0, 0.5]
    client.held, client.version = (READY,), 2
    listing.refresh(client, "default")
    listing.refresh(client, "default")
    assert client.asked == [None, FileState.IN_PROGRESS, None]
    listing.refresh(client, "other")
    listing.forget()
    listing.refresh(client, "other")
    assert client.asked[3:] == [None, None]


@pytest.mark.parametrize(
    ("words", "state", "order", "expected"),
    [
        ("", None, Order.ATTENTION, [BUSY, TORN, READY, OTHER]),
        ("", None, Order.TITLE, [READY, BUSY, TORN, OTHER]),
        ("", None, Order.NEWEST, [BUSY, OTHER, TORN, READY]),
        ("", None, Order.LARGEST, [OTHER, READY, BUSY, TORN]),
        ("PDF rules", None, Order.TITLE, [READY]),
        ("house", None, Order.TITLE, [READY]),
        ("条例", None, Order.TITLE, [OTHER]),
        ("", FileState.FAILED, Order.TITLE, [TORN]),
        ("nothing", None, Order.TITLE, []),
    ],
)
def test_lists_are_filtered_and_sorted(
    words: str, state: FileState | None, order: Order, expected: list[StoredFile]
) -> None:
    assert chosen(FILES, words, state, order) == expected


def test_the_time_left_is_only_told_once_there_is_a_pace() -> None:
    listing = Listing(files=(BUSY,), _since={"file-4": (100.0, 0.2)})
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
    older = dataclasses.replace(OTHER, id="file-9", name="a/rules.pdf")
    listing = Listing(files=(READY, OTHER, older))
    rows = documents_data([READY, OTHER, older], listing, 0.0, read_words("en"))["rows"]
    assert [any("also called rules.pdf" in note for note in row["notes"]) for row in rows] == [True, False, True]


def test_a_failed_file_can_be_tried_again_and_only_a_ready_one_opened() -> None:
    rows = documents_data(list(FILES), Listing(files=FILES), 0.0, read_words("zh"))["rows"]
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
