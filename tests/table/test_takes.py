"""A row a clip: types, money, measures, likeness, ratings; out of a real journal."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shelving import BRIEF, Ordered, Shelf, Sung

from musicnb.analysis import digests
from musicnb.table import Known, Table, summarized, takes_of_cells, takes_table
from musicnb.table._takes import COLUMNS

KEYED = replace(BRIEF, prompt="{key} dream pop")
SAME, OTHER = Sung(style=1), Sung(style=2)


def known(shelf):
    takes = shelf.journal.takes()
    found = digests(shelf.folder / "measures", [take.clip.sha256 for take in takes if take.clip])
    return Known(found, shelf.journal.ratings())


def table(shelf, **options):
    return takes_table(shelf.journal.takes(), folder=shelf.folder, known=known(shelf), **options)


@pytest.fixture
def shelf(tmp_path):
    orders = {
        "calm": [Ordered((SAME, SAME)), Ordered((OTHER, Sung(style=3)))],
        "dark": [Ordered((Sung(style=4, defects=("dropout", "clipping")), SAME)),
                 Ordered((), "failed", 80, 80), Ordered((), "accepted", None, None)],
    }  # fmt: skip
    shelf = Shelf(tmp_path, orders)
    yield shelf
    shelf.library.close()


def test_types_and_columns_are_the_same_whatever_is_known(shelf, tmp_path):
    """Also of nothing at all: code that was written on one table works on the next."""
    expected = {name: kind for name, kind in COLUMNS.items() if name != "cell_similarity"}
    bare = takes_table(shelf.journal.takes(), folder=tmp_path)
    for frame in (table(shelf), bare, takes_table([], folder=tmp_path)):
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == expected
        assert isinstance(frame, Table)
    assert bare[["true_peak_dbtp", "key", "defects", "nearest_similarity"]].isna().all(axis=None)
    assert bare["loudness_lufs"].notna().all()


def test_money_is_that_of_the_task_and_the_share_of_the_clip(shelf):
    """What is not reported is missing and not zero; what is under way is held."""
    rows = table(shelf, every_order=True)
    assert rows["clip_credits"].dropna().tolist() == [40.0] * 6
    assert rows["clip_usd"].dropna().tolist() == [0.04] * 6
    assert rows["credits_per_minute"].dropna().tolist() == [20.0] * 6
    failed, under_way = rows.iloc[6], rows.iloc[7]
    assert (failed["status"], failed["net_credits"], failed["held_credits"]) == ("failed", 0, 0)
    assert failed["problem"] == "=it went wrong"
    assert pd.isna(under_way["task_credits"])
    assert pd.isna(under_way["net_credits"])
    assert under_way["held_credits"] == 80


def test_measures_stand_under_their_own_names(shelf):
    """Defects are words, none of them is an empty text, not known is missing."""
    rows = table(shelf)
    assert rows["defects"].tolist() == ["", "", "", "", "dropout, clipping", ""]
    assert rows["true_peak_dbtp"].lt(0).all()
    assert rows["spectral_centroid_hz"].between(100, 2000).all()
    assert rows["key"].str.fullmatch(r"[A-G][b#]? (major|minor)").all()


def test_likeness_names_the_sibling_and_the_nearest(shelf):
    """The third clip in the same style stands in another task."""
    rows = table(shelf)
    assert rows["task_similarity"].iloc[:2].tolist() == pytest.approx([1, 1], abs=1e-5)
    assert (rows["task_similarity"].iloc[2:] < 0.999).all()
    assert rows["nearest_similarity"].iloc[[0, 1, 5]].tolist() == pytest.approx([1, 1, 1], abs=1e-5)
    assert set(rows["nearest_clip_id"].iloc[[0, 1, 5]]) <= set(rows["clip_id"].iloc[[0, 1, 5]])
    assert (rows["nearest_clip_id"] != rows["clip_id"]).all()


def test_ratings_stand_beside_their_clips(shelf):
    """Stars are whole numbers with gaps."""
    first, second = table(shelf)["clip_id"].iloc[:2]
    shelf.journal.rate(first, stars=4, tags=["intro", "warm"], note="=keep")
    shelf.journal.rate(second, note="too long")
    rows = table(shelf)
    assert rows["stars"].iloc[0] == 4
    assert rows["stars"].isna().sum() == 5
    assert rows["tags"].iloc[0] == "intro, warm"
    assert rows["note"].iloc[:2].tolist() == ["=keep", "too long"]


def test_sweep_is_indexed_by_ordered_categories(shelf):
    """One row a clip, one for each order without; likeness within the cell comes along."""
    cells = [*shelf.cells(), ({"mood": "tense"}, [], "not run: needs 80, 30 left")]
    rows = takes_of_cells(cells, folder=shelf.folder, known=known(shelf))
    assert rows.index.names == ["mood"]
    level = rows.index.get_level_values("mood")
    assert isinstance(level.dtype, pd.CategoricalDtype)
    assert level.categories.tolist() == ["calm", "dark", "tense"]
    assert level.ordered
    assert rows["order"].tolist() == [1, 1, 2, 2, 3, 3, 4, 5, 6]
    assert rows["status"].iloc[-1] == "not run"
    assert rows["not_run"].iloc[-1] == "not run: needs 80, 30 left"
    assert rows.loc["calm", "cell_similarity"].iloc[0] == pytest.approx(1, abs=1e-5)
    assert rows["cell_similarity"].iloc[5] < 0.999
    assert rows["stars"].dtype == "Int64"


def test_sweep_of_which_nothing_ran_has_all_columns_and_no_clip(tmp_path):
    """So that a cap that is too small is seen and not an error."""
    rows = takes_of_cells([({"mood": "calm"}, [], "not run: needs 80, 0 left")], folder=tmp_path)
    assert rows["status"].tolist() == ["not run"]
    assert rows["stars"].dtype == "Int64"
    assert rows["clip_id"].isna().all()
    assert summarized(rows, "mood")["not_run"].tolist() == [1]


def test_journal_gives_the_takes_of_one_sweep_alone(shelf):
    """A run in a large library does not read all of it."""
    brief = replace(BRIEF, prompt="tone")
    shelf.journal.plan_sweep([brief], service="sandbox", sweep="autumn", max_credits=None)
    shelf.journal.plan(brief, service="sandbox")
    (take,) = shelf.journal.takes("sandbox", "autumn")
    assert (take.job.sweep, take.clip) == ("autumn", None)
    assert shelf.journal.takes("elsewhere", "autumn") == []
    assert len(shelf.journal.takes("sandbox", "spring")) == 8
    assert len(shelf.journal.takes("sandbox", "")) == 1
    assert len(shelf.journal.takes()) == 10
    drawn, bare = (shelf.journal.takes(outlines=some)[0].clip for some in (True, False))
    assert len(drawn.outline) == 2000
    assert bare == replace(drawn, outline=b"")


def test_axis_named_like_a_column_leaves_both_to_be_seen(tmp_path):
    """``{key}`` in a prompt is what was asked for; ``clip_key`` is what was heard."""
    shelf = Shelf(tmp_path, {"A minor": [Ordered()]}, brief=KEYED, axis="key")
    rows = takes_of_cells(shelf.cells(), folder=tmp_path, known=known(shelf))
    assert rows.index.get_level_values("key").tolist() == ["A minor"] * 2
    assert rows["clip_key"].notna().all()
    assert rows.reset_index().columns.is_unique
    shelf.library.close()


def test_filtering_sorting_and_joining_keep_the_kind_of_table(shelf):
    """So that what is saved in the end is still made inert."""
    rows = table(shelf)
    kept = rows[rows["nearest_similarity"] > 0.5].sort_values("loudness_lufs")[["title"]]
    assert isinstance(kept, Table)
    assert isinstance(pd.concat([rows, rows]), Table)
    assert not isinstance(pd.DataFrame(rows), Table)


def test_silence_is_minus_infinite_and_not_missing(tmp_path):
    """``-inf`` LUFS is a measurement."""
    shelf = Shelf(tmp_path, {"calm": [Ordered()]})
    take = shelf.journal.takes()[0]
    clip = replace(take.clip, loudness_lufs=-np.inf)
    rows = takes_table([replace(take, clip=clip)], folder=tmp_path)
    assert rows["loudness_lufs"].tolist() == [-np.inf]
    shelf.library.close()
