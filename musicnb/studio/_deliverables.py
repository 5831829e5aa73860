"""The files of a delivery: which are wanted, what they are called, and how they are made."""

from __future__ import annotations

import itertools
import os
import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from musicnb import measure, sound
from musicnb._given import real, shown, whole
from musicnb.analysis import Progress, telling
from musicnb.deliver import (
    DISCLOSURE,
    MOST_BARS,
    MOST_SOUNDS,
    Conformed,
    CutDown,
    Loop,
    Profile,
    conform,
    cut_down,
    find_loops,
    profile_named,
)
from musicnb.errors import InvalidInput, LibraryError
from musicnb.prompts import found_terms, read_terms
from musicnb.studio._clip import Clip
from musicnb.studio._conforming import labels_of
from musicnb.studio._converting import sha256_of
from musicnb.studio._files import statement
from musicnb.studio._own_plans import Plan, own_plans

_fault = InvalidInput.about

TEMPLATE: Final = "{title}{length}_{profile}"
_FIELDS: Final = ("title", "length", "profile", "model", "clip", "number")
_MOST_LENGTHS: Final = 20
LONGEST_NAME: Final = 80
_MOST_CLIPS: Final = 500
_MOST_PROFILES: Final = 100


class DeliveryOptions(TypedDict, total=False):
    """How files are named and told of.

    Attributes
    ----------
    lengths
        Seconds of shorter forms to be made of every clip, such as ``[60, 30, 15, 6]``; without, as
        long as it is. A clip that is shorter is refused, not padded. Cuts are on beats, and each
        says how it ends: see `musicnb.deliver.cut_down`.
    loops
        Numbers of bars of loops to be found in every clip, such as ``[8]``: beside the lengths, or
        instead of the whole clip. A clip without a steady beat is refused: see
        `musicnb.deliver.find_loops`.
    plans
        What `Clip.cut_down` and `Clip.loops` returned, as it is or moved: in the place of a found
        one that is as long, else beside them. Each is taken for the clip it was made of.
    terms
        Words that this client or place forbids, or a file with one a line: see
        `musicnb.prompts.read_terms`; by default `musicnb.Studio.terms`. Where one stands in a
        clip's request, table and manifest say so; nothing is stopped.
    disclosure
        What tells listeners and platforms that this is AI's work: in the tags of every file, in the
        manifest and on the pack's page.
    name
        Of the pack; ``"delivery"`` by default.
    template
        Names of the files, of ``{title}``, ``{length}``, ``{profile}``, ``{model}``, ``{clip}`` and
        ``{number}``; what not every system takes is left out of them. A loop's length is such as
        ``_loop_8bars_120bpm_Amin``.
    progress
        Whether to show a bar, or a function that gets how many are done and how many there are.
    """

    lengths: Iterable[float]
    loops: Iterable[int]
    plans: CutDown | Loop | Sequence[CutDown | Loop]
    terms: Iterable[str] | str | os.PathLike[str]
    disclosure: str
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
    cut, loop
        The plan of its shorter form or loop; None where it is the whole clip.
    found_terms
        Words of the delivery's list that stand in the clip's request.
    """

    name: str
    clip: Clip
    profile: Profile
    made: Conformed
    cut: CutDown | None = None
    loop: Loop | None = None
    found_terms: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """How it ends: as the clip does, by an ending that was made, or in its beginning."""
        if self.loop is not None:
            return "loop"
        return "original" if self.cut is None else self.cut.ending

    @property
    def passed(self) -> bool:
        """Whether it is as its profile asks for."""
        return self.made.passed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a delivery is to hold, checked before anything is made.

    Parameters
    ----------
    clips, lengths, loops, profiles
        Every clip in every length and loop for every profile; no length is the whole clip.
    plans
        Of each clip, by its id: in the place of what would be found, or beside it.
    names
        What they are called.
    terms
        Words to look for in their requests.
    disclosure
        What their tags say about AI.
    """

    clips: Sequence[Clip]
    lengths: Sequence[float | None]
    loops: Sequence[int]
    profiles: Sequence[Profile]
    plans: Mapping[str, tuple[Plan, ...]]
    names: Names
    terms: tuple[str, ...]
    disclosure: str

    @classmethod
    def checked(cls, clips: Any, profiles: Any, options: DeliveryOptions) -> Wanted:
        """Check what was asked for.

        Raises
        ------
        InvalidInput
            Something of it cannot be; the field is named.
        """
        chosen = _clips(clips)
        places = _profiles(profiles)
        names = Names(options.get("template", TEMPLATE))
        loops = _loops(options.get("loops"))
        given = options.get("lengths")
        lengths = [] if given is None and loops else _lengths(given, chosen)
        terms = read_terms(options.get("terms", ()))
        plans = own_plans(options.get("plans"), chosen)
        disclosure = statement("disclosure", options.get("disclosure", DISCLOSURE))
        wanted = cls(chosen, lengths, loops, places, plans, names, terms, disclosure)
        if wanted.count > MOST_SOUNDS:
            message = f"in so many lengths for so many profiles are {wanted.count:,} files"
            raise _fault("clips", f"{message}; a pack holds {MOST_SOUNDS:,}")
        return wanted

    @property
    def count(self) -> int:
        """How many files it is."""
        return sum(len(self._wishes(clip)) for clip in self.clips) * len(self.profiles)

    def make(self, folder: Path, progress: Progress) -> list[Deliverable]:
        """Make the files; what `musicnb.Studio.deliver` raises is raised here."""
        files: list[Deliverable] = []
        with telling(progress, self.count, doing="conforming") as done:
            for number, clip in enumerate(self.clips, 1):
                _require_as_it_came(clip)
                for plan in self._plans(clip):
                    for profile in self.profiles:
                        files.append(self._made(clip, number, plan, profile, folder))
                        done()
        return files

    def _wishes(self, clip: Clip) -> list[Plan | Seconds | BarCount | None]:
        """List what a clip is wanted as: plans, what is to be found, None for the whole."""
        own = list(self.plans.get(clip.clip_id, ()))

        def fitting(wish: Seconds | BarCount) -> Plan | Seconds | BarCount:
            fits = next((plan for plan in own if wish.fits(plan)), None)
            if fits is not None:
                own.remove(fits)
            return fits or wish

        lengths = [fitting(Seconds(one)) for one in self.lengths if one is not None]
        loops = [fitting(BarCount(one)) for one in self.loops]
        return [*lengths, *loops, *own] or [None]

    def _plans(self, clip: Clip) -> Iterator[Plan | None]:
        wishes = self._wishes(clip)
        searched = any(isinstance(wish, Seconds | BarCount) for wish in wishes)
        # decoded once, listened to once
        master = sound.read(clip.file()) if searched else None
        grid = measure.find_bars(master.samples, master.sample_rate) if master else None
        for wish in wishes:
            if isinstance(wish, Seconds) and master:
                yield cut_down(master, wish.seconds, grid=grid)
            elif isinstance(wish, BarCount) and master:
                yield _best_loop(clip, master, wish.bars, grid)
            elif not isinstance(wish, Seconds | BarCount):
                yield wish

    def _made(
        self, clip: Clip, number: int, plan: CutDown | Loop | None, profile: Profile, folder: Path
    ) -> Deliverable:
        cut = plan if isinstance(plan, CutDown) else None
        loop = plan if isinstance(plan, Loop) else None
        length = f"_{cut.seconds:g}s" if cut else f"_{loop.words}" if loop else ""
        path = self.names.path(clip, number, length, profile)
        source = loop or (cut.render() if cut else clip.file())
        labels = labels_of(clip, plan, disclosure=self.disclosure)
        made = conform(source, folder / path.replace("/", "_"), profile, labels=labels)
        request = clip.job.request
        asked = "\n".join(str(request.get(name) or "") for name in ("prompt", "lyrics", "title"))
        return Deliverable(path, clip, profile, made, cut, loop, found_terms(asked, self.terms))


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length that a shorter form is to be found for."""

    seconds: float

    def fits(self, plan: Plan) -> bool:
        """Return whether a plan is such a form."""
        frames = round(self.seconds * plan.sample_rate)
        return isinstance(plan, CutDown) and plan.frames == frames


@dataclass(frozen=True, slots=True)
class BarCount:
    """A number of bars that a loop is to be found of."""

    bars: int

    def fits(self, plan: Plan) -> bool:
        """Return whether a plan is such a loop."""
        return isinstance(plan, Loop) and plan.bars == self.bars


class Names:
    """Paths that mean the same everywhere and are never taken twice.

    Parameters
    ----------
    template
        See `DeliveryOptions`.

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
                raise _fault("template", f"is {shown(template)}; it may have {known}, nothing else")
        self._template, self._taken = template, set[str]()

    def path(self, clip: Clip, number: int, length: str, profile: Profile) -> str:
        """Return the next path."""
        words = self._template.format(
            title=clip.title.lower(), profile=profile.name, model=clip.model,
            clip=clip.clip_id.lower(), number=f"{number:03}", length=length,
        )  # fmt: skip
        stem = _ascii(words) or "clip"
        folder, suffix = _ascii(profile.name), profile.encoding.suffix
        path = f"{folder}/{stem}{suffix}"
        twin = 2
        while path.lower() in self._taken:
            path, twin = f"{folder}/{stem}-{twin}{suffix}", twin + 1
        self._taken.add(path.lower())
        return path


