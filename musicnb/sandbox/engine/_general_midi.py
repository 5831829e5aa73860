"""Our sounds under the names of General MIDI, for players of the exported score.

Programs count from 0 as they stand in the file; the specification's tables count from 1
("General MIDI System Level 1", MIDI Manufacturers Association, 1991).
"""

from __future__ import annotations

PROGRAMS: dict[str, int] = {
    "piano": 0,
    "electric_piano": 4,
    "bell": 14,
    "marimba": 12,
    "vibes": 11,
    "kalimba": 108,
    "steel_drum": 114,
    "harpsichord": 6,
    "banjo": 105,
    "mandolin": 25,
    "clarinet": 71,
    "harmonica": 22,
    "accordion": 21,
    "violin": 40,
    "harp": 46,
    "nylon_guitar": 24,
    "steel_guitar": 25,
    "clean_guitar": 27,
    "distorted_guitar": 30,
    "lead_guitar": 29,
    "pluck": 80,
    "electric_bass": 33,
    "upright_bass": 32,
    "sub_bass": 39,
    "synth_bass": 38,
    "reese_bass": 39,
    "bass_808": 38,
    "warm_pad": 89,
    "glass_pad": 92,
    "strings": 48,
    "low_strings": 42,
    "stab": 62,
    "synth_lead": 81,
    "brass": 61,
    "sax": 66,
    "flute": 73,
    "organ": 16,
    "choir": 52,
}
#: Voice Oohs, and the cymbal that swells backwards.
VOICE_PROGRAM = 53
RISER_PROGRAM = 119

DRUM_KEYS: dict[str, int] = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "snare_soft": 40,
    "tom_low": 41,
    "hat": 42,
    "pedal_hat": 44,
    "tom": 45,
    "open_hat": 46,
    "crash": 49,
    "tom_high": 50,
    "ride": 51,
    "crash_soft": 57,
    "shaker": 70,
    "brush": 71,
}
