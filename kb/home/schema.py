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
    """
    CREATE TABLE answers (
        number INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL, collection TEXT NOT NULL,
        question TEXT NOT NULL, answer TEXT NOT NULL, created_at TEXT NOT NULL
    );
    CREATE INDEX answers_by_conversation ON answers(conversation, number);
    CREATE TABLE cited (
        collection TEXT NOT NULL, document_id TEXT NOT NULL,
        answer INTEGER NOT NULL REFERENCES answers(number) ON DELETE CASCADE,
        PRIMARY KEY (collection, document_id, answer)
    ) WITHOUT ROWID;
    CREATE INDEX cited_by_answer ON cited(answer);
    CREATE TABLE withdrawals (
        collection TEXT NOT NULL, document_id TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (collection, document_id)
    ) WITHOUT ROWID
    """,
)
