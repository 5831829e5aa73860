"""Claims about what foreign ears hear, on few clips; ``benchmarks/engine.py`` asks hundreds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from orders import LYRICS, heard, score_of
from telling import features, measured, tell

from musicnb.measure import loop_seam
from musicnb.sandbox import engine
from musicnb.sound import encode, read

REQUESTS = (
    ("funk", 82, "E major"),
    ("trance", 132, "C# minor"),
    ("reggae", 72, "G major"),
    ("blues", 114, "A major"),
    ("drum and bass", 171, "F minor"),
    ("classical", 93, "Ab minor"),
)


@pytest.mark.parametrize(("genre", "tempo", "key"), REQUESTS)
def test_tempo_and_key_asked_for_are_measured(genre: str, tempo: int, key: str) -> None:
    """Our own meter, made for foreign music, hears both; half and double tempo are forgiven."""
    _, samples = heard(f"{genre} in {key}, {tempo} bpm, 20 s")
    measures = measured(samples)
    assert measures.tempo_bpm is not None
    assert min(abs(measures.tempo_bpm / (tempo * o) - 1) for o in (0.5, 1, 2)) < 0.02
    assert f"{measures.key} {measures.mode}".replace("Db", "C#") == key
    assert not measures.defects


def test_genres_are_told_apart_on_unseen_seeds() -> None:
    """Six clips of each of five genres teach a linear classifier to name two more."""
    genres, learned, seeds = ("techno", "folk", "jazz", "ambient", "hip hop"), 6, 8
    rows, names, unseen = [], [], []
    for genre in genres:
        for seed in range(seeds):
            rows.append(features(engine.render(score_of(f"{genre} 12 s", seed=seed))))
            names.append(genre)
            unseen.append(seed >= learned)
    table, truth, held_out = np.array(rows), np.array(names), np.array(unseen)
    found = tell(table[~held_out], truth[~held_out], table[held_out])
    assert (found == truth[held_out]).mean() >= 0.8


@pytest.mark.parametrize("genre", ["pop", "rock", "lofi", "jazz"])
def test_sparse_has_fewer_onsets_than_busy(genre: str) -> None:
    """Fewer beginnings a second are measured in the sparse piece."""
    sparse, busy = (measured(heard(f"{word} {genre}, 15 s")[1]) for word in ("sparse", "busy"))
    assert sparse.onsets_per_s * 1.15 < busy.onsets_per_s


def test_hundred_seeds_give_hundred_pieces() -> None:
    """At least 95 scores and 12 progressions of the same words."""
    scores = [score_of("pop in C major, 40 s", seed=seed) for seed in range(100)]
    choruses = [next(s for s in score.sections if s.kind == "chorus") for score in scores]
    progressions = {
        score.chords[chorus.first_bar : chorus.first_bar + 4]
        for score, chorus in zip(scores, choruses, strict=True)
    }
    assert len({score.digest() for score in scores}) >= 95
    assert len(progressions) >= 12


def rendered_elsewhere(path: Path, seconds: int, **environment: str) -> int:
    """Render a song in a process of its own; return its highest memory in bytes."""
    code = (
        "import numpy; from musicnb.sandbox import engine\n"
        f"order = engine.Order('suno-5.5', 'funk, female voice, {seconds} s', {LYRICS!r})\n"
        "score = engine.compose(engine.read_brief(order, seed=5, take=0))\n"
        f"numpy.save({str(path)!r}, engine.render(score)[: 44100 * 20])\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    return int(shown.stdout) * 1024


@pytest.mark.skipif(
    sys.platform != "linux", reason="the most memory a process had is read as Linux tells it"
)
def test_other_kernels_give_the_same_samples_and_memory_stays_small(tmp_path: Path) -> None:
    """Within 1e-4 on the kernels of another processor, and four minutes under 400 MB."""
    own, other, long = (tmp_path / f"{name}.npy" for name in ("own", "other", "long"))
    rendered_elsewhere(own, 12)
    rendered_elsewhere(other, 12, OPENBLAS_CORETYPE="Prescott", PYTHONHASHSEED="1")
    assert np.abs(np.load(own) - np.load(other)).max() < 1e-4
    assert rendered_elsewhere(long, 240) < 400e6


@pytest.mark.parametrize("prompt", ["house loop, 12 s", "jazz waltz loop, 12 s"])
def test_loop_joins_without_a_click_through_mp3(prompt: str) -> None:
    """Encoded and decoded it has not a frame more, and the seam has no complaint."""
    score, samples = heard(prompt)
    data = encode(samples, 44_100, format="MP3")
    again = read(data).samples
    assert len(again) == len(samples) == round(score.bars * score.bar_s * 44_100)
    seam = loop_seam(again, 44_100)
    assert seam.loops, seam.reasons


@pytest.mark.parametrize("genre", engine.GENRE_NAMES)
def test_models_and_takes_differ_in_every_genre(genre: str) -> None:
    """Two takes are two readings of one brief, and two models play it differently."""
    word = genre.replace("_", " ")
    scores = [score_of(f"{word}, 20 s", take=take) for take in (0, 1)]
    scores.append(score_of(f"{word}, 20 s", model="minimax-music-2.6"))
    assert len({score.chords for score in scores[:2]}) == 2
    assert len({score.digest() for score in scores}) == 3
    assert scores[0].mix != scores[2].mix


@pytest.mark.parametrize("length", ["10 s", "one minute", "3:20", "8 minutes"])
@pytest.mark.parametrize("genre", ["techno", "ambient", "jazz waltz"])
def test_length_asked_for_is_met_from_ten_seconds_to_eight_minutes(genre: str, length: str) -> None:
    """Within half a bar plus the tail."""
    wanted = {"10 s": 10, "one minute": 60, "3:20": 200, "8 minutes": 480}[length]
    score = score_of(f"{genre}, {length}")
    assert abs(score.duration_s - wanted) <= score.bar_s / 2 + 2.5
