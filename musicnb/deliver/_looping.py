"""A stretch of a master that goes round and round: found on bars, rated at its seam, exact."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from musicnb._given import real, shown, whole
from musicnb.deliver._fades import crossfaded
from musicnb.deliver._original import same_sound, sound_of
from musicnb.errors import InvalidInput
from musicnb.measure import (
    Bars,
    LevelMeter,
    LoopSeam,
    MusicMeter,
    find_bars,
    loop_seam,
    seam_click_db,
)
from musicnb.sound import Sound, Source

_fault = InvalidInput.about

#: Where a seam is blended: not at all, before the loop's end, or behind its beginning.
Blend = Literal["none", "end", "start"]

#: Bars that are tried where none are asked for.
USUAL_BARS: Final = (4, 8, 16)
MOST_BARS: Final = 256
#: Below this the beats are too unsure to cut on.
LEAST_CONFIDENCE: Final = 0.6

_MOST_LOOPS: Final = 50
_FARTHEST_S: Final = 1e6
_BLEND_S: Final = 0.02
# a jump that is no larger than those beside it is not heard
_HEARD_DB: Final = 0.0
# a bar so far below the loudest is a break or an ending
_LEAST_BAR_DB: Final = -15.0
_BORDER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Loop:
    """A plan of a loop; nothing is written until it is rendered.

    Parameters
    ----------
    sample_rate, start, end
        Frames of the master from `start` up to, and without, `end`.
    bars, beats_per_bar, first_s
        How many bars it has, of how many beats, and where the master's first bar begins.
    key
        Of the master, such as ``"A minor"``; None where none was heard.
    blend, blended
        Where the seam is blended, and over how many frames: before the end into what precedes the
        beginning, or behind the beginning out of what follows the end.
    rating
        0 to 1: how much the seam sounds like going on: bands and pitch classes of the bars there.
    confidence
        0 to 1: the same, times how clear the beats are.
    seam
        The seam as it was measured.
    """

    sample_rate: int
    start: int
    end: int
    bars: int
    beats_per_bar: int
    first_s: float
    key: str | None
    blend: Blend
    blended: int
    rating: float
    confidence: float
    seam: LoopSeam
    _samples: NDArray[np.float32] = field(repr=False, compare=False)
    _grid: Bars = field(repr=False, compare=False)

    @property
    def frames(self) -> int:
        """Length of what comes out."""
        return self.end - self.start

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.frames / self.sample_rate

    @property
    def tempo_bpm(self) -> float:
        """Of the loop itself, which has whole bars to the frame."""
        return 60 * self.bars * self.beats_per_bar / self.seconds

    @property
    def words(self) -> str:
        """Bars, tempo and key as file names have them: ``loop_8bars_120bpm_Amin``."""
        bars = f"{self.bars}bar{'s' * (self.bars > 1)}"
        return "_".join(filter(None, ["loop", bars, f"{self.tempo_bpm:.0f}bpm", self._short_key()]))

    def _short_key(self) -> str:
        tonic, _, mode = (self.key or "").partition(" ")
        return tonic.replace("#", "sharp") + mode[:3]

    def is_of(self, sound: Sound) -> bool:
        """Return whether it was made of this sound, sample by sample."""
        return same_sound(self._samples, self.sample_rate, sound)

    def edit_list(self) -> dict[str, Any]:
        """Return the plan as JSON takes it; levels that are none are null."""
        values = {name: getattr(self, name) for name in self.__slots__ if name[0] != "_"}
        seam = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self.seam).items()
        }
        seam["reasons"] = list(self.seam.reasons)
        return {**values, "tempo_bpm": self.tempo_bpm, "seam": seam}

    def moved(self, second: float, *, snap: bool = True) -> Loop:
        """Return the loop of the same length from another second of the master.

        Its seam is measured anew, and rated by the bars that are nearest to it.

        Parameters
        ----------
        second
            Where it is to begin.
        snap
            Whether to take the nearest beat.

        Raises
        ------
        InvalidInput
            It would lie outside the sound.
        """
        given = real(second)
        if given is None or abs(given) > _FARTHEST_S:
            raise _fault("second", f"must be a number of seconds, not {shown(second, 40)}")
        second = given
        latest = (len(self._samples) - self.frames) / self.sample_rate
        if snap and 0 <= second <= latest:
            beat_s = self.seconds / self.bars / self.beats_per_bar
            second = self.first_s + round((second - self.first_s) / beat_s) * beat_s
        start = round(second * self.sample_rate)
        if not 0 <= start <= len(self._samples) - self.frames:
            raise _fault("second", f"must lie from 0 to {latest:.2f} s, not at {second:.2f} s")
        bar = round((start / self.sample_rate - self.first_s) / self._grid.bar_s)
        rating = self._grid.alike(bar, bar + self.bars)
        moved = replace(
            self,
            start=start,
            end=start + self.frames,
            rating=rating,
            confidence=rating * self._grid.confidence,
        )
        return moved.joined()

    def joined(self) -> Loop:
        """Return it blended where that helps, with its seam measured."""
        width = round(_BLEND_S * self.sample_rate)
        joined = replace(self, blend="none", blended=0)
        jump_db = seam_click_db(joined.render().samples, self.sample_rate)
        if jump_db >= _HEARD_DB and width <= self.frames:
            if self.start >= width:
                joined = replace(self, blend="end", blended=width)
            elif self.end + width <= len(self._samples):
                joined = replace(self, blend="start", blended=width)
        return replace(joined, seam=joined.seam_of(joined.render()))

    def seam_of(self, sound: Sound) -> LoopSeam:
        """Measure the seam of a copy of the loop, such as one that was encoded."""
        return loop_seam(
            sound.samples,
            sound.sample_rate,
            tempo_bpm=self.tempo_bpm,
            beats_per_bar=self.beats_per_bar,
        )

    def render(self) -> Sound:
        """Return the sound, `frames` long to the sample."""
        out = self._samples[self.start : self.end].copy()
        if self.blend == "end":
            led = self._samples[self.start - self.blended : self.start]
            out[-self.blended :] = crossfaded(out[-self.blended :], led)
        elif self.blend == "start":
            rung = self._samples[self.end : self.end + self.blended]
            out[: self.blended] = crossfaded(rung, out[: self.blended])
        return Sound(out, self.sample_rate)

    def picture(self) -> bytes:
        """Return the master's waveform as a PNG, pale where it is left out."""
        whole = len(self._samples)
        return self._drawn(self._samples, stretch=(self.start / whole, self.end / whole))

    def seam_picture(self, seconds: float = 0.5) -> bytes:
        """Return the waveform around the seam as a PNG: the end on the left, then the beginning.

        Parameters
        ----------
        seconds
            On either side, at most the loop's own length.
        """
        side = min(self.frames, max(1, round(seconds * self.sample_rate)))
        sound = self.render().samples
        return self._drawn(np.concatenate([sound[-side:], sound[:side]]))

    def _drawn(
        self, samples: NDArray[np.float32], stretch: tuple[float, float] | None = None
    ) -> bytes:
        from musicnb.pictures import waveform_png  # noqa: PLC0415 - few plans are looked at

        meter = LevelMeter(self.sample_rate, samples.shape[1])
        meter.push(samples)
        return waveform_png(meter.close().outline, stretch=stretch)

    def __str__(self) -> str:
        start_s, end_s = self.start / self.sample_rate, self.end / self.sample_rate
        blend = f", blended over {self.blended} frames" if self.blended else ""
        seam = "seamless" if self.seam.loops else "; ".join(self.seam.reasons)
        return (
            f"{self.bars} bars of {start_s:.2f}-{end_s:.2f} s, {self.tempo_bpm:.2f} bpm,"
            f" {self.key or 'no key'}: {seam}{blend}; rating {self.rating:.2f},"
            f" confidence {self.confidence:.2f}"
        )


