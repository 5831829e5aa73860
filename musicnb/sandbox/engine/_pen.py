"""What every part writer shares: the plan of the piece and the pen that writes notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._chance import SplitMix64, stream
from musicnb.sandbox.engine._score import TICKS_PER_BEAT, Note

if TYPE_CHECKING:
    from musicnb.sandbox.engine._brief import Brief
    from musicnb.sandbox.engine._form import Passage
    from musicnb.sandbox.engine._harmony import Chord
    from musicnb.sandbox.engine._moods import Character

_EIGHTH = TICKS_PER_BEAT // 2
_SIXTEENTH = TICKS_PER_BEAT // 4
# At full swing the off-beat eighth falls on the last triplet: 2/3 instead of 1/2 of the beat.
_SWUNG_EIGHTH = TICKS_PER_BEAT // 6
_SWUNG_SIXTEENTH = TICKS_PER_BEAT // 16


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is settled before the parts are written.

    Attributes
    ----------
    brief : Brief
        The decisions.
    character : Character
        How the model plays.
    passages : tuple of Passage
        Sections with their lines.
    chords : tuple of Chord
        One per bar.
    voicings : tuple of tuple of int
        Pitches of the chords, led smoothly from bar to bar.
    tempo_bpm : float
        Final tempo.
    """

    brief: Brief
    character: Character
    passages: tuple[Passage, ...]
    chords: tuple[Chord, ...]
    voicings: tuple[tuple[int, ...], ...]
    tempo_bpm: float

    @property
    def meter(self) -> int:
        """Beats per bar."""
        return self.brief.meter

    @property
    def beats(self) -> int:
        """Beats in the whole piece."""
        return len(self.chords) * self.brief.meter

    def draws(self, *what: object) -> SplitMix64:
        """Return the stream of random numbers for one purpose of this take."""
        return stream(self.brief.label, *what)

    def level(self, passage: Passage) -> float:
        """Return how busy a passage is, 0 to 1: the section's intensity times the energy."""
        energy = self.brief.energy + 0.4 * self.character.density
        section = passage.section.intensity
        level = max(0.0, min(1.0, energy * (0.45 + 0.75 * section)))
        density = self.brief.density
        # bare music thins out however driven it is; crowded music fills up however calm
        return level * (1 + 0.5 * density) if density < 0 else min(1.0, level + 0.3 * density)

    def loudness(self, passage: Passage) -> float:
        """Return the velocity around which a passage is played, 0 to 1."""
        return 0.26 + 0.48 * passage.section.intensity + 0.18 * self.brief.energy

    @property
    def final_beats(self) -> float:
        """Length of the closing chord: its bar, and on into the tail."""
        return self.brief.meter + 1.5 * self.tempo_bpm / 60.0

    def is_last(self, bar: int) -> bool:
        """Return whether a bar closes the piece; a loop never closes."""
        return not self.brief.loop and bar == len(self.chords) - 1


@dataclass(slots=True)
class Pen:
    """Writes notes of one part, with swing and the small errors of a player.

    Parameters
    ----------
    plan : Plan
        The piece.
    part : str
        Name the notes carry.
    tight : float, optional
        Factor on the timing errors; 0 plays like a machine.
    """

    plan: Plan
    part: str
    tight: float = 1.0
    notes: list[Note] = field(default_factory=list)
    _draws: SplitMix64 = field(init=False)

    def __post_init__(self) -> None:
        self._draws = self.plan.draws("hands", self.part)

    def add(
        self,
        beat: float,
        length: float,
        pitch: int,
        velocity: float,
        sound: str = "",
        *,
        word: str = "",
    ) -> None:
        """Write one note.

        Parameters
        ----------
        beat, length : float
            Start and duration in beats from the beginning of the piece.
        pitch : int
            MIDI note number.
        velocity : float
            0 to 1.
        sound, word : str, optional
            Drum or syllable, and the syllable in letters.
        """
        plan = self.plan
        tick = self._swung(round(beat * TICKS_PER_BEAT))
        # looseness is given at 120 bpm; in beats it grows with the tempo
        loose = plan.character.looseness * self.tight * plan.tempo_bpm / 120.0
        tick += round(self._draws.bell() * loose * TICKS_PER_BEAT)
        last = plan.beats * TICKS_PER_BEAT - 1
        hard = velocity * (1.0 + 0.05 * self._draws.bell())
        self.notes.append(
            Note(
                tick=min(last, max(0, tick)),
                length=max(30, round(length * TICKS_PER_BEAT)),
                pitch=min(108, max(21, pitch)) if pitch else 0,
                velocity=min(127, max(1, round(127 * hard))),
                part=self.part,
                sound=sound,
                word=word,
            )
        )

    def chord(self, beat: float, length: float, pitches: tuple[int, ...], velocity: float) -> None:
        """Write several notes at once, the upper ones a little softer."""
        for index, pitch in enumerate(pitches):
            self.add(beat, length, pitch, velocity * (1.0 - 0.04 * index))

    def strum(
        self, beat: float, length: float, pitches: tuple[int, ...], velocity: float, spread: float
    ) -> None:
        """Write a chord whose notes follow one another by ``spread`` beats."""
        for index, pitch in enumerate(pitches):
            self.add(beat + index * spread, length, pitch, velocity * (1.0 - 0.03 * index))

    def _swung(self, tick: int) -> int:
        swing = self.plan.brief.swing
        if not swing:
            return tick
        within = tick % TICKS_PER_BEAT
        if abs(within - _EIGHTH) <= 30:  # noqa: PLR2004
            return tick + round(swing * _SWUNG_EIGHTH)
        if within % _EIGHTH and abs(within % _EIGHTH - _SIXTEENTH) <= 30:  # noqa: PLR2004
            return tick + round(swing * _SWUNG_SIXTEENTH)
        return tick
