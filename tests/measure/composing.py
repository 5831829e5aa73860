"""Composes pieces of known tempo and key from a seed, for ears that must not know our engine.

Nothing is shared with the sandbox's engine. Harmony is drawn bar by bar from functions (tonic,
subdominant, dominant) and closes at every fourth or eighth bar; melodies come back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from styles import STYLES, Style

DRUMS = 9
CHORDS, BASS, MELODY = 0, 1, 2
LOUDNESS = {"X": 112, "x": 90, "o": 62}

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# what may follow what; degrees from 0, "V" in minor is major where raised is drawn
FOLLOWERS = {
    "major": {0: (3, 4, 5, 1, 2), 1: (4, 4, 6), 2: (5, 3), 3: (4, 0, 1, 4), 4: (0, 5, 0, 3),
              5: (3, 1, 4), 6: (0,)},
    "minor": {0: (3, 5, 6, 4, 2), 1: (4,), 2: (5, 6), 3: (4, 0, 6, 4), 4: (0, 5, 0),
              5: (6, 2, 3, 4),
              6: (0, 2, 5)},
}  # fmt: skip
LOOPS = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3), (0, 3, 0, 4), (5, 3, 0, 4), (0, 1, 4, 0)),
    "minor": ((0, 5, 2, 6), (0, 6, 5, 6), (0, 3, 4, 0), (0, 3, 6, 0), (0, 5, 3, 4), (0, 0, 3, 4)),
}


@dataclass(frozen=True)
class Note:
    """One note; times in beats."""

    channel: int
    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Piece:
    """Notes with the answers to what a listener is asked."""

    name: str
    tempo_bpm: float
    tonic: int
    mode: str
    notes: tuple[Note, ...]
    programs: tuple[int, int, int]
    tuning_cents: int
    seconds: float


def compose(seed: int, *, seconds: float = 22.0) -> Piece:
    """Return the piece of a seed; styles and the 24 keys come in turn."""
    chance = random.Random(f"held-out piece {seed}")  # noqa: S311 - music, not secrets
    style = STYLES[seed % len(STYLES)]
    tonic, mode = (seed * 7) % 12, ("major", "minor")[(seed // 12) % 2]
    tempo_bpm = round(chance.uniform(*style.bpm), 1)
    beats = seconds / 60 * tempo_bpm
    bars = int(beats / style.beats) + 1
    band = _Band(chance, style, tonic, mode)
    notes = [note for bar in range(bars) for note in band.bar(bar)]
    return Piece(
        name=f"{seed} {style.name}",
        tempo_bpm=tempo_bpm,
        tonic=tonic,
        mode=mode,
        notes=tuple(note for note in notes if note.start < beats),
        programs=tuple(chance.choice(players) for players in style.players),
        tuning_cents=chance.choice((0, 0, 0, -30, -15, 12, 25)),
        seconds=seconds,
    )


class _Band:
    """Plays bar after bar."""

    def __init__(self, chance: random.Random, style: Style, tonic: int, mode: str) -> None:
        self.chance, self.style, self.tonic, self.mode = chance, style, tonic, mode
        self.raised = mode == "minor" and chance.random() < 0.7
        self.sevenths = chance.random() < (0.8 if style.name in {"swing", "bossa"} else 0.15)
        self.late = chance.uniform(0, 0.012)  # seconds, as a person plays
        self.harmony = self._harmony()
        self.rhythms = [chance.choice(style.melody) for _ in range(4)]
        self.register = chance.choice((60, 67, 72))
        self.tunes: list[list[Note]] = []
        for bar in range(8):
            again = bar in {4, 5} and chance.random() < 0.7
            self.tunes.append(self.tunes[bar - 4] if again else self._line(bar))
        self.rest_bars = chance.choice((0, 0, 1, 2))  # the melody waits before it begins

    def bar(self, number: int) -> list[Note]:
        """Return the notes of a bar."""
        chord = self._chord(self.harmony[number % 8])
        notes = [*self._drums(number), *self._chords(chord), *self._bass(chord)]
        if number >= self.rest_bars:
            notes += self.tunes[number % 8]
        offset = number * self.style.beats
        return [
            Note(
                n.channel, offset + self._human(n.start), n.length, n.pitch, self._touch(n.velocity)
            )
            for n in notes
        ]

    def _harmony(self) -> list[int]:
        if self.chance.random() < 0.5:
            loop = list(self.chance.choice(LOOPS[self.mode]))
            return loop * 2 if self.chance.random() < 0.6 else [c for c in loop for _ in (0, 1)]
        degrees = [0]
        while len(degrees) < 7:
            degrees.append(self.chance.choice(FOLLOWERS[self.mode][degrees[-1]]))
        degrees[6:] = [4, 0] if self.chance.random() < 0.5 else [degrees[6], 4]
        return degrees

    def _chord(self, degree: int) -> list[int]:
        """Return pitches of a chord from the bass note up."""
        sizes = (0, 2, 4, 6) if self.sevenths else (0, 2, 4)
        pitches = [self._pitch(degree + size) for size in sizes]
        if degree == 4 and self.raised:
            pitches[1] += 1
        return pitches

    def _pitch(self, degree: int, base: int = 48) -> int:
        octave, step = divmod(degree, 7)
        return base + self.tonic + 12 * octave + SCALES[self.mode][step]

    def _hits(self, pattern: str) -> list[tuple[float, float, int]]:
        """Return start, length up to the next, and velocity of a pattern's signs."""
        places = [i for i, sign in enumerate(pattern) if sign != "."]
        ends = [*places, len(pattern)][1:]
        steps = self.style.steps
        return [
            (place / steps, (end - place) / steps, LOUDNESS[pattern[place]])
            for place, end in zip(places, ends, strict=True)
        ]

    def _drums(self, number: int) -> list[Note]:
        notes = [
            Note(DRUMS, start, 0.2, drum, velocity)
            for drum, pattern in self.style.drums.items()
            for start, _, velocity in self._hits(pattern)
        ]
        if notes and number % 8 == 7 and self.chance.random() < 0.6:
            last = self.style.beats - 1
            notes += [Note(DRUMS, last + i / 4, 0.2, 50 - 2 * i, 95) for i in range(4)]
        if notes and number % 8 == 0:
            notes.append(Note(DRUMS, 0, 1, 49, 100))
        return notes

    def _chords(self, chord: list[int]) -> list[Note]:
        notes = []
        voiced = [pitch + 12 if pitch < 53 else pitch for pitch in chord]
        ladder = [*sorted(voiced), min(voiced) + 12]
        order = (0, 1, 2, 3, 2, 1) if self.style.steps == 3 else (0, 2, 1, 3, 0, 2, 1, 2)
        for i, (start, length, velocity) in enumerate(self._hits(self.style.chords)):
            struck = [ladder[order[i % len(order)] % len(ladder)]] if self.style.broken else voiced
            notes += [Note(CHORDS, start, length * 0.9, p, velocity - 12) for p in struck]
        return notes

    def _bass(self, chord: list[int]) -> list[Note]:
        root = chord[0] - 12 if chord[0] < 56 else chord[0] - 24
        notes = []
        for i, (start, length, velocity) in enumerate(self._hits(self.style.bass)):
            walking = self.style.name == "swing" or (i % 4 == 2 and self.chance.random() < 0.5)
            step = chord[i % len(chord)] - chord[0] if walking else 0
            notes.append(Note(BASS, start, length * 0.95, root + step, velocity))
        return notes

    def _line(self, bar: int) -> list[Note]:
        """Return the melody of a bar: chord notes on beats, neighbours between."""
        degree = self.harmony[bar % 8]
        low = 7 * ((self.register - 48) // 12)
        place, notes = low + degree + self.chance.randint(-2, 2), []
        for start, length, velocity in self._hits(self.rhythms[bar % 4]):
            if float(start).is_integer():
                near = [low + degree + size for size in (-3, 0, 2, 4, 7)]
                place = min(near, key=lambda d: abs(d - place) + self.chance.random() * 2)
            else:
                place += self.chance.choice((-1, -1, 1, 1, 2, -2))
            pitch = self._pitch(place)
            if self.raised and degree == 4 and (pitch - self.tonic) % 12 == 10:
                pitch += 1
            notes.append(Note(MELODY, start, length * 0.95, pitch, velocity + 8))
        return notes

    def _human(self, start: float) -> float:
        return max(0.0, start + self.chance.gauss(0, self.late) * 2)

    def _touch(self, velocity: int) -> int:
        return max(1, min(127, velocity + self.chance.randint(-9, 9)))
