"""From a sound file to another, in constant memory."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from musicnb.convert._blocks import Blocks, Mended, amplified, faded, resampled, trimmed
from musicnb.convert._changes import Changes
from musicnb.errors import Fault, InvalidInput
from musicnb.measure import Gauge, Gauged
from musicnb.sound import Decoder, Encoding, Source, encode_into, new_file

# An encoder answers to less gain with about as much less peak; two or three times are enough.
_ATTEMPTS: Final = 5
_MARGIN_DB: Final = 0.02
_TOLERANCE_LU: Final = 0.1
# closer to the ceiling than this, the ceiling is the reason
_NEAR_DB: Final = 0.6
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Converted:
    """A file that was made of another.

    Parameters
    ----------
    path, size_bytes, sha256
        The file.
    format, sample_rate_hz, channels, duration_s
        What it holds.
    changes
        What was asked for.
    gain_db
        By how much everything was amplified.
    loudness_lufs, true_peak_dbtp
        Of the file as it was written; None where no loudness was asked for.
    notes
        What a person should know: a target that could not be met, samples that were clipped.
    """

    path: Path
    size_bytes: int
    sha256: str
    format: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    changes: Changes
    gain_db: float = 0.0
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        form = f"{self.format}, {self.sample_rate_hz / 1000:g} kHz, {self.duration_s:.2f} s"
        lines = [f"{self.path}: {form}, {self.size_bytes:,} bytes; {self.changes}"]
        if self.loudness_lufs is not None:
            lines.append(
                f"{self.loudness_lufs:.1f} LUFS, {self.true_peak_dbtp:.1f} dBTP"
                f" ({self.gain_db:+.1f} dB)"
            )
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__


def convert(
    source: Source,
    path: str | os.PathLike[str],
    encoding: Encoding,
    changes: Changes | None = None,
    *,
    tags: Mapping[str, str] | None = None,
) -> Converted:
    """Make a new sound file of another.

    Parameters
    ----------
    source
        A path, a sound file's bytes, or a seekable binary file; only read.
    path
        A name that is not taken.
    encoding
        What kind of file is to be written.
    changes
        What is to be done to the sound; by default nothing.
    tags
        ``title``, ``artist``, ``album`` or ``comment``; any text.

    Returns
    -------
    Converted
        What was made, and how its level came out.

    Raises
    ------
    InvalidInput
        The part to be kept lies behind the end, or the format does not take the rate or bitrate.
    UndecodableAudio
        The source is no sound.
    FileExistsError
        There is something by this name.
    OSError
        The folder cannot be written.
    ConfigurationError
        Another sample rate needs soxr: ``pip install "musicnb[deliver]"``.
    """
    work = _Work(source, encoding, changes or Changes())
    with new_file(path) as file:
        work.run(file, tags or {})
        size, sha256 = file.seek(0, os.SEEK_END), _sha256(file)
    return Converted(
        path=Path(path),
        size_bytes=size,
        sha256=sha256,
        format=encoding.format,
        sample_rate_hz=work.rate,
        channels=work.channels,
        duration_s=work.frames / work.rate,
        changes=work.changes,
        gain_db=work.gain_db,
        loudness_lufs=work.gauged.loudness_lufs if work.gauged else None,
        true_peak_dbtp=work.gauged.true_peak_dbtp if work.gauged else None,
        notes=tuple(work.notes),
    )


def gauged(file: BinaryIO) -> Gauged:
    """Measure a sound file that is still being written, as whoever gets it will hear it."""
    file.flush()
    with Path(file.name).open("rb") as written, Decoder(written) as decoder:
        gauge = Gauge(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            gauge.push(block)
    return gauge.close()


@dataclass
class _Work:
    """One conversion: what it reads, and what came of it."""

    source: Source
    encoding: Encoding
    changes: Changes
    rate: int = 0
    channels: int = 0
    frames: int = 0
    gain_db: float = 0.0
    gauged: Gauged | None = None
    notes: list[str] = field(default_factory=list)
    _mended: Mended = field(default_factory=Mended)
    _problem: str | None = None

    def run(self, file: BinaryIO, tags: Mapping[str, str]) -> None:
        """Write the file that was asked for."""
        with Decoder(self.source) as decoder:
            self.channels = decoder.channels
            wanted = self.changes.sample_rate or self.encoding.best_rate(decoder.sample_rate)
            self.rate = wanted
            if wanted != (self.changes.sample_rate or decoder.sample_rate):
                self.notes.append(f"{self.encoding.format} is written at {wanted} Hz")
        if self.changes.loudness_lufs is not None:
            self._choose_gain(self.changes.loudness_lufs)
        self._write(file, tags)
        if self.gauged is not None and self.encoding.is_lossy:
            self._correct(file, tags)
        self._tell()

    def _choose_gain(self, loudness_lufs: float) -> None:
        gauge = Gauge(self.rate, self.channels)
        for block in self._blocks():
            gauge.push(block)
        self.gauged = read = gauge.close()
        if not math.isfinite(read.loudness_lufs):
            self.notes.append("its level was left alone: it is silent, or shorter than 0.4 s")
            return
        self._set_gain(
            read,
            min(
                loudness_lufs - read.loudness_lufs,
                self.changes.true_peak_dbtp - read.true_peak_dbtp,
            ),
        )

    def _set_gain(self, unchanged: Gauged, gain_db: float) -> None:
        self.gain_db = gain_db
        self.gauged = Gauged(unchanged.loudness_lufs + gain_db, unchanged.true_peak_dbtp + gain_db)

    def _correct(self, file: BinaryIO, tags: Mapping[str, str]) -> None:
        """Measure what the encoder has made of it, and write it again where that is amiss."""
        wanted = self.changes.loudness_lufs
        for attempt in range(_ATTEMPTS):
            self.gauged = gauged(file)
            room_db = self.changes.true_peak_dbtp - self.gauged.true_peak_dbtp
            if room_db < 0:
                more_db = room_db - _MARGIN_DB
            elif attempt == 0 and wanted is not None:  # once: up and down could go on for ever
                more_db = min(wanted - self.gauged.loudness_lufs, room_db - _MARGIN_DB)
            else:
                return
            if 0 <= more_db < _TOLERANCE_LU or not math.isfinite(more_db):
                return
            self.gain_db += more_db
            file.seek(0)
            file.truncate()
            self._write(file, tags)
        self.gauged = gauged(file)

    def _write(self, file: BinaryIO, tags: Mapping[str, str]) -> None:
        blocks = self._blocks()
        if self.gain_db:
            blocks = amplified(blocks, self.gain_db)
        self.frames = 0
        problem = ""
        try:
            encode_into(
                file,
                self._counted(self._mended.watch(blocks)),
                self.rate,
                self.channels,
                self.encoding,
                tags=tags,
            )
        except ValueError as error:
            if isinstance(error, InvalidInput):
                raise
            problem = str(error)
        if problem:
            raise InvalidInput.from_faults([Fault("encoding", "", problem)])

    def _counted(self, blocks: Blocks) -> Blocks:
        for block in blocks:
            self.frames += len(block)
            yield block

    def _blocks(self) -> Blocks:
        """Yield the sound as it is to be, but for its level."""
        changes, self._mended.odd = self.changes, 0
        with Decoder(self.source) as decoder:
            rate = decoder.sample_rate
            end = None if changes.end_s is None else round(changes.end_s * rate)
            blocks = trimmed(
                self._mended.mend(decoder.blocks()), start=round(changes.start_s * rate), end=end
            )
            if self.rate != rate:
                blocks = resampled(
                    blocks, sample_rate=rate, to=self.rate, channels=decoder.channels
                )
            blocks = faded(
                blocks,
                fade_in=round(changes.fade_in_s * self.rate),
                fade_out=round(changes.fade_out_s * self.rate),
            )
            is_empty = True
            for block in blocks:
                is_empty = False
                yield block
            self._problem = decoder.facts.problem if end is None else None
            if is_empty:
                reason = f"lies behind the end, at {decoder.facts.duration_s:.2f} s"
                raise InvalidInput.from_faults([Fault("start_s", "", reason)])

    def _tell(self) -> None:
        """Say what a person should know."""
        wanted, read = self.changes.loudness_lufs, self.gauged
        if self._problem:
            self.notes.append(f"of the original: {self._problem}")
        if self._mended.odd:
            self.notes.append(f"{self._mended.odd:,} samples were no numbers and are silent")
        if self._mended.beyond and not self.encoding.exceeds_full_scale:
            self.notes.append(f"{self._mended.beyond:,} samples beyond full scale were clipped")
        if wanted is None or read is None or not math.isfinite(read.loudness_lufs):
            return
        if wanted - read.loudness_lufs > _TOLERANCE_LU:
            reason = "its format takes away too much"
            if self.changes.true_peak_dbtp - read.true_peak_dbtp < _NEAR_DB:
                reason = f"more would exceed {self.changes.true_peak_dbtp:g} dBTP"
            self.notes.append(f"{read.loudness_lufs:.1f} LUFS instead of {wanted:g}: {reason}")


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.flush()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
