"""Excerpts that give nothing away: equal in length, rate, channels and loudness, without a name."""

from __future__ import annotations

import contextlib
import hmac
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.analysis import Progress, telling
from musicnb.convert import Blocks, amplified, faded, resampled, trimmed
from musicnb.errors import InvalidInput, LibraryError, MusicnbError, UndecodableAudio
from musicnb.measure import Gauge
from musicnb.sound import Decoder, Encoding, encode_into, new_file
from musicnb.studio._clip import Clip

_fault = partial(InvalidInput.about, "clips")

_STEREO: Final = 2
_FADE_S: Final = 0.02
_STEPS_PER_S: Final = 10
_SHORTEST_S: Final = 1.0
_CEILING_DBTP: Final = -0.5
# all are brought down to the quietest, and 16 bits should be left of them
_MOST_BELOW_LU: Final = 24.0
_WAV_HEAD_BYTES: Final = 44
_FRAME_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where an excerpt lies in its clip, how loud it is, and how high it peaks."""

    clip: Clip
    start_s: float
    loudness_lufs: float = -math.inf
    true_peak_dbtp: float = -math.inf


class SealedSounds:
    """The excerpts of a session, on disk under names that say nothing.

    All are WAV files of 16 bits with the same rate, two channels and as many frames; the loudest
    stretch of each clip, brought to the loudness (ITU-R BS.1770-5) of the quietest among them by
    attenuation alone, so that nothing is ever clipped. Nothing but samples is in them.

    Parameters
    ----------
    folder
        Where they lie.
    secret
        Their names are made of it and of the clips' ids.
    clips
        What is compared.
    excerpt_s
        Seconds; None for as long as the shortest clip. No excerpt is longer than that.
    level_lufs
        To which they are brought; None until `prepare` has found it.

    Raises
    ------
    InvalidInput
        A clip is silent, or shorter than a second.
    """

    def __init__(
        self,
        folder: Path,
        secret: str,
        clips: Sequence[Clip],
        excerpt_s: float | None,
        level_lufs: float | None = None,
    ) -> None:
        shortest = min(clips, key=lambda clip: clip.duration_s)
        if shortest.duration_s < _SHORTEST_S:
            raise _fault(f"{shortest.title!r:.80} has {shortest.duration_s:.2f} s: leave it out")
        self.seconds = min(excerpt_s or math.inf, shortest.duration_s)
        self._folder, self._secret, self._clips = folder, secret, tuple(clips)
        self._rate = max(clip.record.sample_rate_hz for clip in clips)
        self.level_lufs = level_lufs

    def code(self, clip_id: str) -> str:
        """Return the name that says nothing."""
        return hmac.digest(self._secret.encode(), clip_id.encode(), "sha256").hex()[:32]

    def path(self, clip_id: str) -> Path:
        """Return where an excerpt lies."""
        return self._folder / f"{self.code(clip_id)}.wav"

    def prepare(self, *, progress: Progress = True) -> None:
        """Make the excerpts that are not there; takes about two seconds a clip the first time.

        Raises
        ------
        InvalidInput
            A clip is silent, or cannot be read any more.
        ConfigurationError
            Clips have different sample rates, which needs soxr: ``pip install "musicnb[deliver]"``.
        OSError
            The disk is full.
        """
        if all(self._is_whole(self.path(clip.clip_id)) for clip in self._clips):
            return
        with telling(progress, 2 * len(self._clips), doing="sealing") as done:
            cuts = []
            for clip in self._clips:
                cuts.append(self._measured(clip))
                done()
            self.level_lufs = level = _common_level(cuts)
            # in an order that says nothing, because files have times
            for cut in sorted(cuts, key=lambda cut: self.code(cut.clip.clip_id)):
                self._write(cut, level)
                done()

    def restore(self, clip_id: str) -> None:
        """Make an excerpt that has gone anew, and those that have gone with it if they can be.

        Raises
        ------
        InvalidInput
            Its clip cannot be read any more.
        OSError
            The disk is full.
        """
        if self._is_whole(self.path(clip_id)):
            return
        if self.level_lufs is None:  # it hangs on all of them
            self.prepare(progress=False)
            return
        for clip in sorted(self._clips, key=lambda clip: self.code(clip.clip_id)):
            if self._is_whole(self.path(clip.clip_id)):
                continue
            try:
                self._write(self._measured(clip), self.level_lufs)
            except (MusicnbError, OSError):
                if clip.clip_id == clip_id:
                    raise

    def remove(self) -> None:
        """Delete the excerpts: what is revealed needs them no more."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self._folder)

    def _is_whole(self, path: Path) -> bool:
        """Whether an excerpt is there, as long as it must be."""
        frames = math.floor(self.seconds * self._rate)
        try:
            return path.stat().st_size == _WAV_HEAD_BYTES + _FRAME_BYTES * frames
        except OSError:
            return False

    def _measured(self, clip: Clip) -> _Cut:
        problem = ""
        try:
            return self._gauged(clip)
        except (UndecodableAudio, LibraryError) as error:
            problem = error.message
        raise _fault(f"{clip.title!r:.80} cannot be read ({problem:.200}): leave it out")

    def _gauged(self, clip: Clip) -> _Cut:
        cut = _Cut(clip, _loudest_start_s(clip, self.seconds))
        gauge = Gauge(self._rate, _STEREO)
        for block in self._blocks(cut):
            gauge.push(block)
        read = gauge.close()
        if not math.isfinite(read.loudness_lufs):
            raise _fault(f"{clip.title!r:.80} is silent: leave it out")
        return _Cut(clip, cut.start_s, read.loudness_lufs, read.true_peak_dbtp)

    def _blocks(self, cut: _Cut) -> Blocks:
        with Decoder(cut.clip.file()) as decoder:
            rate = decoder.sample_rate
            start = round(cut.start_s * rate)
            # a little more than needed: the frames are counted at the common rate
            end = start + math.ceil(self.seconds * rate) + 1
            blocks: Blocks = (
                _stereo(block) for block in trimmed(decoder.blocks(), start=start, end=end)
            )
            if rate != self._rate:
                blocks = resampled(blocks, sample_rate=rate, to=self._rate, channels=_STEREO)
            frames = math.floor(self.seconds * self._rate)
            yield from _exactly(frames, trimmed(blocks, end=frames))

    def _write(self, cut: _Cut, level_lufs: float) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ends, gain_db = round(_FADE_S * self._rate), level_lufs - cut.loudness_lufs
        blocks = faded(amplified(self._blocks(cut), gain_db), fade_in=ends, fade_out=ends)
        with new_file(self.path(cut.clip.clip_id), overwrite=True) as file:
            encode_into(file, blocks, self._rate, _STEREO, Encoding("WAV"))


