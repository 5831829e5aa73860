"""Identifiers and keys: ULIDs with a prefix, and API keys."""

from __future__ import annotations

import secrets
import time
from typing import Final

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEY_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEY_LENGTH: Final = 32


def ulid() -> str:
    """Return a new ULID: 26 letters, 48 bits of milliseconds and 80 bits of chance."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def new_task_id() -> str:
    """Return a new id of a task."""
    return f"tsk_{ulid()}"


def new_artifact_id() -> str:
    """Return a new id of a sound file."""
    return f"art_{ulid()}"


def new_request_id() -> str:
    """Return a new id of one HTTP request."""
    return f"req_{ulid()}"


def new_key() -> str:
    """Return a new API key: ``sk-`` and 32 letters and digits."""
    return "sk-" + "".join(secrets.choice(_KEY_LETTERS) for _ in range(KEY_LENGTH))
