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
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, metadata TEXT NOT NULL, created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE conversation_items (
        number INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL REFERENCES conversations(id)
            ON DELETE CASCADE,
        id TEXT NOT NULL, item TEXT NOT NULL, UNIQUE (conversation, id)
    )
    """,
    # Pages of lists (kb/home/cursors.py); uploads in parts; batches of files; replies to repeated requests.
    """
    CREATE TABLE cursors (
        list TEXT NOT NULL, id TEXT NOT NULL, created_at TEXT NOT NULL, given_at REAL NOT NULL, PRIMARY KEY (list, id)
    ) WITHOUT ROWID;
    CREATE INDEX cursors_by_age ON cursors(given_at);
    ALTER TABLE files ADD COLUMN expires_at TEXT NOT NULL DEFAULT '';
    CREATE INDEX files_by_expiry ON files(expires_at) WHERE expires_at <> '';
    CREATE TABLE uploads (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, purpose TEXT NOT NULL, size INTEGER NOT NULL,
        media_type TEXT NOT NULL, keep_seconds INTEGER NOT NULL, state TEXT NOT NULL, file TEXT NOT NULL,
        created_at TEXT NOT NULL, expires_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE upload_parts (
        id TEXT PRIMARY KEY, upload TEXT NOT NULL REFERENCES uploads(id) ON DELETE CASCADE,
        size INTEGER NOT NULL, created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX upload_parts_by_upload ON upload_parts(upload);
    ALTER TABLE jobs ADD COLUMN error TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN passage_tokens INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET state = 'cancelled' WHERE state = 'failed' AND reason = 'cancelled';
    CREATE TABLE file_batches (
        id TEXT PRIMARY KEY, collection TEXT NOT NULL, cancelled INTEGER NOT NULL, created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE file_batch_jobs (
        batch TEXT NOT NULL REFERENCES file_batches(id) ON DELETE CASCADE, document_id TEXT NOT NULL, job TEXT NOT NULL,
        PRIMARY KEY (batch, document_id)
    ) WITHOUT ROWID;
    CREATE TABLE repeated_requests (
        request TEXT PRIMARY KEY, body TEXT NOT NULL, status INTEGER NOT NULL, reply TEXT NOT NULL, at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX repeated_requests_by_age ON repeated_requests(at)
    """,
    # Batches of requests (kb/home/batches.py).
    """
    CREATE TABLE batches (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, endpoint TEXT NOT NULL,
        input_file_id TEXT NOT NULL, state TEXT NOT NULL, moments TEXT NOT NULL, errors TEXT NOT NULL,
        metadata TEXT NOT NULL, output_file_id TEXT NOT NULL, error_file_id TEXT NOT NULL, total INTEGER NOT NULL,
        heartbeat REAL NOT NULL
    );
    CREATE TABLE batch_results (
        batch TEXT NOT NULL REFERENCES batches(id) ON DELETE CASCADE, line INTEGER NOT NULL, worked INTEGER NOT NULL,
        written TEXT NOT NULL, PRIMARY KEY (batch, line)
    ) WITHOUT ROWID
    """,
    # Replies that clients may ask for again (kb/home/replies.py).
    """
    CREATE TABLE replies (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, owner TEXT NOT NULL,
        previous TEXT NOT NULL, conversation TEXT NOT NULL, collection TEXT NOT NULL, status TEXT NOT NULL,
        asked TEXT NOT NULL, body TEXT NOT NULL, answer INTEGER REFERENCES answers(number) ON DELETE CASCADE,
        created_at TEXT NOT NULL
    );
    CREATE INDEX replies_by_kind ON replies(kind, number);
    CREATE INDEX replies_by_answer ON replies(answer)
    """,
    """
    CREATE TABLE keys (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE, rights TEXT NOT NULL, collections TEXT NOT NULL,
        requests_per_minute INTEGER NOT NULL, concurrent_requests INTEGER NOT NULL, created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL, last_used_at TEXT NOT NULL DEFAULT '', revoked_at TEXT NOT NULL DEFAULT ''
    )
    """,
    # What was changed and by whom (kb/home/audit.py): it only grows.
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
        collection TEXT NOT NULL, subject TEXT NOT NULL, hash TEXT NOT NULL
    );
    CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
    CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
    """,
    # Nor is an entry of it replaced.
    """
    CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
        WHEN NEW.number <= (SELECT max(number) FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
    """,
    # Which keys uploaded a file; those without one are no key's.
    """
    CREATE TABLE file_owners (
        file TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE, owner TEXT NOT NULL, PRIMARY KEY (file, owner)
    ) WITHOUT ROWID
    """,
    # What people thought of past answers (kb/home/feedback.py).
    """
    CREATE TABLE feedback (
        answer INTEGER PRIMARY KEY REFERENCES answers(number) ON DELETE CASCADE, thumb TEXT NOT NULL,
        reason TEXT NOT NULL, at TEXT NOT NULL
    )
    """,
    # Evaluations of collections with their own questions (kb/home/evaluations.py).
    """
    CREATE TABLE evaluations (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, collection TEXT NOT NULL,
        state TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, reason TEXT NOT NULL, run TEXT NOT NULL,
        attempts INTEGER NOT NULL, heartbeat REAL NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
    );
    CREATE INDEX evaluations_by_collection ON evaluations(collection, number);
    CREATE INDEX evaluations_that_wait ON evaluations(state) WHERE state IN ('queued', 'running')
    """,
    # Whose an upload is, from its beginning on.
    "ALTER TABLE uploads ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    # How far passages were asked to overlap.
    "ALTER TABLE jobs ADD COLUMN overlap_tokens INTEGER NOT NULL DEFAULT 0",
    # How long the files that a batch makes are to stay.
    "ALTER TABLE batches ADD COLUMN keep_seconds INTEGER NOT NULL DEFAULT 0",
    # What is told of a response while it is made in the background (kb/home/reply_events.py).
    """
    CREATE TABLE reply_events (
        reply TEXT NOT NULL REFERENCES replies(id) ON DELETE CASCADE, number INTEGER NOT NULL, event TEXT NOT NULL,
        PRIMARY KEY (reply, number)
    ) WITHOUT ROWID
    """,
    # Which files' jobs came to another state since a reader last looked, counted for each collection
    # (kb/home/job_summaries.py). Triggers, so that no way of changing a job can be missed.
    """
    CREATE TABLE job_changes (
        collection TEXT PRIMARY KEY, changed INTEGER NOT NULL, forgotten INTEGER NOT NULL
    ) WITHOUT ROWID;
    ALTER TABLE jobs ADD COLUMN changed_in INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX jobs_by_change ON jobs(collection, changed_in);
    CREATE TRIGGER a_job_is_new AFTER INSERT ON jobs BEGIN
        INSERT INTO job_changes VALUES (NEW.collection, 1, 0) ON CONFLICT DO UPDATE SET changed = changed + 1;
        UPDATE jobs SET changed_in = (SELECT changed FROM job_changes WHERE collection = NEW.collection)
            WHERE number = NEW.number;
    END;
    CREATE TRIGGER a_job_came_on AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
        INSERT INTO job_changes VALUES (NEW.collection, 1, 0) ON CONFLICT DO UPDATE SET changed = changed + 1;
        UPDATE jobs SET changed_in = (SELECT changed FROM job_changes WHERE collection = NEW.collection)
            WHERE number = NEW.number;
    END;
    CREATE TRIGGER a_job_is_forgotten AFTER DELETE ON jobs BEGIN
        INSERT INTO job_changes VALUES (OLD.collection, 0, 1) ON CONFLICT DO UPDATE SET forgotten = forgotten + 1;
    END
    """,
)
