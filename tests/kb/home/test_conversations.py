from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import NotFoundError
from kb.home.conversations import (
    add_items,
    create_conversation,
    delete_conversation,
    delete_item,
    describe_conversation,
    get_conversation,
    get_item,
    items_of,
)
from kb.home.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


def item(item_id: str, text: str) -> dict[str, object]:
    return {"id": item_id, "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


FEE, DEPOSIT = item("msg_1", "How much is the resit fee?"), item("msg_2", "押金应当在几日内退还？")


def test_a_conversation_keeps_its_items_in_their_order_and_its_metadata(home: Home) -> None:
    begun = create_conversation(home, [DEPOSIT], {"用户": "小王"}, owner="key_1")
    add_items(home, begun.id, [FEE])
    assert get_conversation(home, begun.id) == begun
    assert begun.metadata == {"用户": "小王"}
    assert items_of(home, begun.id) == [DEPOSIT, FEE]
    assert get_item(home, begun.id, "msg_1") == FEE
    assert describe_conversation(home, begun.id, {"a": "b"}).metadata == {"a": "b"}


def test_what_is_forgotten_is_in_no_file_of_the_home(home: Home) -> None:
    begun = create_conversation(home, [FEE, DEPOSIT])
    delete_item(home, begun.id, "msg_1")
    assert items_of(home, begun.id) == [DEPOSIT]
    delete_conversation(home, begun.id)
    written = b"".join(file.read_bytes() for file in home.folder.iterdir() if file.is_file())
    assert b"resit fee" not in written
    assert "押金".encode() not in written


def test_two_conversations_may_hold_items_of_one_id(home: Home) -> None:
    first, second = create_conversation(home, [FEE]), create_conversation(home, [FEE])
    delete_conversation(home, first.id)
    assert items_of(home, second.id) == [FEE]


@pytest.mark.parametrize("what", [get_conversation, items_of, delete_conversation])
def test_an_unknown_conversation_is_not_found(home: Home, what: object) -> None:
    with pytest.raises(NotFoundError, match="conv_nowhere"):
        what(home, "conv_nowhere")  # type: ignore[operator]


def test_an_unknown_item_is_not_found_and_nothing_is_added_to_what_is_not_there(home: Home) -> None:
    begun = create_conversation(home)
    with pytest.raises(NotFoundError, match="msg_9"):
        get_item(home, begun.id, "msg_9")
    with pytest.raises(NotFoundError, match="msg_9"):
        delete_item(home, begun.id, "msg_9")
    with pytest.raises(NotFoundError, match="conv_nowhere"):
        add_items(home, "conv_nowhere", [FEE])
    with pytest.raises(NotFoundError, match="conv_nowhere"):
        describe_conversation(home, "conv_nowhere", {})
