"""Clips as pages that stand by themselves: a short player, a contact sheet."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from musicnb import sound
from musicnb.analysis import Progress, telling
from musicnb.briefs import public_text
from musicnb.errors import Fault, InvalidInput, LibraryError, UndecodableAudio
from musicnb.measure import StretchFinder
from musicnb.pictures import (
    THUMBNAIL,
    Excerpt,
    Frame,
    Page,
    SpectrumReader,
    clock,
    preview_page,
    sheet_page,
    thumbnail_png,
    waveform_png,
)
from musicnb.studio._clip import Clip
from musicnb.studio._facts import loudness_text, shown_path, sound_facts

_MOST_SECONDS: Final = 60.0
_FADE_IN_S: Final = 0.01
_FADE_OUT_S: Final = 0.3
_MP3_CHANNELS: Final = 2
_MOST_OGG_RATE: Final = 192_000
_PLAYED: Final = ("MP3", "OGG", "FLAC")
# libsndfile releases the interpreter; more threads than this only cost memory
_DECODERS: Final = 4


def preview_of(
    clip: Clip, seconds: float, *, match_lufs: float | None, is_for_others: bool = False
) -> Page:
    """Make a clip's short player; see `Clip.preview`.

    One for others says nothing of this machine's folders, and of an address in a title no query.
    """
    if not 0 < seconds <= _MOST_SECONDS:
        raise _invalid("seconds", f"a preview has up to {_MOST_SECONDS:g} s, not {seconds!r}")
    if match_lufs is not None and not math.isfinite(match_lufs):
        raise _invalid("match_lufs", f"loudness is in LUFS, not {match_lufs!r}")
    record = clip.record
    return preview_page(
        public_text(clip.title) if is_for_others else clip.title,
        _excerpt(clip, seconds, _gain(clip, match_lufs)),
        duration_s=record.duration_s,
        outline=record.outline,
        facts=_facts(clip),
        file="" if is_for_others else shown_path(clip.path),
    )


def sheet_of(
    clips: Sequence[Clip],
    path: str | os.PathLike[str] | None,
    *,
    columns: int,
    spectrograms: bool,
    progress: Progress,
) -> Page:
    """Make a contact sheet, and write it where a path is given; see `Clips.contact_sheet`."""
    base = None if path is None else Path(path).resolve().parent
    frames: list[Frame] = []
    pool = ThreadPoolExecutor(min(_DECODERS, os.cpu_count() or 1))
    try:
        work = pool.map(lambda clip: _frame(clip, base, spectrograms=spectrograms), clips)
        with telling(progress, len(clips), doing="drawing") as done:
            for frame in work:
                frames.append(frame)
                done()
    finally:  # an interrupt must not wait for a hundred clips
        pool.shutdown(cancel_futures=True)
    problem = ""
    try:
        page = sheet_page(frames, columns=columns)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise _invalid("clips" if not clips else "columns", problem)
    if path is not None and base is not None:
        page.links_from = base
        page.save(path)
    return page


def _frame(clip: Clip, base: Path | None, *, spectrograms: bool) -> Frame:
    problem, spectrogram = clip.record.problem or "", b""
    if spectrograms:
        try:
            spectrogram = _thumbnail(clip)
        except (LibraryError, UndecodableAudio) as error:
            problem = error.message
    return Frame(
        title=clip.title,
        facts=(clock(clip.duration_s), loudness_text(clip.loudness_lufs), clip.model),
        waveform=waveform_png(clip.record.outline),
        spectrogram=spectrogram,
        file=shown_path(clip.path, base),
        problem=problem,
    )


def _thumbnail(clip: Clip) -> bytes:
    columns, rows = THUMBNAIL
    with sound.Decoder(clip.file()) as decoder:
        rate = decoder.sample_rate
        # counted when it was stored: what a header says is not believed
        frames = max(1, round(clip.duration_s * rate))
        reader = SpectrumReader(frames, rate, columns=columns, rows=rows)
        for block in decoder.blocks():
            reader.push(block)
    return thumbnail_png(reader.close())


def _excerpt(clip: Clip, seconds: float, gain: float) -> Excerpt:
    file, duration = clip.file(), clip.duration_s
    with file.open("rb") as opened:
        kind = sound.kind_of(opened.read(16))
    level = f"{20 * math.log10(gain):.1f} dB".replace("-", "−") if gain < 1 else ""
    if duration <= seconds and kind is not None and kind.format in _PLAYED and not level:
        note = f"as the service made it, {kind.format}"
        return Excerpt(0.0, duration, file.read_bytes(), kind.media_type, note)
    start, samples, rate = _cut(file, seconds, duration)
    long = len(samples) / rate
    # a beginning and an end that are the clip's own are heard as they are
    _fade(samples, rate, first=start > 0, last=start + long < duration - 1 / rate)
    chosen = _format_for(rate, samples.shape[1])
    if chosen is None:
        channels = samples.shape[1]
        note = f"no browser plays {rate / 1000:g} kHz with {channels} channels"
        return Excerpt(start, long, b"", "", note)
    audio = sound.encode(samples * np.float32(gain), rate, format=chosen)
    note = ", ".join(filter(None, [f"encoded anew as {chosen}", level]))
    return Excerpt(start, long, audio, "audio/mpeg" if chosen == "MP3" else "audio/ogg", note)


def _cut(file: Path, seconds: float, duration: float) -> tuple[float, NDArray[np.float32], int]:
    """Decode the stretch that is worth hearing first; return its start, its samples, their rate."""
    start = 0.0
    if duration > seconds:
        with sound.Decoder(file) as decoder:
            finder = StretchFinder(decoder.sample_rate)
            for block in decoder.blocks():
                finder.push(block)
        start = finder.start_s(seconds)
    pieces: list[NDArray[np.float32]] = []
    with sound.Decoder(file) as decoder:
        rate, at = decoder.sample_rate, 0
        first = round(start * rate)
        after = first + round(seconds * rate)
        for block in decoder.blocks():
            pieces.append(block[max(0, first - at) : max(0, after - at)])
            at += len(block)
            if at >= after:
                break
    samples = np.nan_to_num(np.concatenate(pieces), nan=0.0, posinf=1.0, neginf=-1.0)
    return start, samples, rate


def _fade(samples: NDArray[np.float32], rate: int, *, first: bool, last: bool) -> None:
    """Fade in and out, in place, along a raised cosine."""
    for wanted, long, side in ((first, _FADE_IN_S, 1), (last, _FADE_OUT_S, -1)):
        count = min(round(long * rate), len(samples) // 2)
        if wanted and count:
            ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)
            samples[::side][:count] *= ramp.astype(np.float32)[:, None]


def _format_for(rate: int, channels: int) -> Literal["MP3", "OGG"] | None:
    if rate in sound.RATES["MP3"] and channels <= _MP3_CHANNELS:
        return "MP3"
    return "OGG" if rate <= _MOST_OGG_RATE else None


def _gain(clip: Clip, match_lufs: float | None) -> float:
    """Return what makes a clip as loud as asked, and never louder than it is."""
    if match_lufs is None or not math.isfinite(clip.loudness_lufs):
        return 1.0
    return min(1.0, math.pow(10, (match_lufs - clip.loudness_lufs) / 20))


def _facts(clip: Clip) -> tuple[str, ...]:
    made_by = f"{clip.model} (sandbox)" if clip.sandbox else clip.model
    return (made_by, loudness_text(clip.loudness_lufs), *sound_facts(clip.record))


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
