"""Sixteen ways to play, as patterns over a bar: the vocabulary of the held-out pieces.

A pattern has one sign per step, ``steps`` to the beat: ``X`` loud, ``x`` plain, ``o`` soft, ``.``
nothing. Tempo ranges are those at which musicians count the beat in that style.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KICK, SNARE, RIM, CLAP, CLOSED, OPEN, RIDE, SHAKER, TOM = 36, 38, 37, 39, 42, 46, 51, 70, 45

KEYS = (0, 1, 2, 4, 5, 7)
ORGANS = (16, 17, 18, 19, 21)
GUITARS = (24, 25, 26, 27)
DRIVEN = (28, 29, 30)
BASSES = (32, 33, 34, 35, 38, 39)
STRINGS = (40, 41, 42, 48, 49, 50)
CHOIRS = (52, 53, 88, 89, 91, 94)
BRASS = (56, 57, 60, 61, 66)
REEDS = (64, 65, 68, 71, 73, 75)
MALLETS = (9, 11, 12, 13, 46, 108)
LEADS = (80, 81, 22, 105)


@dataclass(frozen=True)
class Style:
    """How a band plays: patterns of one bar, and who plays them."""

    name: str
    bpm: tuple[int, int]
    beats: int
    steps: int
    chords: str
    bass: str
    melody: tuple[str, ...]
    players: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]  # chords, bass, melody
    drums: dict[int, str] = field(default_factory=dict)
    broken: bool = False  # chords are played one note after the other


STYLES = (
    Style("rock", (92, 148), 4, 2, "Xxxxxxxx", "xxxxxxxx", ("x.xxx.x.", "x...xxx.", "x..xx..."),
          (DRIVEN + GUITARS, BASSES, DRIVEN + LEADS + ORGANS),
          {KICK: "X...Xx..", SNARE: "..X...X.", CLOSED: "xoxoxoxo"}),
    Style("pop", (84, 128), 4, 4, "X.....x...x.....", "x.....x.x...x...",
          ("x...x...x.x.x...", "x.x.x.......x.x.", "....x.x.x...x..."),
          (KEYS + GUITARS + STRINGS, BASSES, LEADS + REEDS + KEYS),
          {KICK: "X.....x.X.......", SNARE: "....X.......X...", CLOSED: "x.o.x.o.x.o.x.oo"}),
    Style("ballad", (60, 84), 4, 2, "xxxxxxxx", "X...x...", ("x...x.x.", "x.....xx", "x.x.x..."),
          (KEYS + GUITARS + MALLETS, BASSES, STRINGS + REEDS + CHOIRS),
          {KICK: "X...x...", SNARE: "..x...x.", CLOSED: "oooooooo"}, broken=True),
    Style("bare ballad", (60, 80), 4, 2, "xoxoxoxo", "X.......",
          ("x...x.x.", "x.x.x...", "x......."),
          (KEYS + GUITARS, STRINGS, REEDS + STRINGS), broken=True),
    Style("waltz", (96, 180), 3, 2, "..x.x.", "X.....", ("x.x.x.", "x...x.", "x....."),
          (KEYS + STRINGS + (21, 24), BASSES, REEDS + STRINGS + (21, 22))),
    Style("drummed waltz", (84, 150), 3, 2, "x.x.x.", "X...x.", ("x.x.x.", "x...xx", "x..xx."),
          (KEYS + GUITARS, BASSES, REEDS + BRASS),
          {KICK: "X.....", SNARE: "..o.o.", RIDE: "x.x.x."}),
    Style("jig", (84, 126), 2, 3, "x.ox.o", "X..x..", ("xxxxxx", "x.xx.x", "x.xxxx"),
          ((*GUITARS, 15, 21), BASSES, (40, 73, 74, 78, 105, 109, 110))),
    Style("slow six", (56, 76), 2, 3, "xoxxox", "X..x..", ("x..x.x", "x.xx..", "x....."),
          (GUITARS + KEYS, BASSES, STRINGS + REEDS),
          {KICK: "X.....", SNARE: "...x..", CLOSED: "xooxoo"}, broken=True),
    Style("swing", (112, 180), 4, 3, "x....x......", "x..x..x..x..",
          ("x.xx.xx.....", "...x.xx.xx.x", "x....xx..x.."),
          ((*KEYS, 26), (32,), BRASS + REEDS + (11,)),
          {RIDE: "x..x.xx..x.x", CLOSED: "...x.....x..", KICK: "o..o..o..o.."}),
    Style("shuffle", (80, 132), 4, 3, "x.xx.xx.xx.x", "x.xx.xx.xx.x",
          ("x.xx..x.x...", "x..x.xx.....", "...x.xx.xx.."),
          (GUITARS + DRIVEN + KEYS, BASSES, (22, 27, 65, 66)),
          {KICK: "X.....X.....", SNARE: "...X.....X..", CLOSED: "x.xx.xx.xx.x"}),
    Style("house", (116, 132), 4, 4, "..x...x...x...x.", "..x...x...x...x.",
          ("x..x..x.....x...", "x.......x.x.....", "x..x..x.x..x..x."),
          (KEYS + LEADS + STRINGS, (38, 39, 33), LEADS + MALLETS),
          {KICK: "X...X...X...X...", CLAP: "....X.......X...", OPEN: "..x...x...x...x."}),
    Style("hip hop", (76, 98), 4, 4, "x.........x.....", "x..x......x.....",
          ("x.x...x.....x...", "....x..x..x.....", "x...........x.x."),
          (KEYS + STRINGS, (38, 39, 33, 34), KEYS + MALLETS + CHOIRS),
          {KICK: "X..x......X.....", SNARE: "....X.......X..o", CLOSED: "xoxoxoxoxoxoxxxo"}),
    Style("bossa", (112, 148), 4, 2, "x..x..x.", "x..xx..x", ("x..x..x.", ".x.xx...", "x.xx.x.."),
          ((24, 0, 4, 25), (32, 33), (73, 66, 11, 65)),
          {KICK: "x..xx..x", RIM: "x..x..x.", SHAKER: "xoxoxoxo"}),
    Style("reggae", (66, 88), 4, 4, "....X.......X...", "x.....x.x...x...",
          ("x...x.x.....x...", "x.x.x...x.......", "........x.x.x.x."),
          ((27, 28, 16, 17), (33, 34), ORGANS + BRASS),
          {KICK: "........X.......", RIM: "........X.......", CLOSED: "x.o.x.o.x.o.x.o."}),
    Style("chorale", (60, 104), 4, 2, "x.x.x.x.", "x.x.x.x.", ("x.x.x.x.", "x.xxx.x.", "x.x.x..."),
          (STRINGS[3:] + CHOIRS[:2] + ORGANS, (*STRINGS, 58, 70), STRINGS + REEDS + CHOIRS[:2])),
    Style("march", (100, 126), 2, 4, "..x...x.", "X...x...", ("x.x.x.x.", "x..xx...", "x...x.x."),
          (BRASS + STRINGS + (21,), (58, 32, 70), BRASS + REEDS),
          {KICK: "X...x...", SNARE: "o.xoo.xx"}),
    Style("picking", (72, 120), 4, 2, "xxxxxxxx", "x...x...", ("x...x...", "x.x...x.", "........"),
          ((*GUITARS, 15, 46, 105, 6), GUITARS, REEDS + STRINGS), broken=True),
    Style("breaks", (160, 180), 4, 4, "x...............", "x.....x...x.....",
          ("x...........x...", "x.....x.........", "x...x...x......."),
          (CHOIRS + STRINGS, (38, 39), LEADS + MALLETS),
          {KICK: "X.........X.....", SNARE: "....X..o.o..X..o", CLOSED: "x.x.x.x.x.x.x.x."}),
)  # fmt: skip
