"""What a sweep's choices gave and cost, summed up from a real journal."""

import math

import pandas as pd
import pytest
from shelving import Ordered, Shelf, Sung

from musicnb.analysis import digests
from musicnb.errors import InvalidInput
from musicnb.table import Heard, Known, share_interval, summarized, takes_of_cells

FINE, BROKEN = Sung(), Sung(defects=("dropout",))
LOUD = Sung(defects=("clipping", "band_limit"))


class Sweep:
    """A sweep and its frame."""

    def __init__(self, folder, orders):
        self.shelf = Shelf(folder, orders)
        takes = [take for take in self.shelf.journal.takes() if take.clip]
        found = digests(folder / "measures", [take.clip.sha256 for take in takes])
        self.known = Known(found)
        self.bands = {take.clip.clip_id: self.known.bands(take) for take in takes}

    @property
    def frame(self):
        """Lay it out with the ratings of now."""
        known = Known(self.known.digests, self.shelf.journal.ratings())
        return takes_of_cells(self.shelf.cells(), folder=self.shelf.folder, known=known)

    def summary(self, by="mood", **options):
        """Sum it up."""
        return summarized(self.frame, by, bands=self.bands, **options)


@pytest.fixture
def sweep(tmp_path):
    orders = {
        "calm": [
            *[Ordered((FINE, LOUD))] * 3, Ordered((FINE, BROKEN)), Ordered((BROKEN, BROKEN)),
            Ordered((), "failed", 80, 80), Ordered((), "accepted", 80, 0),
        ],
        "dark": [Ordered((Sung(style=number), Sung(style=number))) for number in range(4)],
        "odd": [Ordered((), "failed", None, None)],
    }  # fmt: skip
    sweep = Sweep(tmp_path, orders)
    yield sweep
    sweep.shelf.library.close()


def test_counts_and_money_add_up(sweep):
    """Failed tasks that were refunded cost nothing; what is under way is held and not a price."""
    calm = sweep.summary().loc["calm"]
    assert calm[["tasks", "succeeded", "failed", "not_run"]].tolist() == [7, 5, 1, 0]
    assert calm[["clips", "usable_clips"]].tolist() == [10, 7]
    assert (calm["net_credits"], calm["held_credits"]) == (480, 80)
    assert calm["credits_per_clip"] == 40
    assert calm["credits_per_usable_clip"] == pytest.approx(400 / 7)
    assert calm["credits_per_minute"] == 20
    assert sweep.summary([])["tasks"].tolist() == [12]


def test_interval_of_a_usable_clip_is_that_of_the_share_turned_round(sweep):
    """Five tasks with clips: enough; the price of a clip is certain."""
    calm = sweep.summary().loc["calm"]
    assert calm[["credits_per_clip_low", "credits_per_clip_high"]].tolist() == [40, 40]
    low, high = share_interval([2, 2, 2, 1, 0], [2] * 5)
    assert calm["credits_per_usable_clip_low"] == pytest.approx(40 / high)
    assert calm["credits_per_usable_clip_high"] == pytest.approx(40 / low)
    assert calm["credits_per_usable_clip_low"] < 400 / 7 < calm["credits_per_usable_clip_high"]


def test_under_five_tasks_there_are_counts_and_no_interval(sweep):
    """And of an order whose money nobody has reported, no price at all."""
    rows = sweep.summary()
    bounds = [name for name in rows.columns if name.endswith(("_low", "_high"))]
    assert rows.loc["dark", bounds].isna().all()
    assert rows.loc["dark", "credits_per_usable_clip"] == 40
    assert rows.loc["odd", [*bounds, "credits_per_clip"]].isna().all()
    assert rows.loc["odd", "failed"] == 1


def test_stars_decide_before_defects(sweep):
    """Three are enough, two are not, and a person may like what a rule would reject."""
    frame = sweep.frame
    ids = frame["clip_id"].dropna()
    liked, disliked = ids.iloc[9], ids.iloc[0]
    sweep.shelf.journal.rate(liked, stars=3)
    sweep.shelf.journal.rate(disliked, stars=2)
    assert sweep.summary().loc["calm", "usable_clips"] == 7
    sweep.shelf.journal.rate(disliked, stars=3)
    assert sweep.summary().loc["calm", "usable_clips"] == 8