def find_loops(
    source: Source | Sound,
    *,
    bars: int | Sequence[int] | None = None,
    most: int = 3,
    grid: Bars | None = None,
) -> tuple[Loop, ...]:
    """Find stretches of whole bars that can be played round and round, the best first.

    One goes round well where the bar after its end is like its first, or the bar before its
    beginning like its last. Each is measured at its seam; only those that loop are returned.

    Parameters
    ----------
    source
        A path, a sound file's bytes, or samples.
    bars
        How many bars, or several numbers of them; None tries 4, 8 and 16.
    most
        How many to return, 1 to 50.
    grid
        Of `musicnb.measure.find_bars`, where it is known already.

    Raises
    ------
    InvalidInput
        There is no steady beat, no such stretch, a number is outside reason, or samples have no
        such shape, kind or rate; in plain words.
    UndecodableAudio
        The source is no sound.
    """
    wanted = _counts(bars)
    wished = whole(most)
    if wished is None or not 0 < wished <= _MOST_LOOPS:
        raise _fault("most", f"is {shown(most, 40)}; give 1 to {_MOST_LOOPS}")
    sound = sound_of(source)
    # what is no number would spread over every measure
    clean = np.nan_to_num(sound.samples, nan=0.0, posinf=1.0, neginf=-1.0)
    sound = Sound(clean, sound.sample_rate)
    grid = grid or find_bars(clean, sound.sample_rate)
    if grid is None or grid.confidence < LEAST_CONFIDENCE:
        told = "no pulse" if grid is None else f"confidence {grid.confidence:.2f}"
        raise _fault("loop", f"needs a steady beat, and none was found ({told})")
    reasons = [
        f"{count} bars are more than the {grid.count} whole ones it has"
        for count in wanted
        if count > grid.count
    ]
    found: list[Loop] = []
    key = _key(sound)
    candidates = (loop for count in wanted for loop in _candidates(sound, grid, count, key))
    for loop in sorted(candidates, key=lambda one: -one.rating):
        joined = loop.joined()
        if joined.seam.loops:
            found.append(joined)
        reasons += joined.seam.reasons
        if len(found) == wished:
            break
    if not found:
        told = next(iter(reasons), "no stretch of even level has that many bars")
        raise _fault("loop", f"none of {_listed(wanted)} bars goes round: {told}")
    return tuple(found)


