"""The band and the mixing desk: a score becomes samples, block by block.

Every note is computed once per render and reused (pitches and lengths repeat a lot); parts are
summed in blocks of 65,536 frames, so memory holds one mix, one send and the sounding notes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from musicnb.sandbox.engine._drums import PAN, drum, riser
from musicnb.sandbox.engine._filters import SAMPLE_RATE, Cascade, FloatArray, biquad
from musicnb.sandbox.engine._master import master
from musicnb.sandbox.engine._patches import PATCHES
from musicnb.sandbox.engine._patches_voice import sung
from musicnb.sandbox.engine._reverb import add_reverb, room
from musicnb.sandbox.engine._score import TICKS_PER_BEAT, Note, Score
from musicnb.sandbox.engine._strips import STRIPS, Strip, Voice, panned
from musicnb.sandbox.engine._tones import Shelf, Tone

_BLOCK = 1 << 16
_FADE_S = 1.4
_DUCK_S = 0.28
#: Notes kept for reuse; 96 MB at the worst, about what the mix of four minutes needs.
_MAX_CACHED_SAMPLES = 24_000_000
_MAX_ECHOES = 3
_SUNG = frozenset({"vocal", "backing"})
_LONGEST_RING = 8 * SAMPLE_RATE


class Canceled(Exception):
    """The caller's ``cancelled()`` became true while rendering."""


@dataclass(slots=True)
class _Channel:
    """One part while it is rendered."""

    part: str
    strip: Strip
    notes: list[tuple[int, Note]]
    #: Whether its notes stand in different places; a part that does not is summed in one channel.
    wide: bool
    next: int = 0
    sounding: list[Voice] = field(default_factory=list)
    amp: tuple[Cascade, Cascade, float] | None = None


class _Buses:
    """What all parts add to in one block: the sound itself, what is echoed, and the room's send."""

    __slots__ = ("dry", "echoed", "send")

    def __init__(self, frames: int) -> None:
        self.dry = np.zeros((2, frames), np.float32)
        self.echoed: FloatArray | None = None
        self.send = np.zeros(frames, np.float32)


