"""What right means: the rules by which tempo and key are marked."""

from __future__ import annotations

from musicnb.measure import KEYS, Bars

TOLERANCE = 0.04
#: How far a bar may begin from where the piece has it: a player may be 12 ms late himself.
NEAR_S = 0.06
#: "Accuracy 2" of Gouyon et al., "An experimental comparison of audio tempo induction algorithms"
#: (IEEE TASLP 14, 2006): twice, three times, half and a third are forgiven.
OCTAVES = (1, 2, 3, 1 / 2, 1 / 3)


def tempo_marks(heard: float | None, true: float) -> tuple[bool, bool]:
    """Return whether a tempo is right within 4 %, and whether it is but for the octave."""
    if heard is None:
        return False, False
    right = [abs(heard / (true * octave) - 1) < TOLERANCE for octave in OCTAVES]
    return right[0], any(right)


def key_marks(heard: tuple[str | None, str | None], tonic: int, mode: str) -> tuple[bool, float]:
    """Return whether a key is right, and the weighted mark of MIREX's audio key detection.

    1 for right, 0.5 for a fifth above, 0.3 for the relative, 0.2 for the parallel key.
    """
    name, heard_mode = heard
    if name is None:
        return False, 0.0
    step = (KEYS.index(name) - tonic) % 12
    if heard_mode == mode:
        return step == 0, {0: 1.0, 7: 0.5}.get(step, 0.0)
    relative = 9 if mode == "major" else 3
    return False, {relative: 0.3, 0: 0.2}.get(step, 0.0)


def bar_marks(bars: Bars | None, tempo_bpm: float, beats: int, cut_s: float) -> tuple[bool, bool]:
    """Return whether the first bar begins on a beat, and whether it begins on a bar."""
    if bars is None:
        return False, False
    steps = (60 / tempo_bpm, beats * 60 / tempo_bpm)
    second = bars.first_s + cut_s
    on_beat, on_bar = (abs(second - round(second / step) * step) <= NEAR_S for step in steps)
    return on_beat, on_bar
