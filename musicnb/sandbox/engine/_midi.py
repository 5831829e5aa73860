"""The score as a Standard MIDI File, for notation programs, samplers and tests.

The bytes follow "The Complete MIDI 1.0 Detailed Specification" (MIDI Manufacturers Association,
1996), chapter "Standard MIDI Files 1.0": format 1, 960 ticks a beat, one track per part. Sounds
are named by the nearest program of General MIDI, drums by its percussion keys on channel 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._general_midi import DRUM_KEYS, PROGRAMS, RISER_PROGRAM, VOICE_PROGRAM
from musicnb.sandbox.engine._harmony import MAJOR_LIKE, MODES
from musicnb.sandbox.engine._score import TICKS_PER_BEAT, TONIC_NAMES, Note, Score
from musicnb.sandbox.engine._strips import STRIPS

if TYPE_CHECKING:
    from musicnb.sandbox.engine._strips import Strip

_DRUMS = 9
_RISER_KEY = 60
#: Channel of each part, counted from 0; risers are no drum and have one of their own.
CHANNELS: dict[str, int] = {
    "bass": 0,
    "chords": 1,
    "pad": 2,
    "arp": 3,
    "lead": 4,
    "vocal": 5,
    "backing": 6,
    "riser": 7,
    "drums": _DRUMS,
}
#: Sharps (positive) or flats of the major scale on each pitch class.
_SIGNATURES = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
_TEXT, _NAME, _LYRIC, _MARKER = 1, 3, 5, 6
_END_OF_TRACK, _TEMPO, _METER, _KEY = 0x2F, 0x51, 0x58, 0x59
_VOLUME, _PAN, _REVERB = 7, 10, 91
_CENTRE = 64

#: Tick, rank among simultaneous events, and the bytes without their time.
_Event = tuple[int, int, bytes]


def to_midi(score: Score) -> bytes:
    """Return the score as a Standard MIDI File of format 1.

    Parameters
    ----------
    score : Score
        From :func:`compose`.

    Returns
    -------
    bytes
        The first track holds tempo, metre, key signature and the sections as markers; then comes
        a track per part that plays. Sung notes carry their syllables as lyrics, a space after the
        last one of a word. The key signature has the accidentals of the mode and says minor for
        modes with a minor third. A note that would still sound when its key is struck again is
        shortened, because MIDI has one state per key.
    """
    parts: dict[str, list[Note]] = {}
    for note in score.notes:
        parts.setdefault("riser" if note.sound == "riser" else note.part, []).append(note)
    end = round(score.duration_s * score.tempo_bpm / 60 * TICKS_PER_BEAT)
    tracks = [_track(_conductor(score), end)]
    for part, channel in CHANNELS.items():
        if part in parts:
            tracks.append(_track(_part(score, part, channel, parts[part]), end))
    header = (1).to_bytes(2, "big") + len(tracks).to_bytes(2, "big")
    return _chunk(b"MThd", header + TICKS_PER_BEAT.to_bytes(2, "big")) + b"".join(tracks)


def _conductor(score: Score) -> list[_Event]:
    tonic = TONIC_NAMES.index(score.tonic)
    minor = score.mode not in MAJOR_LIKE
    events = [
        (0, 0, _meta(_NAME, f"{score.genre.replace('_', ' ')} in {score.key}".encode())),
        (0, 0, _meta(_TEXT, b"Composed by the musicnb sandbox with its own engine.")),
        (0, 0, _meta(_TEMPO, round(60e6 / score.tempo_bpm).to_bytes(3, "big"))),
        # the denominator as a power of two, 24 clocks a beat, 8 thirty-seconds a quarter
        (0, 0, _meta(_METER, bytes((score.meter, 2, 24, 8)))),
        (0, 0, _meta(_KEY, bytes((_signature(tonic, score.mode) & 0xFF, minor)))),
    ]
    bar = score.meter * TICKS_PER_BEAT
    markers = [(s.first_bar * bar, 0, _meta(_MARKER, s.kind.encode())) for s in score.sections]
    return [*events, *markers]


def _signature(tonic: int, mode: str) -> int:
    """Return sharps, or flats as a negative number, of the major scale with the same notes."""
    scale = {(tonic + step) % 12 for step in MODES[mode]}
    return next(
        _SIGNATURES[root]
        for root in range(12)
        if {(root + step) % 12 for step in MODES["major"]} == scale
    )


def _part(score: Score, part: str, channel: int, notes: list[Note]) -> list[_Event]:
    strip = STRIPS["drums" if part == "riser" else part]
    events = [(0, 0, _meta(_NAME, part.encode()))]
    if part == "riser":
        events.append((0, 1, bytes((0xC0 | channel, RISER_PROGRAM))))
    elif part in {"vocal", "backing"}:
        events.append((0, 1, bytes((0xC0 | channel, VOICE_PROGRAM))))
    elif part != "drums":
        events.append((0, 1, bytes((0xC0 | channel, PROGRAMS[dict(score.patches)[part]]))))
    events += [(0, 2, bytes((0xB0 | channel, *change))) for change in _desk(strip)]
    for note, key, end in _struck(part, notes):
        if part == "vocal" and note.word:
            events.append((note.tick, 4, _meta(_LYRIC, note.word.encode("utf-8", "replace"))))
        events.append((note.tick, 5, bytes((0x90 | channel, key, note.velocity))))
        events.append((end, 3, bytes((0x80 | channel, key, 0))))
    return events


def _desk(strip: Strip) -> Iterable[tuple[int, int]]:
    """Return the controllers that set a part's place in the mix."""
    yield _VOLUME, min(127, round(127 * strip.gain**0.5))
    yield _PAN, min(127, max(0, round(_CENTRE + 63 * strip.pan)))
    yield _REVERB, min(127, round(160 * strip.send))


def _struck(part: str, notes: list[Note]) -> list[tuple[Note, int, int]]:
    """Return each note with its key and the tick at which the key is let go."""
    keys = [_key(part, note) for note in notes]
    ends = [note.tick + note.length for note in notes]
    latest: dict[int, int] = {}
    for index, (note, key) in enumerate(zip(notes, keys, strict=True)):
        before = latest.get(key)
        if before is not None:
            ends[before] = min(ends[before], note.tick)
        latest[key] = index
    struck = zip(notes, keys, ends, strict=True)
    # of two strokes of one key on one tick only the last is left
    return [(note, key, end) for note, key, end in struck if end > note.tick]


def _key(part: str, note: Note) -> int:
    if part == "riser":
        return _RISER_KEY
    return DRUM_KEYS[note.sound] if part == "drums" else note.pitch


def _track(events: list[_Event], end: int) -> bytes:
    track = bytearray()
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track += _varying(tick - now) + message
        now = tick
    track += _varying(max(0, end - now)) + _meta(_END_OF_TRACK, b"")
    return _chunk(b"MTrk", bytes(track))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "big") + data


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _varying(len(data)) + data


def _varying(number: int) -> bytes:
    """Return a variable-length quantity: seven bits a byte, all but the last marked."""
    out = bytes((number & 127,))
    while number := number >> 7:
        out = bytes((0x80 | number & 127,)) + out
    return out
