"""What a musician ordered, as the server understood it, and what was heard in a reference."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """What was heard in reference audio.

    Attributes
    ----------
    tempo_bpm : float
        Beats per minute, about 60 to 190; detectors err by octaves.
    tonic : int
        Pitch class of the tonic, 0 = C … 11 = B.
    mode : str
        ``"major"`` or ``"minor"``.
    energy : float
        0 (still) to 1 (restless): density of onsets.
    brightness : float
        0 (dull) to 1 (brilliant): share of high frequencies.
    duration_s : float
        Length of the audio in seconds.
    phrase_bars : int
        After how many bars of four beats its harmony comes round: 2, 4 or 8.
    """

    tempo_bpm: float
    tonic: int
    mode: str
    energy: float
    brightness: float
    duration_s: float
    phrase_bars: int = 4


@dataclass(frozen=True, slots=True)
class Order:
    """One order for music; plain values that can be pickled.

    Attributes
    ----------
    model : str
        ``"suno-5.5"`` or ``"minimax-music-2.6"``; other ids sound like the first.
    prompt : str
        Style, mood, tempo, key, instruments and length in free words.
    lyrics : str
        Words to sing, with optional section tags such as ``[Chorus]``.
    instrumental : bool or None
        None: sung when lyrics or a word like "vocals" ask for it.
    title : str
        Name of the piece; it flavours the seed and nothing else.
    style_weight : float or None
        0 to 1: how closely the genre's habits are followed; None means 0.5.
    weirdness_constraint : float or None
        0 to 1: how many unusual chords, leaps and accents; None means 0.3.
    audio_weight : float or None
        0 to 1: how strongly the reference decides; None means 0.6.
    negative_tags : str
        What to leave out, separated by commas.
    vocal_gender : str or None
        ``"m"`` or ``"f"``.
    lyrics_optimizer : bool
        Write lyrics when none were given.
    reference : Reference or None
        What :func:`hear_reference` heard.
    """

    model: str
    prompt: str
    lyrics: str = ""
    instrumental: bool | None = None
    title: str = ""
    style_weight: float | None = None
    weirdness_constraint: float | None = None
    audio_weight: float | None = None
    negative_tags: str = ""
    vocal_gender: str | None = None
    lyrics_optimizer: bool = False
    reference: Reference | None = None
