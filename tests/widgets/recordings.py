"""A desk for forms under test: it keeps presets and requests in memory and makes references."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicnb.briefs import Artifact, Brief
from musicnb.errors import InvalidInput
from musicnb.widgets import ClipChoice, KeptRecording, OrderChoice, Reference


class Desk:
    """Answers a form; a file becomes the upload whose id is its size."""

    def __init__(self, *briefs: Brief) -> None:
        self.briefs = {f"order-{i}": brief for i, brief in enumerate(briefs)}
        self.kept: dict[str, Mapping[str, Any]] = {}
        self.sent: list[bytes] = []
        self.paths: list[Path] = []
        self.go = threading.Event()
        self.go.set()
        self.balance_asked = 0

    def refer(
        self, source: object, *, name: str = "", told: Callable[[str, float], None]
    ) -> Reference:
        """Wait until it may go, then give a reference of ten seconds."""
        told("Uploading", 0.5)
        self.go.wait(10)
        sound = source if isinstance(source, Path) else None
        if isinstance(source, Path):
            self.paths.append(source)
            self.sent.append(source.read_bytes())
            source = Artifact(f"art_{len(self.sent[-1])}")
        if source == "nonsense":
            raise InvalidInput.about("reference", "is nothing")
        if isinstance(source, str) and source.startswith("art_"):
            source = Artifact(source)
        assert isinstance(source, (Artifact, str))
        size = len(self.sent[-1]) if sound else 1000
        return Reference(
            source, name or "a clip", ("0:10", "WAV"), "WAV", 10.0, size, bytes(2000), sound=sound
        )

    def clips(self, search: str) -> Sequence[ClipChoice]:
        """Find one clip, by any word but one."""
        return [] if search == "no" else [ClipChoice("tsk_1-1", "Slow Light", "0:10", bytes(2000))]

    def orders(self, search: str) -> Sequence[OrderChoice]:
        """List the briefs whose prompt holds the search."""
        return [
            OrderChoice(name, brief.title or "", brief.prompt, "Suno 5.5", 0.0)
            for name, brief in self.briefs.items()
            if search in brief.prompt
        ]

    def brief_of(self, order_id: str) -> Brief:
        """Return one of the briefs."""
        return self.briefs[order_id]

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what was kept."""
        return self.kept

    def kept_recording(self, fields: Mapping[str, Any]) -> KeptRecording | None:
        """Take what was kept as it is."""
        return KeptRecording(fields["reference"]) if fields.get("reference") else None

    def keep_preset(self, name: str, fields: Mapping[str, Any]) -> None:
        """Keep it."""
        self.kept[name] = fields

    def drop_preset(self, name: str) -> None:
        """Forget it."""
        self.kept.pop(name, None)

    def ask_balance(self) -> None:
        """Count how often it was asked."""
        self.balance_asked += 1
