"""Names that every file system takes, and folders whose new entries outlast a power cut."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final

from musicnb.sound import is_device

_LONGEST_NAME_BYTES: Final = 80


def slug(text: str) -> str:
    """Reduce any text to what every file system takes as part of a name."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(
        character if character.isalnum() or character == "." else "-" for character in folded
    )
    words = "-".join(part.strip(".") for part in kept.split("-") if part.strip("."))
    cut = words.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").strip("-.")
    return f"{cut}-clip" if cut and is_device(cut) else cut or "clip"


def sync_folder(folder: Path) -> None:
    """Make what was created or renamed in a folder durable."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
