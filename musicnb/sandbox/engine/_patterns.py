"""Drum patterns: sixteen steps a bar, one digit a stroke.

A digit is an accent, 9 hardest. A passage at level L plays the strokes whose digit reaches
``9 - 8 L``, so the same pattern thins out when the music is calm and fills up when it is driven.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One groove.

    Attributes
    ----------
    rows : tuple of (str, str)
        Drum and its sixteen steps.
    answer : tuple of (str, str)
        Rows that replace their namesakes in every second bar.
    ride : str
        The drum that keeps time in choruses instead of the hat, or "".
    crash : bool
        Whether a new section opens with a crash.
    fills : str
        Family of fills.
    """

    rows: tuple[tuple[str, str], ...]
    answer: tuple[tuple[str, str], ...] = ()
    ride: str = ""
    crash: bool = True
    fills: str = "kit"


PATTERNS: dict[str, Pattern] = {
    "none": Pattern(rows=(), crash=False),
    "pop": Pattern(
        rows=(
            ("kick", "9.....7...9....."),
            ("snare", "....9.......9..2"),
            ("hat", "7.5.7.5.7.5.7.5."),
            ("shaker", "..2...2...2...2."),
        ),
        answer=(("kick", "9.....7.4.9..5.."), ("open_hat", "..............5.")),
    ),
    "half": Pattern(
        rows=(
            ("kick", "9.......4.7....."),
            ("snare", "........9......."),
            ("hat", "6.4.6.4.6.4.6.4."),
            ("shaker", "3333333333333333"),
        ),
        answer=(("kick", "9..5......7...4."),),
    ),
    "rock": Pattern(
        rows=(
            ("kick", "9.....5.9.7....."),
            ("snare", "....9.......9..2"),
            ("hat", "8.6.8.6.8.6.8.6."),
        ),
        answer=(("kick", "9..4..5.9.7..4.."), ("open_hat", "..............5.")),
        ride="ride",
    ),
    "metal": Pattern(
        rows=(
            ("kick", "9.659.659.659.65"),
            ("snare", "....9.......9..."),
            ("hat", "8...8...8...8..."),
            ("crash_soft", "5.......5......."),
        ),
        answer=(("kick", "9665966596659665"),),
        ride="ride",
    ),
    "house": Pattern(
        rows=(
            ("kick", "9...9...9...9..."),
            ("clap", "....8.......8..."),
            ("open_hat", "..7...7...7...7."),
            ("hat", "5.3.5.3.5.3.5.35"),
            ("shaker", "3242324232423242"),
        ),
        answer=(("clap", "....8.......8..3"), ("rim", "...4......4.....")),
        fills="machine",
    ),
    # four equal kicks leave it open where a bar begins
    "techno": Pattern(
        rows=(
            ("kick", "9...7...8...7..."),
            ("open_hat", "..7...7...7...5."),
            ("hat", "8353535353535353"),
            ("rim", "......5....5...."),
            ("clap", "....4.......7..."),
        ),
        answer=(("rim", "...5..5...4....."), ("tom", "..........4..4..")),
        fills="machine",
    ),
    "lofi": Pattern(
        rows=(
            ("kick", "9......6..8....."),
            ("snare", "....7.......7..2"),
            ("hat", "6.4.6.4.6.4.6.43"),
            ("rim", "..........3....."),
        ),
        answer=(("kick", "9.......5.8..4.."), ("hat", "6.4.6.436.4.6.4.")),
        crash=False,
        fills="light",
    ),
    "boombap": Pattern(
        rows=(
            ("kick", "9..5...6..9....."),
            ("snare", "....9.......9..3"),
            ("hat", "7.5.7.5.7.5.7.53"),
        ),
        answer=(("kick", "9.....6...9..5.."), ("open_hat", "..............4.")),
        crash=False,
        fills="light",
    ),
    "trap": Pattern(
        rows=(
            ("kick", "9.....7...8....."),
            ("clap", "........9......."),
            ("hat", "7363736373637363"),
            ("open_hat", "......4........."),
        ),
        answer=(("kick", "9..5......8..6.."), ("hat", "7363736673637366")),
        fills="machine",
    ),
    "swing": Pattern(
        rows=(
            ("kick", "5.......4......."),
            ("ride", "8...8.6.8...8.6."),
            ("pedal_hat", "....8.......8..."),
            ("snare_soft", "......3.....2.3."),
        ),
        answer=(
            ("snare_soft", "..3.......4...3."),
            ("kick", "5.........4....."),
        ),
        crash=False,
        fills="light",
    ),
    "shuffle": Pattern(
        rows=(
            ("kick", "9.......8.5....."),
            ("snare", "....8.......8..."),
            ("hat", "8.5.8.5.8.5.8.5."),
        ),
        answer=(("kick", "9.....4.8......."),),
        ride="ride",
    ),
    "epic": Pattern(
        rows=(
            ("kick", "9.......6......."),
            ("tom", "9.....6...6.6..."),
            ("tom_low", "........7.....5."),
            ("shaker", "4.324.324.324.32"),
        ),
        answer=(("tom", "9..5..6...6.6.65"), ("snare_soft", "....3.......4.45")),
        fills="toms",
    ),
    "brush": Pattern(
        rows=(
            ("kick", "7.......6......."),
            ("brush", "....6.......6..."),
            ("shaker", "5.3.5.3.5.3.5.34"),
        ),
        answer=(("kick", "7.....4.6......."), ("brush", "....6.....3.6...")),
        crash=False,
        fills="light",
    ),
    "onedrop": Pattern(
        rows=(
            ("kick", "........9......."),
            ("rim", "........8......."),
            ("hat", "6.5.6.5.6.5.6.55"),
            ("shaker", "..3...3...3...3."),
        ),
        answer=(("rim", "........8..4..5."), ("open_hat", "..............4.")),
        fills="toms",
    ),
    "funk": Pattern(
        rows=(
            ("kick", "9..6......76...."),
            ("snare", "....9..2.2..9..2"),
            ("hat", "7474747474747474"),
        ),
        answer=(("kick", "9.6...4...7..5.."), ("open_hat", "......6.........")),
    ),
    "disco": Pattern(
        rows=(
            ("kick", "9...9...9...9..."),
            ("snare", "....9.......9..."),
            ("open_hat", "..8...8...8...8."),
            ("hat", "6.3.6.3.6.3.6.3."),
            ("shaker", "4343434343434343"),
        ),
        answer=(("clap", "....6.......6.46"),),
    ),
    "synthwave": Pattern(
        rows=(
            ("kick", "9.......9......."),
            ("snare", "....9.......9..."),
            ("hat", "6.5.6.5.6.5.6.54"),
            ("tom", "..............3."),
        ),
        answer=(("kick", "9.....5.9...4..."), ("tom", "..........3.3.44")),
        fills="toms",
    ),
    "breaks": Pattern(
        rows=(
            ("kick", "9.........8....."),
            ("snare", "....9..3.3..9..3"),
            ("hat", "7.5.7.5.7.5.7.54"),
            ("ride", "..4...4...4...4."),
        ),
        answer=(("kick", "9.5.......8....."), ("snare", "....9..3.3....9.")),
        fills="machine",
    ),
    "bossa": Pattern(
        rows=(
            ("kick", "7.....57.....5.."),
            ("rim", "6..6...6..6....."),
            ("shaker", "5343534353435343"),
        ),
        answer=(("rim", "..6...6...6..6.."),),
        crash=False,
        fills="light",
    ),
    "neosoul": Pattern(
        rows=(
            ("kick", "9..4...6..7....."),
            ("snare", "....8.......8..2"),
            ("hat", "6.436.4.6.436.4."),
            ("shaker", "..3...3...3...3."),
        ),
        answer=(("kick", "9.....6...7..4.."), ("rim", "..........4....4")),
        crash=False,
        fills="light",
    ),
    "waltz": Pattern(
        rows=(
            ("kick", "8..........."),
            ("brush", "....6...6..."),
            ("shaker", "4.3.4.3.4.3."),
        ),
        answer=(("kick", "8.....4....."),),
        crash=False,
        fills="light",
    ),
}

