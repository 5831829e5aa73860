"""A sound to a file as a profile asks for it, measured after it was encoded."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from musicnb.convert import Blocks, Mended, amplified, gauged, resampled, trimmed
from musicnb.deliver._bext import Bext, leave_room, put_first
from musicnb.deliver._dither import dithered
from musicnb.deliver._labels import Labels
from musicnb.deliver._limiter import Limiter
from musicnb.deliver._looping import Loop
from musicnb.deliver._original import Material, Original
from musicnb.deliver._profiles import Profile, profile_named
from musicnb.deliver._smpl import append_loop
from musicnb.errors import Fault, InvalidInput
from musicnb.measure import Gauge, Gauged, LoopSeam
from musicnb.sound import Sound, encode_into, named_path, new_file, read

#: Deeper than this a limiter is heard, not only seen.
MOST_LIMITING_DB: Final = 6.0
#: Closer to the loudness that was asked for nobody hears a difference.
NEAR_LU: Final = 0.1

_ATTEMPTS: Final = 8
# true-peak meters may differ by 0.2 dB upwards (EBU Tech 3341); libebur128's did by 0.06 from ours
_MARGIN_DB: Final = 0.1
# what the limiter's smooth gain may add between samples
_STEP_DB: Final = 0.02
_MOST_SLOPE: Final = 4.0
_MOST_EXTRA_DB: Final = 12.0


@dataclass(frozen=True, slots=True)
class Conformed:
    """A file made for a profile.

    Parameters
    ----------
    path, size_bytes, sha256
        The file.
    profile
        What it was made for.
    sample_rate_hz, channels, frames
        What it holds.
    gain_db
        By how much everything was amplified.
    limited_db
        By how much the loudest moment was lowered again.
    loudness_lufs, true_peak_dbtp
        Of the file as it was written, decoded again.
    seam
        Of a loop, in the file as it was written, decoded again; None of another sound.
    problems
        In what it misses the profile, in plain words.
    notes
        What a person should know besides.
    """

    path: Path
    size_bytes: int
    sha256: str
    profile: Profile
    sample_rate_hz: int
    channels: int
    frames: int
    gain_db: float
    limited_db: float
    loudness_lufs: float
    true_peak_dbtp: float
    seam: LoopSeam | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.sample_rate_hz

    @property
    def passed(self) -> bool:
        """Whether it is as the profile asks for."""
        return not self.problems

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        level = f"{self.loudness_lufs:.1f} LUFS, {self.true_peak_dbtp:.1f} dBTP"
        changed = f"{self.gain_db:+.1f} dB, limited by {self.limited_db:.1f} dB"
        form = f"{self.duration_s:.2f} s at {self.sample_rate_hz / 1000:g} kHz"
        lines = [
            f"{self.path}: {self.profile.title}, {'pass' if self.passed else 'FAIL'}",
            f"{level} ({changed}); {form}, {self.size_bytes:,} bytes",
        ]
        return "\n".join([*lines, *self.problems, *self.notes])

    __repr__ = __str__


def conform(
    source: Material | Loop,
    path: str | os.PathLike[str],
    profile: str | Profile,
    *,
    labels: Labels | None = None,
    made_at: datetime | None = None,
) -> Conformed:
    """Make a file as a profile asks for it.

    One gain and, where that exceeds the ceiling, a limiter; resampled by soxr, dithered where it is
    rounded, measured after encoding, and made again until level and peak fit. The original is only
    read.

    Parameters
    ----------
    source
        A path, a sound file's bytes, samples, or a loop: it is resampled and limited as if it had
        been going round already, and a WAV file carries its points in a ``smpl`` chunk.
    path
        A name that is not taken.
    profile
        One of `PROFILES` by name, or your own.
    labels
        What the file says about itself; a WAV file says it in a ``bext`` chunk too.
    made_at
        Date of that chunk; by default now, in UTC.

    Returns
    -------
    Conformed
        What was made, and in what it misses the profile: a file is made even then.

    Raises
    ------
    InvalidInput
        There is no such profile, it takes fewer channels than there are, samples have no such
        shape, kind or rate, or `path` is no path.
    UndecodableAudio
        The source is no sound.
    FileExistsError
        There is something by this name.
    OSError
        The folder cannot be written.
    ConfigurationError
        Another sample rate needs soxr: ``pip install "musicnb[deliver]"``.
    """
    labels, target = labels or Labels(), named_path(path)
    loop = source if isinstance(source, Loop) else None
    material = _going_round(source) if isinstance(source, Loop) else source
    work = _Work(Original(material), profile_named(profile), loop)
    bext = Bext(
        description=" ".join(text for text in (labels.title, labels.disclosure) if text),
        reference=labels.task_id,
        made_at=made_at or datetime.now(UTC),
        history=work.coding_history(),
    )
    with new_file(target) as file:
        work.run(file, labels.tags(), bext)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return Conformed(
        path=target,
        size_bytes=size,
        sha256=sha256,
        profile=work.profile,
        sample_rate_hz=work.rate,
        channels=work.channels,
        frames=work.frames,
        gain_db=work.gain_db,
        limited_db=work.limited_db,
        loudness_lufs=work.gauged.loudness_lufs,
        true_peak_dbtp=work.gauged.true_peak_dbtp,
        seam=work.seam,
        problems=tuple(work.problems(size)),
        notes=tuple(work.notes()),
    )


@dataclass
class _Work:
    """One delivery: what it reads, and what came of it."""

    original: Original
    profile: Profile
    loop: Loop | None = None
    gain_db: float = 0.0
    limited_db: float = 0.0
    frames: int = 0
    seam: LoopSeam | None = None
    gauged: Gauged = field(default_factory=lambda: Gauged(-math.inf, -math.inf))
    _mended: Mended = field(default_factory=Mended)
    _unchanged: Gauged = field(default_factory=lambda: Gauged(-math.inf, -math.inf))
    _ceiling_dbtp: float = 0.0

    def __post_init__(self) -> None:
        encoding, original = self.profile.encoding, self.original
        self.rate = self.profile.sample_rate or encoding.best_rate(original.rate)
        self.channels = self.profile.channels or original.channels
        problem = ""
        if original.channels > self.channels:
            problem = f"takes {self.channels} channels, not {original.channels}"
        try:
            encoding.settings(self.rate, self.channels)
        except ValueError as error:
            problem = str(error)
        if problem:
            raise InvalidInput.from_faults([Fault("profile", "", problem)])

    def coding_history(self) -> str:
        """Return how a WAV file was made, as EBU R 98 writes it."""
        mode = {1: "mono", 2: "stereo"}.get(self.channels, "multitrack")
        return f"A=PCM,F={self.rate},W={self.profile.bits},M={mode},T=musicnb"

    def run(self, file: BinaryIO, tags: dict[str, str], bext: Bext) -> None:
        """Write, measure, and write again until it fits."""
        wanted, ceiling = self.profile.loudness_lufs, self.profile.true_peak_dbtp
        gauge = Gauge(self.rate, self.channels)
        for block in self._shaped():
            gauge.push(block)
        self._unchanged = gauge.close()
        if wanted is not None and math.isfinite(self._unchanged.loudness_lufs):
            self.gain_db = wanted - self._unchanged.loudness_lufs
        self._ceiling_dbtp = 0.0 if ceiling is None else ceiling - _MARGIN_DB - _STEP_DB
        first_db, before = self.gain_db, (math.nan, math.nan)
        for attempt in range(_ATTEMPTS):
            self._write(file, tags, bext)
            over_db, short_lu = self._misses()
            if attempt == _ATTEMPTS - 1 or (over_db <= -_MARGIN_DB and abs(short_lu) <= NEAR_LU):
                break
            if over_db > -_MARGIN_DB:
                self._ceiling_dbtp -= over_db + _MARGIN_DB + _STEP_DB
            now = (self.gain_db, self.gauged.loudness_lufs)
            more_db = short_lu * _slope(before, now)
            self.gain_db = min(now[0] + more_db, first_db + _MOST_EXTRA_DB)
            before = now
        if self.loop is not None:
            file.seek(0)
            self.seam = self.loop.seam_of(read(file))

    def _misses(self) -> tuple[float, float]:
        """Return by how much the file exceeds the ceiling, and how far it is from its loudness."""
        wanted, ceiling = self.profile.loudness_lufs, self.profile.true_peak_dbtp
        over = -math.inf if ceiling is None else self.gauged.true_peak_dbtp - ceiling
        is_heard = wanted is not None and math.isfinite(self.gauged.loudness_lufs)
        return over, wanted - self.gauged.loudness_lufs if wanted is not None and is_heard else 0.0

    def _write(self, file: BinaryIO, tags: dict[str, str], bext: Bext) -> None:
        file.seek(0)
        file.truncate()
        if self.profile.format == "WAV":
            leave_room(file, bext)
        self.frames = 0
        encode_into(
            file, self._finished(), self.rate, self.channels, self.profile.encoding, tags=tags
        )
        if self.profile.format == "WAV":
            if self.loop is not None:
                append_loop(file, self.frames, self.rate)
            put_first(file, bext, math.nan, math.nan)
        self.gauged = gauged(file)
        if self.profile.format == "WAV":
            put_first(file, bext, self.gauged.loudness_lufs, self.gauged.true_peak_dbtp)

    def _finished(self) -> Iterable[NDArray[Any]]:
        """Return the sound as it goes into the encoder."""
        blocks, limiter = self._shaped(), None
        if self.gain_db:
            blocks = amplified(blocks, self.gain_db)
        peak = self._unchanged.true_peak_dbtp + self.gain_db
        if self.profile.true_peak_dbtp is not None and peak > self._ceiling_dbtp:
            limiter = Limiter(self.rate, self._ceiling_dbtp)
            blocks = limiter.limit(blocks)
        if self.loop is not None:
            wanted = round(self.loop.frames * self.rate / self.original.rate)
            blocks = trimmed(blocks, start=self.rate, end=self.rate + wanted)
        blocks = self._watched(blocks, limiter)
        bits, encoding = self.profile.bits, self.profile.encoding
        is_as_it_was = not (self.gain_db or limiter or self.rate != self.original.rate)
        is_rounded = not (is_as_it_was and self.original.bits <= bits)
        if encoding.is_lossy or encoding.exceeds_full_scale or not is_rounded:
            return blocks
        return dithered(blocks, bits)

    def _watched(self, blocks: Blocks, limiter: Limiter | None) -> Blocks:
        for block in self._mended.watch(blocks):
            self.frames += len(block)
            yield block
        self.limited_db = limiter.deepest_db if limiter else 0.0

    def _shaped(self) -> Blocks:
        """Yield the sound at the profile's rate and with its channels, of its own level."""
        original = self.original
        self._mended.odd = 0
        blocks = self._mended.mend(original.blocks())
        if self.rate != original.rate:
            blocks = resampled(
                blocks, sample_rate=original.rate, to=self.rate, channels=original.channels
            )
            blocks = self._exactly(blocks)
        for block in blocks:
            yield block.repeat(self.channels, axis=1) if block.shape[1] < self.channels else block

    def _exactly(self, blocks: Blocks) -> Blocks:
        """Yield as many frames as the length makes at the new rate: soxr may differ by one."""
        given = 0
        late = np.zeros((0, self.original.channels), np.float32)
        for block in blocks:  # how long the original is, is known when its last block has come
            if len(late):
                yield late
            given += len(late)
            late = block
        wanted = round(self.original.frames * self.rate / self.original.rate) - given
        yield np.pad(late[:wanted], ((0, max(0, wanted - len(late))), (0, 0)))

    def problems(self, size_bytes: int) -> Iterable[str]:
        """Yield in what the file misses its profile."""
        profile, (over_db, short_lu) = self.profile, self._misses()
        if profile.loudness_lufs is not None and not math.isfinite(self.gauged.loudness_lufs):
            yield "it is silent, or shorter than 0.4 s: its level was left alone"
        if abs(short_lu) > profile.tolerance_lu:
            yield f"{self.gauged.loudness_lufs:.1f} LUFS instead of {profile.loudness_lufs:g}"
        if over_db > 0:
            yield f"{self.gauged.true_peak_dbtp:.2f} dBTP, over {profile.true_peak_dbtp:g}"
        if self.limited_db > MOST_LIMITING_DB:
            yield (
                f"limited by {self.limited_db:.1f} dB to be as loud: that is heard;"
                " a less dynamic clip, or a softer profile, would not need it"
            )
        if self.seam is not None and not self.seam.loops:
            yield f"it does not go round: {'; '.join(self.seam.reasons)}"
        duration_s = self.frames / self.rate
        if profile.longest_s is not None and duration_s > profile.longest_s:
            yield f"{duration_s:.2f} s long, over {profile.longest_s:g} s: cut it down first"
        if profile.size_limit_bytes is not None and size_bytes > profile.size_limit_bytes:
            yield f"{size_bytes:,} bytes, over {profile.size_limit_bytes:,}"

    def notes(self) -> Iterable[str]:
        """Yield what a person should know besides."""
        if self.original.problem:
            yield f"of the original: {self.original.problem}"
        if self.original.signed:
            yield (
                "the original carries Content Credentials (C2PA): it keeps them untouched, but they"
                " vouch for no other file, so this one has none"
            )
        if self.loop is not None and self.profile.format == "MP3":
            yield (
                "MP3 adds silence at both ends and names it in its LAME tag; a player that does not"
                " read that has a gap of some 25 to 50 ms at the seam: engines want WAV or OGG"
            )
        if self.original.channels < self.channels:
            yield "mono, doubled to two channels"
        if self._mended.odd:
            yield f"{self._mended.odd:,} samples were no numbers and are silent"
        if self._mended.beyond and not self.profile.encoding.exceeds_full_scale:
            yield f"{self._mended.beyond:,} samples beyond full scale were clipped"


def _going_round(loop: Loop) -> Sound:
    """Return a loop with a second of itself before and after, so that no filter meets an end."""
    samples, rate = loop.render().samples, loop.sample_rate
    around = np.arange(-rate, len(samples) + rate) % len(samples)
    return Sound(samples[around], rate)


def _slope(before: tuple[float, float], now: tuple[float, float]) -> float:
    """Return how much gain a louder unit costs: more than one where the limiter takes it back."""
    gained, louder = now[0] - before[0], now[1] - before[1]
    if not math.isfinite(gained) or louder == 0:
        return 1.0
    return min(max(gained / louder, 1.0), _MOST_SLOPE)
