"""What mood words mean, and how each model plays: small tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mood:
    """One mood word.

    Attributes
    ----------
    valence : float
        -1 (sorrow) to 1 (joy); pulls the mode.
    arousal : float
        -1 (still) to 1 (driven); pulls tempo, density and drums.
    brightness : float
        -1 (dull, low) to 1 (brilliant, high); pulls filters, register and cymbals.
    """

    valence: float
    arousal: float
    brightness: float


# Valence and arousal follow the circumplex of Russell (1980); brightness is our own third axis,
# because "dark" and "sad" ask for different sounds.
MOODS: dict[str, Mood] = {
    "sad": Mood(-0.7, -0.4, -0.4),
    "melancholic": Mood(-0.6, -0.4, -0.4),
    "melancholy": Mood(-0.6, -0.4, -0.4),
    "heartbroken": Mood(-0.7, -0.3, -0.3),
    "lonely": Mood(-0.6, -0.5, -0.4),
    "dark": Mood(-0.7, 0.0, -1.0),
    "gloomy": Mood(-0.7, -0.3, -0.9),
    "moody": Mood(-0.4, -0.2, -0.6),
    "haunting": Mood(-0.6, -0.2, -0.5),
    "ominous": Mood(-0.7, 0.1, -0.8),
    "sinister": Mood(-0.8, 0.2, -0.8),
    "tense": Mood(-0.6, 0.4, -0.2),
    "angry": Mood(-0.8, 0.8, 0.2),
    "aggressive": Mood(-0.6, 0.9, 0.2),
    "heavy": Mood(-0.4, 0.6, -0.3),
    "mysterious": Mood(-0.5, -0.1, -0.4),
    "nostalgic": Mood(-0.2, -0.3, -0.3),
    "warm": Mood(0.3, -0.2, -0.5),
    "mellow": Mood(0.1, -0.5, -0.5),
    "muffled": Mood(0.0, -0.1, -1.0),
    "soft": Mood(0.2, -0.6, -0.4),
    "gentle": Mood(0.3, -0.7, -0.2),
    "calm": Mood(0.2, -0.9, -0.2),
    "peaceful": Mood(0.4, -0.9, -0.1),
    "serene": Mood(0.4, -0.9, 0.0),
    "relaxed": Mood(0.3, -0.7, -0.2),
    "relaxing": Mood(0.3, -0.8, -0.2),
    "sleepy": Mood(0.1, -1.0, -0.6),
    "dreamy": Mood(0.2, -0.5, 0.0),
    "ethereal": Mood(0.1, -0.5, 0.4),
    "romantic": Mood(0.4, -0.3, -0.1),
    "tender": Mood(0.3, -0.6, -0.2),
    "hopeful": Mood(0.6, 0.0, 0.3),
    "happy": Mood(0.9, 0.4, 0.5),
    "cheerful": Mood(0.9, 0.4, 0.6),
    "joyful": Mood(0.9, 0.5, 0.6),
    "playful": Mood(0.7, 0.4, 0.5),
    "sunny": Mood(0.8, 0.3, 0.7),
    "bright": Mood(0.7, 0.1, 1.0),
    "sparkling": Mood(0.5, 0.2, 1.0),
    "crisp": Mood(0.2, 0.1, 0.8),
    "shimmering": Mood(0.3, 0.0, 0.8),
    "uplifting": Mood(0.8, 0.4, 0.5),
    "euphoric": Mood(0.8, 0.7, 0.6),
    "triumphant": Mood(0.7, 0.6, 0.5),
    "energetic": Mood(0.3, 0.9, 0.3),
    "upbeat": Mood(0.6, 0.6, 0.4),
    "lively": Mood(0.5, 0.6, 0.4),
    "driving": Mood(0.0, 0.7, 0.1),
    "intense": Mood(-0.2, 0.8, 0.1),
    "powerful": Mood(0.1, 0.7, 0.1),
    "epic": Mood(0.0, 0.6, 0.1),
    "frantic": Mood(-0.2, 1.0, 0.3),
    "groovy": Mood(0.3, 0.3, 0.1),
    "minimal": Mood(0.0, -0.5, -0.1),
    "quiet": Mood(0.0, -0.7, -0.3),
    "atmospheric": Mood(0.0, -0.4, -0.1),
    "chill": Mood(0.2, -0.4, -0.2),
    "funky": Mood(0.3, 0.4, 0.2),
    "melodic": Mood(0.2, 0.0, 0.1),
    "raw": Mood(-0.2, 0.4, 0.0),
    "gritty": Mood(-0.3, 0.4, -0.3),
    "smooth": Mood(0.3, -0.3, -0.2),
    "airy": Mood(0.2, -0.3, 0.6),
    "cold": Mood(-0.5, -0.1, 0.2),
    "analog": Mood(0.1, -0.1, -0.3),
    "vintage": Mood(0.1, -0.1, -0.4),
}

#: How many layers and notes there should be, -1 (bare) to 1 (crowded).
DENSITIES: dict[str, float] = {
    "sparse": -1.0,
    "bare": -1.0,
    "minimal": -0.7,
    "minimalist": -0.7,
    "stripped": -0.8,
    "spacious": -0.6,
    "simple": -0.5,
    "layered": 0.7,
    "rich": 0.5,
    "full": 0.6,
    "dense": 1.0,
    "busy": 1.0,
    "crowded": 1.0,
}


@dataclass(frozen=True, slots=True)
class Character:
    """How one model plays and mixes, so that two models can be told apart by ear.

    Attributes
    ----------
    density : float
        Added to the share of layers that play, -0.3 to 0.3.
    tilt_db : float
        Added to the treble of the master, in dB.
    wetness : float
        Factor on the reverb send.
    width : float
        Factor on the panning, 0 (mono) to 1.2.
    looseness : float
        Standard deviation of the timing in beats at 120 bpm.
    backing_vocals : bool
        Whether the chorus gets a second voice.
    """

    density: float
    tilt_db: float
    wetness: float
    width: float
    looseness: float
    backing_vocals: bool


SUNO = Character(
    density=0.15, tilt_db=-0.5, wetness=1.15, width=1.1, looseness=0.007, backing_vocals=True
)
MINIMAX = Character(
    density=-0.15, tilt_db=1.5, wetness=0.7, width=0.8, looseness=0.004, backing_vocals=False
)


def character_of(model: str) -> Character:
    """Return how a model plays; an unknown id plays like the first model."""
    return MINIMAX if "minimax" in model.lower() else SUNO
