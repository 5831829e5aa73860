"""The journal's tables, and the way from each earlier version of them to the present one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VERSION: Final = 4

# Money is whole numbers of 1/10,000 credit: SQLite has no decimals, and floats are not money.
_JOBS: Final = """
CREATE TABLE jobs (
    job_id          TEXT PRIMARY KEY,
    service         TEXT NOT NULL,
    sweep           TEXT NOT NULL DEFAULT '',
    cell            INTEGER NOT NULL DEFAULT 0,
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
    seal            BLOB,
    UNIQUE (service, sweep, brief_digest, cell, generation)
) STRICT;
"""
_JOBS_INDEX: Final = "CREATE INDEX jobs_by_state ON jobs (state);"

_SWEEPS: Final = """
CREATE TABLE sweeps (
    service     TEXT NOT NULL,
    name        TEXT NOT NULL,
    max_credits INTEGER,
    PRIMARY KEY (service, name)
) STRICT;
"""

# What the service itself reported; the poller learns from it when to ask.
_DURATIONS: Final = """
CREATE TABLE durations (
    id      INTEGER PRIMARY KEY,
    model   TEXT NOT NULL,
    seconds REAL NOT NULL
) STRICT;
"""

_RATINGS: Final = """
CREATE TABLE ratings (
    clip_id  TEXT PRIMARY KEY REFERENCES clips (clip_id),
    stars    INTEGER CHECK (stars BETWEEN 1 AND 5),
    tags     TEXT NOT NULL,
    note     TEXT NOT NULL,
    rated_at REAL NOT NULL,
    seal     BLOB
) STRICT;
"""

# Votes are never deleted: one that is taken back says when.
_SESSIONS: Final = """
CREATE TABLE sessions (
    name        TEXT PRIMARY KEY,
    secret      TEXT NOT NULL UNIQUE,
    clips       TEXT NOT NULL,
    settings    TEXT NOT NULL,
    made_at     REAL NOT NULL,
    revealed_at REAL,
    seal        BLOB
) STRICT;
CREATE TABLE votes (
    number       INTEGER PRIMARY KEY,
    vote_id      TEXT NOT NULL UNIQUE,
    session      TEXT NOT NULL REFERENCES sessions (name),
    listener     TEXT NOT NULL,
    left_clip    TEXT NOT NULL,
    right_clip   TEXT NOT NULL,
    answer       TEXT NOT NULL CHECK (answer IN ('A', 'B', 'tie', 'both_unusable')),
    is_repeat    INTEGER NOT NULL CHECK (is_repeat IN (0, 1)),
    reasons      TEXT NOT NULL,
    note         TEXT NOT NULL,
    heard_a_s    REAL NOT NULL,
    heard_b_s    REAL NOT NULL,
    voted_at     REAL NOT NULL,
    withdrawn_at REAL,
    seal         BLOB
) STRICT;
CREATE INDEX votes_by_session ON votes (session);
"""

TABLES: Final = (
    "CREATE TABLE library (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    + _JOBS
    + _JOBS_INDEX
    + _SWEEPS
    + _DURATIONS
    + """
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
    seal           BLOB,
    UNIQUE (job_id, position)
) STRICT;
"""
    + _RATINGS
    + _SESSIONS
)

#: Tables whose rows carry a seal, with their keys, by the version that gave them one.
SEALED: Final[Mapping[int, Mapping[str, str]]] = {
    2: {"jobs": "job_id", "clips": "clip_id"},
    3: {"ratings": "clip_id"},
    4: {"sessions": "name", "votes": "vote_id"},
}

_V1_COLUMNS: Final = (
    "job_id, service, capability, brief_digest, generation, body, idempotency_key, state, expected,"
    " planned_at, sent_at, task_id, resolved_model, charged, refunded, ended_at, problem"
)

# SQLite cannot change a table's constraints: the table is made anew, in the order that
# https://www.sqlite.org/lang_altertable.html#otheralter prescribes.
MIGRATIONS: Final[Mapping[int, str]] = {
    1: f"""
    {_JOBS.replace("TABLE jobs", "TABLE jobs_new")}
    INSERT INTO jobs_new ({_V1_COLUMNS}) SELECT {_V1_COLUMNS} FROM jobs;
    DROP TABLE jobs;
    ALTER TABLE jobs_new RENAME TO jobs;
    {_JOBS_INDEX}
    {_SWEEPS}
    {_DURATIONS}
    ALTER TABLE clips ADD COLUMN seal BLOB;
    """,  # noqa: S608 - our own column names
    2: _RATINGS,
    3: _SESSIONS,
}
