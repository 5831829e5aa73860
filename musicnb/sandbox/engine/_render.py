"""The band and the mixing desk: a score becomes samples, block by block.

Every note is computed once per render and reused (pitches and lengths repeat a lot); parts are
summed in blocks of 65,536 frames, so memory holds one mix, one send and the sounding notes.
"""

from __future__ import annotations

import math
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
from musicnb.sandbox.engine._tones import Tone

_BLOCK = 1 << 16
_FADE_S = 1.4
_DUCK_S = 0.28
#: Notes kept for reuse; 48 MB at the worst, less than the mix of four minutes.
_MAX_CACHED_SAMPLES = 12_000_000
_MAX_ECHOES = 3
_SHORTEST_RING, _LONGEST_RING = SAMPLE_RATE // 2, 8 * SAMPLE_RATE


class Canceled(Exception):
    """The caller's ``cancelled()`` became true while rendering."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One channel of the desk.

    Attributes
    ----------
    gain : float
        Linear level.
    pan : float
        -1 (left) to 1 (right).
    send : float
        Share that enters the room.
    spread : float
        How far single notes stand from the middle of the part.
    echo : float
        Level of the dotted-eighth echo.
    ducked : bool
        Whether the kick pushes it down in genres that pump.
    """

    gain: float
    pan: float
    send: float
    spread: float = 0.0
    echo: float = 0.0
    ducked: bool = False


STRIPS: dict[str, Strip] = {
    "drums": Strip(gain=0.80, pan=0.0, send=0.07),
    "bass": Strip(gain=0.58, pan=0.0, send=0.0, ducked=True),
    "chords": Strip(gain=0.38, pan=-0.18, send=0.16, spread=0.25, ducked=True),
    "pad": Strip(gain=0.22, pan=0.0, send=0.30, ducked=True),
    "arp": Strip(gain=0.26, pan=0.38, send=0.26, spread=0.3, echo=0.22, ducked=True),
    "lead": Strip(gain=0.42, pan=0.08, send=0.22, echo=0.2),
    "vocal": Strip(gain=0.62, pan=0.0, send=0.18, echo=0.12),
    "backing": Strip(gain=0.34, pan=-0.35, send=0.28, spread=0.1),
}


@dataclass(frozen=True, slots=True)
class _Voice:
    """A note in sound: samples shared with its twins, level per channel, place and fade."""

    wave: FloatArray
    level: FloatArray
    start: int
    frames: int
    fade: int

    def add_to(self, buffer: FloatArray, block_start: int, block_frames: int) -> None:
        """Add what falls into the block."""
        begin = max(0, block_start - self.start)
        end = min(self.frames, block_start + block_frames - self.start)
        if end <= begin:
            return
        piece = self.wave[..., begin:end]
        fading = self.frames - self.fade
        if self.fade and end > fading:
            knee = max(begin, fading)
            piece = piece.copy()
            rest = (self.frames - np.arange(knee, end, dtype=np.float32)) / np.float32(self.fade)
            piece[..., knee - begin :] *= rest * rest
        place = self.start + begin - block_start
        buffer[:, place : place + end - begin] += piece * self.level


@dataclass(slots=True)
class _Channel:
    """One part while it is rendered."""

    part: str
    strip: Strip
    notes: list[tuple[int, Note]]
    next: int = 0
    sounding: list[_Voice] = field(default_factory=list)
    amp: tuple[Cascade, Cascade, float] | None = None


