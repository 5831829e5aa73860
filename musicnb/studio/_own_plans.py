"""Plans that somebody has looked at, and may have moved, beside those that a delivery finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from musicnb import sound
from musicnb._given import shown
from musicnb.deliver import CutDown, Loop
from musicnb.errors import InvalidInput
from musicnb.studio._clip import Clip

Plan = CutDown | Loop

_fault = InvalidInput.about

_MOST_PLANS: Final = 500


def own_plans(given: Any, clips: Sequence[Clip]) -> Mapping[str, tuple[Plan, ...]]:
    """Return the plans of each clip, by its id; told apart by the sound they were made of.

    Raises
    ------
    InvalidInput
        Something is no plan, there are too many, or one was made of none of the clips.
    """
    if given is None:
        return {}
    listed = [given] if isinstance(given, Plan) else given
    if not isinstance(listed, list | tuple) or not 0 < len(listed) <= _MOST_PLANS:
        raise _fault("plans", f"are {shown(given)}; give 1 to {_MOST_PLANS} in a list")
    for plan in listed:
        if not isinstance(plan, Plan):
            raise _fault("plans", f"have {shown(plan)}; give what cut_down and loops return")
    found = {clip.clip_id: _of(clip, listed) for clip in clips}
    known = {id(plan) for plans in found.values() for plan in plans}
    if lost := [plan for plan in listed if id(plan) not in known]:
        raise _fault(
            "plans", f"have one of {lost[0].seconds:g} s that was made of none of the clips"
        )
    return found


def require_of(plan: Plan, clip: Clip) -> None:
    """Refuse a plan of another sound: the file would name a wrong parent.

    Raises
    ------
    InvalidInput
        It is one.
    """
    if not _of(clip, [plan]):
        raise _fault("plan", f"was made of another sound than {clip.title!r:.60}")


def _of(clip: Clip, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    master = sound.read(clip.file())
    return tuple(plan for plan in plans if plan.is_of(master))
