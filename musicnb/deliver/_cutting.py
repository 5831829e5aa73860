"""A master made shorter: planned on bars, seen and moved before it is heard, exact in length."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from musicnb._given import real, shown
from musicnb.deliver._fades import crossfaded, falling
from musicnb.deliver._original import same_sound, sound_of
from musicnb.errors import Fault, InvalidInput
from musicnb.measure import Bars, LevelMeter, find_bars
from musicnb.sound import Sound, Source

#: ``original``: the master's own ending; the others are made.
Ending = Literal["original", "fade", "hard"]

_CROSSFADE_S: Final = 0.02
_FADE_S: Final = 2.0
_FADE_SHARE: Final = 0.2
_HARD_FADE_S: Final = 0.005
_RING_FADE_S: Final = 0.3
_RING_DB: Final = -20.0
_WINDOW_S: Final = 0.05
_LONGEST_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the master that is kept: frames from `start` up to, and without, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CutDown:
    """A plan of a shorter form; nothing is written until it is rendered.

    Parameters
    ----------
    sample_rate, frames
        Of what comes out.
    segments
        What is kept of the master, in order.
    crossfade
        Frames before each join in which one stretch goes over into the next.
    fade_out
        Frames at the end that fade.
    ending
        Whose ending it is.
    confidence
        0 to 1: how clear the bars are, and how alike the music on both sides of a join.
    reason
        Why it ends as it does, in plain words.
    tempo_bpm, beats_per_bar, first_s
        The grid that the points stand on; None without one.
    """

    sample_rate: int
    frames: int
    segments: tuple[Segment, ...]
    crossfade: int
    fade_out: int
    ending: Ending
    confidence: float
    reason: str
    tempo_bpm: float | None
    beats_per_bar: int | None
    first_s: float | None
    _samples: NDArray[np.float32] = field(repr=False, compare=False)

    @property
    def seconds(self) -> float:
        """Length of what comes out."""
        return self.frames / self.sample_rate

    def edit_list(self) -> dict[str, Any]:
        """Return the plan as JSON takes it."""
        values = {name: getattr(self, name) for name in self.__slots__ if name[0] != "_"}
        return {**values, "segments": [asdict(segment) for segment in self.segments]}

    def moved(self, second: float, *, snap: bool = True) -> CutDown:
        """Return the plan with its join at another second of the master.

        As much is left out as before, so the length stays.

        Parameters
        ----------
        second
            Where the first stretch is to end.
        snap
            Whether to take the nearest beat.

        Raises
        ------
        InvalidInput
            There is no join, or it would lie outside the sound.
        """
        problem = "" if len(self.segments) > 1 else "has no join that could be moved"
        given = real(second)
        if not problem and (given is None or abs(given) > _LONGEST_S):
            problem = f"is moved to a number of seconds, not to {shown(second, 40)}"
        if problem or given is None:
            raise InvalidInput.from_faults([Fault("cut_down", "", problem)])
        second = given
        if snap and self.tempo_bpm is not None and self.first_s is not None:
            beat_s = 60 / self.tempo_bpm
            second = self.first_s + round((second - self.first_s) / beat_s) * beat_s
        head, tail = self.segments
        at = round(second * self.sample_rate)
        start = at + tail.start - head.end
        if not (head.start + self.crossfade <= at and start < tail.end):
            earliest = (head.start + self.crossfade) / self.sample_rate
            latest = (tail.end - tail.start + head.end) / self.sample_rate
            wanted = f"must lie from {earliest:.2f} to {latest:.2f} s, not at {second:.2f} s"
            raise InvalidInput.from_faults([Fault("second", "", wanted)])
        return replace(self, segments=(Segment(head.start, at), Segment(start, tail.end)))

    def is_of(self, sound: Sound) -> bool:
        """Return whether it was made of this sound, sample by sample."""
        return same_sound(self._samples, self.sample_rate, sound)

    def picture(self) -> bytes:
        """Return the master's waveform as a PNG, pale where it is left out."""
        from musicnb.pictures import waveform_png  # noqa: PLC0415 - few plans are looked at

        meter = LevelMeter(self.sample_rate, self._samples.shape[1])
        meter.push(self._samples)
        edges = [0, *(at for s in self.segments for at in (s.start, s.end)), len(self._samples)]
        shares = [edge / len(self._samples) for edge in edges]
        gaps = list(zip(shares[::2], shares[1::2], strict=True))
        return waveform_png(meter.close().outline, left_out=gaps)

    def render(self) -> Sound:
        """Return the sound, `frames` long to the sample."""
        first, *others = self.segments
        out = self._samples[first.start : first.end].copy()
        for segment in others:
            before = self._samples[segment.start - self.crossfade : segment.start]
            if self.crossfade:
                out[-self.crossfade :] = crossfaded(out[-self.crossfade :], before)
            out = np.concatenate([out, self._samples[segment.start : segment.end]])
        if self.fade_out:
            out[-self.fade_out :] *= falling(self.fade_out)[:, None]
        return Sound(out, self.sample_rate)

    def __str__(self) -> str:
        kept = " + ".join(
            f"{s.start / self.sample_rate:.2f}-{s.end / self.sample_rate:.2f} s"
            for s in self.segments
        )
        return (
            f"{self.seconds:g} s of {kept}; ending: {self.ending} ({self.reason});"
            f" confidence {self.confidence:.2f}"
        )


