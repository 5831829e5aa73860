"""Identifiers and keys: ULIDs with a prefix, and API keys."""

from __future__ import annotations

import base64
import random
import secrets
from typing import Final

from musicnb.sandbox._clock import now_us

_TO_CROCKFORD: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)
_KEY_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEY_LENGTH: Final = 32
# An id is no secret, keys and signatures are. Asking the system for 80 bits an id took 8 % of a
# busy server, and let go of the interpreter each time.
_chance: Final = random.Random(secrets.randbits(128))  # noqa: S311


def ulid() -> str:
    """Return a new ULID: 26 letters, 48 bits of milliseconds and 80 bits of chance."""
    number = (now_us() // 1000 << 80) | _chance.getrandbits(80)
    # 20 bytes are 32 letters of base 32, the first six of them zeros
    return base64.b32encode(number.to_bytes(20)).translate(_TO_CROCKFORD)[6:].decode()


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
