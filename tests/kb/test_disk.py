"""What a folder takes of the disk."""

from pathlib import Path

from kb.home.disk import bytes_in


def test_files_of_all_folders_count_and_what_links_lead_to_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    (folder / "cache" / "deep").mkdir(parents=True)
    (folder / "catalog.db").write_bytes(bytes(1000))
    (folder / "cache" / "deep" / "index").write_bytes(bytes(20))
    (tmp_path / "elsewhere").write_bytes(bytes(50_000))
    before = bytes_in(folder)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    assert before == 1020
    assert 1020 < bytes_in(folder) < 2000  # the links themselves
    assert bytes_in(tmp_path / "nothing") == 0
