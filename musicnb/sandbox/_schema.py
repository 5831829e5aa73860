"""The sandbox's tables; the rules about money stand here, where no code can go round them."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 2

# What is wrong with a task, on command; see `musicnb.sandbox.faults`.
_TASK_FAULTS: Final = """\
CREATE TABLE task_faults (
    task_id TEXT NOT NULL REFERENCES tasks (task_id),
    fault TEXT NOT NULL,
    parameters TEXT NOT NULL,
    refund_due INTEGER,
    PRIMARY KEY (task_id, fault)
) STRICT;
"""
# Without it a page of the list sorts every task there is.
_LISTED: Final = "CREATE INDEX tasks_by_tenant ON tasks (tenant, ordinal);\n"
_REFUNDS: Final = """\
CREATE TRIGGER refunds_deliver_nothing BEFORE INSERT ON transfers
WHEN NEW.kind = 'refund' AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE task_id = NEW.task_id AND status IN ('failed', 'canceled')
) BEGIN
    SELECT RAISE (ABORT, 'only what has failed or was canceled is refunded');
END;
"""

# Times are microseconds since 1970 (UTC), money is ten-thousandths of a credit.
_TABLES: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    key_hash BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('wallet', 'revenue', 'issued')),
    balance INTEGER NOT NULL DEFAULT 0,
    CHECK (kind <> 'wallet' OR balance >= 0)
) STRICT;

CREATE TABLE transfers (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('top_up', 'debit', 'refund')),
    task_id TEXT,
    created_at INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    CHECK ((kind = 'top_up') = (task_id IS NULL)),
    UNIQUE (task_id, kind)
) STRICT;

CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    transfer_id INTEGER NOT NULL REFERENCES transfers (id),
    account TEXT NOT NULL REFERENCES accounts (name),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    UNIQUE (transfer_id, account)
) STRICT;

CREATE TRIGGER entries_add_up AFTER INSERT ON entries BEGIN
    UPDATE accounts SET balance = balance + NEW.amount WHERE name = NEW.account;
END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN
    SELECT RAISE (ABORT, 'ledger rows never change');
END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN
    SELECT RAISE (ABORT, 'ledger rows never change');
END;
CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers BEGIN
    SELECT RAISE (ABORT, 'ledger rows never change');
END;
CREATE TRIGGER transfers_remain BEFORE DELETE ON transfers BEGIN
    SELECT RAISE (ABORT, 'ledger rows never change');
END;

CREATE TABLE artifacts (
    artifact_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL CHECK (kind IN ('clip', 'upload')),
    format TEXT NOT NULL,
    file_name TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    frames INTEGER NOT NULL,
    sample_rate INTEGER NOT NULL,
    purpose TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tasks (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    capability TEXT NOT NULL,
    model TEXT NOT NULL,
    resolved_model TEXT NOT NULL,
    request TEXT NOT NULL,
    reference_artifact TEXT REFERENCES artifacts (artifact_id),
    price INTEGER NOT NULL,
    seed INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL
        CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'canceled')),
    warnings TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    cancel_requested_at INTEGER
) STRICT;
CREATE INDEX tasks_by_status ON tasks (tenant, status, ordinal);

CREATE TRIGGER tasks_move_forward BEFORE UPDATE OF status ON tasks
WHEN NOT (
    OLD.status = NEW.status
    OR (OLD.status = 'queued' AND NEW.status IN ('running', 'failed', 'canceled'))
    OR (OLD.status = 'running' AND NEW.status IN ('succeeded', 'failed', 'canceled'))
) BEGIN
    SELECT RAISE (ABORT, 'a task never goes back');
END;

CREATE TABLE clips (
    task_id TEXT NOT NULL REFERENCES tasks (task_id),
    take INTEGER NOT NULL,
    artifact_id TEXT NOT NULL REFERENCES artifacts (artifact_id),
    title TEXT NOT NULL,
    tags TEXT NOT NULL,
    lyrics TEXT,
    score_digest TEXT NOT NULL,
    PRIMARY KEY (task_id, take)
) STRICT;

CREATE TABLE idempotency (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_at);
"""
SCHEMA: Final = _TABLES + _TASK_FAULTS + _REFUNDS + _LISTED

# What brings the database of an earlier version to the next one, by that earlier version.
MIGRATIONS: Final = {
    1: (
        "ALTER TABLE tasks ADD COLUMN reference_artifact TEXT REFERENCES artifacts (artifact_id)",
        """UPDATE tasks
        SET reference_artifact = json_extract(request, '$.reference_audio.artifact_id')""",
        _TASK_FAULTS,
        _REFUNDS,
        _LISTED,
    ),
}