def test_usable_is_what_the_caller_says(sweep):
    """A function of the table, a column, a value a row; not known is not usable."""
    frame = sweep.frame
    sweep.shelf.journal.rate(frame["clip_id"].iloc[0], stars=5)
    rated = sweep.summary(usable=lambda table: table["stars"] >= 4)
    assert rated["usable_clips"].tolist() == [1, 0, 0]
    assert math.isinf(rated.loc["calm", "credits_per_usable_clip_high"]) is False
    own = sweep.frame.assign(keep=[True] * len(frame))
    assert summarized(own, "mood", usable="keep")["usable_clips"].tolist() == [10, 8, 0]
    nothing = sweep.summary(usable=[False] * len(frame)).loc["calm"]
    assert pd.isna(nothing["credits_per_usable_clip"])
    assert math.isinf(nothing["credits_per_usable_clip_high"])


@pytest.mark.parametrize(
    ("usable", "reason"),
    [
        ("keep", "no such column"),
        ("mood", "an axis, whose labels are words"),
        ("title", "True or False"),
        ([True], "says something of 1 rows, but there are"),
        (lambda table: table["stars"].reset_index(drop=True) > 3, "another index"),
        (3, "True or False"),
    ],
)
def test_unclear_answers_are_refused(sweep, usable, reason):
    """Rather than counted wrongly."""
    with pytest.raises(InvalidInput, match=reason):
        sweep.summary(usable=usable)


def test_variety_counts_how_many_different_clips_there_are(sweep):
    """Four tasks whose two clips sound the same are at most four, and all calm ones are one."""
    rows = sweep.summary()
    assert rows.loc["calm", "variety"] == pytest.approx(1)
    assert 2 < rows.loc["dark", "variety"] <= 4 + 1e-6
    assert rows["variety_clips"].tolist() == [10, 8, 0]
    assert pd.isna(rows.loc["odd", "variety"])


def test_summary_by_a_column_and_in_the_order_of_the_plan(sweep):
    """Nothing is ranked."""
    assert sweep.summary().index.tolist() == ["calm", "dark", "odd"]
    assert sweep.summary("status").index.tolist() == ["accepted", "failed", "succeeded"]
    assert sweep.summary(["mood", "status"]).loc[("calm", "failed"), "tasks"] == 1


@pytest.mark.parametrize("by", ["volume", ["mood", "volume"], 5, [["mood"]], [None]])
def test_what_names_no_axis_and_no_column_is_refused(sweep, by):
    """With the names of the axes that there are."""
    with pytest.raises(InvalidInput, match=r"by: is .*; the axes are mood"):
        sweep.summary(by)


def clips_of(sweep, mood):
    frame = sweep.frame
    return list(frame[frame.index.get_level_values("mood") == mood]["clip_id"].dropna())


def test_session_adds_what_a_clip_of_the_shortlist_cost_and_who_won(sweep):
    """Refunds are out of the price; a tie is half; what is unusable or within a row is no vote."""
    calm, dark = clips_of(sweep, "calm"), clips_of(sweep, "dark")
    votes = [
        (calm[0], dark[0], "A"), (dark[1], calm[1], "tie"), (calm[2], dark[2], "both_unusable"),
        (calm[0], calm[1], "A"), (dark[3], calm[3], "A"),
    ]  # fmt: skip
    heard = Heard(frozenset([calm[0], calm[1], dark[0]]), votes)
    summary = sweep.summary(heard=heard)
    row = summary.loc["calm"]
    assert (row["shortlisted_clips"], row["votes"], row["win_rate"]) == (2, 3, 0.5)
    assert row["credits_per_shortlisted_clip"] == row["credits_per_clip"] * 10 / 2
    assert math.isinf(row["credits_per_shortlisted_clip_high"]) or (
        row["credits_per_shortlisted_clip_low"] < row["credits_per_shortlisted_clip"]
    )
    assert row["failed"] == 1
    assert summary.loc["odd", "votes"] == 0
    assert pd.isna(summary.loc["odd", "win_rate"])
    assert "win_rate" not in sweep.summary().columns


def test_twins_of_a_task_widen_the_interval_of_a_win_rate(sweep):
    """Two clips that always fare alike are one witness; the same wins spread out are more."""
    calm, dark = clips_of(sweep, "calm"), clips_of(sweep, "dark")
    tasks = range(5)
    alike = [(calm[2 * t + k], dark[t % 4], "A" if t < 3 else "B") for t in tasks for k in (0, 1)]
    spread = [
        (calm[2 * t + k], dark[t % 4], "A" if k == 0 or t == 0 else "B")
        for t in tasks
        for k in (0, 1)
    ]
    widths = []
    for votes in (alike, spread):
        row = sweep.summary(heard=Heard(frozenset(), votes)).loc["calm"]
        assert row["win_rate"] == 0.6
        widths.append(row["win_rate_high"] - row["win_rate_low"])
    assert widths[0] > 1.1 * widths[1]
