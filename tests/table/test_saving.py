"""Saved tables, opened again: no formula, no lost type, no lost file; and tables in a notebook."""

import csv
import io
import re
import resource
import signal
import subprocess
import sys

import numpy as np
import openpyxl
import pandas as pd
import pytest
from shelving import Ordered, Shelf, Sung

from musicnb.analysis import digests
from musicnb.errors import ConfigurationError, InvalidInput
from musicnb.table import Known, Table, takes_of_cells

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "＝1+1", "＋1",
    "－1", "＠A", '=HYPERLINK("http://x","y")', "=cmd|'/c calc'!A1",
)  # fmt: skip
HARMLESS = ("dream pop", "a=b", "1+1", "'=quoted", "", "née 🎵", 'say "no", twice')
ENDINGS = (".csv", ".xlsx", ".parquet")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Lay out a sweep whose axis, titles and notes are formulas."""
    folder = tmp_path_factory.mktemp("library")
    orders = {
        text: [Ordered((Sung(title=text), Sung(style=2, title=text)))]
        for text in (*FORMULAS[:4], "plain")
    }
    shelf = Shelf(folder, orders)
    clips = [take.clip for take in shelf.journal.takes()]
    shelf.journal.rate(clips[0].clip_id, stars=5, note="=1+1", tags=["@x"])
    found = digests(folder / "measures", [clip.sha256 for clip in clips])
    cells = [*shelf.cells(), ({"mood": "=never"}, [], "not run: needs 80, 30 left")]
    yield takes_of_cells(cells, folder=folder, known=Known(found, shelf.journal.ratings()))
    shelf.library.close()


def words(texts):
    return Table({"text": pd.array(texts, "string"), "number": np.arange(len(texts)) - 1.5})


def is_formula(text):
    return re.match(r"[\t\r\n]|\s*[=+\-@＝＋－＠]", text) is not None


def test_csv_holds_no_formula_and_every_number(rows, tmp_path):
    """Neither in a column, nor in the index, nor after reading it as a spreadsheet would."""
    path = rows.save(tmp_path / "spring.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    texts = pd.read_csv(path, dtype=str, keep_default_na=False)
    wordy = texts.drop(columns=rows.select_dtypes("number").columns)
    assert not [text for column in wordy for text in wordy[column] if is_formula(text)]
    assert "'=1+1" in set(texts["mood"]) & set(texts["title"]) & set(texts["note"])
    again = pd.read_csv(path)
    assert again["loudness_lufs"].dtype == np.float64
    assert again["loudness_lufs"].tolist() == pytest.approx(
        rows["loudness_lufs"].to_numpy(float, na_value=np.nan), nan_ok=True
    )
    assert (again["loudness_lufs"].dropna() < 0).all()  # begins with a minus, and is a number


def test_excel_holds_no_formula_and_every_number(rows, tmp_path):
    """By the types that the file itself gives its cells."""
    path = rows.save(tmp_path / "spring.xlsx")
    sheet = openpyxl.load_workbook(path).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    names = [cell.value for cell in sheet[1]]
    assert names[:2] == ["mood", "order"]
    loudness = list(sheet.columns)[names.index("loudness_lufs")][1:]
    assert {cell.data_type for cell in loudness} == {"n"}
    assert loudness[0].value == pytest.approx(rows["loudness_lufs"].iloc[0])
    assert list(sheet.columns)[names.index("note")][1].value == "'=1+1"
    assert sheet.freeze_panes == "A2"


def test_parquet_brings_back_every_type(rows, tmp_path):
    """Categories with their order, whole numbers with gaps, and the words as they are."""
    again = pd.read_parquet(rows.save(tmp_path / "spring.parquet"))
    flat = pd.DataFrame(rows).reset_index()
    assert again["mood"].cat.categories.tolist() == flat["mood"].cat.categories.tolist()
    assert again["mood"].cat.ordered
    assert again["stars"].dtype == "Int64"
    assert again["loudness_lufs"].dtype == "Float64"
    pd.testing.assert_frame_equal(
        again.astype({"mood": "string"}), flat.astype({"mood": "string"}), check_dtype=False
    )


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_every_way_to_begin_a_formula_is_made_inert(text, ending, tmp_path):
    """With an apostrophe before it, in values, in names and in an index."""
    frame = words([text, "x"]).rename(columns={"text": text}).set_index(text, drop=False)
    frame.index.name = f"={text}"
    path = frame.save(tmp_path / f"words{ending}")
    if ending == ".csv":
        read = pd.read_csv(path, dtype=str, lineterminator="\n")
        found = [*read.columns, *read.iloc[0]]
    else:
        rows = openpyxl.load_workbook(path).active.iter_rows()
        found = [cell.value for row in rows for cell in row if isinstance(cell.value, str)]
    guarded = [value for value in found if value.startswith("'")]
    assert len(guarded) == 4
    assert not [value for value in found if is_formula(value) and value not in ("-1.5", "-0.5")]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text, tmp_path):
    """What begins with anything else is nobody's formula."""
    path = words([text, "x"]).save(tmp_path / "words.csv")
    assert pd.read_csv(path, keep_default_na=False)["text"].iloc[0] == text


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("sign", ["=", " +", '"-', "@", "＝"])
def test_csv_split_at_another_separator_holds_no_formula(separator, sign, tmp_path):
    """A spreadsheet may be set to one, or guess it; new lines within a text begin rows then."""
    text = f"x{separator}{sign}cmd|'/C calc'!A0{separator}y\n=1+1"
    path = words([text, "x"]).rename(columns={"number": text}).save(tmp_path / "words.csv")
    raw = path.read_text(encoding="utf-8-sig")
    split = [cell for row in csv.reader(io.StringIO(raw), delimiter=separator) for cell in row]
    bare = [cell for line in raw.splitlines() for cell in line.split(separator)]
    assert any("'/C calc'" in cell for cell in bare)
    assert not [cell for cell in (*split, *bare) if is_formula(cell.replace('"', ""))]
    assert raw.splitlines()[-1] == '"x",-0.5'


