"""Claims about rendered samples, heard by ears that are not the engine's."""

from __future__ import annotations

import hearing
import numpy as np
import pytest
from orders import LYRICS, heard, score_of

from musicnb.sandbox import engine
from musicnb.sandbox.engine._master import loudness_lufs

PIECES = (
    ("pop in A minor, 118 bpm, 20 s", ""),
    ("house in C minor, 124 bpm, 20 s", ""),
    ("rock in E minor, 132 bpm, 20 s", ""),
    ("folk in G major, 100 bpm, 20 s", ""),
    ("lofi in F major, 80 bpm, 20 s", ""),
    ("ambient in D major, 62 bpm, 20 s", ""),
    ("pop song in C major, 104 bpm, female vocals, 30 s", LYRICS),
)


@pytest.mark.parametrize(("prompt", "lyrics"), PIECES)
def test_piece_is_level_and_whole(prompt: str, lyrics: str) -> None:
    """-14 LUFS within 0.5, true peak at most -1 dBTP, finite, of the promised length."""
    pyebur128 = pytest.importorskip("pyebur128")
    score, samples = heard(prompt, lyrics)
    assert samples.dtype == np.float32
    assert samples.shape == (round(score.duration_s * 44_100), 2)
    assert np.isfinite(samples).all()
    mode = pyebur128.MeasurementMode
    meter = pyebur128.R128State(2, 44_100, mode.MODE_I | mode.MODE_TRUE_PEAK)
    meter.add_frames(samples.ravel(), len(samples))
    assert pyebur128.get_loudness_global(meter) == pytest.approx(-14, abs=0.5)
    peak = max(pyebur128.get_true_peak(meter, channel) for channel in (0, 1))
    assert 20 * np.log10(peak) <= -1.0


@pytest.mark.parametrize(("prompt", "lyrics"), PIECES)
def test_piece_has_no_holes_and_no_flat_tops(prompt: str, lyrics: str) -> None:
    """No second before the end falls silent, and the limiter leaves no clipped plateaus."""
    score, samples = heard(prompt, lyrics)
    sounding = int(score.bars * score.bar_s)
    assert hearing.levels_db(samples, 1.0)[:sounding].min() > -40
    top = np.abs(samples).max()
    at_top = np.abs(samples[:, 0]) >= 0.9999 * top
    assert not (at_top[:-2] & at_top[1:-1] & at_top[2:]).any()


@pytest.mark.parametrize("prompt", [p for p, lyrics in PIECES if not lyrics and "ambient" not in p])
def test_tempo_asked_for_is_heard(prompt: str) -> None:
    """An independent detector finds the tempo within 2 %, octaves forgiven."""
    score, samples = heard(prompt)
    assert hearing.tempo_agreement(samples, score.tempo_bpm) < 0.02


@pytest.mark.parametrize(("prompt", "lyrics"), PIECES)
def test_key_asked_for_is_heard(prompt: str, lyrics: str) -> None:
    """An independent detector hears the key among its two likeliest of twenty-four."""
    score, samples = heard(prompt, lyrics)
    assert score.key in hearing.heard_keys(samples)[:2]


@pytest.mark.parametrize("genre", ["pop", "house", "lofi", "folk"])
def test_dark_is_duller_than_bright(genre: str) -> None:
    """The treble of a dark piece lies at least 4 dB under that of a bright one."""
    _, dark = heard(f"dark {genre}, 12 s")
    _, bright = heard(f"bright {genre}, 12 s")
    assert hearing.treble_db(dark) + 4 < hearing.treble_db(bright)


@pytest.mark.parametrize("genre", ["pop", "folk", "house", "jazz"])
def test_calm_has_fewer_onsets_than_energetic(genre: str) -> None:
    """Fewer clear beginnings a second can be heard in the calm piece."""
    _, calm = heard(f"calm {genre}, 15 s")
    _, driven = heard(f"energetic {genre}, 15 s")
    assert hearing.onsets_per_s(calm) * 1.15 < hearing.onsets_per_s(driven)


def test_samples_of_same_score_are_identical() -> None:
    """Rendering twice gives the same bytes."""
    score = score_of("funk, 10 s")
    assert engine.render(score).tobytes() == engine.render(score).tobytes()


def test_takes_sound_different() -> None:
    """Two takes correlate hardly at all."""
    (_, first), (_, second) = (heard("pop, 12 s", take=take) for take in (0, 1))
    frames = min(len(first), len(second))
    assert abs(np.corrcoef(first[:frames, 0], second[:frames, 0])[0, 1]) < 0.2


def test_voice_is_heard_in_the_sung_reading() -> None:
    """Taking the vocal part away changes the sound clearly."""
    score, samples = heard(*PIECES[-1])
    plain = engine.Score(
        **{name: getattr(score, name) for name in score.__dataclass_fields__ if name != "notes"},
        notes=tuple(note for note in score.notes if note.part not in {"vocal", "backing"}),
    )
    without = engine.render(plain)
    difference = float(np.sqrt(((samples - without) ** 2).mean()))
    assert difference > 0.3 * float(np.sqrt((samples**2).mean()))


def test_stereo_is_neither_mono_nor_split() -> None:
    """Sides are there, and the fold-down to mono loses little."""
    _, samples = heard(PIECES[0][0])
    mid, side = samples.sum(axis=1), samples[:, 0] - samples[:, 1]
    ratio = 10 * np.log10((side**2).mean() / (mid**2).mean())
    assert -30 < ratio < -3


