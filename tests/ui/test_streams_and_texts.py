"""What a command prints to and what is typed at it, where shells and scripts make something odd of them."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.catalog import Catalog
from kb.home.home import Home
from tests.fakes import HashEmbedder
from tests.serving.library import damage, store_text
from ui.terminal.main import main


def ibid(
    home: Path, *arguments: str | bytes, shell: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command in a process of its own; `shell` redirects its streams."""
    program = [sys.executable, "-c", "import sys; from ui.terminal.main import main; sys.exit(main())"]
    command = [*program, *arguments, "--home", str(home)]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    return subprocess.run(command, check=False, capture_output=True, env={**os.environ, **environment}, timeout=60)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert main(["collections", "--create", "法律", "--home", str(tmp_path)]) == 0
    return tmp_path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_behind_stdout_is_said_in_one_line(home: Path) -> None:
    for option in ([], ["--json"]):
        done = ibid(home, "collections", *option, shell=">/dev/full")
        assert done.returncode == 1
        assert done.stderr == b"ibid: cannot read or write: no space left on device\n"


def test_closed_streams_are_no_failure(home: Path) -> None:
    assert ibid(home, "collections", shell=">&-").returncode == 0
    assert b"Traceback" not in ibid(home, "documents", "-c", "none", shell="2>&-").stderr


def test_what_the_terminal_cannot_show_is_escaped(home: Path) -> None:
    done = ibid(home, "collections", "--json", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert rb'"name": "\u6cd5\u5f8b"' in done.stdout


def test_a_question_of_broken_bytes_is_refused(home: Path) -> None:
    done = ibid(home, "ask", b"When is \xff the examination?")
    assert done.returncode == 2
    assert "no text: its bytes are not in UTF-8" in done.stderr.decode()


@pytest.mark.parametrize("arguments", [("-c", ""), ("--as-of", " ")])
def test_an_option_that_names_nothing_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    assert main(["search", "rent", *arguments, "--home", str(home)]) == 2
    assert "is empty: nothing is named by it" in capsys.readouterr().err


def test_an_emptied_catalog_is_named_and_hides_no_other(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["collections", "--create", "course", "--home", str(home)])
    (home / "collections" / "course" / "catalog.db").write_bytes(b"")
    for file in (home / "collections" / "course").glob("catalog.db-*"):
        file.unlink()
    capsys.readouterr()
    assert main(["documents", "-c", "course", "--home", str(home)]) == 1
    assert "it holds no collection" in capsys.readouterr().err
    assert main(["collections", "--home", str(home)]) == 0
    captured = capsys.readouterr()
    assert "法律" in captured.out
    assert "'course' is there but cannot be read" in captured.err
    assert main(["doctor", "--home", str(home)]) == 1
    assert "it holds no collection" in capsys.readouterr().out


def test_the_doctor_says_what_to_do_about_a_collection_that_is_damaged(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blobs = home / "collections" / "法律" / "blobs"
    catalog = Catalog.open(blobs.parent)
    store_text(catalog, HashEmbedder(), "rules.txt", "Late work loses marks.")
    catalog.close()
    file = blobs.parent / "catalog.db"
    damage(file)
    assert main(["doctor", "--home", str(home)]) == 1
    shown = capsys.readouterr().out
    assert "catalog.db is damaged: " in shown
    assert f"the originals are in {blobs}" in shown
    assert "Run `ibid doctor`" not in shown
    assert main(["collections", "--delete", "法律", "--home", str(home)]) == 0
    assert not file.exists()


def test_the_doctor_sees_that_the_home_s_own_database_is_damaged(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in home.glob("ibid.db*"):
        file.unlink()
    (home / "ibid.db").write_text("no database")
    assert main(["doctor", "--home", str(home)]) == 1
    assert "ibid.db is damaged: file is not a database" in capsys.readouterr().out


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="no disk can be mounted here")
def test_the_doctor_has_nobody_throw_away_what_a_full_disk_hides(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = small_disk / "home"
    Home(home).close()
    with contextlib.suppress(OSError), (small_disk / "filled").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    assert main(["doctor", "--home", str(home)]) == 1
    shown = capsys.readouterr().out
    assert "full" in next(line for line in shown.splitlines() if line.split()[1] == "home")
    assert "damaged" not in shown
    assert "move" not in shown
    (small_disk / "filled").unlink()
    main(["doctor", "--home", str(home)])
    assert "ibid.db: past answers, jobs, keys and the audit log are whole" in capsys.readouterr().out


def test_a_number_of_workers_that_cannot_be_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "rules.txt").write_text("Late work loses marks.")
    assert main(["ingest", str(home / "rules.txt"), "--workers", "-3", "--home", str(home)]) == 2
    assert "--workers cannot be -3" in capsys.readouterr().err
