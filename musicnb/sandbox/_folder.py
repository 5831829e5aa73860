"""The data folder: where sound files lie, and how they get there whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder: ``artifacts`` for what has a row, ``incoming`` for what has none yet."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "sandbox.sqlite3"

    @property
    def artifacts(self) -> Path:
        """Finished files, named by their artifact id."""
        return self.root / "artifacts"

    @property
    def incoming(self) -> Path:
        """Files that are still being written."""
        return self.root / "incoming"

    def prepare(self) -> None:
        """Create the folders, readable by their owner only."""
        for path in (self.root, self.artifacts, self.incoming):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Remove files without a row: leftovers of a run that was cut off."""
        leftovers = [*self.incoming.iterdir()]
        leftovers += [path for path in self.artifacts.iterdir() if path.name not in known]
        for path in leftovers:
            if path.is_file():
                path.unlink(missing_ok=True)

    def discard(self, artifact_id: str) -> None:
        """Remove what there is of a clip that nobody gets."""
        for folder in (self.incoming, self.artifacts):
            for name in clip_names(artifact_id):
                (folder / name).unlink(missing_ok=True)


def clip_names(artifact_id: str) -> tuple[str, str]:
    """Return the names of a clip's two files: the sound, and its score beside it."""
    return f"{artifact_id}.mp3", f"{artifact_id}.mid"


def publish(temporary: Path, final: Path) -> None:
    """Give a written file its final name, so that after a power cut it is whole or absent."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    if os.name == "posix":  # elsewhere a directory cannot be opened
        descriptor = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
