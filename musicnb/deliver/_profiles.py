"""What the places that files go to ask for, and where that is written.

Published pages contradict each other and change, so that every profile names its source, the day
it was looked at, and how far it could be checked. There is no default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from musicnb._given import plain, real, shown, whole
from musicnb.errors import Fault, InvalidInput
from musicnb.sound import FORMATS, RATES, Encoding, Format

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_LOUDNESS_LUFS: Final = (-70.0, 0.0)
_MOST_CHANNELS: Final = 2
_WHOLE: Final = ("sample_rate", "channels", "bits", "size_limit_bytes")
_ABOVE_0: Final = ("tolerance_lu", "bitrate_kbps", "longest_s")
_LEVELS: Final = ("loudness_lufs", "true_peak_dbtp")


@dataclass(frozen=True, slots=True)
class Profile:
    """What one place asks for. What is None is left as it is in the sound, or has no limit.

    Parameters
    ----------
    name
        Its key: small letters, digits, dots and hyphens.
    title
        For people.
    format, bits, bitrate_kbps
        See `musicnb.sound.Encoding`.
    sample_rate
        Frames per second.
    channels
        1 or 2. Mono becomes stereo by doubling; nothing is ever folded down.
    loudness_lufs, tolerance_lu
        Integrated loudness (ITU-R BS.1770) and by how much the place lets it differ.
    true_peak_dbtp
        Ceiling of the true peak, after encoding.
    longest_s
        Longest sound in seconds.
    size_limit_bytes
        Largest file.
    source, source_date
        Where this is written, and the day it was published or looked at.
    checked
        How far the figures could be verified, in plain words.

    Raises
    ------
    InvalidInput
        A field is outside reason; every such field is named.

    Examples
    --------
    >>> louder = PROFILES["streaming-14"].changed(name="streaming-11", loudness_lufs=-11.0)
    >>> PROFILES[louder.name] = louder
    >>> del PROFILES["streaming-11"]
    """

    name: str
    title: str
    format: Format
    source: str
    source_date: str
    checked: str
    loudness_lufs: float | None = None
    tolerance_lu: float = 0.5
    true_peak_dbtp: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    bits: int = 16
    bitrate_kbps: float | None = None
    longest_s: float | None = None
    size_limit_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in (*_WHOLE, *_ABOVE_0, *_LEVELS):
            object.__setattr__(self, name, plain(getattr(self, name)))
        faults = [
            Fault(name, "", f"must be a positive {kind}, not {shown(value)}")
            for names, kind, read in ((_WHOLE, "whole number", whole), (_ABOVE_0, "number", real))
            for name in names
            if (value := getattr(self, name)) is not None and not (read(value) or 0) > 0
        ]
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            faults.append(Fault("name", "", f"must be like 'ebu-r128', not {shown(self.name)}"))
        least, most = _LOUDNESS_LUFS
        for name in _LEVELS:
            value = getattr(self, name)
            if value is not None and ((level := real(value)) is None or not least <= level <= most):
                wanted = f"must be {least:g} to {most:g}, not {shown(value)}"
                faults.append(Fault(name, "", wanted))
        if self.channels not in (None, *range(1, _MOST_CHANNELS + 1)):
            faults.append(Fault("channels", "", f"must be 1 or 2, not {shown(self.channels)}"))
        faults += [
            Fault(name, "", f"must be text in a line, not {shown(value)}")
            for name in ("title", "source", "source_date", "checked")
            if not isinstance(value := getattr(self, name), str) or not value.isprintable()
        ]
        faults += [
            Fault(name, "", "must be given: a profile without a source is a rumour")
            for name in ("source", "source_date", "checked")
            if not getattr(self, name)
        ]
        if not faults:
            faults = self._format_faults()
        if faults:
            raise InvalidInput.from_faults(faults)

    def _format_faults(self) -> list[Fault]:
        if self.format not in FORMATS:
            return [Fault("format", "", f"must be one of {FORMATS}, not {shown(self.format)}")]
        rates = RATES.get(self.format)
        if rates and self.sample_rate is not None and self.sample_rate not in rates:
            return [Fault("sample_rate", "", f"must be one of {rates} for {self.format}")]
        try:
            self.encoding.settings(self.sample_rate or 48_000, self.channels or _MOST_CHANNELS)
        except ValueError as error:
            return [Fault("format", "", str(error))]
        return []

    @property
    def encoding(self) -> Encoding:
        """What kind of file it asks for."""
        return Encoding(self.format, self.bits, self.bitrate_kbps)

    def changed(self, **fields: object) -> Profile:
        """Return another profile with some fields of this one changed.

        Raises
        ------
        InvalidInput
            A field is outside reason.
        TypeError
            There is no such field.
        """
        return replace(self, **fields)  # type: ignore[arg-type] # checked as it is made

    def __str__(self) -> str:
        level = "level left alone"
        if self.loudness_lufs is not None:
            level = f"{self.loudness_lufs:g} LUFS ±{self.tolerance_lu:g}"
        if self.true_peak_dbtp is not None:
            level += f", {self.true_peak_dbtp:g} dBTP at most"
        return f"{self.title}: {level}; {self.source} ({self.source_date}). {self.checked}"


def profile_named(name: str | Profile) -> Profile:
    """Return a profile of the table, or the one that was given.

    Raises
    ------
    InvalidInput
        There is none by this name; those that there are are named.
    """
    if isinstance(name, Profile):
        return name
    known = PROFILES.get(name) if isinstance(name, str) else None
    if known is None:
        wanted = f"is none of {', '.join(PROFILES)}: {shown(name)}"
        raise InvalidInput.from_faults([Fault("profile", "", wanted)])
    return known


_SECOND_HAND: Final = "The document itself was not opened: figures as others quote them."
_SPOTIFY: Final = Profile(
    name="spotify-ad",
    title="Spotify audio ad",
    format="MP3",
    loudness_lufs=-16.0,
    tolerance_lu=1.5,
    true_peak_dbtp=-2.0,
    sample_rate=44_100,
    channels=2,
    bitrate_kbps=192,
    longest_s=30.0,
    size_limit_bytes=1_000_000,
    source="https://ads.spotify.com/en-NL/ad-experiences/audio-ads-specs/",
    source_date="2023-12-21",
    checked="30 s, 1 MB, 44.1 kHz and 192 kb/s stand on Spotify's own page; loudness and peak are"
    " quoted from it by a third party. Other editions of the page say -14 LUFS: see spotify-ad-14.",
)
_IAB: Final = Profile(
    name="iab-audio-30",
    title="IAB audio ad :30",
    format="MP3",
    loudness_lufs=-16.0,
    tolerance_lu=1.0,
    true_peak_dbtp=-1.0,
    sample_rate=44_100,
    channels=2,
    bitrate_kbps=192,
    longest_s=30.0,
    size_limit_bytes=5_000_000,
    source="https://alladspecs.com/specs/iab-standards/standard-audio-ad",
    source_date="2026-11-26",
    checked="Not verified: a third party's summary; no loudness was found in a document of the"
    " IAB itself, and the tolerance is ours. AES TD1008 suggests -18 for ads.",
)
_ROWS: Final = (
    _SPOTIFY,
    _SPOTIFY.changed(
        name="spotify-ad-14",
        title="Spotify audio ad (direct order)",
        loudness_lufs=-14.0,
        tolerance_lu=0.5,
        true_peak_dbtp=-1.0,
        source="https://ads.spotify.com/en-US/ad-experiences/audio-ads-specs/",
        source_date="2026-11-26",
        checked="Read in a stored copy of Spotify's own page, of unknown age; the tolerance is"
        " ours. A later edition is quoted with -16 LUFS: see spotify-ad.",
    ),
    _IAB.changed(
        name="iab-audio-15",
        title="IAB audio ad :15",
        longest_s=15.0,
        source="https://alladspecs.com/specs/iab-standards/standard-audio-ad-15",
    ),
    _IAB,
    Profile(
        name="ebu-r128",
        title="EBU R 128 broadcast",
        format="WAV",
        bits=24,
        loudness_lufs=-23.0,
        tolerance_lu=0.5,
        true_peak_dbtp=-1.0,
        sample_rate=48_000,
        source="EBU R 128, https://tech.ebu.ch/docs/r/r128.pdf",
        source_date="2026-11-26",
        checked=f"{_SECOND_HAND} Its tolerance is quoted as 0.2, 0.5 and 1 LU; advertisements have"
        " a limit of the short-term loudness besides (R 128 s1), which is not checked here.",
    ),
    Profile(
        name="atsc-a85",
        title="ATSC A/85 broadcast",
        format="WAV",
        bits=24,
        loudness_lufs=-24.0,
        tolerance_lu=2.0,
        true_peak_dbtp=-2.0,
        sample_rate=48_000,
        source="ATSC A/85, https://www.atsc.org/atsc-documents/type/a85/",
        source_date="2026-11-26",
        checked=_SECOND_HAND,
    ),
    Profile(
        name="streaming-14",
        title="Music streaming at -14",
        format="WAV",
        bits=24,
        loudness_lufs=-14.0,
        tolerance_lu=0.5,
        true_peak_dbtp=-1.0,
        sample_rate=44_100,
        source="https://support.spotify.com/us/artists/article/loudness-normalization/",
        source_date="2026-11-26",
        checked="Quoted from Spotify's page by several others; the tolerance is ours. Services"
        " normalise to -14 (Spotify, YouTube, Tidal, Amazon) or -16 (Apple).",
    ),
    Profile(
        name="podcast-16",
        title="Podcast at -16",
        format="MP3",
        loudness_lufs=-16.0,
        tolerance_lu=1.0,
        true_peak_dbtp=-1.0,
        sample_rate=44_100,
        bitrate_kbps=192,
        source="https://podcasters.apple.com/support/893-audio-requirements",
        source_date="2026-11-26",
        checked=f"{_SECOND_HAND} The bitrate is ours.",
    ),
    Profile(
        name="game-loop",
        title="Loop for a game",
        format="WAV",
        bits=16,
        loudness_lufs=-23.0,
        tolerance_lu=2.0,
        true_peak_dbtp=-1.0,
        sample_rate=48_000,
        source="Sony ASWG-R001 as quoted on audiokinetic.com, loudness_measurement_scopes",
        source_date="2026-11-26",
        checked=f"{_SECOND_HAND} It is meant for a whole game's sound at home, quoted with -23 and"
        " -24 LUFS; no standard for a single loop was found.",
    ),
    Profile(
        name="archive-master",
        title="Master for the archive",
        format="WAV",
        bits=24,
        source="EBU Tech 3285 (Broadcast Wave Format), https://tech.ebu.ch/docs/tech/tech3285.pdf",
        source_date="2026-11-26",
        checked="The layout of its bext chunk was compared with a public description; rate and"
        " level are the master's own.",
    ),
)
#: The profiles by name; add your own with ``PROFILES["mine"] = Profile(name="mine", …)``.
PROFILES: dict[str, Profile] = {row.name: row for row in _ROWS}