#: The last beat of a section: (quarter of the beat, drum, accent); several to choose from.
FILLS: dict[str, tuple[tuple[tuple[int, str, int], ...], ...]] = {
    "kit": (
        ((0, "snare", 6), (1, "snare", 6), (2, "tom", 8), (3, "tom_low", 9)),
        ((0, "tom_high", 7), (1, "tom", 7), (2, "tom_low", 8), (3, "snare", 9)),
        ((0, "snare", 7), (2, "snare", 8), (3, "snare", 9)),
        ((0, "kick", 7), (1, "snare", 7), (2, "tom", 8), (3, "tom_low", 8)),
    ),
    "machine": (
        ((0, "snare", 5), (1, "snare", 6), (2, "snare", 7), (3, "snare", 9)),
        ((0, "clap", 7), (2, "clap", 6), (3, "clap", 8)),
        ((1, "kick", 7), (2, "snare", 7), (3, "snare", 8)),
    ),
    "light": (
        ((0, "snare_soft", 5), (2, "snare_soft", 4), (3, "snare_soft", 6)),
        ((1, "rim", 5), (2, "kick", 6), (3, "rim", 6)),
        ((0, "tom", 4), (2, "tom_low", 5)),
    ),
    "toms": (
        ((0, "tom_high", 7), (1, "tom", 7), (2, "tom_low", 9)),
        ((0, "tom", 8), (1, "tom", 6), (2, "tom_low", 8), (3, "tom_low", 9)),
        ((0, "tom_high", 6), (2, "tom", 8), (3, "tom_low", 9)),
    ),
}
