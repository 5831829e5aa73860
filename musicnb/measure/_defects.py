"""What is wrong with a clip, in plain words: rules over what the meters have found.

The rules hold after an MP3 has been made of the clip, where that leaves anything to find: an
encoder smears flat tops, fills holes with its echoes, and moves every edge by some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._flats import Flats
from musicnb.measure._holes import ends_abruptly, holes, silences
from musicnb.measure._levels import decibels
from musicnb.measure._measures import Defect
from musicnb.measure._outline import Cells
from musicnb.measure._stereo import Stereo
from musicnb.measure._tops import pressed_level_dbfs

# -50 dBFS: what converters and plug-ins leave is far below, and a short bass note stays under it
_OFFSET: Final = 0.003
_LEAST_TOPS: Final = 3
_SAME_DB: Final = -60.0
_SILENT_CHANNEL_DB: Final = 60.0
_INVERTED: Final = -0.8
# unrelated channels lose 3 dB; what loses more cancels
_CANCELS_DB: Final = 4.0
# an encoder at 128 kb/s keeps 16 kHz
_DULL_HZ: Final = 15_000.0
_MOST_PLACES: Final = 20
_TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the meters found about one clip.

    Parameters
    ----------
    sample_rate, frames
        Of the clip.
    cell_frames, cells
        Highest magnitude of each cell of so many frames.
    flats, tops
        See `FlatsMeter` and `TruePeak`.
    peak, rms
        As amplitudes.
    offsets
        Mean of each channel.
    energies
        Sum of squares of each channel.
    stereo
        None unless there are two channels.
    limit_hz
        Where the spectrum is cut.
    broken
        Samples that were none.
    """

    sample_rate: int
    frames: int
    cell_frames: int
    cells: Cells
    flats: Flats
    tops: NDArray[np.int64]
    peak: float
    rms: float
    offsets: tuple[float, ...]
    energies: tuple[float, ...]
    stereo: Stereo | None
    limit_hz: float | None
    broken: int

    def seconds(self, first: float, last: float) -> tuple[float, float]:
        """Return a stretch of frames in seconds, inside the clip."""
        end = self.frames / self.sample_rate
        return max(0.0, first / self.sample_rate), min(end, last / self.sample_rate)

    @property
    def cell_s(self) -> float:
        """Seconds in a cell."""
        return self.cell_frames / self.sample_rate


def find_defects(found: Evidence) -> tuple[Defect, ...]:
    """Apply every rule; worst first."""
    if not found.frames:
        return ()
    if not found.peak:
        text = "There is nothing but digital silence."
        return (*_broken(found), Defect("digital_silence", text, (found.seconds(0, found.frames),)))
    rules = (_broken, _clipping, _dropouts, _abrupt_end, _channels, _silence, _offset, _dull)
    return tuple(defect for rule in rules for defect in rule(found))


def _broken(found: Evidence) -> Iterator[Defect]:
    if found.broken:
        text = f"{found.broken:,} samples are no numbers, or far beyond full scale."
        yield Defect("not_finite", text)


def _clipping(found: Evidence) -> Iterator[Defect]:
    counts = [sum(clipped.values()) for clipped in found.flats.clipped]
    if sum(counts) >= _LEAST_TOPS:
        tenths = sorted(set().union(*found.flats.clipped))
        # neighbouring tenths of a second are one place
        runs = np.split(np.array(tenths), np.flatnonzero(np.diff(tenths) > 1) + 1)
        tenth = found.sample_rate // _TENTHS
        level = decibels(max(found.flats.highest))
        yield Defect(
            "clipping",
            f"Clipped: {sum(counts):,} peaks are cut flat at {level:.1f} dBFS"
            f" in {len(runs):,} {'place' if len(runs) == 1 else 'places'}.",
            tuple(
                found.seconds(run[0] * tenth, (run[-1] + 1) * tenth) for run in runs[:_MOST_PLACES]
            ),
            _numbers([count > 0 for count in counts]),
        )
        return
    pressed = pressed_level_dbfs(found.tops, found.peak)
    if pressed is not None:
        yield Defect(
            "clipping",
            f"Peaks crowd at {pressed:.1f} dBFS: it was clipped there before it was encoded,"
            " or limited very hard.",
        )


