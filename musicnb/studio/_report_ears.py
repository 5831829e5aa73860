"""What a report tells of choices and of ears: costs with intervals, strengths, wins, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from musicnb.briefs import public_text
from musicnb.listen import Ranking
from musicnb.pictures import Html, element, interval_bar, number, paragraph, table

if TYPE_CHECKING:
    from musicnb.studio._run import Run
    from musicnb.studio._session import Session

_MOST_CONTRASTS: Final = 20


def costs(run: Run, session: Session | None, by: str) -> Html:
    """Lay out what each label of an axis gave and cost."""
    head = [by, "tasks", "failed", "clips", "usable clips", "spent, credits", "credits per clip",
            "credits per usable clip"]  # fmt: skip
    if session is not None:
        head += ["shortlisted clips", "credits per shortlisted clip", "votes", "win rate, %"]
    rows = []
    for label, row in run.summary(by, shortlist=session).iterrows():
        cells = [
            public_text(str(label)),
            *(str(row[name]) for name in ("tasks", "failed", "clips", "usable_clips")),
            number(row["net_credits"]),
            _between(row, "credits_per_clip"),
            _between(row, "credits_per_usable_clip"),
        ]
        if session is not None:
            cells += [
                str(row["shortlisted_clips"]),
                _between(row, "credits_per_shortlisted_clip"),
                str(row["votes"]),
                _between(row, "win_rate", times=100),
            ]
        rows.append(cells)
    return table(f"What each {public_text(by)} gave and cost", head, rows)


def _between(row: Any, name: str, *, times: float = 1) -> str:
    """Write a value and its interval."""
    values = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
    middle, low, high = (np.nan if pd.isna(value) else float(value) * times for value in values)
    told = number(middle, 1)
    return (
        told if np.isnan(low) or np.isnan(high) else f"{told} [{number(low, 1)}, {number(high, 1)}]"
    )


def contrasts_of(run: Run, session: Session, by: str) -> list[Html]:
    """Say between which labels listeners heard a difference."""
    ranking = session.ranking()
    labels = {
        clip.clip_id: piece.cell.labels.get(by, clip.model)
        for piece in run.pieces
        if piece.task is not None
        for clip in piece.task.clips
    }
    heard = {tally.clip: labels[tally.clip] for tally in ranking.tallies}
    if not ranking.standings or len(set(heard.values())) < 2:  # noqa: PLR2004
        return [paragraph("No difference shown by ear: too few votes, or one choice only.")]
    # sixty labels have thousands of pairs, most of which say nothing
    found = sorted(ranking.compare(heard), key=lambda one: not one.is_shown)
    told = [element("li", public_text(str(one))) for one in found[:_MOST_CONTRASTS]]
    if len(found) > _MOST_CONTRASTS:
        rest = found[_MOST_CONTRASTS:]
        shown = sum(one.is_shown for one in rest)
        told.append(element("li", f"{len(rest)} more pairs, {shown} with a difference shown"))
    words = "Mean strength by ear, for further tasks, with 95 % intervals:"
    return [paragraph(words), element("ul", *told)]


def ranking_parts(session: Session, names: Mapping[str, str]) -> list[Html]:
    """Lay out strengths in groups, counts, the win matrix, repeats and agreement."""
    ranking = session.ranking()
    people = len(ranking.listeners)
    head = f"Best {ranking.goal.k} of {len(ranking.tallies)} clips, {ranking.votes} votes of"
    parts = [paragraph(f"{head} {people} listener{'s' * (people != 1)}.")]
    if not ranking.standings:
        parts.append(paragraph(f"Counts only before {ranking.needed} votes."))
    else:
        parts.append(_strengths(ranking, names))
    parts += [element("h3", "How often each clip was preferred"), _wins(ranking, names)]
    told = [f"Hidden repeats, {one}." for one in session.consistency()]
    told += [f"{one}." for one in session.agreement()]
    parts.append(element("h3", "Agreement"))
    if people == 1:
        told.append("One listener: all of this is about one ear.")
    return [*parts, element("ul", *(element("li", public_text(words)) for words in told))]


def _strengths(ranking: Ranking, names: Mapping[str, str]) -> Html:
    ends = [end for one in ranking.standings for end in (one.low, one.high)]
    limits = (min(ends), max(ends))
    rows = [
        [
            names[one.clip],
            element("span", one.group, class_=one.group.replace(" ", "-")),
            interval_bar(one.strength, one.low, one.high, limits=limits, group=one.group),
            f"{one.strength:+.2f} [{one.low:+.2f}, {one.high:+.2f}]",
            f"{one.in_top * 100:.0f}",
            f"{one.usable * 100:.0f}",
        ]
        for one in ranking.standings
    ]
    head = ["clip", "group", "strength", "95 % interval", f"in the top {ranking.goal.k}, %",
            "usable, %"]  # fmt: skip
    return table("Strengths with intervals", head, rows)


def _wins(ranking: Ranking, names: Mapping[str, str]) -> Html:
    head = ["preferred to clip", *(str(place) for place, _ in enumerate(ranking.tallies, 1)),
            "tied", "both unusable"]  # fmt: skip
    rows = [
        [
            f"{place}  {names[tally.clip]}",
            *("·" if other == place - 1 else str(won) for other, won in enumerate(wins)),
            str(tally.tied),
            str(tally.unusable),
        ]
        for place, (tally, wins) in enumerate(
            zip(ranking.tallies, ranking.wins, strict=True), start=1
        )
    ]
    return table("Win matrix", head, rows)