def _counts(bars: Any) -> tuple[int, ...]:
    listed = USUAL_BARS if bars is None else bars if whole(bars) is None else (bars,)
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes) or not listed:
        raise _fault("bars", f"are {shown(bars, 40)}; give a whole number, or some")
    counts = [whole(one) for one in listed]
    for one, count in zip(listed, counts, strict=True):
        if count is None or not 0 < count <= MOST_BARS:
            raise _fault("bars", f"have {shown(one, 40)}; give 1 to {MOST_BARS}")
    return tuple(dict.fromkeys(count for count in counts if count is not None))


def _listed(counts: Sequence[int]) -> str:
    return ", ".join(map(str, counts[:-1])) + " or " * (len(counts) > 1) + str(counts[-1])


def _key(sound: Sound) -> str | None:
    meter = MusicMeter(sound.sample_rate)
    meter.push(sound.samples.sum(axis=1, dtype=np.float32))
    heard = meter.close().tonality
    return f"{heard.key} {heard.mode}" if heard.key else None


def _candidates(sound: Sound, grid: Bars, count: int, key: str | None) -> Iterator[Loop]:
    """Yield the loops of a length, not yet joined, none over more than half of another."""
    edges = [round(grid.at(bar) * sound.sample_rate) for bar in range(grid.count + 1)]
    edges[-1] = min(edges[-1], len(sound.samples))
    length = round(count * grid.bar_s * sound.sample_rate)
    levels = _levels(sound.samples, edges)
    novelty = {border.bar: border.novelty for border in grid.borders}
    rated: list[tuple[float, float, int]] = []
    for bar in range(grid.count - count + 1):
        start = max(0, edges[bar])
        if min(levels[bar : bar + count]) < _LEAST_BAR_DB or start + length > len(sound.samples):
            continue
        alike = grid.alike(bar, bar + count)
        rated.append((alike + _BORDER * novelty.get(bar, 0.0), alike, bar))
    taken: list[int] = []
    for _, alike, bar in sorted(rated, key=lambda one: (-one[0], one[2])):
        if all(abs(bar - other) * 2 >= count for other in taken):
            taken.append(bar)
            start = max(0, edges[bar])
            yield Loop(
                sample_rate=sound.sample_rate,
                start=start,
                end=start + length,
                bars=count,
                beats_per_bar=grid.beats_per_bar,
                first_s=grid.first_s,
                key=key,
                blend="none",
                blended=0,
                rating=alike,
                confidence=alike * grid.confidence,
                seam=_NOT_MEASURED,
                _samples=sound.samples,
                _grid=grid,
            )


def _levels(samples: NDArray[np.float32], edges: Sequence[int]) -> list[float]:
    """Return the level of every bar against the loudest, in decibels."""
    powers = [
        float(np.square(samples[max(0, start) : end], dtype=np.float32).mean())
        if end > start
        else 0
        for start, end in pairwise(edges)
    ]
    loudest = max(powers, default=0.0)
    return [10 * math.log10(max(power, 1e-12) / max(loudest, 1e-12)) for power in powers]


_NOT_MEASURED: Final = LoopSeam(
    duration_s=0.0, tempo_bpm=None, beats_per_bar=None, beat_error=None, bar_error=None,
    tail_db=-math.inf, level_step_db=0.0, timbre_step_db=0.0, click_db=-math.inf, loops=False,
    reasons=("not measured yet",),
)  # fmt: skip
