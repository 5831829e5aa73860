"""A clip to a file that a place accepts, and the record of what it was made of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from musicnb.deliver import (
    DISCLOSURE,
    PROFILES,
    Conformed,
    CutDown,
    Labels,
    Loop,
    Profile,
    conform,
    find_loops,
    profile_named,
)
from musicnb.library import Conversions
from musicnb.sound import Format
from musicnb.studio._converting import first_free, names_for, sha256_of, write_down
from musicnb.studio._own_plans import require_of

if TYPE_CHECKING:
    from musicnb.studio._clip import Clip


def conform_clip(
    clip: Clip,
    profile: str | Profile,
    path: str | os.PathLike[str] | None,
    plan: CutDown | Loop | None,
    disclosure: str,
) -> Conformed:
    """Make a file of a clip for a profile and write down that it was made of it.

    Raises
    ------
    InvalidInput
        There is no such profile, it does not take the clip, the plan is of another sound, or there
        is a file by this name.
    LibraryError
        The clip's file has gone, or the new one cannot be written.
    """
    wanted = profile_named(profile)
    if plan is not None:
        require_of(plan, clip)
    conversions = Conversions(clip.folder)
    digest = sha256_of(clip)
    labels = labels_of(clip, plan, sha256=digest, disclosure=disclosure)
    if isinstance(plan, Loop):
        names = names_for(conversions, clip, path, wanted.encoding, tail=f"_{plan.words}")
    else:
        words = f"{wanted.name}-{plan.seconds:g}s" if plan else wanted.name
        names = names_for(conversions, clip, path, wanted.encoding, words=words)
    source = plan.render() if isinstance(plan, CutDown) else plan or clip.path
    made = first_free(names, lambda name: conform(source, name, wanted, labels=labels))
    changes = {
        "profile": wanted.name,
        "gain_db": made.gain_db,
        "limited_db": made.limited_db,
        "edit_list": plan.edit_list() if plan else None,
    }
    write_down(conversions, made, clip, digest, changes)
    return made


def labels_of(
    clip: Clip,
    plan: CutDown | Loop | None,
    *,
    sha256: str | None = None,
    disclosure: str = DISCLOSURE,
) -> Labels:
    """Return what a file made of a clip says of itself; `sha256` if the clip is not as it came."""
    return Labels(
        title=clip.title,
        prompt=str(clip.job.request.get("prompt") or ""),
        model=clip.model,
        task_id=clip.job.task_id or "",
        origin=f"clip {clip.clip_id} (sha256 {sha256 or clip.record.sha256})",
        loop=str(plan) if isinstance(plan, Loop) else "",
        sandbox=clip.sandbox,
        disclosure=disclosure,
    )


def loop_clip(
    clip: Clip,
    bars: int | None,
    path: str | os.PathLike[str] | None,
    format_: Format,
    profile: str | Profile | None,
) -> Conformed:
    """Find the best loop of a clip and make a file of it, at its own level unless a profile says.

    Raises
    ------
    InvalidInput
        There is no steady beat or no such loop, no such format or profile, or there is a file by
        this name.
    LibraryError
        The clip's file has gone, or the new one cannot be written.
    """
    if profile is None:
        archive = PROFILES["archive-master"]
        bits = archive.bits if format_ in ("WAV", "FLAC") else 16
        profile = archive.changed(name="loop", title="Loop", format=format_, bits=bits)
    wanted = profile_named(profile)
    loop = find_loops(clip.file(), bars=bars, most=1)[0]
    return conform_clip(clip, wanted, path, loop, DISCLOSURE)
