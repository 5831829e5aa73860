"""Pieces to sound through a MIDI file and fluidsynth: instruments that are not our engine's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from composing import DRUMS, Piece

TICKS = 480
SOUNDFONT = Path(os.environ.get("SOUNDFONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2"))
RATES_HZ = (22_050, 24_000, 32_000, 44_100)


def missing() -> str:
    """Return what must be installed before anything can be rendered, or nothing."""
    if shutil.which("fluidsynth") and SOUNDFONT.exists():
        return ""
    return (
        "fluidsynth and the FluidR3 soundfont (MIT) are needed: "
        "apt-get install fluidsynth fluid-soundfont-gm, or set SOUNDFONT to a .sf2 file"
    )


def midi(piece: Piece) -> bytes:
    """Return a standard MIDI file, format 0."""
    events: list[tuple[int, int, bytes]] = []
    microseconds = round(60e6 / piece.tempo_bpm)
    events.append((0, 0, b"\xff\x51\x03" + microseconds.to_bytes(3, "big")))
    # a bend of 8192 is two semitones
    bend = 8192 + round(8192 * piece.tuning_cents / 200)
    for channel, program in enumerate(piece.programs):
        events.append((0, 1, bytes((0xC0 | channel, program))))
        events.append((0, 1, bytes((0xE0 | channel, bend & 127, bend >> 7))))
    for note in piece.notes:
        start = round(note.start * TICKS)
        end = max(start + 1, round((note.start + note.length) * TICKS))
        if note.channel != DRUMS:
            events.append((end, 2, bytes((0x80 | note.channel, note.pitch, 0))))
        events.append((start, 3, bytes((0x90 | note.channel, note.pitch, note.velocity))))
    track, now = bytearray(), 0
    for tick, _, message in sorted(events):
        track += _varying(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x00\x00\x01" + TICKS.to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def render(piece: Piece, folder: Path, seed: int) -> tuple[np.ndarray, int]:
    """Return the samples of a piece, cut as a clip would be, and their rate.

    A sound that is in the folder already is not rendered again.
    """
    rate = RATES_HZ[seed % len(RATES_HZ)]
    score, sound = folder / f"{seed}.mid", folder / f"{seed}.wav"
    if not sound.exists():
        score.write_bytes(midi(piece))
        _synthesise(score, sound, rate, seed)
    samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    return samples[round(cut_s(seed, rate) * rate) : int(piece.seconds * rate)], rate


def cut_s(seed: int, rate: int) -> float:
    """Return how much of a piece's beginning is cut, in seconds."""
    return int(0.37 * (seed % 5) * rate) / rate


def _synthesise(score: Path, sound: Path, rate: int, seed: int) -> None:
    hall = str(seed % 2)
    options = ("synth.dynamic-sample-loading=1", f"synth.reverb.active={hall}",
               f"synth.chorus.active={hall}", "synth.gain=0.5")  # fmt: skip
    command = ["fluidsynth", "-ni", "-q", "-F", str(sound), "-r", str(rate)]
    for option in options:
        command += ["-o", option]
    subprocess.run([*command, str(SOUNDFONT), str(score)], check=True, capture_output=True)


def _varying(number: int) -> bytes:
    """Return a MIDI variable-length quantity."""
    out = bytes((number & 127,))
    while number := number >> 7:
        out = bytes((0x80 | number & 127,)) + out
    return out
