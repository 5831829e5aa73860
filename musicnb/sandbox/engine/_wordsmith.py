"""Words to sing when the order wants a voice and brings no lyrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicnb.sandbox.engine._chance import SplitMix64

_BRIGHT_VERSES = (
    "Morning opens every window wide",
    "There is music waiting down the line",
    "All the streets are painted gold today",
    "I can hear the city learn to sing",
    "Every little light is on my side",
    "We were born to chase a rising sun",
    "Hold the summer closer to your heart",
    "Nothing in the world can slow us down",
)
_DARK_VERSES = (
    "Rain is falling softly on the stone",
    "I have kept your letters in the dark",
    "Every road I follow leads to home",
    "Shadows learn the colour of your name",
    "There is only silence on the line",
    "Winter came and never went away",
    "I was calling out across the sea",
    "Something in the water knows my name",
)
_BRIGHT_HOOKS = (
    ("Oh we are alive tonight", "Carry me into the light"),
    ("Run with me, run away", "Never let the colours fade"),
    ("Hey now, feel it grow", "Higher than we ever go"),
)
_DARK_HOOKS = (
    ("Oh stay with me a while", "I remember how you smiled"),
    ("Slow, slow, let it go", "Deeper than the undertow"),
    ("Come back, come back to me", "Hold me while I fall asleep"),
)
_BRIDGES = (
    ("And if the night should find us here", "We will sing until it clears"),
    ("Wait for the moment, wait for the sign", "Everything turns in its own good time"),
)


def write_lyrics(draws: SplitMix64, *, valence: float, verses: int = 2) -> str:
    """Return tagged lyrics that fit the mood.

    Parameters
    ----------
    draws : SplitMix64
        Where the choices come from.
    valence : float
        -1 (sorrow) to 1 (joy).
    verses : int, optional
        How many verses, each followed by the chorus; 1 or 2.
    """
    lines = draws.shuffled(_BRIGHT_VERSES if valence >= 0 else _DARK_VERSES)
    hook = draws.choice(_BRIGHT_HOOKS if valence >= 0 else _DARK_HOOKS)
    chorus = "\n".join(("[Chorus]", *hook, hook[0], hook[1]))
    blocks = []
    for number in range(verses):
        blocks.append("\n".join(("[Verse]", *lines[4 * number : 4 * number + 4])))
        blocks.append(chorus)
    if verses > 1:
        blocks.append("\n".join(("[Bridge]", *draws.choice(_BRIDGES))))
        blocks.append(chorus)
    return "\n\n".join(blocks)