def cut_down(
    source: Source | Sound,
    seconds: float,
    *,
    ending: Ending | None = None,
    grid: Bars | None = None,
) -> CutDown:
    """Plan a shorter form of a master.

    Where the master ends by itself, its ending is kept: whole bars are left out before it, from one
    bar to another that sounds like it. What remains beyond the length is taken off the last notes'
    ringing, or beats off the beginning. Else its beginning is kept, and a made ending labelled.

    Parameters
    ----------
    source
        A path, a sound file's bytes, or samples.
    seconds
        Length of what is to come out.
    ending
        Asks for one of them; None takes the best that there is.
    grid
        Of `musicnb.measure.find_bars`, where it is known already.

    Raises
    ------
    InvalidInput
        The master is shorter, the length is none, the ending asked for cannot be had, or samples
        have no such shape, kind or rate.
    UndecodableAudio
        The source is no sound.
    """
    sound = sound_of(source)
    rate, length = sound.sample_rate, len(sound.samples)
    wanted = real(seconds)
    is_length = wanted is not None and 0 < wanted <= _LONGEST_S
    frames = round(wanted * rate) if wanted is not None and is_length else 0
    problem = "" if frames else f"must be a number of seconds, not {shown(seconds, 40)}"
    if frames > length:
        problem = f"is {length / rate:.2f} s long, shorter than {seconds:g} s; it is not padded"
    if problem:
        raise InvalidInput.from_faults([Fault("seconds", "", problem)])
    plan = _Planner(sound, frames, grid or find_bars(sound.samples, rate))
    if ending in (None, "original"):
        found = plan.with_own_ending()
        if found is not None:
            return found
        if ending is not None:
            raise InvalidInput.from_faults([Fault("ending", "", plan.reason)])
    return plan.with_made_ending(ending)


