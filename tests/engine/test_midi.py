"""Claims about exported scores, read back by mido."""

from __future__ import annotations

import io

import mido
import pytest
from orders import LYRICS, score_of

from musicnb.sandbox import engine
from musicnb.sandbox.engine import _general_midi, _genres, _midi
from musicnb.sandbox.engine._drums import PAN
from musicnb.sandbox.engine._patches import PATCHES

SONG = ("pop song in F# minor, 97.5 bpm, female voice, 40 s", LYRICS)


def read(score: engine.Score) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(engine.to_midi(score)), charset="utf-8")


def timed(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    now, out = 0, []
    for message in track:
        now += message.time
        out.append((now, message))
    return out


def notes_of(file: mido.MidiFile) -> list[tuple[str, int, int, int, int]]:
    """Return part, start, key, velocity and length of every note of a file, sorted."""
    found = []
    for track in file.tracks[1:]:
        down: dict[int, tuple[int, int]] = {}
        for tick, message in timed(track):
            if message.type == "note_on" and message.velocity:
                assert message.note not in down
                down[message.note] = (tick, message.velocity)
            elif message.type in {"note_off", "note_on"}:
                start, velocity = down.pop(message.note)
                found.append((track.name, start, message.note, velocity, tick - start))
        assert not down
    return sorted(found)


@pytest.mark.parametrize("order", [SONG, ("jazz waltz in Bb major", ""), ("techno loop", "")])
def test_every_note_comes_back_with_start_key_and_velocity(order: tuple[str, str]) -> None:
    """What mido reads is what was composed; only notes struck again are cut short."""
    score = score_of(order[0], lyrics=order[1])
    written = []
    for note in score.notes:
        part = "riser" if note.sound == "riser" else note.part
        key = 60 if part == "riser" else note.pitch or _general_midi.DRUM_KEYS[note.sound]
        written.append((part, note.tick, key, note.velocity, note.length))
    heard = notes_of(read(score))
    assert [note[:4] for note in heard] == [note[:4] for note in sorted(written)]
    lengths = [
        (is_.pop(), was.pop())
        for is_, was in zip(map(list, heard), map(list, sorted(written)), strict=True)
    ]
    assert all(is_ <= was for is_, was in lengths)
    assert sum(is_ == was for is_, was in lengths) > 0.8 * len(lengths)


def test_head_tells_tempo_metre_key_and_sections() -> None:
    """The first track says what the score says."""
    score = score_of(*SONG[:1], lyrics=SONG[1])
    head = {}
    markers = []
    file = read(score)
    for tick, message in timed(file.tracks[0]):
        head[message.type] = message
        if message.type == "marker":
            markers.append((tick, message.text))
    assert (file.type, file.ticks_per_beat) == (1, 960)
    assert mido.tempo2bpm(head["set_tempo"].tempo) == pytest.approx(97.5, abs=1e-3)
    assert (head["time_signature"].numerator, head["time_signature"].denominator) == (4, 4)
    assert head["key_signature"].key == "F#m"
    assert markers == [(s.first_bar * 4 * 960, s.kind) for s in score.sections]
    assert file.length == pytest.approx(score.duration_s, abs=0.01)


@pytest.mark.parametrize(
    ("key", "signature"),
    [("C major", "C"), ("Eb major", "Eb"), ("D dorian", "Am"), ("E phrygian", "Am"),
     ("F lydian", "C"), ("G mixolydian", "C"), ("Bb minor", "Bbm"), ("F# major", "F#")],
)  # fmt: skip
def test_key_signature_has_the_accidentals_of_the_mode(key: str, signature: str) -> None:
    """Modes share the accidentals of the major scale with the same notes."""
    file = read(score_of(f"pop in {key}, 10 s"))
    (found,) = [m for m in file.tracks[0] if m.type == "key_signature"]
    assert found.key == signature


def test_lyrics_can_be_read_from_the_voice() -> None:
    """The syllables of the voice's track, put together, are the words."""
    score = score_of(SONG[0], lyrics="[Verse]\nHello window, über naïve\nпривет 你好 don't")
    (voice,) = [t for t in read(score).tracks if t.name == "vocal"]
    text = "".join(m.text for m in voice if m.type == "lyrics")
    assert text.split() == ["hello", "window", "über", "naïve", "привет", "你好", "don't"]


def test_parts_have_channels_of_their_own_and_drums_have_the_tenth() -> None:
    """Each part plays on one channel with its program; drums on channel 10 need none."""
    score = score_of(SONG[0], lyrics=SONG[1])
    channels = {}
    for track in read(score).tracks[1:]:
        (channels[track.name],) = {m.channel for m in track if m.type == "note_on"}
        programs = [m.program for m in track if m.type == "program_change"]
        assert len(programs) == (track.name != "drums")
        patch = dict(score.patches).get(track.name)
        if patch:
            assert programs == [_general_midi.PROGRAMS[patch]]
    assert channels.pop("drums") == 9
    assert len(set(channels.values())) == len(channels)
    assert 9 not in channels.values()


def test_every_sound_and_drum_has_a_name_in_general_midi() -> None:
    """No genre can compose what the export cannot name."""
    assert set(_general_midi.PROGRAMS) == set(PATCHES)
    assert set(_general_midi.DRUM_KEYS) == set(PAN) - {"riser"}
    for genre in _genres.GENRES:
        assert engine.to_midi(score_of(f"{genre.name.replace('_', ' ')} 20 s"))[:4] == b"MThd"


def test_two_strokes_on_one_key_leave_none_hanging() -> None:
    """A key struck while it sounds is let go first, even on the same tick."""
    notes = [engine.Note(0, 960, 60, 90, "lead"), engine.Note(0, 480, 60, 80, "lead"),
             engine.Note(200, 960, 60, 70, "lead")]  # fmt: skip
    ends = [end for _, _, end in _midi._struck("lead", notes)]
    assert ends == [200, 1160]