class _Desk:
    """Everything one render shares: time, caches, the mix and the room's send."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.beat_frames = 60.0 / score.tempo_bpm * SAMPLE_RATE
        self.frames = round(score.duration_s * SAMPLE_RATE)
        self.mix = np.zeros((2, self.frames), np.float32)
        self.send = np.zeros(self.frames, np.float32)
        self.patches = dict(score.patches)
        self.shelf = Shelf(_MAX_CACHED_SAMPLES)
        self.longest = self._longest()
        self.channels = self._channels()
        self.ducks = self._duck_places()
        length = int(_DUCK_S * SAMPLE_RATE)
        fall = np.exp(-np.arange(length, dtype=np.float32) / np.float32(0.09 * SAMPLE_RATE))
        self.duck = (1 - np.float32(0.68) * fall).astype(np.float32)

    def frame_of(self, tick: int) -> int:
        """Return the sample a tick falls on; a loop comes round."""
        place = int(tick / TICKS_PER_BEAT * self.beat_frames)
        return place % self.frames if self.score.loop else min(place, self.frames - 1)

    def _channels(self) -> list[_Channel]:
        parts: dict[str, list[tuple[int, Note]]] = {}
        for note in self.score.notes:
            parts.setdefault(note.part, []).append((self.frame_of(note.tick), note))
        channels = []
        for part, notes in sorted(parts.items()):
            notes.sort(key=lambda pair: pair[0])
            patch = PATCHES.get(self.patches.get(part, ""))
            strip = STRIPS[part]
            wide = part == "drums" or strip.spread > 0 or (patch is not None and patch.wide)
            channel = _Channel(part, strip, notes, wide)
            if patch is not None and patch.drive:
                # cabinet: what a loudspeaker of twelve inches leaves of a distorted string
                before = Cascade(biquad("highpass", 110.0), channels=1 + wide)
                after = Cascade(
                    biquad("lowpass", 4200.0, 0.9),
                    biquad("peak", 2400.0, 0.9, 4.0),
                    biquad("highpass", 80.0),
                    channels=1 + wide,
                )
                channel.amp = (before, after, patch.drive)
            channels.append(channel)
        return channels

    def _duck_places(self) -> list[int]:
        if not self.score.mix.pump:
            return []
        kicks = (n for n in self.score.notes if n.part == "drums" and n.sound == "kick")
        return sorted({self.frame_of(note.tick) for note in kicks})

    # ------------------------------------------------------------------ notes

    def voice(self, channel: _Channel, start: int, note: Note) -> Voice:
        """Return a note in sound."""
        if note.part == "drums":
            return self._drum(start, note)
        gate, frames = self._lengths(note)
        if note.part in _SUNG:
            wave = self._sung(note, gate, frames)
            return self._placed(channel, note, wave, start=start, frames=frames, fade=0, gain=1.0)
        patch = PATCHES[self.patches[note.part]]
        fade = 0
        if patch.rings:
            fade = min(frames, max(400, frames - gate))
            # all notes of a pitch are the beginning of the longest of them
            longest = self.longest[self._twins(note)]
            wave = self._played(note, longest, longest)
        else:
            wave = self._played(note, gate, frames)
        return self._placed(
            channel, note, wave, start=start, frames=frames, fade=fade, gain=patch.gain
        )

    def _lengths(self, note: Note) -> tuple[int, int]:
        """Return how long the key of a note is down and how long it sounds, in samples."""
        gate = max(int(note.length / TICKS_PER_BEAT * self.beat_frames), int(0.05 * SAMPLE_RATE))
        if note.part in _SUNG:
            gate = -(-gate // 1024) * 1024
            return gate, gate + int(0.1 * SAMPLE_RATE)
        patch = PATCHES[self.patches[note.part]]
        release = int(patch.release_s * SAMPLE_RATE)
        if patch.rings:
            return gate, min(gate + release, _LONGEST_RING)
        gate = max(1, round(gate / 2205)) * 2205
        return gate, gate + release

    def _twins(self, note: Note) -> tuple[str, int, float]:
        """Return what notes have in common that differ in length alone."""
        return self.patches.get(note.part, note.part), note.pitch, _shade(note)

    def _longest(self) -> dict[tuple[str, int, float], int]:
        longest: dict[tuple[str, int, float], int] = {}
        for note in self.score.notes:
            if note.part != "drums":
                twins = self._twins(note)
                longest[twins] = max(longest.get(twins, 0), self._lengths(note)[1])
        return longest

    def _drum(self, start: int, note: Note) -> Voice:
        if note.sound == "riser":
            frames = max(2000, int(note.length / TICKS_PER_BEAT * self.beat_frames))
            wave = self.shelf.get(("riser", frames), lambda: riser(frames))
        else:
            wave = drum(note.sound, self.score.mix.kit)
        hard = (note.velocity / 127) ** 1.4
        level = panned(PAN[note.sound] * self.score.mix.width, hard)
        return Voice(wave, level, start, wave.shape[-1], 0)

    def _sung(self, note: Note, gate: int, frames: int) -> FloatArray:
        tone = self._tone(note, gate, frames)
        key = ("voice", note.pitch, tone.velocity, gate, note.sound)
        return self.shelf.get(key, lambda: sung(tone, note.sound, self.score.mix.voice))

    def _played(self, note: Note, gate: int, frames: int) -> FloatArray:
        name = self.patches[note.part]
        tone = self._tone(note, gate, frames)
        key = (name, note.pitch, tone.velocity, gate)
        return self.shelf.get(key, lambda: PATCHES[name].play(tone))

    def _tone(self, note: Note, gate: int, frames: int) -> Tone:
        mix, longest = self.score.mix, self.longest[self._twins(note)]
        return Tone(note.pitch, _shade(note), gate, frames, mix.brightness, longest, self.shelf)

    def _placed(
        self,
        channel: _Channel,
        note: Note,
        wave: FloatArray,
        *,
        start: int,
        frames: int,
        fade: int,
        gain: float,
    ) -> Voice:
        loud = gain * note.velocity / 127
        if wave.ndim == 2 or not channel.wide:  # noqa: PLR2004
            level = np.full((wave.ndim, 1), loud, np.float32)
        else:
            # neighbours of the scale stand apart, the same pitch always in the same place
            aside = channel.strip.spread * ((note.pitch * 5) % 7 - 3) / 3
            level = panned((channel.strip.pan + aside) * self.score.mix.width, loud)
        return Voice(wave, level, start, frames, fade)

    # ----------------------------------------------------------------- blocks

    def add_block(self, start: int, frames: int, *, wrapped: bool) -> None:
        """Add all parts to one block; wrapped blocks only let old notes ring into a loop."""
        ducking = self._ducking(start % self.frames, frames) if self.ducks else None
        buses = _Buses(frames)
        for channel in self.channels:
            sound = self._part(channel, start, frames, wrapped=wrapped)
            if sound is None:
                continue
            if channel.amp is not None:
                before, after, drive = channel.amp
                sound = np.tanh(before(sound) * np.float32(drive))
                sound = after(sound) * np.float32(0.32)
            if channel.part == "bass":
                sound = np.tanh(sound * np.float32(1.2))
            elif channel.part == "drums":
                # a desk's saturation: rounds the peaks so that the limiter need not
                sound = np.tanh(sound * np.float32(0.9)) * np.float32(1.15)
            if ducking is not None and channel.strip.ducked:
                sound *= ducking
            self._route(channel.strip, sound, buses)
        self._close(buses, start % self.frames)

    def _part(
        self, channel: _Channel, start: int, frames: int, *, wrapped: bool
    ) -> FloatArray | None:
        if not wrapped:
            while channel.next < len(channel.notes):
                place, note = channel.notes[channel.next]
                if place >= start + frames:
                    break
                channel.sounding.append(self.voice(channel, place, note))
                channel.next += 1
        if not channel.sounding:
            return None
        buffer = np.zeros((1 + channel.wide, frames), np.float32)
        for voice in channel.sounding:
            voice.add_to(buffer, start, frames)
        end = start + frames
        channel.sounding = [v for v in channel.sounding if v.start + v.frames > end]
        return buffer

    def _ducking(self, start: int, frames: int) -> FloatArray:
        curve = np.ones(frames, np.float32)
        for place in self.ducks:
            begin, end = max(place, start), min(place + len(self.duck), start + frames)
            if end > begin:
                piece = self.duck[begin - place : end - place]
                target = curve[begin - start : end - start]
                np.minimum(target, piece, out=target)
        return curve

    def _route(self, strip: Strip, sound: FloatArray, buses: _Buses) -> None:
        sound *= np.float32(strip.gain)
        if strip.send:
            middle = sound[0] if len(sound) == 1 else sound[0] + sound[1]
            buses.send += middle * np.float32(strip.send / len(sound))
        if len(sound) == 1:
            sound = sound * panned(strip.pan * self.score.mix.width, 1.0)
        buses.dry += sound
        if strip.echo:
            sound *= np.float32(strip.echo)
            buses.echoed = sound if buses.echoed is None else buses.echoed + sound

    def _close(self, buses: _Buses, start: int) -> None:
        self._add(self.mix, buses.dry, start)
        wet = self.score.mix.wetness * (1.3 + 0.45 * self.score.mix.space_s)
        self._add(self.send[None], buses.send[None] * np.float32(wet), start)
        if buses.echoed is None:
            return
        dotted = int(0.75 * self.beat_frames)
        for count in range(1, _MAX_ECHOES + 1):
            # echoes change sides
            turned = buses.echoed[::-1] if count % 2 else buses.echoed
            self._add(self.mix, turned, start + count * dotted)
            buses.echoed *= np.float32(0.5)

    def _add(self, target: FloatArray, sound: FloatArray, start: int) -> None:
        """Add at a place; what overshoots the end is lost, or comes round in a loop."""
        if self.score.loop:
            start %= self.frames
        while sound.shape[1]:
            room_left = self.frames - start
            if room_left <= 0:
                return
            fits = min(sound.shape[1], room_left)
            target[:, start : start + fits] += sound[:, :fits]
            if not self.score.loop:
                return
            sound, start = sound[:, fits:], 0


def _shade(note: Note) -> float:
    """Return one of five shades of loudness; more are not told apart in a mix."""
    return max(1, round(note.velocity / 127 * 5)) / 5


def render(
    score: Score,
    *,
    progress: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatArray:
    """Return the samples of a score.

    Parameters
    ----------
    score : Score
        From :func:`compose`.
    progress : callable, optional
        Called with a stage (``"rendering"``, ``"mastering"``) and a share of it, 0 to 1.
    cancelled : callable, optional
        Asked once for every 1.5 s of music and before mastering.

    Returns
    -------
    ndarray of float32, shape (frames, 2)
        44.1 kHz, -14 LUFS integrated within 0.5, true peak at most -1 dBTP.

    Raises
    ------
    Canceled
        When ``cancelled()`` became true.
    """

    def report(stage: str, share: float) -> None:
        if cancelled is not None and cancelled():
            raise Canceled
        if progress is not None:
            progress(stage, share)

    report("rendering", 0.0)
    desk = _Desk(score)
    for start in range(0, desk.frames, _BLOCK):
        desk.add_block(start, min(_BLOCK, desk.frames - start), wrapped=False)
        report("rendering", min(1.0, (start + _BLOCK) / desk.frames))
    if score.loop:
        start = desk.frames
        while any(channel.sounding for channel in desk.channels) and start < 2 * desk.frames:
            desk.add_block(start, min(_BLOCK, 2 * desk.frames - start), wrapped=True)
            start += _BLOCK
    desk.shelf = Shelf()
    report("mastering", 0.0)
    response = room(score.mix.space_s, round(score.mix.brightness, 1))
    add_reverb(desk.mix, desk.send, response, circular=score.loop)
    report("mastering", 0.4)
    mix = desk.mix
    del desk
    master(mix, score.mix, loop=score.loop, fade_s=_FADE_S)
    report("mastering", 1.0)
    samples = np.empty((mix.shape[1], 2), np.float32)
    samples[:, 0], samples[:, 1] = mix
    return samples
