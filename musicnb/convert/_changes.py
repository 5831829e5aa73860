"""What is to be done to a sound, checked before anything is read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, TypedDict

from musicnb._given import plain, real, shown, whole
from musicnb.errors import Fault, InvalidInput

_RATES_HZ: Final = (4_000, 384_000)
_LOUDNESS_LUFS: Final = (-70.0, 0.0)


class ChangesOptions(TypedDict, total=False):
    """The parameters of `Changes`, each of which may be left out."""

    start_s: float
    end_s: float | None
    fade_in_s: float
    fade_out_s: float
    sample_rate: int | None
    loudness_lufs: float | None
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done to a sound, in this order; by default nothing.

    Parameters
    ----------
    start_s, end_s
        The part that is kept, in seconds of the original; None is its end.
    sample_rate
        Frames per second; None keeps the original's, or takes the nearest that the format knows.
    fade_in_s, fade_out_s
        Seconds, along a raised cosine.
    loudness_lufs
        Integrated loudness to be reached (ITU-R BS.1770-5), by one gain for all of it; None leaves
        the level alone.
    true_peak_dbtp
        Ceiling of the true peak where a loudness is asked for. Where both cannot be had the ceiling
        holds, and the loudness stays below what was asked for. The file is measured after it is
        encoded: lossy formats move the peak.

    Raises
    ------
    InvalidInput
        A number is outside reason; every such field is named.
    """

    start_s: float = 0.0
    end_s: float | None = None
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    sample_rate: int | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float = -1.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            object.__setattr__(self, entry.name, plain(getattr(self, entry.name)))
        faults = [
            Fault(name, "", f"must be a number of seconds, 0 or more, not {shown(value)}")
            for name in ("start_s", "fade_in_s", "fade_out_s")
            if not (real(value := getattr(self, name)) is not None and value >= 0)
        ]
        if self.end_s is not None and not (
            real(self.end_s) is not None and (faults or self.end_s > self.start_s)
        ):
            faults.append(Fault("end_s", "", f"must lie after start_s, not at {shown(self.end_s)}"))
        low, high = _RATES_HZ
        rate = self.sample_rate
        if rate is not None and not low <= (whole(rate) or 0) <= high:
            faults.append(
                Fault("sample_rate", "", f"must be {low} to {high}, in Hz, not {shown(rate)}")
            )
        least, most = _LOUDNESS_LUFS
        if self.loudness_lufs is not None and not (
            real(self.loudness_lufs) is not None and least <= self.loudness_lufs <= most
        ):
            wanted = f"must be {least:g} to {most:g} LUFS, not {shown(self.loudness_lufs)}"
            faults.append(Fault("loudness_lufs", "", wanted))
        if not (real(self.true_peak_dbtp) is not None and self.true_peak_dbtp <= 0):
            wanted = f"must be 0 dBTP or less, not {shown(self.true_peak_dbtp)}"
            faults.append(Fault("true_peak_dbtp", "", wanted))
        if faults:
            raise InvalidInput.from_faults(faults)

    def __str__(self) -> str:
        parts = []
        if self.start_s or self.end_s is not None:
            end = "its end" if self.end_s is None else f"{self.end_s:g} s"
            parts.append(f"cut from {self.start_s:g} s to {end}")
        if self.sample_rate is not None:
            parts.append(f"at {self.sample_rate} Hz")
        if self.fade_in_s:
            parts.append(f"faded in over {self.fade_in_s:g} s")
        if self.fade_out_s:
            parts.append(f"faded out over {self.fade_out_s:g} s")
        if self.loudness_lufs is not None:
            parts.append(f"towards {self.loudness_lufs:g} LUFS below {self.true_peak_dbtp:g} dBTP")
        return ", ".join(parts) or "encoded anew"