def test_error_of_a_spreadsheet_is_a_text(tmp_path):
    """It is what somebody wrote, and no cell that cannot be computed."""
    path = words(["#N/A", "#REF!"]).rename(columns={"text": "#NAME?"}).save(tmp_path / "words.xlsx")
    rows = openpyxl.load_workbook(path).active.iter_rows()
    kinds = {cell.value: cell.data_type for row in rows for cell in row}
    assert [kinds[text] for text in ("#NAME?", "#N/A", "#REF!", -1.5)] == ["s", "s", "s", "n"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_text_that_no_file_can_hold_is_still_saved(ending, tmp_path):
    """Control characters and halves of characters become the sign for unknown ones."""
    frame = Table({"text": pd.Series(["bell \x07", "half \ud800"], dtype=object)})
    path = frame.save(tmp_path / f"words{ending}")
    read = pd.read_csv(path) if ending == ".csv" else pd.read_excel(path)
    assert read["text"].tolist() == ["bell \ufffd", "half \ufffd"]


def test_pandas_own_writers_are_safe_too(rows):
    """Whoever calls `to_csv` or `to_excel` by habit gets no formula either."""
    texts = pd.read_csv(io.StringIO(rows.to_csv()), dtype=str, keep_default_na=False)
    assert not [text for text in texts["title"] if is_formula(text)]
    assert "'=1+1" in set(texts["mood"])
    file = io.BytesIO()
    rows.head(3).to_excel(file)
    cells = [cell for row in openpyxl.load_workbook(file).active.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}


def excel_texts(part):
    """Write something as pandas does, and return the words of its cells."""
    file = io.BytesIO()
    part.to_excel(file)
    cells = [cell for row in openpyxl.load_workbook(file).active.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    return {cell.value for cell in cells}


def test_styled_table_is_written_without_a_formula(rows):
    """And its page shows the words, escaped."""
    assert "'=1+1" in excel_texts(rows.reset_index(drop=True).style)
    page = rows.reset_index(drop=True).head(2).style.to_html()
    assert "&#39;=1+1" in page


@pytest.mark.parametrize(
    "part",
    [
        lambda rows: rows["title"],
        lambda rows: rows.loc[rows["title"] == "=1+1", "title"].str.strip(),
        lambda rows: rows.iloc[0],
        lambda rows: Table(rows["title"].value_counts()),
        lambda rows: Table(rows[["title", "prompt"]].describe()),
        lambda rows: rows.groupby("title").agg({"duration_s": "mean"}),
        lambda rows: rows.groupby("title")["duration_s"].mean(),
        lambda rows: rows.pivot_table(index="title", values="duration_s"),
    ],
)
def test_parts_and_sums_of_a_table_are_written_without_a_formula(rows, part):
    """Columns, rows and groups keep what makes a table safe; the others get it back."""
    made = part(rows[rows["title"] == "=1+1"])
    assert "'=1+1" in excel_texts(made)
    texts = {text for row in csv.reader(io.StringIO(made.to_csv())) for text in row}
    assert "'=1+1" in texts
    assert "=1+1" not in texts


@pytest.mark.parametrize("ending", ENDINGS)
def test_file_that_exists_is_kept_unless_it_may_be_replaced(ending, rows, tmp_path):
    """And nothing else is left in the folder."""
    path = tmp_path / f"spring{ending}"
    path.write_bytes(b"mine")
    with pytest.raises(InvalidInput, match="overwrite=True replaces it"):
        rows.save(path)
    assert path.read_bytes() == b"mine"
    rows.save(path, overwrite=True)
    assert path.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    """The new one takes its place only when it is whole."""
    path = tmp_path / "odd.parquet"
    path.write_bytes(b"mine")
    odd = Table({"mixed": pd.Series([1, "a"], dtype=object)})
    with pytest.raises(InvalidInput, match=r"path: .*\.parquet cannot hold this table .*mixed"):
        odd.save(path, overwrite=True)
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_told_once(tmp_path):
    """As an error of the path, with nothing on the screen behind it and no half file."""
    code = (
        "import sys; from musicnb.table import Table\n"
        "try: Table({'n': [1]}).save(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    def tiny_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        # so that openpyxl's own file for the sheet fits, and the whole does not
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    said = subprocess.run(
        [sys.executable, "-B", "-c", code, tmp_path / "n.xlsx"],
        capture_output=True, text=True, check=True, preexec_fn=tiny_disk,
    )  # fmt: skip
    assert re.match(r"InvalidInput.*path: cannot be written", said.stdout, re.DOTALL)
    assert said.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "path", [None, b"x.csv", 5, "a\0.csv", "half \ud800.csv", "~nobody-x/n.csv"]
)
def test_what_is_no_path_is_refused_by_name(path, rows):
    """Before anything is written."""
    with pytest.raises(InvalidInput, match=r"path: .* is no path"):
        rows.save(path)


def test_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    """As everywhere else."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert words(["x"]).save("~/n.csv") == tmp_path / "n.csv"
    assert (tmp_path / "n.csv").exists()


@pytest.mark.parametrize(
    ("ending", "frame"),
    [
        (".parquet", Table([[1, 2]], columns=["a", "a"])),
        (".parquet", Table({"half": ["\ud800"]}, dtype=object)),
        (".xlsx", Table({"when": pd.to_datetime(["2026-01-01"], utc=True)})),
        (".xlsx", Table([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))),
        (".csv", Table([1, 2], index=pd.MultiIndex.from_tuples([(1, 2)] * 2, names=["a", "a"]))),
    ],
)
def test_table_that_a_kind_of_file_cannot_hold_is_refused(ending, frame, tmp_path):
    """With the reason, and without a file."""
    with pytest.raises(InvalidInput, match=f"path: .*{ending} cannot hold this table"):
        frame.save(tmp_path / f"n{ending}")
    assert list(tmp_path.iterdir()) == []


def test_unknown_ending_and_folder_are_told(rows, tmp_path):
    """By the names of those that there are."""
    with pytest.raises(InvalidInput, match=r"\.csv, \.xlsx, \.parquet"):
        rows.save(tmp_path / "spring.doc")
    with pytest.raises(InvalidInput, match="cannot be written"):
        rows.save(tmp_path / "nowhere" / "spring.csv")


@pytest.mark.parametrize(("ending", "library"), [(".xlsx", "openpyxl"), (".parquet", "pyarrow")])
def test_missing_library_names_the_extra(ending, library, rows, tmp_path, monkeypatch):
    """And leaves no file."""
    for name in [library, *sys.modules]:
        if name.partition(".")[0] == library:
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match=r"musicnb\[export\]"):
        rows.save(tmp_path / f"spring{ending}")
    assert list(tmp_path.iterdir()) == []


def test_notebook_shows_a_small_table_with_every_word_escaped(tmp_path):
    """In cells, in the index, in names; columns of which nothing is known are only named."""
    evil = "<img src=x onerror=alert(1)>"
    shelf = Shelf(tmp_path, {evil: [Ordered((Sung(title=evil, measured=False),))] * 80})
    rows = takes_of_cells(shelf.cells(), folder=tmp_path)
    shelf.library.close()
    shown = rows.rename(columns={"title": f"title {evil}"})._repr_html_()
    assert "<img" not in shown
    assert shown.count("&lt;img") > 120
    assert len(shown) < 60_000
    assert "… and 20 more rows of 80" in shown
    assert "nothing known yet: true_peak_dbtp, tempo_bpm" in shown
    assert "<img" not in rows.head(3).style.to_html()
    assert (
        "<img"
        not in rows.reset_index()
        .pivot_table(index="title", columns=["mood", "model"], values="duration_s", observed=True)
        ._repr_html_()
    )
    assert Table()._repr_html_()
    assert "[&#x27;&lt;b&gt;&#x27;]" in Table({"lists": [["<b>"], None]})._repr_html_()


def test_numbers_are_shown_with_the_digits_that_mean_something():
    """Credits without needless zeros, levels with one digit, a true minus."""
    shown = Table({
        "clip_credits": [40.0], "loudness_lufs": [-14.04], "task_similarity": [0.256],
        "credits_per_clip_high": [np.inf], "stars": pd.array([None], "Int64"),
        "spectral_centroid_hz": [2345.6],
    })._repr_html_()  # fmt: skip
    cells = re.findall(r"<td>(.*?)</td>", shown)
    assert cells == ["40", "−14.0", "0.26", "inf", "2,346"]
