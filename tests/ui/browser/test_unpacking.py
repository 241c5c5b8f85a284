"""A folder packed as zip: what is in it is taken out, and nothing that it claims or tries is believed."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.browser.library import unpacking
from ui.browser.library.unpacking import Unpacked, is_archive, unpacked

MOST = 1000


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    out.seek(0)
    return out


def taken(archive: io.BytesIO) -> list[Unpacked]:
    return list(unpacked("folder.zip", archive, MOST))


def test_files_come_without_their_folders_and_without_what_systems_add() -> None:
    archive = zipped(
        ("notes/2026/a.txt", b"a"),
        ("条例/第一章.md", b"b"),
        ("notes/.DS_Store", b"x"),
        ("__MACOSX/notes/._a.txt", b"x"),
        ("notes/Thumbs.db", b"x"),
    )
    assert taken(archive) == [Unpacked("a.txt", b"a"), Unpacked("第一章.md", b"b")]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "C:\\etc\\passwd"])
def test_a_path_that_leads_out_is_only_a_name(name: str) -> None:
    assert taken(zipped((name, b"x"))) == [Unpacked("passwd", b"x")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_names_are_read_as_the_packing_system_wrote_them(encoding: str) -> None:
    name = "租赁合同.txt".encode(encoding)
    raw = zipped(("x" * len(name), b"text")).getvalue().replace(b"x" * len(name), name)
    assert taken(io.BytesIO(raw)) == [Unpacked("租赁合同.txt", b"text")]


def test_what_unfolds_to_more_than_one_file_may_have_is_not_read_to_its_end() -> None:
    assert taken(zipped(("bomb.txt", b"0" * 5_000_000), ("a.txt", b"a"))) == [
        Unpacked("bomb.txt", fault="zip_too_large"),
        Unpacked("a.txt", b"a"),
    ]


def test_a_size_that_lies_is_not_believed() -> None:
    raw = bytearray(zipped(("bomb.txt", b"0" * 50_000)).getvalue())
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        where = raw.index(signature) + at
        raw[where : where + 4] = struct.pack("<I", 10)
    [found] = taken(io.BytesIO(bytes(raw)))
    assert found.fault in ("zip_damaged", "zip_too_large")


def test_links_zips_within_and_encrypted_files_are_named() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    raw = bytearray(zipped((link, b"/etc/passwd"), ("more.ZIP", b"PK"), ("secret.txt", b"x")).getvalue())
    last = raw.rindex(b"PK\x01\x02") + 8
    raw[last : last + 2] = struct.pack("<H", 1)
    assert [(file.name, file.fault) for file in taken(io.BytesIO(bytes(raw)))] == [
        ("link.txt", "zip_within"),
        ("more.ZIP", "zip_within"),
        ("secret.txt", "zip_encrypted"),
    ]


def test_an_empty_a_damaged_and_an_endless_archive_are_one_fault() -> None:
    many = zipped(*((f"{number}.txt", b"") for number in range(unpacking.MOST_FILES + 1)))
    cases = ((zipped(), "zip_empty"), (io.BytesIO(b"no zip"), "zip_damaged"), (many, "zip_too_many"))
    assert [taken(archive) for archive, _ in cases] == [[Unpacked("folder.zip", fault=fault)] for _, fault in cases]


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_bring_unpacking_down(noise: bytes, at: int) -> None:
    raw = bytearray(zipped(("notes/a.txt", b"some words " * 20), ("b.txt", b"b")).getvalue())
    raw[at : at + len(noise)] = noise
    for file in taken(io.BytesIO(bytes(raw))):
        assert "/" not in file.name
        assert len(file.content) <= MOST


def test_files_of_word_and_excel_are_no_folders() -> None:
    assert [is_archive(name) for name in ("a.zip", "A.ZIP", "a.docx", "a.xlsx", "zip", "a.epub")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
