"""Which keys uploaded a file. The same bytes are one file, which may so belong to several."""

from __future__ import annotations

from kb.home.home import Home


def note_owner(home: Home, file_id: str, owner: str) -> None:
    """Notes that a key uploaded a file. A file that is gone again meanwhile is nobody's."""
    with home.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO file_owners SELECT id, ? FROM files WHERE id = ?", (owner, file_id))


def files_of(home: Home, owner: str) -> set[str]:
    """The ids of the files that a key uploaded."""
    with home.reading() as connection:
        query = "SELECT file FROM file_owners WHERE owner = ?"
        return {file_id for (file_id,) in connection.execute(query, (owner,))}


def give_up(home: Home, file_id: str, owner: str) -> bool:
    """Takes a file from one of its owners; True where it was the last one."""
    with home.writing() as connection:
        owned = connection.execute("DELETE FROM file_owners WHERE file = ? AND owner = ?", (file_id, owner)).rowcount
        left = connection.execute("SELECT count(*) FROM file_owners WHERE file = ?", (file_id,)).fetchone()[0]
    return owned == 1 and left == 0
