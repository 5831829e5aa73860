"""The list of sounds: which function plays a patch, how long it rings, how loud it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from musicnb.sandbox.engine import _patches_held as held
from musicnb.sandbox.engine import _patches_struck as struck
from musicnb.sandbox.engine._filters import FloatArray
from musicnb.sandbox.engine._patches_voice import choir
from musicnb.sandbox.engine._tones import Tone


@dataclass(frozen=True, slots=True)
class Patch:
    """One sound.

    Attributes
    ----------
    play : callable
        From a tone to samples, shape (frames,) or (2, frames).
    gain : float
        Brings all patches to a similar loudness.
    release_s : float
        How long the sound lasts after the key is let go.
    rings : bool
        Whether it is struck once and dies away by itself, however long the key is down.
    drive : float
        Gain into the amplifier's distortion; 0 for none.
    wide : bool
        Whether it fills both channels by itself.
    """

    play: Callable[[Tone], FloatArray]
    gain: float
    release_s: float
    rings: bool = False
    drive: float = 0.0
    wide: bool = False


# Gains even out the loudness of one second of A3 at velocity 0.8; judged by numbers, not by ear.
PATCHES: dict[str, Patch] = {
    "piano": Patch(struck.piano, gain=1.1, release_s=0.18, rings=True),
    "electric_piano": Patch(struck.electric_piano, gain=0.85, release_s=0.15, rings=True),
    "bell": Patch(struck.bell, gain=0.7, release_s=0.5, rings=True),
    "marimba": Patch(struck.marimba, gain=1.0, release_s=0.3, rings=True),
    "vibes": Patch(struck.vibraphone, gain=1.0, release_s=0.4, rings=True),
    "kalimba": Patch(struck.kalimba, gain=1.0, release_s=0.4, rings=True),
    "steel_drum": Patch(struck.steel_drum, gain=0.85, release_s=0.3, rings=True),
    "harpsichord": Patch(struck.String(1.9, 0.75, 0.09), gain=1.2, release_s=0.1, rings=True),
    "banjo": Patch(struck.String(1.5, 3.2, 0.1), gain=1.5, release_s=0.1, rings=True),
    "mandolin": Patch(struck.String(1.3, 2.0, 0.18), gain=1.4, release_s=0.1, rings=True),
    "harp": Patch(struck.String(0.8, 0.8, 0.18), gain=1.3, release_s=0.5, rings=True),
    "nylon_guitar": Patch(struck.String(0.65, 1.3, 0.28), gain=1.5, release_s=0.15, rings=True),
    "steel_guitar": Patch(struck.String(1.25, 0.9, 0.13), gain=1.3, release_s=0.12, rings=True),
    "clean_guitar": Patch(struck.String(1.0, 0.9, 0.22), gain=1.3, release_s=0.08, rings=True),
    "pluck": Patch(struck.synth_pluck, gain=1.0, release_s=0.1, rings=True),
    "electric_bass": Patch(struck.String(0.55, 0.8, 0.25), gain=1.3, release_s=0.07, rings=True),
    "upright_bass": Patch(struck.String(0.32, 1.9, 0.32), gain=1.6, release_s=0.08, rings=True),
    "sub_bass": Patch(struck.sub_bass, gain=1.1, release_s=0.15, rings=True),
    "distorted_guitar": Patch(
        struck.String(1.3, 0.35, 0.12), gain=0.5, release_s=0.05, rings=True, drive=9.0
    ),
    "lead_guitar": Patch(
        struck.String(1.2, 0.25, 0.15), gain=0.55, release_s=0.08, rings=True, drive=6.0
    ),
    "warm_pad": Patch(held.warm_pad, gain=1.0, release_s=0.6, wide=True),
    "glass_pad": Patch(held.glass_pad, gain=0.9, release_s=0.8, wide=True),
    "strings": Patch(held.strings, gain=1.1, release_s=0.35, wide=True),
    "low_strings": Patch(held.low_strings, gain=0.65, release_s=0.35),
    "stab": Patch(held.stab, gain=0.8, release_s=0.15, wide=True),
    "synth_lead": Patch(held.synth_lead, gain=1.0, release_s=0.2),
    "brass": Patch(held.brass, gain=0.75, release_s=0.16),
    "sax": Patch(held.sax, gain=1.0, release_s=0.14),
    "clarinet": Patch(held.clarinet, gain=0.9, release_s=0.14),
    "harmonica": Patch(held.harmonica, gain=0.8, release_s=0.12),
    "accordion": Patch(held.accordion, gain=0.7, release_s=0.12),
    "violin": Patch(held.violin, gain=0.9, release_s=0.25),
    "flute": Patch(held.flute, gain=1.0, release_s=0.15),
    "organ": Patch(held.organ, gain=0.7, release_s=0.08),
    "choir": Patch(choir, gain=0.9, release_s=0.7, wide=True),
    "synth_bass": Patch(held.synth_bass, gain=0.75, release_s=0.1),
    "reese_bass": Patch(held.reese_bass, gain=0.75, release_s=0.12),
    "bass_808": Patch(held.bass_808, gain=1.1, release_s=0.2),
}
