"""Order one piece from each model, show the progress, the cost and where the files are."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from musicnb.briefs import TextToMusic
from musicnb.catalogue import amount_text, usd
from musicnb.errors import MusicnbError
from musicnb.settings import SANDBOX
from musicnb.studio import Studio, Task, follow

_BRIEFS: Final = (
    TextToMusic(
        "dream pop, warm analog drums, shimmering guitars, 96 bpm, E major, 40 seconds",
        model="suno-5.5",
        title="Glass Harbour",
        lyrics="[Verse]\nMorning on the water, silver on the line\n"
        "[Chorus]\nCarry me over, carry me home",
    ),
    TextToMusic(
        "energetic house for a sneaker ad, bright stabs, 124 bpm, A minor, 30 seconds",
        model="minimax-music-2.6",
        title="Street Level",
        instrumental=True,
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--library",
        default="musicnb-library",
        help="folder for the clips and the journal (default: ./musicnb-library)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 when an order gave no clips."""
    # a demonstration spends no money, whatever the environment is set to
    with Studio(options.library, base_url=SANDBOX) as studio:
        price = sum((brief.price.credits_high for brief in _BRIEFS), Decimal(0))
        print(f"ordering {len(_BRIEFS)} tasks for {price:.0f} credits (${usd(price):.2f})\n")
        tasks = [studio.generate(brief) for brief in _BRIEFS]
        follow(tasks)
        problems = [error for task in tasks if (error := _problem_of(task))]
        print(f"\n{_cost_table(studio, tasks)}\n")
        print(f"files in {studio.library}/clips:")
        for task in tasks:
            for clip in task.clips:
                print(f"  {clip.path.name}")
        for problem in problems:
            print(f"problem: {problem}")
    return 1 if problems else 0


def _problem_of(task: Task) -> MusicnbError | None:
    try:
        task.result(progress=False)
    except MusicnbError as error:
        return error
    return None


def _cost_table(studio: Studio, tasks: Sequence[Task]) -> str:
    """Write the table of this run's clips with its exact total."""
    table = studio.table()
    rows = table[table.task_id.isin([task.task_id for task in tasks])]
    shown = rows[
        [
            "model",
            "title",
            "duration_s",
            "loudness_lufs",
            "task_credits",
            "clip_credits",
            "clip_usd",
        ]
    ]
    text = shown.to_string(
        index=False,
        formatters={
            "duration_s": "{:.1f}".format,
            "loudness_lufs": "{:.1f}".format,
            "task_credits": "{:.0f}".format,
            "clip_credits": "{:.0f}".format,
            "clip_usd": "${:.3f}".format,
        },
    )
    spent = sum(
        ((task.charged_credits or Decimal(0)) - (task.refunded_credits or 0) for task in tasks),
        Decimal(0),
    )
    return f"{text}\n\ntotal: {amount_text(spent)} credits, ${usd(spent):.2f}"
