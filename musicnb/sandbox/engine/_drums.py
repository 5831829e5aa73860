"""Drum sounds, synthesised: pitch that falls, noise in bands, metal as close partials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from musicnb.sandbox.engine._chance import stream
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray, biquad, filtered
from musicnb.sandbox.engine._tones import TAU, decay, noise, struck


@dataclass(frozen=True, slots=True)
class Kit:
    """How one set of drums is tuned and damped.

    Attributes
    ----------
    kick_hz, kick_s : float
        Pitch the kick settles on, and its decay.
    kick_click : float
        Level of the beater.
    snare_hz, snare_s : float
        Pitch of the shell, decay of the wires.
    snare_wires : float
        Level of the wires against the shell.
    air_hz : float
        Low-pass over the whole kit; low values sound old.
    level : float
        Loudness of the kit in the mix.
    """

    kick_hz: float
    kick_s: float
    kick_click: float
    snare_hz: float
    snare_s: float
    snare_wires: float
    air_hz: float
    level: float


KITS: dict[str, Kit] = {
    "tight": Kit(50, 0.10, 0.25, 190, 0.065, 0.50, 20000, 1.0),
    "warm": Kit(48, 0.13, 0.12, 170, 0.090, 0.42, 9000, 0.9),
    "live": Kit(52, 0.11, 0.30, 185, 0.100, 0.60, 20000, 1.05),
    "machine": Kit(46, 0.15, 0.30, 200, 0.070, 0.55, 20000, 1.1),
    "dusty": Kit(54, 0.12, 0.10, 178, 0.070, 0.45, 5200, 0.95),
    "brushed": Kit(56, 0.09, 0.06, 180, 0.060, 0.30, 12000, 0.7),
    "gated": Kit(48, 0.13, 0.25, 175, 0.160, 0.75, 16000, 1.0),
    "large": Kit(44, 0.30, 0.10, 160, 0.140, 0.45, 11000, 1.0),
}

#: Where each drum stands, -1 (left) to 1 (right), as the drummer of a mix sees it.
PAN: dict[str, float] = {
    "kick": 0.0,
    "snare": 0.0,
    "snare_soft": 0.05,
    "clap": 0.1,
    "hat": 0.25,
    "pedal_hat": 0.25,
    "open_hat": 0.25,
    "ride": -0.3,
    "crash": -0.2,
    "crash_soft": 0.3,
    "rim": -0.25,
    "tom_high": -0.35,
    "tom": 0.05,
    "tom_low": 0.4,
    "shaker": 0.4,
    "brush": 0.05,
    "riser": 0.0,
}
_METAL_HZ = (3170.0, 4310.0, 5230.0, 6380.0, 7990.0, 9410.0, 10800.0)


def _frames(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE)


def _falling(frames: int, end_hz: float, falls: tuple[tuple[float, float], ...]) -> FloatArray:
    """Return a sine that falls to ``end_hz``; each fall is (extra hertz, rate a second)."""
    seconds = np.arange(frames) / SAMPLE_RATE
    pitch = np.full(frames, float(end_hz))
    for extra, rate in falls:
        pitch += extra * np.exp(-seconds * rate)
    wave: FloatArray = np.sin((np.cumsum(pitch) / SAMPLE_RATE % 1 * TAU).astype(np.float32))
    return wave


def _metal(name: str, frames: int, rate: float) -> FloatArray:
    draws = stream("metal", name)
    phases = np.array([draws.uniform(0, float(TAU)) for _ in _METAL_HZ])
    count = len(_METAL_HZ)
    return struck(np.array(_METAL_HZ), np.full(count, 0.5), np.full(count, rate), frames, phases)


def _kick(kit: Kit) -> FloatArray:
    frames = _frames(3 * kit.kick_s + 0.12)
    wave = _falling(frames, kit.kick_hz, ((150, 38), (600, 400))) * decay(frames, kit.kick_s)
    wave[:200] += noise(200, 1) * np.linspace(kit.kick_click, 0, 200, dtype=np.float32)
    wave[-300:] *= np.linspace(1, 0, 300, dtype=np.float32)
    driven: FloatArray = np.tanh(wave * np.float32(1.6))
    return driven


def _snare(kit: Kit) -> FloatArray:
    frames = _frames(0.34)
    ratios = np.array([1, 1.79, 2.27])
    shell = struck(
        kit.snare_hz * ratios, np.array([1, 0.5, 0.25]), np.array([22.0, 28, 36]), frames
    )
    wires = filtered(noise(frames, 2), biquad("highpass", 1400.0), biquad("peak", 3800.0, 0.8, 4.0))
    wave = shell * np.float32(0.55) + wires * decay(frames, kit.snare_s) * np.float32(
        kit.snare_wires
    )
    if kit.snare_s > 0.15:  # noqa: PLR2004
        # the gate of the eighties: a long noise, cut off at once
        wave[_frames(0.22) :] *= decay(frames - _frames(0.22), 0.012)
    wave[-300:] *= np.linspace(1, 0, 300, dtype=np.float32)
    return wave


def _snare_soft(kit: Kit) -> FloatArray:
    return filtered(_snare(kit), biquad("lowpass", 4200.0)) * np.float32(0.6)


def _clap(_kit: Kit) -> FloatArray:
    frames = _frames(0.35)
    envelope = np.zeros(frames, np.float32)
    # four hands that are not quite together
    for start_s, fall_s in ((0.0, 0.007), (0.011, 0.007), (0.021, 0.007), (0.03, 0.08)):
        start = _frames(start_s)
        envelope[start:] = np.maximum(envelope[start:], decay(frames - start, fall_s))
    return filtered(noise(frames, 3), biquad("bandpass", 1500.0, 0.9)) * envelope * np.float32(1.3)


def _hat_of(length_s: float, fall_s: float) -> FloatArray:
    frames = _frames(length_s)
    sizzle = filtered(noise(frames, 4), biquad("highpass", 7500.0))
    body = _metal("hat", frames, 8.0) * np.float32(0.25) + sizzle
    wave: FloatArray = body * decay(frames, fall_s) * np.float32(0.55)
    wave[-200:] *= np.linspace(1, 0, 200, dtype=np.float32)
    return wave


def _hat(_kit: Kit) -> FloatArray:
    return _hat_of(0.08, 0.018)


def _pedal_hat(_kit: Kit) -> FloatArray:
    return _hat_of(0.1, 0.022) * np.float32(0.8)


def _open_hat(_kit: Kit) -> FloatArray:
    return _hat_of(0.4, 0.12)


def _ride(_kit: Kit) -> FloatArray:
    frames = _frames(1.2)
    wash = filtered(noise(frames, 5), biquad("highpass", 6000.0)) * decay(frames, 0.22)
    ping = struck(np.array([2330.0, 3340, 4230]), np.full(3, 0.5), np.full(3, 3.5), frames)
    wave: FloatArray = (ping + _metal("ride", frames, 4.0)) * np.float32(0.14) + wash * np.float32(
        0.24
    )
    wave[-400:] *= np.linspace(1, 0, 400, dtype=np.float32)
    return wave


def _crash(_kit: Kit) -> FloatArray:
    frames = _frames(2.4)
    draws = stream("crash")
    pitches = np.array([draws.uniform(2200, 9500) for _ in range(18)])
    phases = np.array([draws.uniform(0, float(TAU)) for _ in range(18)])
    wave = filtered(noise(frames, 7), biquad("highpass", 3800.0)) * decay(frames, 0.6)
    wave += struck(pitches, np.full(18, 0.12), np.full(18, 2.2), frames, phases)
    wave[:90] *= np.linspace(0, 1, 90, dtype=np.float32)
    wave[-800:] *= np.linspace(1, 0, 800, dtype=np.float32)
    return wave * np.float32(0.55)


def _crash_soft(kit: Kit) -> FloatArray:
    return _crash(kit)[: _frames(1.2)] * decay(_frames(1.2), 0.4) * np.float32(0.5)


def _rim(_kit: Kit) -> FloatArray:
    return struck(
        np.array([1720.0, 2440, 820]),
        np.array([1, 0.6, 0.4]),
        np.array([75.0, 90, 60]),
        _frames(0.08),
    )


def _tom_at(pitch_hz: float) -> Callable[[Kit], FloatArray]:
    def tom(kit: Kit) -> FloatArray:
        frames = _frames(0.75 if kit.kick_s > 0.2 else 0.55)  # noqa: PLR2004
        wave = _falling(frames, pitch_hz, ((0.65 * pitch_hz, 16),)) * decay(frames, frames / 160000)
        stick = filtered(noise(frames, 8), biquad("lowpass", 900.0)) * decay(frames, 0.03)
        wave += stick * np.float32(0.4)
        wave[-400:] *= np.linspace(1, 0, 400, dtype=np.float32)
        return wave

    return tom


def _shaker(_kit: Kit) -> FloatArray:
    frames = _frames(0.09)
    grains = filtered(noise(frames, 9), biquad("bandpass", 6800.0, 0.9))
    shaken: FloatArray = grains * np.hanning(frames).astype(np.float32) * np.float32(0.8)
    return shaken


def _brush(_kit: Kit) -> FloatArray:
    frames = _frames(0.22)
    sweep = np.minimum(1, np.arange(frames, dtype=np.float32) / np.float32(_frames(0.02)))
    swish = filtered(noise(frames, 10), biquad("bandpass", 2600.0, 0.5))
    stroke: FloatArray = swish * sweep * decay(frames, 0.06)
    return stroke


_SOUNDS: dict[str, Callable[[Kit], FloatArray]] = {
    "kick": _kick,
    "snare": _snare,
    "snare_soft": _snare_soft,
    "clap": _clap,
    "hat": _hat,
    "pedal_hat": _pedal_hat,
    "open_hat": _open_hat,
    "ride": _ride,
    "crash": _crash,
    "crash_soft": _crash_soft,
    "rim": _rim,
    "tom_high": _tom_at(132.0),
    "tom": _tom_at(98.0),
    "tom_low": _tom_at(72.0),
    "shaker": _shaker,
    "brush": _brush,
}


@lru_cache(maxsize=160)
def drum(name: str, kit_name: str) -> FloatArray:
    """Return one drum of a kit, shape (frames,); the array is shared and must not be changed."""
    kit = KITS[kit_name]
    wave = _SOUNDS[name](kit)
    if kit.air_hz < 15000 and name != "kick":  # noqa: PLR2004
        wave = filtered(wave, biquad("lowpass", kit.air_hz))
    wave = wave * np.float32(kit.level)
    wave.setflags(write=False)
    return wave


def riser(frames: int) -> FloatArray:
    """Return noise that swells and brightens until it stops, shape (frames,)."""
    hiss = noise(frames, 11)
    dull = filtered(hiss, biquad("bandpass", 900.0, 0.7))
    sharp = filtered(hiss, biquad("bandpass", 5200.0, 0.7))
    along = np.linspace(0, 1, frames, dtype=np.float32)
    swell = along**2 * (dull * (1 - along) + sharp * along)
    edge = min(frames, 600)
    swell[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    out: FloatArray = swell * np.float32(0.35)
    return out
