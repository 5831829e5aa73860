"""A delivery: chosen clips made into files for places, looked at first, then written as a pack."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shutil
import string
import tempfile
import unicodedata
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from musicnb.analysis import Progress, telling
from musicnb.deliver import (
    DISCLOSURE,
    Conformed,
    Content,
    CutDown,
    Labels,
    Profile,
    Rights,
    conform,
    cut_down,
    pack_schema,
    profile_named,
    write_pack,
)
from musicnb.errors import InvalidInput, LibraryError
from musicnb.pictures import size_text
from musicnb.sound import named_path
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._pack_page import pack_page
from musicnb.studio._packing import extra_file, manifest_of

if TYPE_CHECKING:
    import os

    from musicnb.table import Table

_fault = InvalidInput.about

TEMPLATE: Final = "{title}{length}_{profile}"
_FIELDS: Final = ("title", "length", "profile", "model", "clip", "number")
_MOST_LENGTHS: Final = 20
_LONGEST_STEM: Final = 80
_MOST_CLIPS: Final = 500
_LONGEST_TEXT: Final = 2_000


class DeliveryOptions(TypedDict, total=False):
    """How files are named and told of.

    Attributes
    ----------
    lengths
        Seconds of shorter forms to be made of every clip, such as ``[60, 30, 15, 6]``; without, as
        long as it is. A clip that is shorter is refused, not padded. Cuts are on beats, and each
        says how it ends: see `musicnb.deliver.cut_down`.
    name
        Of the pack; ``"delivery"`` by default.
    template
        Names of the files, of ``{title}``, ``{length}``, ``{profile}``, ``{model}``, ``{clip}`` and
        ``{number}``; what not every system takes is left out of them.
    progress
        Whether to show a bar, or a function that gets how many are done and how many there are.
    """

    lengths: Iterable[float]
    name: str
    template: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One file of a delivery.

    Parameters
    ----------
    name
        Its path in the pack.
    clip, profile
        What it was made of, and for.
    made
        What came of it, measured after encoding.
    cut
        The plan of its shorter form; None where it is as long as the clip.
    """

    name: str
    clip: Clip
    profile: Profile
    made: Conformed
    cut: CutDown | None = None

    @property
    def ending(self) -> str:
        """How it ends: as the clip does, or by an ending that was made."""
        return "original" if self.cut is None else self.cut.ending

    @property
    def passed(self) -> bool:
        """Whether it is as its profile asks for."""
        return self.made.passed


