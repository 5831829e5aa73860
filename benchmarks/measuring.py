"""What it costs to measure a clip, beside its decoding and beside the usual libraries.

Prints, from one run on this machine, medians of processor time (others may use the machine):

- everything about a 180 s stereo clip, decode included, as a multiple of what soundfile takes to
  decode the same file, for MP3, FLAC and Vorbis;
- the same numbers from pyloudnorm and librosa, as a multiple of ours;
- the first answer in a fresh process, from the start of the interpreter on, for a clip of 2 s (by
  the clock: it is a wait, and BLAS spins on a second core meanwhile), and what it imports;
- the memory that measuring adds to decoding, for 3 minutes and for an hour of sound.

Run it with ``python benchmarks/measuring.py [--check]``, with the extra ``bench`` installed. With
``--check`` a limit that is exceeded ends it with status 1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from musicnb.analysis import measure_file
from musicnb.sandbox import engine
from musicnb.sound import encode

ROUNDS = 9
BLOCK_FRAMES = 65_536
DECODE_LIMITS = {"MP3": 3.2, "FLAC": 3.2, "OGG": 2.2}
PEERS_AT_LEAST = 7.0
FIRST_ANSWER_S = 0.3
EXTRA_MB = 16.0
HEAVY = ("scipy", "numba", "librosa", "matplotlib", "pandas", "pydantic")
_failed: list[str] = []


def main() -> None:
    """Print every figure beside its limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = rendered("pop in A minor, 118 bpm, 180 s")
        for form in DECODE_LIMITS:
            write(folder / f"clip.{form.lower()}", clip, form)
        print("everything about 180 s of stereo, decode included")
        for form, limit in DECODE_LIMITS.items():
            path = folder / f"clip.{form.lower()}"
            ours_s, ratio = beside_decoding(path)
            told(f"  {form}: {ours_s * 1000:.0f} ms, x its decode", ratio, at_most=limit)
        ours_s, theirs_s = beside_peers(folder / "clip.flac")
        print("the same numbers from pyloudnorm and librosa (FLAC, as above)")
        told(f"  {theirs_s:.2f} s against {ours_s:.2f} s, x ours", theirs_s / ours_s,
             at_least=PEERS_AT_LEAST)  # fmt: skip
        write(folder / "short.flac", clip[: 2 * engine.SAMPLE_RATE], "FLAC")
        first_s, bare_s, loaded = first_answer(folder / "short.flac")
        print("first answer in a fresh process, 2 s of sound")
        told("  s", first_s, at_most=FIRST_ANSWER_S)
        print(f"  of these, Python with numpy and soundfile alone: {bare_s:.2f}")
        told(f"  of {', '.join(HEAVY)} loaded:", len(loaded), at_most=0)
        print("memory above that of decoding alone")
        write(folder / "hour.flac", np.tile(clip, (20, 1)), "FLAC")
        for path, words in ((folder / "clip.flac", "3 min"), (folder / "hour.flac", "1 h")):
            extra = peak_mb(path, measuring=True) - peak_mb(path, measuring=False)
            told(f"  {words}: MB", extra, at_most=EXTRA_MB)
    if _failed and "--check" in sys.argv:
        sys.exit(f"beyond its limit: {'; '.join(_failed)}")


def told(
    words: str, figure: float, *, at_most: float | None = None, at_least: float | None = None
) -> None:
    """Print a figure with its limit, and remember whether it is kept."""
    kept = (at_most is None or figure <= at_most) and (at_least is None or figure >= at_least)
    limit = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}"
    print(f"{words} {figure:.2f} ({limit}{'' if kept else ': NOT KEPT'})", flush=True)
    if not kept:
        _failed.append(words.strip())


def rendered(prompt: str) -> np.ndarray:
    """Let the engine play."""
    brief = engine.read_brief(engine.Order("suno-5.5", prompt), seed=7, take=0)
    return engine.render(engine.compose(brief))


def write(path: Path, samples: np.ndarray, form: str) -> None:
    """Encode a clip into a file."""
    path.write_bytes(encode(samples, engine.SAMPLE_RATE, format=form))