class _Desk:
    """Everything one render shares: time, caches, the mix and the room's send."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.beat_frames = 60.0 / score.tempo_bpm * SAMPLE_RATE
        self.frames = round(score.duration_s * SAMPLE_RATE)
        self.mix = np.zeros((2, self.frames), np.float32)
        self.send = np.zeros(self.frames, np.float32)
        self.patches = dict(score.patches)
        self.cache: dict[tuple[object, ...], FloatArray] = {}
        self.cached = 0
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
            drive = PATCHES[self.patches[part]].drive if part in self.patches else 0.0
            channel = _Channel(part, STRIPS[part], notes)
            if drive:
                # cabinet: what a loudspeaker of twelve inches leaves of a distorted string
                before = Cascade(biquad("highpass", 110.0))
                after = Cascade(
                    biquad("lowpass", 4200.0, 0.9),
                    biquad("peak", 2400.0, 0.9, 4.0),
                    biquad("highpass", 80.0),
                )
                channel.amp = (before, after, drive)
            channels.append(channel)
        return channels

    def _duck_places(self) -> list[int]:
        if not self.score.mix.pump:
            return []
        kicks = (n for n in self.score.notes if n.part == "drums" and n.sound == "kick")
        return sorted({self.frame_of(note.tick) for note in kicks})

    # ------------------------------------------------------------------ notes

    def voice(self, channel: _Channel, start: int, note: Note) -> _Voice:
        """Return a note in sound."""
        if note.part == "drums":
            return self._drum(start, note)
        gate = max(int(note.length / TICKS_PER_BEAT * self.beat_frames), int(0.05 * SAMPLE_RATE))
        # five shades of loudness are told apart in a mix; more would only empty the cache
        shade = max(1, round(note.velocity / 127 * 5)) / 5
        if note.part in {"vocal", "backing"}:
            gate = -(-gate // 1024) * 1024
            wave = self._sung(note, shade, gate)
            return self._placed(
                channel, note, wave, start=start, frames=wave.shape[-1], fade=0, gain=1.0
            )
        patch = PATCHES[self.patches[note.part]]
        release = int(patch.release_s * SAMPLE_RATE)
        if patch.rings:
            used = min(gate + release, _LONGEST_RING)
            # a few lengths serve all notes of a pitch: the beginning of a longer one is the same
            frames = _SHORTEST_RING << max(0, math.ceil(math.log2(used / _SHORTEST_RING)))
            wave = self._played(note, shade, frames, frames)
            fade = min(used, max(400, used - gate))
            return self._placed(
                channel, note, wave, start=start, frames=used, fade=fade, gain=patch.gain
            )
        gate = max(1, round(gate / 2205)) * 2205
        wave = self._played(note, shade, gate, gate + release)
        return self._placed(
            channel, note, wave, start=start, frames=gate + release, fade=0, gain=patch.gain
        )

    def _drum(self, start: int, note: Note) -> _Voice:
        if note.sound == "riser":
            frames = max(2000, int(note.length / TICKS_PER_BEAT * self.beat_frames))
            wave = self._kept(("riser", frames), lambda: riser(frames))
        else:
            wave = drum(note.sound, self.score.mix.kit)
        hard = (note.velocity / 127) ** 1.4
        level = _panned(PAN[note.sound] * self.score.mix.width, hard)
        return _Voice(wave, level, start, wave.shape[-1], 0)

    def _sung(self, note: Note, shade: float, gate: int) -> FloatArray:
        frames = gate + int(0.1 * SAMPLE_RATE)
        tone = Tone(note.pitch, shade, gate, frames, self.score.mix.brightness)
        key = ("voice", note.pitch, shade, gate, note.sound)
        return self._kept(key, lambda: sung(tone, note.sound, self.score.mix.voice))

    def _played(self, note: Note, shade: float, gate: int, frames: int) -> FloatArray:
        name = self.patches[note.part]
        tone = Tone(note.pitch, shade, gate, frames, self.score.mix.brightness)
        return self._kept((name, note.pitch, shade, gate), lambda: PATCHES[name].play(tone))

    def _kept(self, key: tuple[object, ...], make: Callable[[], FloatArray]) -> FloatArray:
        wave = self.cache.get(key)
        if wave is None:
            wave = make()
            if self.cached + wave.size > _MAX_CACHED_SAMPLES:
                self.cache.clear()
                self.cached = 0
            self.cache[key] = wave
            self.cached += wave.size
        return wave

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
    ) -> _Voice:
        loud = gain * note.velocity / 127
        if wave.ndim == 2:  # noqa: PLR2004
            level = np.full((2, 1), loud, np.float32)
        else:
            # neighbours of the scale stand apart, the same pitch always in the same place
            aside = channel.strip.spread * ((note.pitch * 5) % 7 - 3) / 3
            level = _panned((channel.strip.pan + aside) * self.score.mix.width, loud)
        return _Voice(wave, level, start, frames, fade)

    # ----------------------------------------------------------------- blocks

    def add_block(self, start: int, frames: int, *, wrapped: bool) -> None:
        """Add all parts to one block; wrapped blocks only let old notes ring into a loop."""
        ducking = self._ducking(start % self.frames, frames) if self.ducks else None
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
                sound = sound * ducking
            self._route(channel.strip, sound, start % self.frames)

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
        buffer = np.zeros((2, frames), np.float32)
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

    def _route(self, strip: Strip, sound: FloatArray, start: int) -> None:
        sound = sound * np.float32(strip.gain)
        self._add(self.mix, sound, start)
        if strip.echo:
            dotted = int(0.75 * self.beat_frames)
            for count in range(1, _MAX_ECHOES + 1):
                # echoes change sides
                turned = sound[::-1] if count % 2 else sound
                level = np.float32(strip.echo * 0.5 ** (count - 1))
                self._add(self.mix, turned * level, start + count * dotted)
        if strip.send:
            wet = strip.send * self.score.mix.wetness * (1.3 + 0.45 * self.score.mix.space_s)
            self._add(self.send[None], (sound[0] + sound[1])[None] * np.float32(0.5 * wet), start)

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


def _panned(pan: float, level: float) -> FloatArray:
    """Return gains of both channels by the constant-power law, shape (2, 1)."""
    angle = (min(1.0, max(-1.0, pan)) + 1) * math.pi / 4
    gains = [[math.cos(angle) * level], [math.sin(angle) * level]]
    return np.array(gains, np.float32) * np.float32(math.sqrt(2))


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
    desk.cache.clear()
    report("mastering", 0.0)
    response = room(score.mix.space_s, round(score.mix.brightness, 1))
    add_reverb(desk.mix, desk.send, response, circular=score.loop)
    report("mastering", 0.4)
    mix = desk.mix
    del desk
    master(mix, score.mix, loop=score.loop, fade_s=_FADE_S)
    report("mastering", 1.0)
    return np.ascontiguousarray(mix.T)