def _dropouts(found: Evidence) -> Iterator[Defect]:
    exact = [found.seconds(start, end) for _, start, end in found.flats.holes]
    cell = found.cell_frames
    heard = [found.seconds(a * cell, b * cell) for a, b in holes(found.cells, found.cell_s)]
    # the same hole is seen by both rules, and in both channels
    places: list[tuple[float, float]] = []
    for start, end in sorted(exact + heard):
        if places and start <= places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    if places:
        longest = max(end - start for start, end in places) * 1000
        many = "once" if len(places) == 1 else f"{len(places):,} times"
        text = f"The sound drops out {many}, for up to {longest:.0f} ms."
        channels = _numbers(
            [any(hole[0] == channel for hole in found.flats.holes) for channel in _each(found)]
        )
        whole = len(channels) == len(found.offsets) or bool(heard)
        yield Defect("dropout", text, tuple(places[:_MOST_PLACES]), () if whole else channels)


def _abrupt_end(found: Evidence) -> Iterator[Defect]:
    end = ends_abruptly(found.cells, found.rms)
    if end is not None:
        at = found.seconds(end * found.cell_frames, end * found.cell_frames)[1]
        yield Defect("abrupt_end", "It ends abruptly, in the middle of sound.", ((at, at),))


def _channels(found: Evidence) -> Iterator[Defect]:
    quiet = max(found.energies) * 10 ** (-_SILENT_CHANNEL_DB / 10)
    silent = _numbers([energy <= quiet for energy in found.energies])
    if silent:
        names = " and ".join(map(str, silent))
        yield Defect("silent_channel", f"Channel {names} is silent.", channels=silent)
    stereo = found.stereo
    if silent or stereo is None or stereo.width_db is None:
        return
    loss = stereo.fold_down_loss_db or 0.0
    if stereo.width_db < _SAME_DB:
        yield Defect("mono_as_stereo", "Both channels are the same: it is mono as stereo.")
    elif stereo.correlation is not None and stereo.correlation <= _INVERTED:
        text = f"One channel is inverted: played as mono, {_loss(loss)} is lost."
        yield Defect("inverted_channel", text)
    elif loss > _CANCELS_DB:
        text = f"The channels cancel each other: played as mono, {_loss(loss)} is lost."
        yield Defect("cancels_in_mono", text)


def _silence(found: Evidence) -> Iterator[Defect]:
    cell = found.cell_frames
    places = [found.seconds(a * cell, b * cell) for a, b in silences(found.cells, found.cell_s)]
    if places:
        total = sum(end - start for start, end in places)
        text = f"{total:.1f} s of it are digital silence."
        yield Defect("digital_silence", text, tuple(places[:_MOST_PLACES]))


def _offset(found: Evidence) -> Iterator[Defect]:
    shifted = _numbers([abs(offset) > _OFFSET for offset in found.offsets])
    if shifted:
        worst = max(map(abs, found.offsets))
        text = f"The waveform does not swing around zero: DC offset of {100 * worst:.1f} %."
        yield Defect("dc_offset", text, channels=shifted)


def _dull(found: Evidence) -> Iterator[Defect]:
    if found.limit_hz is not None and found.limit_hz < _DULL_HZ:
        text = f"There is nothing above {found.limit_hz / 1000:.1f} kHz: the top was cut off."
        yield Defect("band_limit", text)


def _loss(loss_db: float) -> str:
    return "everything" if loss_db == float("inf") else f"{loss_db:.0f} dB"


def _numbers(flags: list[bool]) -> tuple[int, ...]:
    return tuple(number for number, flag in enumerate(flags, 1) if flag)


def _each(found: Evidence) -> range:
    return range(len(found.offsets))
