"""What a genre is: the habits by which an order becomes a piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patches:
    """Sounds of a genre, per part; the first is the habit, the others are other readings."""

    bass: tuple[str, ...]
    chords: tuple[str, ...]
    pad: tuple[str, ...]
    lead: tuple[str, ...]
    arp: tuple[str, ...]

    def of(self, role: str) -> tuple[str, ...]:
        """Return the sounds of one part."""
        options: dict[str, tuple[str, ...]] = {
            "bass": self.bass,
            "chords": self.chords,
            "pad": self.pad,
            "lead": self.lead,
            "arp": self.arp,
        }
        return options[role]


@dataclass(frozen=True, slots=True)
class Genre:
    """The habits of one genre.

    Attributes
    ----------
    name : str
        Our name; with a space for the underscore it is also an alias.
    aliases : tuple of str
        Other words for it, lower case.
    tempo_bpm : tuple of int
        Slowest and fastest usual tempo.
    modes : tuple of str
        Usual modes; named twice means twice as likely.
    harmony : str
        Bank of progressions.
    drums, bass, chords : str
        Names of the playing patterns.
    kit : str
        Name of the drum sounds.
    swing : float
        0 (straight) to 1 (the off-beat eighth on the last triplet).
    energy, brightness : float
        Starting points, 0 to 1.
    sevenths : bool
        Whether chords carry sevenths.
    space_s : float
        Reverberation time in seconds.
    pump : bool
        Whether the kick ducks the sustained parts.
    patches : Patches
        The sounds.
    """

    name: str
    aliases: tuple[str, ...]
    tempo_bpm: tuple[int, int]
    modes: tuple[str, ...]
    harmony: str
    drums: str
    kit: str
    bass: str
    chords: str
    swing: float
    energy: float
    brightness: float
    sevenths: bool
    space_s: float
    pump: bool
    patches: Patches