class Delivery:
    """Files that are ready to be packed. Made by `musicnb.Studio.deliver`; print it first.

    The files lie in a temporary folder until the pack is written; the clips are only read.
    """

    def __init__(self, files: Sequence[Deliverable], folder: Path, name: str) -> None:
        self.files, self.name = tuple(files), name
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @property
    def failures(self) -> tuple[Deliverable, ...]:
        """The files that are not as their profile asks for."""
        return tuple(file for file in self.files if not file.passed)

    @property
    def clips(self) -> Clips:
        """What the files were made of, each once."""
        return Clips({file.clip.clip_id: file.clip for file in self.files}.values())

    def table(self) -> Table:
        """Show a row for each file: where it goes, how it measures, whether it passes.

        Returns
        -------
        musicnb.table.Table
            Lengths in seconds, loudness in LUFS, true peak in dBTP, limiting in dB, size in bytes.
        """
        from musicnb.table import Table  # noqa: PLC0415 - pandas is slow to load

        return Table(
            {
                "file": file.name,
                "clip": file.clip.title,
                "profile": file.profile.title,
                "length_s": round(file.made.duration_s, 3),
                "ending": file.ending,
                "loudness_lufs": round(file.made.loudness_lufs, 2),
                "true_peak_dbtp": round(file.made.true_peak_dbtp, 2),
                "limited_db": round(file.made.limited_db, 2),
                "size_bytes": file.made.size_bytes,
                "passed": file.passed,
                "problems": "; ".join(file.made.problems),
            }
            for file in self.files
        )

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        rights: str = "",
        terms_url: str = "",
        terms_date: str | None = None,
        disclosure: str = DISCLOSURE,
        override: str = "",
    ) -> Path:
        """Write the pack: files, manifest, checksums, a table, and a page that plays offline.

        Parameters
        ----------
        path
            A name that is not taken.
        rights
            What you say about rights in this music. It is your statement: musicnb checks nothing.
        terms_url, terms_date
            The terms of the service that apply, and the day (``2026-11-26``) you read them.
        disclosure
            What tells listeners and platforms that this is AI's work.
        override
            Why files that fail their profile are delivered all the same; it stands in the manifest.

        Returns
        -------
        pathlib.Path
            The pack; ``musicnb.verify_pack`` checks it.

        Raises
        ------
        InvalidInput
            A file fails its profile and no reason is given, there is something by this name, or a
            value is not what it should be.
        LibraryError
            It cannot be written; nothing is left behind.
        """
        target = named_path(path)
        if self.failures and not override.strip():
            names = "; ".join(f"{file.name}: {file.made.problems[0]}" for file in self.failures[:3])
            raise _fault(
                "override",
                f"is empty, and {len(self.failures)} of {len(self.files)} files fail: {names}."
                " Change profile or clip, or say why they are delivered all the same",
            )
        about = manifest_of(
            self.files,
            name=self.name,
            rights=_rights(rights, terms_url, terms_date, disclosure),
            disclosure=disclosure,
            override=override.strip(),
        )
        extras: dict[str, bytes] = {
            "index.html": pack_page(about),
            "files.csv": self.table().to_csv(index=False).encode(),
            "pack.schema.json": (json.dumps(pack_schema(), indent=1) + "\n").encode(),
        }
        contents: dict[str, Content] = {file.name: file.made.path for file in self.files}
        files = (*about.files, *(extra_file(name, data) for name, data in extras.items()))
        problem = ""
        try:
            return write_pack(target, about.model_copy(update={"files": files}), contents | extras)
        except FileExistsError:
            raise _fault(
                "path", f"{target.name!r:.80} exists already and is not replaced"
            ) from None
        except OSError as error:
            problem = f"{target.parent} cannot be written ({error.strerror or error!s:.200})"
        raise LibraryError(problem, hint="Make room, or choose another path")

    def __str__(self) -> str:
        lines = [f"Delivery {self.name!r:.80}: {len(self.files)} files"]
        for file in self.files:
            made = file.made
            verdict = "pass" if file.passed else f"FAIL: {'; '.join(made.problems)}"
            lines.append(
                f"  {file.name}  {made.duration_s:.2f} s, {file.ending} ending"
                f"  {made.loudness_lufs:.1f} LUFS  {made.true_peak_dbtp:.1f} dBTP"
                f"  {size_text(made.size_bytes)}  {verdict}"
            )
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        return self.table()._repr_html_()


