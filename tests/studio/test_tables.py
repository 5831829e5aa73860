"""Tables of a library and of runs, on a real sandbox: measured, rated, summed up, saved."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest

from musicnb import Studio, TextToMusic
from musicnb.table import Table

BRIEF = TextToMusic("{mood} dream pop, 96 bpm, 6 s", instrumental=True)
AXES = {"mood": ["calm", "=1+1"], "model": {"suno-5.5": 1, "minimax-music-2.6": 2}}
MEASURED = [
    "true_peak_dbtp", "tempo_bpm", "tempo_confidence", "key", "key_confidence",
    "spectral_centroid_hz", "defects", "task_similarity", "nearest_similarity", "nearest_clip_id",
]  # fmt: skip
PATIENCE_S = 240


@pytest.fixture(scope="module")
def run(studio):
    """Run a small sweep once."""
    return studio.sweep("tables", BRIEF, AXES).run().wait(PATIENCE_S)


def test_table_measures_only_when_asked_and_remembers(studio, run):
    """Looking costs nothing; measuring is done once, by whatever executor, for all tables."""
    first = run.table()
    assert len(first) == 8
    assert first["loudness_lufs"].notna().all()
    assert first[MEASURED].isna().all(axis=None)
    seen = []
    with ThreadPoolExecutor(2) as pool:
        measured = run.table(
            measure=True, executor=pool, progress=lambda done, of: seen.append((done, of))
        )
    assert seen[-1] == (8, 8)
    assert measured[["true_peak_dbtp", "spectral_centroid_hz", "defects"]].notna().all(axis=None)
    with ThreadPoolExecutor(1) as nobody:
        nobody.shutdown()  # it refuses work: there is none
        again = run.table(measure=True, executor=nobody)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(measured))
    clips = {clip.clip_id: clip for task in run.tasks for clip in task.clips}
    for row in studio.table().itertuples():
        one = clips[row.clip_id].measures()
        assert row.true_peak_dbtp == one.true_peak_dbtp
        assert (row.tempo_bpm is pd.NA) == (one.tempo_bpm is None)
        assert row.defects == one.as_dict()["defects"]


def test_likeness_is_that_of_the_clips(run):
    """Two clips of a task have each other for siblings; minimax's have none in their task."""
    table = run.table(measure=True, executor=ThreadPoolExecutor(2))
    suno = table.xs("suno-5.5", level="model")
    pair = suno.loc["calm", "task_similarity"].tolist()
    assert pair[0] == pair[1] <= 1
    others = table.xs("minimax-music-2.6", level="model")
    assert others["task_similarity"].isna().all()
    assert others["cell_similarity"].notna().all()
    assert (table["nearest_similarity"] >= table["cell_similarity"] - 1e-6).all()


def test_rating_is_seen_in_the_table_and_decides_what_is_usable(run):
    """Two stars reject a clip; the price of those that are left is higher."""
    clip = run.tasks[0].clips[0]
    before = run.summary("model").loc["suno-5.5"]
    clip.rate(stars=2, note="=no")
    try:
        table = run.table()
        assert table.loc[table["clip_id"] == clip.clip_id, "stars"].tolist() == [2]
        after = run.summary("model").loc["suno-5.5"]
        assert after["usable_clips"] == before["usable_clips"] - 1 == 3
        assert after["credits_per_usable_clip"] == pytest.approx(160 / 3)
        strict = run.summary("model", usable=lambda t: t["stars"] >= 4)
        assert strict["usable_clips"].tolist() == [0, 0]
    finally:
        clip.rate(stars=None, note="")


def test_saved_run_opens_in_a_spreadsheet_without_a_formula(run, tmp_path):
    """The prompt's axis is one, and the clips' titles begin with it."""
    path = run.table().save(tmp_path / "run.xlsx")
    cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=1+1" in {cell.value for cell in cells}
    assert isinstance(run.summary(), Table)
    assert isinstance(run.plan.table(), pd.DataFrame)