class _Planner:
    """Finds where to cut one master."""

    def __init__(self, sound: Sound, frames: int, bars: Bars | None) -> None:
        self._samples, self._rate = sound.samples, sound.sample_rate
        self._frames, self._bars = frames, bars
        self.reason = ""

    def with_own_ending(self) -> CutDown | None:
        """Return a plan that keeps the master's ending, or None and the reason why not."""
        surplus, ring = len(self._samples) - self._frames, self._ring()
        if not ring:
            self.reason = "the master breaks off at its end"
            return None
        if not surplus:
            whole = (Segment(0, self._frames),)
            return self._plan(whole, "original", 0, 1.0, "the master has this length")
        bars = self._bars
        if bars is None:
            self.reason = "no steady pulse was found"
            return None
        bar, beat = bars.bar_s * self._rate, bars.beat_s * self._rate
        most = int(surplus / bar)
        for left_out in range(most, 0, -1):
            rest = surplus - round(left_out * bar)
            late = 0 if rest <= ring else math.ceil((rest - ring) / beat)
            if late >= bars.beats_per_bar:
                break
            start = round(late * beat)
            join = self._best_join(left_out, start)
            if join is None or rest < start:
                continue
            at, back, alike = join
            end = len(self._samples) - (rest - start)
            segments = (Segment(start, at), Segment(back, end))
            fade = min(round(_RING_FADE_S * self._rate), ring) if rest > start else 0
            told = f"{left_out} bars before it are left out"
            return self._plan(segments, "original", fade, bars.confidence * alike, told)
        self.reason = "no two bars of it fit for this length"
        return None

    def with_made_ending(self, ending: Ending | None) -> CutDown:
        """Return a plan that keeps the beginning."""
        bars = self._bars
        if ending is None:
            ending = "hard" if self._is_on_a_bar() else "fade"
        fade = min(_FADE_S, _FADE_SHARE * self._frames / self._rate)
        if ending == "hard":
            fade = min(_HARD_FADE_S, fade)
        told = self.reason or f"a {ending} ending was asked for"
        segments = (Segment(0, self._frames),)
        confidence = bars.confidence if bars else 0.0
        return self._plan(segments, ending, round(fade * self._rate), confidence, told)

    def _is_on_a_bar(self) -> bool:
        if self._bars is None:
            return False
        place = (self._frames / self._rate - self._bars.first_s) / self._bars.bar_s
        return abs(place - round(place)) * self._bars.bar_s < _CROSSFADE_S

    def _best_join(self, left_out: int, start: int) -> tuple[int, int, float] | None:
        """Return where to leave and to come back, and how alike the music is there."""
        bars, crossfade = self._bars, round(_CROSSFADE_S * self._rate)
        assert bars is not None
        # the last bar is what makes an ending of the ringing
        latest = len(self._samples) - self._ring() - round(bars.bar_s * self._rate)
        novelty = {border.bar: border.novelty for border in bars.borders}
        best: tuple[float, int, float] | None = None
        for bar in range(1, bars.count - left_out):
            alike = bars.alike(bar, bar + left_out)
            score = alike + 0.2 * max(novelty.get(bar, 0.0), novelty.get(bar + left_out, 0.0))
            at, back = (round(bars.at(b) * self._rate) for b in (bar, bar + left_out))
            is_inside = start + crossfade <= at and back <= latest
            if is_inside and (best is None or score > best[0]):
                best = (score, bar, alike)
        if best is None:
            return None
        _, bar, alike = best
        at = round(bars.at(bar) * self._rate)
        return at, at + round(left_out * bars.bar_s * self._rate), alike

    def _ring(self) -> int:
        """Return for how many frames the end is so low that it may be shortened."""
        window = max(1, round(_WINDOW_S * self._rate))
        whole = len(self._samples) // window * window
        if not whole:
            return 0
        tail = self._samples[len(self._samples) - whole :]
        power = np.square(tail, dtype=np.float32).mean(axis=1).reshape(-1, window).mean(axis=1)
        loud = np.flatnonzero(power > float(power.mean()) * 10 ** (_RING_DB / 10))
        return (len(power) - 1 - int(loud[-1])) * window if len(loud) else 0

    def _plan(
        self,
        segments: tuple[Segment, ...],
        ending: Ending,
        fade: int,
        confidence: float,
        reason: str,
    ) -> CutDown:
        bars = self._bars
        return CutDown(
            sample_rate=self._rate,
            frames=self._frames,
            segments=segments,
            crossfade=round(_CROSSFADE_S * self._rate),
            fade_out=fade,
            ending=ending,
            confidence=confidence,
            reason=reason,
            tempo_bpm=bars.tempo_bpm if bars else None,
            beats_per_bar=bars.beats_per_bar if bars else None,
            first_s=bars.first_s if bars else None,
            _samples=self._samples,
        )