def deliver(
    clips: Iterable[Clip],
    profiles: str | Profile | Iterable[str | Profile],
    **options: Unpack[DeliveryOptions],
) -> Delivery:
    """Make the files; see `musicnb.Studio.deliver`."""
    name, progress = options.get("name", "delivery"), options.get("progress", True)
    chosen = _clips(clips)
    wanted = _profiles(profiles)
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_STEM:
        raise _fault("name", f"is {name!r:.60}; give 1 to {_LONGEST_STEM} characters")
    names = _Names(options.get("template", TEMPLATE))
    lengths = _lengths(options.get("lengths"), chosen)
    folder = Path(tempfile.mkdtemp(prefix="musicnb-delivery-"))
    try:
        files = _made(chosen, lengths, wanted, names, folder=folder, progress=progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Delivery(files, folder, name.strip())


def _made(
    clips: Sequence[Clip],
    lengths: Sequence[float | None],
    profiles: Sequence[Profile],
    names: _Names,
    *,
    folder: Path,
    progress: Progress,
) -> list[Deliverable]:
    files: list[Deliverable] = []
    total = len(clips) * len(lengths) * len(profiles)
    with telling(progress, total, doing="conforming") as done:
        for number, clip in enumerate(clips, 1):
            for seconds in lengths:
                cut = None if seconds is None else cut_down(clip.file(), seconds)
                sound = clip.file() if cut is None else cut.render()
                for profile in profiles:
                    path = names.path(clip, number, seconds, profile)
                    beside = folder / path.replace("/", "_")
                    made = conform(sound, beside, profile, labels=_labels(clip))
                    files.append(Deliverable(path, clip, profile, made, cut))
                    done()
    return files


class _Names:
    """Paths that mean the same everywhere and are never taken twice.

    Parameters
    ----------
    template
        With ``{title}``, ``{profile}``, ``{model}``, ``{clip}`` and ``{number}``.

    Raises
    ------
    InvalidInput
        It names another field, or something of one.
    """

    def __init__(self, template: str) -> None:
        try:
            parts = list(string.Formatter().parse(template))
        except (TypeError, ValueError):
            parts = [("", "?", None, None)]
        for _, field, spec, conversion in parts:
            if field is not None and (field not in _FIELDS or spec or conversion):
                known = ", ".join(f"{{{name}}}" for name in _FIELDS)
                raise _fault("template", f"is {template!r:.80}; it may have {known}, nothing else")
        self._template, self._taken = template, set[str]()

    def path(self, clip: Clip, number: int, seconds: float | None, profile: Profile) -> str:
        """Return the next path."""
        words = self._template.format(
            title=clip.title, profile=profile.name, model=clip.model, clip=clip.clip_id,
            number=f"{number:03}", length="" if seconds is None else f"_{seconds:g}s",
        )  # fmt: skip
        stem = _ascii(words) or "clip"
        folder, suffix = _ascii(profile.name), profile.encoding.suffix
        path = f"{folder}/{stem}{suffix}"
        twin = 2
        while path in self._taken:
            path, twin = f"{folder}/{stem}-{twin}{suffix}", twin + 1
        self._taken.add(path)
        return path


def _ascii(text: str) -> str:
    """Reduce any text to letters that every system has, in small."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain)[:_LONGEST_STEM].strip("-_")


def _clips(clips: Any) -> list[Clip]:
    listed = list(clips) if isinstance(clips, Iterable) else [clips]
    for clip in listed:
        if not isinstance(clip, Clip):
            raise _fault("clips", f"has {clip!r:.60}, which is no clip; give session.shortlist")
    if not 0 < len(listed) <= _MOST_CLIPS:
        raise _fault("clips", f"are {len(listed)}; give 1 to {_MOST_CLIPS}")
    return list({clip.clip_id: clip for clip in listed}.values())


def _lengths(lengths: Any, clips: Sequence[Clip]) -> list[float | None]:
    if lengths is None:
        return [None]
    listed = list(lengths) if isinstance(lengths, Iterable) else [lengths]
    if isinstance(lengths, (str, bytes)) or not 0 < len(listed) <= _MOST_LENGTHS:
        raise _fault(
            "lengths", f"are {lengths!r:.60}; give 1 to {_MOST_LENGTHS} numbers of seconds"
        )
    for seconds in listed:
        number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if not number or not math.isfinite(seconds) or seconds <= 0:
            raise _fault("lengths", f"have {seconds!r:.40}; give seconds above 0")
    longest = max(listed)
    if short := [clip for clip in clips if clip.duration_s < longest]:
        message = f"have {longest:g} s, and {short[0].title!r:.60} has {short[0].duration_s:.2f} s"
        raise _fault("lengths", f"{message}: it is not padded. Leave it or the length out")
    return list(dict.fromkeys(float(seconds) for seconds in listed))


def _profiles(profiles: Any) -> list[Profile]:
    listed = [profiles] if isinstance(profiles, (str, Profile)) else list(profiles)
    if not listed:
        raise _fault(
            "profiles", "are none; musicnb.deliver.PROFILES lists them: there is no default"
        )
    return list({(known := profile_named(one)).name: known for one in listed}.values())


def _labels(clip: Clip) -> Labels:
    return Labels(
        title=clip.title,
        prompt=str(clip.job.request.get("prompt", "")),
        model=clip.model,
        task_id=clip.job.task_id or "",
        origin=f"{clip.clip_id}, SHA-256 {clip.record.sha256}",
        sandbox=clip.sandbox,
    )


def _rights(note: str, url: str, date: str | None, disclosure: str) -> Rights:
    for field, value in (("rights", note), ("terms_url", url), ("disclosure", disclosure)):
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise _fault(field, f"is {value!r:.60}; give at most {_LONGEST_TEXT:,} characters")
    problem = ""
    try:
        if date is not None and dt.date.fromisoformat(date).isoformat() != date:
            problem = "is another way of writing it"
    except (TypeError, ValueError):
        problem = "is no day"
    if problem:
        raise _fault("terms_date", f"{date!r:.40} {problem}; give one like '2026-01-31'")
    return Rights(note=note, terms_url=url, terms_date=date)
