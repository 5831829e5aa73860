"""A delivery: chosen clips made into files for places, looked at first, then written as a pack."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from musicnb._given import shown
from musicnb.deliver import Content, Profile, pack_schema, write_pack
from musicnb.errors import InvalidInput, LibraryError
from musicnb.pictures import size_text
from musicnb.sound import named_path
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._deliverables import LONGEST_NAME, Deliverable, DeliveryOptions, Wanted
from musicnb.studio._lineage import lineage_of
from musicnb.studio._orphans import HeldFolder
from musicnb.studio._pack_page import pack_page
from musicnb.studio._packing import extra_file, manifest_of
from musicnb.studio._statements import Statements

if TYPE_CHECKING:
    import os

    from musicnb.table import Table

_fault = InvalidInput.about


class Delivery:
    """Files that are ready to be packed. Made by `musicnb.Studio.deliver`; print it first.

    The files lie in a temporary folder until the pack is written; the clips are only read.
    """

    def __init__(
        self, files: Sequence[Deliverable], folder: HeldFolder, name: str, disclosure: str
    ) -> None:
        self.files, self.name, self.disclosure = tuple(files), name, disclosure
        self._folder = folder

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
            Lengths in seconds, loudness in LUFS, true peak in dBTP, limiting in dB, size in bytes;
            of loops how much the seam sounds like going on, 0 to 1.
        """
        from musicnb.table import Table  # noqa: PLC0415 - pandas is slow to load

        has_loops = any(file.loop for file in self.files)
        return Table(
            {
                "file": file.name,
                "length_s": round(file.made.duration_s, 3),
                "loudness_lufs": round(file.made.loudness_lufs, 2),
                "true_peak_dbtp": round(file.made.true_peak_dbtp, 2),
                "ending": file.ending,
                "size_bytes": file.made.size_bytes,
                "passed": file.passed,
                "problems": "; ".join(file.made.problems),
                **(_loop_cells(file) if has_loops else {}),
                "limited_db": round(file.made.limited_db, 2),
                "clip": file.clip.title,
                "profile": file.profile.title,
                "found_terms": "; ".join(file.found_terms),
            }
            for file in self.files
        )

    def lineage(self) -> Table:
        """Show a row for each step from an order to a file: task, clip, votes, and what it cost.

        Returns
        -------
        musicnb.table.Table
            The pack's page draws the same as a picture.
        """
        from musicnb.table import Table  # noqa: PLC0415 - pandas is slow to load

        steps = lineage_of(self.clips, self.files)
        return Table(
            {"from": edge.source, "step": edge.step, "to": edge.target, "credits": edge.credits}
            for edge in steps
        )

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        rights: str = "",
        terms_url: str = "",
        terms_date: str | None = None,
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
            It cannot be written, or a file of it has gone since it was made; nothing is left
            behind.
        """
        target = named_path(path)
        said = Statements(rights, terms_url, terms_date, override)
        if self.failures and not said.override.strip():
            names = "; ".join(f"{file.name}: {file.made.problems[0]}" for file in self.failures[:3])
            raise _fault(
                "override",
                f"is empty, and {len(self.failures)} of {len(self.files)} files fail: {names}."
                " Change profile or clip, or say why they are delivered all the same",
            )
        about = manifest_of(self.files, name=self.name, disclosure=self.disclosure, said=said)
        extras: dict[str, bytes] = {
            "index.html": pack_page(about),
            "files.csv": self.table().to_csv(index=False).encode(),
            "pack.schema.json": (json.dumps(pack_schema(), indent=1) + "\n").encode(),
        }
        contents: dict[str, Content] = {file.name: file.made.path for file in self.files}
        if gone := [file.name for file in self.files if not file.made.path.is_file()]:
            raise LibraryError(
                f"{gone[0]} has gone from the temporary folder, in which systems clear up",
                hint="Deliver again: studio.deliver(...)",
            )
        files = (*about.files, *(extra_file(name, data) for name, data in extras.items()))
        problem = ""
        try:
            return write_pack(target, about.model_copy(update={"files": files}), contents | extras)
        except FileExistsError:
            raise _fault(
                "path",
                f"{shown(str(target))} exists already; choose another name",
            ) from None
        except OSError as error:
            problem = f"{target.parent} cannot be written ({error.strerror or error!s:.200})"
        raise LibraryError(problem, hint="Make room, or choose another path")

    def __str__(self) -> str:
        lines = [f"Delivery {self.name!r:.80}: {self._verdict()}"]
        for file in self.files:
            made = file.made
            verdict = "pass" if file.passed else f"FAIL: {'; '.join(made.problems)}"
            lines.append(
                f"  {file.name}  {made.duration_s:.2f} s, {_ending(file)}"
                f"  {made.loudness_lufs:.1f} LUFS  {made.true_peak_dbtp:.1f} dBTP"
                f"  {size_text(made.size_bytes)}  {verdict}"
            )
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        headline = f"<p><b>{escape(self.name[:80])}</b>: {self._verdict()}</p>"
        return headline + (self.table()._repr_html_() or "")

    def _verdict(self) -> str:
        """Say how many files there are and whether they may go out; a page may cut the table."""
        count = f"{len(self.files)} file{'s' * (len(self.files) != 1)}"
        failed = len(self.failures)
        said = f"{failed} of them FAIL and stop the pack" if failed else "all meet their profiles"
        return f"{count}, {size_text(sum(file.made.size_bytes for file in self.files))}, {said}"


def deliver(
    clips: Iterable[Clip],
    profiles: str | Profile | Iterable[str | Profile],
    **options: Unpack[DeliveryOptions],
) -> Delivery:
    """Make the files; see `musicnb.Studio.deliver`."""
    name, progress = options.get("name", "delivery"), options.get("progress", True)
    if strange := set(options) - set(DeliveryOptions.__annotations__):
        known = ", ".join(DeliveryOptions.__annotations__)
        raise _fault("options", f"have {min(strange)!r:.40}, and there are {known}")
    is_name = isinstance(name, str) and name.strip() and name.isprintable()
    if not is_name or len(name) > LONGEST_NAME:
        raise _fault("name", f"is {shown(name)}; give 1 to {LONGEST_NAME} characters")
    wanted = Wanted.checked(clips, profiles, options)
    problem, folder = "", None
    try:
        folder = HeldFolder("musicnb-delivery-")
        files = wanted.make(folder.path, progress)
        return Delivery(files, folder, name.strip(), wanted.disclosure)
    except OSError as error:
        problem = error.strerror or str(error)
        _remove(folder)
    except BaseException:
        _remove(folder)
        raise
    raise LibraryError(
        f"{tempfile.gettempdir()} cannot be written ({problem})",
        hint="Make room, or set TMPDIR to another folder",
    )


def _remove(folder: HeldFolder | None) -> None:
    # the traceback keeps the folder alive as long as somebody looks at it
    if folder is not None:
        folder.remove()


def _ending(file: Deliverable) -> str:
    loop = file.loop
    return f"{file.ending} ending" if loop is None else f"seam rated {loop.rating:.2f}"


def _loop_cells(file: Deliverable) -> dict[str, float | None]:
    loop = file.loop
    return {
        "bars": None if loop is None else loop.bars,
        "tempo_bpm": None if loop is None else round(loop.tempo_bpm, 2),
        "seam_rating": None if loop is None else round(loop.rating, 2),
    }