def _common_level(cuts: Sequence[_Cut]) -> float:
    """Return the loudness of the quietest, or less, if that is no whisper beside the others."""
    quietest = min(cuts, key=lambda cut: cut.loudness_lufs)
    below = max(cut.loudness_lufs for cut in cuts) - quietest.loudness_lufs
    if below > _MOST_BELOW_LU:
        title = quietest.clip.title
        raise _fault(f"{title!r:.80} is {below:.0f} LU below the loudest: leave it out")
    level = quietest.loudness_lufs
    # what decoding an MP3 file gives may lie beyond full scale
    highest = max(level - cut.loudness_lufs + cut.true_peak_dbtp for cut in cuts)
    return level - max(0.0, highest - _CEILING_DBTP)


def _loudest_start_s(clip: Clip, seconds: float) -> float:
    """Find where the loudest stretch begins, to a tenth of a second."""
    series = clip.measures().series
    powers = 10 ** (np.frombuffer(series.steps, np.float32).astype(np.float64) / 10)
    length = max(1, math.ceil(seconds * _STEPS_PER_S))
    if len(powers) <= length:
        return 0.0
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    start = int(np.argmax(sums[length:] - sums[:-length])) / _STEPS_PER_S
    return max(0.0, min(start, clip.duration_s - seconds))


def _stereo(block: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block[:, :_STEREO]


def _exactly(frames: int, blocks: Blocks) -> Blocks:
    """Fill up what is a few frames short after resampling: lengths must not tell clips apart."""
    missing = frames
    for block in blocks:
        missing -= len(block)
        yield block
    if missing:
        yield np.zeros((missing, _STEREO), np.float32)