def cost_s(work: Callable[[], object]) -> float:
    """Return the processor seconds of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def decode(path: Path) -> None:
    """Read a file to its end with soundfile, in its cheapest way that takes constant memory."""
    with sf.SoundFile(path) as file:
        while len(file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            pass


def beside_decoding(path: Path) -> tuple[float, float]:
    """Return our seconds, and the median of their ratio to the decode of the same round."""
    measure_file(path)
    pairs = [
        (cost_s(lambda: measure_file(path)), cost_s(lambda: decode(path))) for _ in range(ROUNDS)
    ]
    ratios = [ours / theirs for ours, theirs in pairs]
    return statistics.median(ours for ours, _ in pairs), statistics.median(ratios)


def beside_peers(path: Path) -> tuple[float, float]:
    """Return our seconds and those of the libraries, after both have warmed up."""
    from_libraries(path)
    pairs = [
        (cost_s(lambda: measure_file(path)), cost_s(lambda: from_libraries(path))) for _ in range(3)
    ]
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs)


def from_libraries(path: Path) -> dict[str, float]:
    """Measure loudness, range, true peak, tempo, key, onsets and spectrum as their manuals say."""
    import librosa  # noqa: PLC0415 - peers are imported only where they are measured
    import pyloudnorm  # noqa: PLC0415

    samples, rate = librosa.load(path, sr=None, mono=False)
    stereo, mono = samples.T, librosa.to_mono(samples)
    meter = pyloudnorm.Meter(rate)
    found = {"loudness_lufs": meter.integrated_loudness(stereo)}
    if hasattr(meter, "loudness_range"):
        found["loudness_range_lu"] = meter.loudness_range(stereo)
    fine = librosa.resample(samples, orig_sr=rate, target_sr=4 * rate, res_type="soxr_hq")
    found["true_peak"] = float(np.abs(fine).max())
    found["rms"] = float(librosa.feature.rms(y=mono).mean())
    found["centroid_hz"] = float(librosa.feature.spectral_centroid(y=mono, sr=rate).mean())
    strength = librosa.onset.onset_strength(y=mono, sr=rate)
    tempo, _ = librosa.beat.beat_track(onset_envelope=strength, sr=rate)
    found["tempo_bpm"] = float(np.atleast_1d(tempo)[0])
    found["onsets"] = len(librosa.onset.onset_detect(onset_envelope=strength, sr=rate))
    found["tonic"] = int(librosa.feature.chroma_cqt(y=mono, sr=rate).mean(axis=1).argmax())
    return found


def first_answer(path: Path) -> tuple[float, float, list[str]]:
    """Return how long a process that measures one file lives, in seconds, and what it loaded.

    In the middle those of one that imports numpy and soundfile only. Bytecode is compiled before,
    as it is after an installation.
    """
    ours = (
        f"import musicnb, sys; musicnb.measure_file({str(path)!r});"
        f"print(*({set(HEAVY)!r} & set(sys.modules)))"
    )
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        seconds: list[tuple[float, float]] = []
        for _ in range(ROUNDS + 1):
            bare_s, _ = child(environment, "import numpy, soundfile")
            ours_s, loaded = child(environment, ours)
            seconds.append((ours_s, bare_s))
    first, bare = zip(*seconds[1:], strict=True)
    return statistics.median(first), statistics.median(bare), loaded.split()


def child(environment: dict[str, str], code: str) -> tuple[float, str]:
    """Run code in a fresh interpreter; return its life in seconds, and what it printed."""
    start = time.perf_counter()
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return time.perf_counter() - start, shown.stdout


def peak_mb(path: Path, *, measuring: bool) -> float:
    """Return the highest memory of a process that decodes a file, and measures it or not."""
    loop = "meter.push(block)" if measuring else "pass"
    code = (
        "from musicnb.measure import Meter; from musicnb.sound import Decoder;"
        "import numpy as np;"
        # both have loaded and started everything before the clip comes
        "meter = Meter(48_000, 2); meter.push(np.zeros((70_000, 2), np.float32)); meter.close()\n"
        f"with Decoder({str(path)!r}) as decoder:\n"
        "    meter = Meter(decoder.sample_rate, decoder.channels)\n"
        f"    for block in decoder.blocks(): {loop}\n"
        f"{'meter.close()' if measuring else ''}\n"
        # not ru_maxrss: a child inherits its parent's
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(shown.stdout) / 1024


if __name__ == "__main__":
    main()
