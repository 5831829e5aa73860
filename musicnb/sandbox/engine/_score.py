"""The score: frozen notes in integer ticks, so that its digest is the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

TICKS_PER_BEAT = 960
#: Silence and ringing after the last bar of a piece that is not a loop, in seconds.
TAIL_S = 2.5
TONIC_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Note:
    """One note or drum stroke.

    Attributes
    ----------
    tick, length : int
        Start and duration, 960 ticks a beat; start is never negative.
    pitch : int
        MIDI note number; 0 for drums.
    velocity : int
        1 to 127.
    part : str
        ``drums bass chords pad arp lead vocal backing``.
    sound : str
        The drum that is struck, or the syllable that is sung as ``onset:vowel:coda``.
    word : str
        The syllable as it is written, a space after the last one of a word; it does not sound, so
        it is no part of the digest.
    """

    tick: int
    length: int
    pitch: int
    velocity: int
    part: str
    sound: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of bars with one role in the form."""

    kind: str
    first_bar: int
    bars: int
    intensity: float


@dataclass(frozen=True, slots=True)
class Mix:
    """How the score is to sound, as far as the notes do not say it.

    Attributes
    ----------
    kit : str
        Drum sounds.
    brightness, energy : float
        0 to 1.
    space_s : float
        Reverberation time.
    wetness, width : float
        Factors on reverb and panning.
    tilt_db : float
        Treble of the master.
    pump : bool
        Whether the kick ducks the sustained parts.
    voice : str
        ``"m"`` or ``"f"``.
    """

    kit: str
    brightness: float
    energy: float
    space_s: float
    wetness: float
    width: float
    tilt_db: float
    pump: bool
    voice: str


@dataclass(frozen=True, slots=True)
class Score:
    """A finished composition.

    Attributes
    ----------
    notes : tuple of Note
        In the order of their starts.
    sections : tuple of Section
        In order, without gaps.
    chords : tuple of str
        One chord symbol per bar.
    tempo_bpm : float
        Beats per minute, to 0.001.
    meter : int
        Beats per bar.
    tonic, mode : str
        Names such as ``"F#"`` and ``"dorian"``.
    patches : tuple of (str, str)
        Part and sound.
    genre, lyrics : str
        For display: the leading genre, and the words that are sung.
    loop : bool
        Whether the end joins the beginning; then there is no tail.
    mix : Mix
        Sound.
    warnings : tuple of str
        What could not be done, in plain words.
    """

    notes: tuple[Note, ...]
    sections: tuple[Section, ...]
    chords: tuple[str, ...]
    tempo_bpm: float
    meter: int
    tonic: str
    mode: str
    patches: tuple[tuple[str, str], ...]
    genre: str
    lyrics: str
    loop: bool
    mix: Mix
    warnings: tuple[str, ...] = ()

    @property
    def bars(self) -> int:
        """Number of bars."""
        return sum(section.bars for section in self.sections)

    @property
    def bar_s(self) -> float:
        """Length of one bar in seconds."""
        return self.meter * 60.0 / self.tempo_bpm

    @property
    def duration_s(self) -> float:
        """Length of the rendered audio in seconds, with its tail."""
        return self.bars * self.bar_s + (0.0 if self.loop else TAIL_S)

    @property
    def key(self) -> str:
        """The key in words, such as ``"A minor"``."""
        return f"{self.tonic} {self.mode}"

    def part(self, name: str) -> tuple[Note, ...]:
        """Return the notes of one part."""
        return tuple(note for note in self.notes if note.part == name)

    def digest(self) -> str:
        """Return SHA-256 over everything that sounds, in hexadecimal digits."""
        lines = [
            f"{self.tempo_bpm:.3f} {self.meter} {self.tonic} {self.mode} {self.loop:d}",
            repr(self.patches),
            repr(self.chords),
            _mix_line(self.mix),
        ]
        lines += [f"{s.kind} {s.first_bar} {s.bars} {s.intensity:.4f}" for s in self.sections]
        lines += [
            f"{n.tick} {n.length} {n.pitch} {n.velocity} {n.part} {n.sound}" for n in self.notes
        ]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _mix_line(mix: Mix) -> str:
    numbers = (mix.brightness, mix.energy, mix.space_s, mix.wetness, mix.width, mix.tilt_db)
    return " ".join((mix.kit, mix.voice, f"{mix.pump:d}", *(f"{x:.4f}" for x in numbers)))
