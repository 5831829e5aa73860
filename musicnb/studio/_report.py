"""A campaign as one page for people who were not there: see `musicnb.studio.Run.report`."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb import __version__
from musicnb.briefs import public_text
from musicnb.catalogue import amount_text
from musicnb.errors import Fault, InvalidInput, LibraryError
from musicnb.library import Job, Library
from musicnb.pictures import Html, element, facts, paragraph, report_page, section, table
from musicnb.settings import SANDBOX
from musicnb.sound import named_path, new_file
from musicnb.studio._ballot import require_session
from musicnb.studio._clip import Clip
from musicnb.studio._pictures import preview_of
from musicnb.studio._report_ears import contrasts_of, costs, ranking_parts

if TYPE_CHECKING:
    from musicnb.studio._run import Run
    from musicnb.studio._session import Session

_PLAYED_WITHOUT_SESSION: Final = 3
_REJECTED_BELOW: Final = 3
_MOST_AXES: Final = 6
_MOST_FAILURES: Final = 100


def write_report(
    run: Run,
    path: str | os.PathLike[str],
    session: Session | None,
    library: Library,
    *,
    preview_s: float,
    overwrite: bool,
) -> Path:
    """Write the page; see `musicnb.studio.Run.report`."""
    target = named_path(path)
    if session is not None:
        require_session("session", session)
    if target.exists() and not overwrite:  # before minutes of encoding
        raise FileExistsError(f"{target!s:.200} exists already")
    content = _page(run, session, library, preview_s)
    problem = ""
    try:
        with new_file(target, overwrite=overwrite) as file:
            file.write(content)
    except FileExistsError:
        raise
    except OSError as error:
        problem = f"{target.parent} cannot be written ({error.strerror or error!s:.200})"
    else:
        return target
    raise LibraryError(problem, hint="Make room, or choose another path")


def _page(run: Run, session: Session | None, library: Library, preview_s: float) -> bytes:
    names = {
        clip.clip_id: public_text(f"{piece.name}, clip {clip.record.position}")
        for piece in run.pieces
        if piece.task is not None
        for clip in piece.task.clips
    }
    if session is not None and not {clip.clip_id for clip in session.clips} <= set(names):
        raise InvalidInput.from_faults([Fault("session", "", "compares clips of another run")])
    jobs = library.journal.jobs(run.service.identity, run.plan.name)
    ranked = _unranked() if session is None else ranking_parts(session, names)
    return report_page(
        public_text(run.plan.name),
        *_head(run),
        _players(run, session, names, preview_s),
        section("Ranking by ear", *ranked),
        _money(run, jobs, library.journal.cap(run.service.identity, run.plan.name)),
        section("What each choice gave and cost", *_choices(run, session)),
        _failures(run, jobs),
        _method(run, session),
    )


def _head(run: Run) -> list[Html]:
    made = datetime.now(UTC).strftime("%d %B %Y")
    parts = [paragraph(f"A campaign of AI music, written down on {made}.", class_="quiet")]
    if run.service.identity == SANDBOX:
        parts.append(
            paragraph(
                "Made in the sandbox: play money, and the music is that of the sandbox's own"
                " engine. No model that is named here was asked; what is said of models shows how"
                " a report looks and is no evidence about them.",
                class_="note",
            )
        )
    return parts


def _players(run: Run, session: Session | None, names: Mapping[str, str], preview_s: float) -> Html:
    chosen: Sequence[Clip]
    if session is None:
        kept = [clip for clip in run.clips if (clip.stars or _REJECTED_BELOW) >= _REJECTED_BELOW]
        chosen = kept[:_PLAYED_WITHOUT_SESSION]
        words = f"The first {len(chosen)} clips that nobody rejected; nothing was compared by ear."
    else:
        chosen = session.shortlist
        words = "The clips that are most likely among the best; the ranking says how sure that is."
        if not chosen:
            words = "There is no shortlist yet: too few votes."
    levels = [clip.loudness_lufs for clip in chosen if math.isfinite(clip.loudness_lufs)]
    quietest = min(levels, default=None)
    players = [
        element(
            "div",
            element("h3", names[clip.clip_id]),
            preview_of(clip, preview_s, match_lufs=quietest, is_for_others=True).html,
        )
        for clip in chosen
    ]
    level = (
        "" if quietest is None else f" Levels are matched to {quietest:.1f} LUFS by attenuation."
    )
    return section(
        "Shortlist", paragraph(words + level), element("div", *players, class_="players")
    )


def _unranked() -> list[Html]:
    return [paragraph("No listening session belongs to this report, so nothing is ranked.")]


def _money(run: Run, jobs: Sequence[Job], cap: Decimal | None) -> Html:
    def total(amounts: Sequence[Decimal | None]) -> str:
        return amount_text(sum((amount or Decimal(0) for amount in amounts), Decimal(0)))

    rows = [
        ("planned_credits", "planned", amount_text(run.plan.credits)),
        ("cap_credits", "cap", "none" if cap is None else amount_text(cap)),
        ("charged_credits", "charged", total([job.charged_credits for job in jobs])),
        ("refunded_credits", "given back", total([job.refunded_credits for job in jobs])),
        ("spent_credits", "paid for what came", total([job.spent_credits for job in jobs])),
        ("held_credits", "held", total([job.held_credits for job in jobs])),
    ]
    return section(
        "Plan against spend",
        paragraph("Credits. Every order of the campaign counts, repeated ones included."),
        facts(rows),
    )


def _choices(run: Run, session: Session | None) -> list[Html]:
    axes = run.plan.axes[:_MOST_AXES]
    parts = [
        paragraph(
            "Brackets are 95 % intervals over tasks; a dash where fewer than five tasks leave none."
            " Intervals that overlap do not say which choice is better. Credits are those of the"
            " last attempt of each order, less refunds.",
            class_="quiet",
        )
    ]
    for by in dict.fromkeys([*axes, "model"]):
        parts += [element("h3", f"By {public_text(by)}"), costs(run, session, by)]
        if session is not None:
            parts += contrasts_of(run, session, by)
    return parts


def _failures(run: Run, jobs: Sequence[Job]) -> Html:
    bad = [job for job in jobs if job.state in ("failed", "canceled", "unknown")]
    counts = Counter(job.state for job in bad)
    rows = [
        ("orders", "orders", str(len(jobs))),
        *((name, name, str(counts[name])) for name in ("failed", "canceled", "unknown")),
        ("not_run", "not run", str(len(run.not_run))),
    ]
    parts = [facts(rows)]
    if bad:
        lines = [
            [
                public_text(job.model),
                job.state,
                amount_text(job.charged_credits or Decimal(0)),
                amount_text(job.refunded_credits or Decimal(0)),
                public_text(job.problem or "")[:300],
            ]
            for job in bad[:_MOST_FAILURES]
        ]
        head = ["model", "state", "charged, credits", "given back, credits", "reason"]
        parts.append(table("Orders that gave nothing", head, lines))
    words = "A refund takes an order out of the spend, and not out of the failures."
    return section("Failures", paragraph(words), *parts)


def _method(run: Run, session: Session | None) -> Html:
    rows = [
        f"musicnb {__version__}; plan {run.plan.digest}: {run.plan.tasks} orders.",
        (
            "Cost per clip: ratio of sums over tasks (Cochran 1977); share of usable and"
            " shortlisted clips and win rates: exact intervals for clustered samples (Korn and"
            " Graubard 1998). The task is what is counted, because the clips of one share its luck."
        ),
    ]
    if session is not None:
        setup = session.setup
        long = "whole clips" if setup.excerpt_s is None else f"excerpts of {setup.excerpt_s:g} s"
        rows += [
            (
                "Listening: paired comparison without a reference (as in ITU-R BS.2132-0,"
                " and unlike MUSHRA, ITU-R BS.1534-3),"
                f" {'blind' if setup.blind else 'not blind'}, {long}, level-matched by"
                f" attenuation; {setup.votes} pairs planned for each listener;"
                f" seed {session.seed}."
            ),
            (
                "Ranking: Rao and Kupper (1967), a Bradley-Terry model with ties, and a line of"
                " acceptability; intervals are quantiles of a posterior sample, of the same seed."
            ),
            (
                "A shortlist has as many clips as were asked for; the interval of its cost takes a"
                " clip's place in it for chance, and is wide where there are few tasks."
            ),
            (
                "Clear: among the best and usable with 95 %. Reject: not, with 95 %. Not separated:"
                " more votes could still say either."
            ),
        ]
    return section("Method", element("ul", *(element("li", row) for row in rows)))
