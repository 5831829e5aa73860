"""A clip to a file that a place accepts, and the record of what it was made of."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from musicnb.deliver import Conformed, CutDown, Labels, Profile, conform, profile_named
from musicnb.library import Conversions
from musicnb.studio._converting import first_free, names_for, sha256_of

if TYPE_CHECKING:
    from musicnb.studio._clip import Clip


def conform_clip(
    clip: Clip,
    profile: str | Profile,
    path: str | os.PathLike[str] | None,
    plan: CutDown | None,
    disclosure: str,
) -> Conformed:
    """Make a file of a clip for a profile and write down that it was made of it.

    Raises
    ------
    InvalidInput
        There is no such profile, it does not take the clip, or there is a file by this name.
    LibraryError
        The clip's file has gone, or the new one cannot be written.
    """
    wanted = profile_named(profile)
    conversions = Conversions(clip.folder)
    digest = sha256_of(clip)
    labels = Labels(
        title=clip.title,
        prompt=str(clip.job.request["prompt"]),
        model=clip.model,
        task_id=clip.job.task_id or "",
        origin=f"clip {clip.clip_id} (sha256 {digest})",
        sandbox=clip.sandbox,
        disclosure=disclosure,
    )
    words = f"{wanted.name}-{plan.seconds:g}s" if plan else wanted.name
    made = first_free(
        names_for(conversions, clip, path, wanted.encoding, words=words),
        lambda name: conform(plan.render() if plan else clip.path, name, wanted, labels=labels),
    )
    try:
        conversions.add(
            made.path,
            sha256=made.sha256,
            size_bytes=made.size_bytes,
            parent_clip_id=clip.clip_id,
            parent_sha256=digest,
            changes={
                "profile": wanted.name,
                "gain_db": made.gain_db,
                "limited_db": made.limited_db,
                "edit_list": plan.edit_list() if plan else None,
            },
            made_at=time.time(),
        )
    except BaseException:
        made.path.unlink(missing_ok=True)  # nobody could tell what it is
        raise
    return made