def _best_loop(clip: Clip, master: sound.Sound, bars: int, grid: measure.Bars | None) -> Loop:
    try:
        return find_loops(master, bars=bars, most=1, grid=grid)[0]
    except InvalidInput as error:
        problem = "; ".join(fault.message for fault in error.faults)
    raise _fault("loops", f"of {clip.title!r:.60}: {problem}")


def _ascii(text: str) -> str:
    """Reduce any text to letters that every system has, and to a name that none reads otherwise."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]+", "-", plain)
    name = re.sub(r"-?_-?", "_", words)[:LONGEST_NAME].strip("-_")
    return f"{name}-file" if sound.is_device(name) else name


def _listed(given: Any, most: int) -> list[Any]:
    """List one or several; of what never ends only as many as tell that they are too many."""
    try:
        several = iter(given)
    except TypeError:
        return [given]
    return list(itertools.islice(several, most + 1))


def _require_as_it_came(clip: Clip) -> None:
    """Refuse another file than the journal knows: the manifest would name a wrong parent."""
    if sha256_of(clip) != clip.record.sha256:
        raise LibraryError(
            f"{clip.path.name} has other bytes than when it came",
            hint="Restore the file from a copy; studio.library.verify() names all such files",
        )


def _clips(clips: Any) -> list[Clip]:
    listed = _listed(clips, _MOST_CLIPS)
    for clip in listed:
        if not isinstance(clip, Clip):
            raise _fault("clips", f"has {shown(clip)}, which is no clip; give session.shortlist")
    if not 0 < len(listed) <= _MOST_CLIPS:
        many = f"more than {_MOST_CLIPS}" if listed else "none"
        raise _fault("clips", f"are {many}; give 1 to {_MOST_CLIPS}")
    return list({clip.clip_id: clip for clip in listed}.values())


def _lengths(lengths: Any, clips: Sequence[Clip]) -> list[float | None]:
    if lengths is None:
        return [None]
    listed = _listed(lengths, _MOST_LENGTHS)
    if isinstance(lengths, (str, bytes)) or not 0 < len(listed) <= _MOST_LENGTHS:
        raise _fault(
            "lengths", f"are {shown(lengths)}; give 1 to {_MOST_LENGTHS} numbers of seconds"
        )
    numbers = [real(seconds) or 0.0 for seconds in listed]
    for given, seconds in zip(listed, numbers, strict=True):
        if seconds <= 0:
            raise _fault("lengths", f"have {shown(given)}; give seconds above 0")
    longest = max(numbers)
    if short := [clip for clip in clips if clip.duration_s < longest]:
        message = f"have {longest:g} s, and {short[0].title!r:.60} has {short[0].duration_s:.2f} s"
        raise _fault("lengths", f"{message}: it is not padded. Leave it or the length out")
    return list(dict.fromkeys(numbers))


def _loops(loops: Any) -> list[int]:
    if loops is None:
        return []
    listed = _listed(loops, _MOST_LENGTHS)
    if isinstance(loops, (str, bytes)) or not 0 < len(listed) <= _MOST_LENGTHS:
        raise _fault("loops", f"are {shown(loops)}; give 1 to {_MOST_LENGTHS} numbers of bars")
    numbers = [whole(bars) or 0 for bars in listed]
    for given, bars in zip(listed, numbers, strict=True):
        if not 0 < bars <= MOST_BARS:
            raise _fault("loops", f"have {shown(given)}; give whole bars, 1 to {MOST_BARS}")
    return list(dict.fromkeys(numbers))


def _profiles(profiles: Any) -> list[Profile]:
    listed = [profiles] if isinstance(profiles, str) else _listed(profiles, _MOST_PROFILES)
    if len(listed) > _MOST_PROFILES:
        raise _fault("profiles", f"are more than {_MOST_PROFILES}")
    if not listed:
        raise _fault(
            "profiles", "are none; musicnb.deliver.PROFILES lists them: there is no default"
        )
    known = list(dict.fromkeys(profile_named(one) for one in listed))
    names = [profile.name for profile in known]
    if twins := [name for name in names if names.count(name) > 1]:
        raise _fault("profiles", f"are two of the name {twins[0]!r}: .changed(name=...) one")
    return known
