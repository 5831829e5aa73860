"""Delivering: packs that prove themselves."""

from __future__ import annotations

from musicnb.deliver._records import (
    ClipRecord,
    Edge,
    FileRecord,
    Measured,
    PackManifest,
    Rights,
    pack_schema,
)
from musicnb.deliver._verify import PackCheck, verify_pack
from musicnb.deliver._write import write_pack

__all__ = [
    "ClipRecord",
    "Edge",
    "FileRecord",
    "Measured",
    "PackCheck",
    "PackManifest",
    "Rights",
    "pack_schema",
    "verify_pack",
    "write_pack",
]