def test_models_are_compared_for_the_same_money_without_a_winner(studio):
    """Five tasks are enough for an interval, four are not; the order is that of the question."""
    plan = studio.compare_models(
        ["suno-5.5", "minimax-music-2.6"], ["calm pad, 4 s"], credits_per_arm=400
    )
    summary = plan.run().wait(PATIENCE_S).summary("model")
    assert summary.index.tolist() == ["suno-5.5", "minimax-music-2.6"]
    assert summary["tasks"].tolist() == [5, 8]
    assert summary["clips"].tolist() == [10, 8]
    assert summary["net_credits"].tolist() == [400, 400]
    assert summary["credits_per_clip"].tolist() == [40, 50]
    assert summary["credits_per_clip_high"].tolist() == [40, 50]
    # all are usable: ten clips of five tasks prove less than eight of eight
    assert summary["credits_per_usable_clip"].tolist() == [40, 50]
    assert summary["credits_per_usable_clip_low"].tolist() == [40, 50]
    upper = summary["credits_per_usable_clip_high"].tolist()
    assert upper == [pytest.approx(40 / 0.4782, rel=1e-3), pytest.approx(50 / 0.6306, rel=1e-3)]
    assert not [name for name in summary.columns if "rank" in name or "best" in name]


def test_lost_file_costs_its_measures_and_not_the_table(tmp_path):
    """The row stays, and a warning names the file and the reason."""
    with Studio(tmp_path / "library", quiet=True) as studio:
        clips = studio.generate(TextToMusic("tone, 3 s", instrumental=True)).result(PATIENCE_S)
        clips[0].path.unlink()
        with pytest.warns(UserWarning, match=rf"not measured: clips/{clips[0].path.name}"):
            table = studio.table(measure=True, executor=ThreadPoolExecutor(2))
        assert len(table) == len(clips) == 2
        assert table["true_peak_dbtp"].isna().tolist() == [True, False]
        assert table["clip_credits"].tolist() == [40.0, 40.0]


def test_orders_without_clips_are_rows_of_a_run(studio):
    """What failed tells why, and what did not fit, too."""
    studio.rehearse("task_failed", on="create", times=1)
    axes = {"mood": ["warm", "cold", "dry"], "model": ["minimax-music-2.6"]}
    run = asyncio.run(awaited(studio.sweep("gaps", BRIEF, axes).run(max_credits=100)))
    table = run.table()
    assert sorted(table["status"]) == ["failed", "not run", "succeeded"]
    failed = table[table["status"] == "failed"].iloc[0]
    assert (failed["net_credits"], failed["refunded_credits"]) == (0, 50)
    assert failed["problem"]
    assert table.loc["dry", "not_run"].tolist() == ["not run: needs 50, 0 left"]
    summary = run.summary([])
    assert summary[["tasks", "succeeded", "failed", "not_run"]].iloc[0].tolist() == [2, 1, 1, 1]
    assert Decimal(summary["net_credits"].iloc[0]) == run.spent_credits


async def awaited(run):
    return await run


def test_measures_are_kept_only_of_the_very_bytes_the_journal_knows(run, studio):
    """A file that is cut for a while is said to be altered, and leaves nothing wrong behind."""
    clip = run.clips[0]
    whole = clip.path.read_bytes()
    shutil.rmtree(studio.library.folder / "measures", ignore_errors=True)
    clip.path.write_bytes(whole[: len(whole) // 2])
    try:
        with pytest.warns(UserWarning, match=r"not measured: .*altered"):
            table = run.table(measure=True, progress=False)
    finally:
        clip.path.write_bytes(whole)
    row = table[table["clip_id"] == clip.clip_id]
    assert row["tempo_bpm"].isna().all()
    assert table["defects"].notna().sum() == len(table) - 1
    assert "damaged_file" not in {defect.kind for defect in clip.measures().defects}
