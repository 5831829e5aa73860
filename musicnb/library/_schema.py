"""The journal's tables. A change here is a new version and a migration from the last one."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

# Money is whole numbers of 1/10,000 credit: SQLite has no decimals, and floats are not money.
TABLES: Final = """
CREATE TABLE library (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE jobs (
    job_id          TEXT PRIMARY KEY,
    service         TEXT NOT NULL,
    capability      TEXT NOT NULL,
    brief_digest    TEXT NOT NULL,
    generation      INTEGER NOT NULL,
    body            BLOB NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL CHECK (state IN
        ('planned', 'sending', 'accepted', 'succeeded', 'failed', 'canceled', 'unknown')),
    expected        INTEGER NOT NULL CHECK (expected >= 0),
    planned_at      REAL NOT NULL,
    sent_at         REAL,
    task_id         TEXT UNIQUE,
    resolved_model  TEXT,
    charged         INTEGER,
    refunded        INTEGER,
    ended_at        REAL,
    problem         TEXT,
    UNIQUE (service, brief_digest, generation)
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);

CREATE TABLE clips (
    clip_id        TEXT PRIMARY KEY,
    job_id         TEXT NOT NULL REFERENCES jobs (job_id),
    position       INTEGER NOT NULL,
    title          TEXT NOT NULL,
    artifact_id    TEXT,
    file           TEXT NOT NULL UNIQUE,
    media_type     TEXT NOT NULL,
    size_bytes     INTEGER NOT NULL,
    sha256         TEXT NOT NULL,
    duration_s     REAL NOT NULL,
    sample_rate_hz INTEGER NOT NULL,
    channels       INTEGER NOT NULL,
    loudness_lufs  REAL NOT NULL,
    peak_dbfs      REAL NOT NULL,
    rms_dbfs       REAL NOT NULL,
    outline        BLOB NOT NULL,
    saved_at       REAL NOT NULL,
    problem        TEXT,
    UNIQUE (job_id, position)
) STRICT;
"""
