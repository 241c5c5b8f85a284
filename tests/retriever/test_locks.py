import threading
import time
from pathlib import Path

import pytest

from retriever.files import write_whole
from retriever.locks import SharedLock, process_lock


def test_readers_share_and_a_writer_is_alone() -> None:
    lock, inside, seen = SharedLock(), {"reading": 0, "writing": 0}, []

    def read() -> None:
        for _ in range(40):
            with lock.reading():
                inside["reading"] += 1
                seen.append(("reading", dict(inside)))
                time.sleep(0.0002)
                inside["reading"] -= 1

    def write() -> None:
        for _ in range(20):
            with lock.writing():
                inside["writing"] += 1
                seen.append(("writing", dict(inside)))
                time.sleep(0.0002)
                inside["writing"] -= 1

    threads = [threading.Thread(target=work) for work in (read, read, read, write, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert len(seen) == 3 * 40 + 2 * 20
    assert all(state["writing"] == 0 for kind, state in seen if kind == "reading")
    assert all(state == {"reading": 0, "writing": 1} for kind, state in seen if kind == "writing")


def test_a_failing_reader_lets_go() -> None:
    lock = SharedLock()
    with pytest.raises(ValueError, match="broken"), lock.reading():
        raise ValueError("broken")
    with lock.writing():
        pass


def test_a_process_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    events: list[str] = []

    def hold(name: str) -> None:
        with process_lock(tmp_path / "lock"):
            events.append(f"{name} in")
            time.sleep(0.02)
            events.append(f"{name} out")

    threads = [threading.Thread(target=hold, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(events[n].split()[0] == events[n + 1].split()[0] for n in range(0, 8, 2))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, b"new", "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]
    write_whole(path, b"new", memoryview(b" text"))
    assert path.read_bytes() == b"new text"