def test_loop_joins_end_to_beginning() -> None:
    """The step over the seam is no larger than steps inside, and no fade precedes it."""
    score, samples = heard("house loop, 12 s")
    assert len(samples) == round(score.bars * score.bar_s * 44_100)
    steps = np.abs(np.diff(samples[:, 0]))
    assert abs(samples[0, 0] - samples[-1, 0]) <= steps.max()
    levels = hearing.levels_db(samples, 1.0)
    assert abs(levels[-1] - np.median(levels)) < 4


def test_piece_ends_in_silence() -> None:
    """The last tenth of a second of a piece that ends is at least 50 dB down."""
    _, samples = heard(PIECES[0][0])
    assert hearing.levels_db(samples, 0.1)[-1] < -50


def test_cancel_stops_rendering() -> None:
    """Rendering stops at the first block after ``cancelled()`` became true."""
    answers = iter([False, False, True])
    with pytest.raises(engine.Canceled):
        engine.render(score_of("pop 60 s"), cancelled=lambda: next(answers))


def test_progress_runs_from_rendering_to_mastering() -> None:
    """Stages come in order, shares never fall within a stage, the last is 1."""
    calls: list[tuple[str, float]] = []
    engine.render(score_of("pop 10 s"), progress=lambda stage, share: calls.append((stage, share)))
    assert [stage for stage, _ in calls] == sorted((s for s, _ in calls), reverse=True)
    assert calls[-1] == ("mastering", 1.0)
    for stage in ("rendering", "mastering"):
        shares = [share for name, share in calls if name == stage]
        assert shares == sorted(shares)


def test_loudness_of_full_scale_sine_is_known() -> None:
    """A 997 Hz sine at full scale in both channels measures about 0 LUFS, as BS.1770-4 says."""
    seconds = np.arange(5 * 44_100) / 44_100
    sine = np.sin(2 * np.pi * 997 * seconds).astype(np.float32)
    assert loudness_lufs(np.stack([sine, sine])) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("index", [0, 1, 3])
def test_reference_listener_hears_tempo_and_tonic(index: int) -> None:
    """The engine's own listener gives back the tempo (octaves forgiven) and a related key."""
    score, samples = heard(PIECES[index][0])
    reference = engine.hear_reference(samples, engine.SAMPLE_RATE)
    ratio = reference.tempo_bpm / score.tempo_bpm
    assert min(abs(ratio - r) for r in (0.5, 1.0, 2.0)) < 0.02
    tonic = hearing.NAMES.index(score.tonic)
    assert reference.tonic in {tonic, (tonic + 3) % 12, (tonic + 9) % 12}
    assert reference.duration_s == pytest.approx(score.duration_s, abs=0.01)


def test_reference_decides_tempo_and_key() -> None:
    """An order with a reference takes its tempo and key from it unless the prompt says more."""
    reference = engine.Reference(97.0, 4, "minor", 0.5, 0.5, 30.0)
    score = score_of("pop", reference=reference)
    assert (score.tempo_bpm, score.key) == (97.0, "E minor")
    assert score_of("pop in C major, 120 bpm", reference=reference).key == "C major"


@pytest.mark.parametrize(
    "samples", [np.zeros((44_100, 2)), np.zeros((3, 1)), np.full((90_000, 2), np.nan)]
)
def test_reference_of_nothing_is_neutral(samples: np.ndarray) -> None:
    """Silence, three samples and not-numbers are heard as nothing, without an error."""
    reference = engine.hear_reference(samples.astype(np.float32), 44_100)
    assert (reference.energy, reference.brightness) == (0.0, 0.0)


@pytest.mark.parametrize("bars", [2, 4, 8])
def test_reference_listener_hears_how_long_phrases_are(bars: int) -> None:
    """Chords of a bar each that come round after so many bars are heard to do so."""
    rng = np.random.default_rng(bars)
    roots = rng.permutation([0, 2, 3, 5, 7, 8, 9, 10])[:bars]
    time = np.arange(2 * 44_100) / 44_100
    beats = np.exp(-8 * (time % 0.5))
    chords = [
        sum(np.sin(2 * np.pi * 220 * 2 ** ((root + step) / 12) * time) for step in (0, 4, 7))
        * beats
        for root in np.tile(roots, 32 // bars)
    ]
    samples = np.concatenate(chords).astype(np.float32)[:, None] * 0.2
    reference = engine.hear_reference(samples, 44_100)
    assert reference.tempo_bpm == pytest.approx(120, rel=0.02)
    assert reference.phrase_bars == bars


def test_reference_decides_energy_brightness_and_phrases() -> None:
    """What was heard moves the piece in proportion to its weight; without weight it does not."""
    dull = engine.Reference(100.0, 0, "major", 0.05, 0.05, 30.0, phrase_bars=2)
    sharp = engine.Reference(100.0, 0, "major", 0.95, 0.95, 30.0, phrase_bars=8)
    calm, lively = (score_of("pop, 90 s", reference=r, audio_weight=1.0) for r in (dull, sharp))
    assert calm.mix.brightness + 0.5 < lively.mix.brightness
    assert len(calm.notes) * 2 < len(lively.notes)
    for score, phrase in ((calm, 2), (lively, 8)):
        inner = {s.bars for s in score.sections if s.kind in {"verse", "chorus"}}
        # a whole number of phrases, or of half ones where the length asked for is not one
        assert {bars % max(2, phrase // 2) for bars in inner} == {0}
        assert max(inner) % phrase == 0
    plain, ignored = score_of("pop, 90 s"), score_of("pop, 90 s", reference=dull, audio_weight=0.0)
    assert plain.mix.brightness == ignored.mix.brightness
    half = score_of("pop, 90 s", reference=dull, audio_weight=0.5)
    assert calm.mix.brightness < half.mix.brightness < plain.mix.brightness
