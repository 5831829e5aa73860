"""What a board shows: frozen records of tasks and clips, and how they are packed for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

__all__ = [
    "CardView",
    "Choice",
    "ClipView",
    "is_over",
    "pack_card",
    "pack_peaks",
    "titles_of",
    "without_blanks",
]

#: Statuses after which a task's record no longer changes by itself. ``unknown`` is one of them:
#: the money is on hold and somebody has to look, but nothing is being watched any more. The last
#: three are of cells of a sweep that are no task.
OVER: Final = frozenset(
    {"succeeded", "failed", "canceled", "unknown", "not run", "excluded", "invalid"}
)


@dataclass(frozen=True, slots=True)
class ClipView:
    """One player row.

    Parameters
    ----------
    clip_id
        What the page asks for when play is pressed.
    title
        Shown beside the play button.
    duration_s
        Length in seconds.
    media_type
        ``"audio/mpeg"`` and the like.
    size_bytes
        Size of the file.
    peaks
        (min, max) pairs of int8, 127 at full scale, spread evenly over the clip: 1,000 pairs are
        2,000 bytes. Empty while unknown.
    file
        Where the file is, as text: relative to the notebook's folder where possible. The static
        copy links relative paths and only names absolute ones.
    loudness_lufs
        Integrated loudness; with it known for several clips they can be played level-matched.
    facts
        Short extra facts to show, such as ``"44.1 kHz stereo"``.
    stars, tags, note
        What a listener thinks of it: 1 to 5 or None, words, text.
    """

    clip_id: str
    title: str
    duration_s: float
    media_type: str
    size_bytes: int
    peaks: bytes
    file: str
    loudness_lufs: float | None = None
    facts: tuple[str, ...] = ()
    stars: int | None = None
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a person can decide about a task that has come to rest: a button.

    Parameters
    ----------
    name
        What Python is told.
    label
        What the button says.
    confirm
        What it says after a first press, when a second one is needed; empty where one is enough.
    """

    name: str
    label: str
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """One task with its clips.

    Parameters
    ----------
    card_id
        A later card with the same id replaces this one.
    model, title, prompt
        What was asked for.
    status
        ``sending``, ``queued``, ``running``, ``succeeded``, ``failed``, ``canceled``, ``unknown``,
        or any other word, which is shown as it is.
    stage
        The phase the service reports: ``"mastering"``.
    percent
        Progress from 0 to 100, or None when the service does not say.
    submitted_at, ended_at
        Unix time in seconds; between them the page lets a clock run.
    price
        What it costs, as text: ``"80 credits ($0.08)"``.
    charge
        What it has cost, once known: ``"80 credits refunded"``. Shown instead of the price.
    clips_expected
        How many player rows to keep free until the clips arrive.
    clips
        The clips.
    problem, hint
        A failure in plain words, and what to do next.
    can_cancel
        Whether there is a Cancel button.
    choices
        Buttons below its problem.
    note
        Anything else worth a line.
    badge
        A short mark such as ``"sandbox"``.
    place
        In a grid: what it is called on each axis of the board, the slowest first.
    repeat
        Which of the cards of its place it is, from 1; 0 where it is the only one.
    credits
        What it has cost, or will cost, in credits, to sort by; None where that is not known.
    usual_s
        How long tasks of its model usually take; None where that is not known.
    cancel_note
        What a cancel gives back.
    """

    card_id: str
    model: str
    title: str
    prompt: str
    status: str
    stage: str = ""
    percent: float | None = None
    submitted_at: float | None = None
    ended_at: float | None = None
    price: str = ""
    charge: str = ""
    clips_expected: int = 0
    clips: tuple[ClipView, ...] = ()
    problem: str = ""
    hint: str = ""
    can_cancel: bool = False
    choices: tuple[Choice, ...] = ()
    note: str = ""
    badge: str = ""
    place: tuple[str, ...] = ()
    repeat: int = 0
    credits: float | None = None
    usual_s: float | None = None
    cancel_note: str = ""


def is_over(card: CardView) -> bool:
    """Whether the card is at rest: nothing more will happen to it by itself."""
    return card.status in OVER


def titles_of(card: CardView) -> list[str]:
    """Give the titles of a card's clips; equal ones are numbered: ``"Slow Light · 2"``."""
    clips_of = Counter(clip.title for clip in card.clips)
    seen: Counter[str] = Counter()
    titles = []
    for clip in card.clips:
        seen[clip.title] += 1
        number = f" · {seen[clip.title]}" if clips_of[clip.title] > 1 else ""
        titles.append(f"{clip.title}{number}")
    return titles


def pack_card(card: CardView) -> dict[str, Any]:
    """Pack a card as JSON for the page, without peaks: those travel as buffers."""
    packed = {field.name: getattr(card, field.name) for field in fields(card)}
    packed["clips"] = [
        _pack_clip(clip, title) for clip, title in zip(card.clips, titles_of(card), strict=True)
    ]
    packed["choices"] = [
        {"name": choice.name, "label": choice.label, "confirm": choice.confirm}
        for choice in card.choices
    ]
    packed["place"] = list(card.place)
    packed["over"] = is_over(card)
    return packed


def _pack_clip(clip: ClipView, title: str) -> dict[str, Any]:
    # most clips are not rated, and a board may hold thousands
    left_out = {"peaks", *(name for name in ("stars", "tags", "note") if not getattr(clip, name))}
    packed = {f.name: getattr(clip, f.name) for f in fields(clip) if f.name not in left_out}
    lists = {name: list(packed[name]) for name in ("facts", "tags") if name in packed}
    return packed | lists | {"title": title}


def without_blanks(packed: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: the page starts a card of a whole state with nothing."""
    return {
        name: value
        for name, value in packed.items()
        if not (value is None or value is False or (isinstance(value, (str, list)) and not value))
    }


def pack_peaks(clips: Iterable[ClipView]) -> tuple[list[list[str | int]], bytes]:
    """Pack known outlines as ``[[clip_id, bytes], …]`` and the bytes themselves, end to end.

    A pair travels as its larger extreme, 0 to 128: that is what the page draws, and saved widget
    states are half as large.
    """
    known = [(clip.clip_id, _heights(clip.peaks)) for clip in clips if clip.peaks]
    return [[clip_id, len(heights)] for clip_id, heights in known], b"".join(
        heights for _, heights in known
    )


def _heights(peaks: bytes) -> bytes:
    pairs = np.frombuffer(peaks[: len(peaks) // 2 * 2], np.int8).reshape(-1, 2)
    heights: bytes = np.abs(pairs.astype(np.int16)).max(axis=1).astype(np.uint8).tobytes()
    return heights
