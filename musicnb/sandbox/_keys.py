"""API keys: where they come from, what is kept of them, and whose they are.

A file of keys shares one sandbox among several projects, each with its own wallet, tasks and files.
It has one project a line::

    # name   key                                   initial credits
    ada      sk-0123456789abcdefghijABCDEFGHIJ01
    grace    sk-ABCDEFGHIJ01234567890123456789ab   2500.0000
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from musicnb.errors import ConfigurationError
from musicnb.sandbox._ids import KEY_LENGTH, new_key

__all__ = ["KEY_VARIABLE", "OWN", "Project", "hash_key", "own_key", "read_projects"]

_log = logging.getLogger("musicnb.sandbox")

KEY_VARIABLE: Final = "MUSICNB_SANDBOX_API_KEY"
OWN: Final = "local"
"""The project of a sandbox that nobody shares."""

_KEY: Final = re.compile(rf"sk-[A-Za-z0-9]{{{KEY_LENGTH}}}")
_KEY_HINT: Final = f"A key is sk- and {KEY_LENGTH} letters and digits"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CREDITS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_MAX_FILE_BYTES: Final = 1024 * 1024
_FOR_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class Project:
    """One of those who share a sandbox.

    Parameters
    ----------
    name
        What its wallet is called in the ledger.
    key_hash
        All that is kept of its key.
    credits
        What its wallet holds at first, or None for the usual amount.
    """

    name: str
    key_hash: bytes
    credits: Decimal | None = None


def hash_key(key: bytes) -> bytes:
    """Return what is stored of an API key; 190 random bits need no slow hash."""
    return hashlib.sha256(key).digest()


def read_projects(path: Path) -> Sequence[Project]:
    """Read a file of keys: ``name key [initial credits]`` a line; # begins a comment.

    Raises
    ------
    ConfigurationError
        A line is not like that, a name or key is there twice, or there is none. The message names
        the line and never shows a key.
    """
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise ConfigurationError(f"{path} is too large for a file of keys")
    if os.name == "posix" and path.stat().st_mode & _FOR_OTHERS:
        _log.warning("%s can be read by other users of this machine; chmod 600 mends that", path)
    projects: list[Project] = []
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        project, problem = _project(words)
        if project is not None and any(project.name == other.name for other in projects):
            problem = f"names {project.name} a second time"
        elif project is not None and any(project.key_hash == other.key_hash for other in projects):
            problem = "has a key that another line has too"
        if project is None or problem:
            raise ConfigurationError(f"line {number} of {path} {problem}", hint=_KEY_HINT)
        projects.append(project)
    if not projects:
        raise ConfigurationError(f"{path} holds no keys", hint="One a line: name sk-… [credits]")
    return projects


def _project(words: Sequence[str]) -> tuple[Project | None, str]:
    """Return a line's project, or what is wrong with it."""
    name, key, amount, *more = (*words, "", "", "")[: max(3, len(words))]
    if more or not key:
        return None, "is not: name key [initial credits]"
    if not _NAME.fullmatch(name):
        return None, "has a name that is not 1 to 40 of a-z, 0-9, _ and -"
    if not _KEY.fullmatch(key):
        return None, "holds no sandbox key (value not shown)"
    if amount and not _CREDITS.fullmatch(amount):
        return None, "has initial credits that are no amount such as 2500.0000"
    return Project(name, hash_key(key.encode()), Decimal(amount) if amount else None), ""


def own_key(path: Path | None) -> str:
    """Find the key of a sandbox with one project: in a file, in the environment, or a new one.

    Raises
    ------
    ConfigurationError
        What was found is no key.
    """
    if path is None:
        return _checked(os.environ.get(KEY_VARIABLE, "") or new_key(), f"${KEY_VARIABLE}")
    if not path.exists():
        key = new_key()
        # killed in the middle, it must not leave an empty file that no later start can use
        temporary = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
        temporary.replace(path)
        return key
    return _checked(path.read_text(errors="replace").strip(), str(path))


def _checked(key: str, source: str) -> str:
    if not _KEY.fullmatch(key):
        raise ConfigurationError(f"{source} holds no sandbox key (value not shown)", hint=_KEY_HINT)
    return key
