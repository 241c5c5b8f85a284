"""The tables of `ibid.db`: what belongs to no single collection."""

from __future__ import annotations

# Append only, as in kb/catalog/schema.py.
MIGRATIONS = (
    """
    CREATE TABLE files (
        id TEXT PRIMARY KEY, document_id TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
        purpose TEXT NOT NULL, created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, collection TEXT NOT NULL,
        name TEXT NOT NULL, document_id TEXT NOT NULL, state TEXT NOT NULL, stage TEXT NOT NULL,
        progress REAL NOT NULL, reason TEXT NOT NULL, metadata TEXT NOT NULL, attempts INTEGER NOT NULL,
        heartbeat REAL NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
    );
    CREATE INDEX jobs_by_state ON jobs(state, number);
    CREATE INDEX jobs_by_collection ON jobs(collection, document_id)
    """,
)
