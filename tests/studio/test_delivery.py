"""Chosen clips become files for places, and a pack that proves itself."""

import csv
import io
import itertools
import json
import resource
import signal
import tempfile
import zipfile

import jsonschema
import numpy as np
import pytest
import soundfile as sf

from musicnb import ReferenceAudioToMusic, Studio, TextToMusic, verify_pack
from musicnb.cli._main import main
from musicnb.deliver import PROFILES, pack_schema
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import KeptVote
from musicnb.sound import encode

PATIENCE_S = 240


@pytest.fixture(scope="module")
def run(studio):
    """Three clips, one of them with a title that wants to be a formula and HTML."""
    brief = TextToMusic("{mood} pop, 5 s", instrumental=True, title="=1+1 <b>ü</b> {mood}")
    plan = studio.sweep(
        "packed", brief, {"mood": ["calm"], "model": ["suno-5.5", "minimax-music-2.6"]}
    )
    return plan.run(max_credits=130).wait(PATIENCE_S)


@pytest.fixture(scope="module")
def steady(studio):
    """Make a clip that is long enough for a loop."""
    brief = TextToMusic("house, 124 bpm, 16 s", model="minimax-music-2.6", instrumental=True,
                        title="CON")  # fmt: skip
    return studio.generate(brief).result(PATIENCE_S)[0]


@pytest.fixture(scope="module")
def delivery(studio, run):
    """Each clip for a broadcaster and for streaming."""
    return studio.deliver(
        run.clips,
        ["ebu-r128", "streaming-14"],
        disclosure="Made with AI.",
        name="Spring",
        progress=False,
    )


def content(pack):
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_delivery_is_looked_at_before_it_is_written(delivery, run):
    """A row for each clip and profile, with levels that were measured after encoding."""
    table = delivery.table()
    assert len(table) == len(run.clips) * 2 == 6
    assert bool(table["passed"].all())
    broadcast = table[table["profile"] == PROFILES["ebu-r128"].title]
    assert ((broadcast["loudness_lufs"] + 23).abs() <= 0.3).all()
    assert str(delivery).count("pass") == 6
    assert len(set(table["file"])) == 6
    headline, _, rows = delivery._repr_html_().partition("</p>")
    assert headline.startswith("<p><b>")
    assert headline.endswith(" MB, all meet their profiles")
    assert rows.count("<tr>") >= 6


def test_cut_that_was_moved_and_a_loop_go_into_the_pack_as_they_are(studio, steady, run, tmp_path):
    """In the place of the cut that would be found, beside another length; by their own clip."""
    found = steady.cut_down(8)
    moved = found.moved(found.segments[0].end / found.sample_rate + 1.0)
    loop = steady.loops(2, most=3)[-1]
    assert moved != found
    delivery = studio.deliver([*run.clips[:1], steady], "archive-master", lengths=[4],
                              plans=[moved, loop], progress=False)  # fmt: skip
    assert [(file.clip.clip_id, file.cut, file.loop) for file in delivery.files[1:]] == [
        (steady.clip_id, delivery.files[1].cut, None),
        (steady.clip_id, moved, None),
        (steady.clip_id, None, loop),
    ]
    assert delivery.files[0].clip.clip_id == run.clips[0].clip_id
    both = studio.deliver(steady, "archive-master", lengths=[8], plans=moved, progress=False)
    assert [file.cut for file in both.files] == [moved]
    pack = both.write(tmp_path / "moved.zip")
    assert verify_pack(pack).ok
    files = json.loads(content(pack)["manifest.json"])["files"]
    (told,) = (file for file in files if file["role"] == "cut")
    assert told["edits"][0]["segments"] == moved.edit_list()["segments"]


def test_plan_of_another_sound_is_refused(studio, steady, run):
    """The manifest and the conversion would name a wrong parent; so is what is no plan."""
    plan = steady.cut_down(4)
    with pytest.raises(InvalidInput, match=r"plans: have one of 4 s .* none of the clips"):
        studio.deliver(run.clips[:1], "ebu-r128", plans=[plan], progress=False)
    with pytest.raises(InvalidInput, match="plan: was made of another sound"):
        run.clips[0].conform("ebu-r128", plan=plan)
    for plans in ([], "8", [4], [plan, None], {steady.clip_id: plan}):
        with pytest.raises(InvalidInput, match="plans"):
            studio.deliver(steady, "ebu-r128", plans=plans, progress=False)


def test_pack_holds_what_its_manifest_says(delivery, run, studio, tmp_path):
    """Files, clips, request, cost, rights, disclosure, the whole way; the clips are untouched."""
    before = [clip.path.read_bytes() for clip in run.clips]
    pack = delivery.write(
        tmp_path / "pack.zip", rights="ours", terms_url="https://example.com/terms",
        terms_date="2026-01-31",
    )  # fmt: skip
    assert verify_pack(pack).ok
    files = content(pack)
    manifest = json.loads(files["manifest.json"])
    jsonschema.validate(manifest, pack_schema())
    assert manifest["is_sandbox"] is True
    assert manifest["disclosure"] == "Made with AI."
    for made in (file.made.path for file in delivery.files):
        with sf.SoundFile(made) as file:
            assert "Disclosure: Made with AI." in file.comment
    assert manifest["rights"] == {
        "note": "ours", "terms_url": "https://example.com/terms", "terms_date": "2026-01-31",
    }  # fmt: skip
    sounds = [file for file in manifest["files"] if file["measured"]]
    assert {file["parent_sha256"] for file in sounds} == {c.record.sha256 for c in run.clips}
    assert {clip["request"]["model"] for clip in manifest["clips"]} == {
        "suno-5.5", "minimax-music-2.6",
    }  # fmt: skip
    # a task of 80 credits with two clips, and one of 50 with one
    assert sorted(float(clip["credits"]) for clip in manifest["clips"]) == [40, 40, 50]
    journal = {job.task_id: job.charged_credits for job in studio.library.journal.jobs()}
    paid = {
        edge["target"].removeprefix("task "): float(edge["credits"])
        for edge in manifest["lineage"]
        if edge["step"] == "ordered"
    }
    assert paid == {task: float(journal[task]) for task in paid}
    # each order once, also where two clips came of it
    assert sum(float(edge["credits"]) for edge in manifest["lineage"]) == 80 + 50
    ends = {edge["target"] for edge in manifest["lineage"]}
    assert {f"file {file['path']}" for file in sounds} <= ends
    assert [clip.path.read_bytes() for clip in run.clips] == before


def test_votes_stand_on_the_way_to_a_file_and_are_told_once_revealed(studio, run):
    """While a session is blind, only that a clip was heard."""
    session = studio.listen(run.clips[:2], name="choosing", listener="ann", goal="top 1")
    sessions = studio.library.journal.sessions
    first, second = (clip.clip_id for clip in run.clips[:2])
    sessions.keep(KeptVote("v1", "choosing", "ann", first, second, "A"))
    delivery = studio.deliver(run.clips[:2], "streaming-14", progress=False)
    heard = delivery.lineage()
    told = {row.to: row.step for row in heard.itertuples() if row.to.startswith("votes ")}
    assert told == {f"votes choosing on {clip}": "heard in 1 votes" for clip in (first, second)}
    assert set(heard["from"][heard["to"].str.startswith("file ")]) == set(told)
    session.reveal()
    told = {row.to: row.step for row in delivery.lineage().itertuples()}
    assert told[f"votes choosing on {first}"] == "preferred in 1 of 1 votes"
    assert told[f"votes choosing on {second}"] == "preferred in 0 of 1 votes"


def test_what_was_said_about_reference_audio_stands_in_the_manifest(studio, tmp_path):
    """With the clip that follows it, and on the page."""
    recording = tmp_path / "mine.wav"
    tone = np.sin(np.arange(12 * 44_100) / 30).astype(np.float32)[:, None] * 0.1
    recording.write_bytes(encode(tone, 44_100, format="WAV"))
    for wrong in (3, None, "x" * 2_001):
        with pytest.raises(InvalidInput, match="rights"):
            studio.upload(recording, rights=wrong)
    reference = studio.upload(recording, rights="my own recording")
    brief = ReferenceAudioToMusic("calm pop, 4 s", model="suno-5.5", instrumental=True,
                                  reference_audio=reference)  # fmt: skip
    clip = studio.generate(brief).result(PATIENCE_S)[0]
    pack = studio.deliver([clip], "archive-master", progress=False).write(tmp_path / "pack.zip")
    files = content(pack)
    (record,) = json.loads(files["manifest.json"])["clips"]
    assert record["reference_rights"] == "my own recording"
    assert "my own recording" in files["index.html"].decode()


def test_table_of_a_pack_computes_nothing(delivery, tmp_path):
    """A title that wants to be a formula is text in the spreadsheet."""
    files = content(delivery.write(tmp_path / "pack.zip"))
    rows = list(csv.DictReader(io.StringIO(files["files.csv"].decode())))
    assert [row["clip"][:5] for row in rows] == ["'=1+1"] * 6
    assert "bars" not in rows[0]  # there are no loops


def test_page_of_a_pack_escapes_and_asks_for_nothing(delivery, tmp_path):
    """No tag from a title, no script, no address but those of the files beside it."""
    page = content(delivery.write(tmp_path / "pack.zip", rights="<script>x</script>"))
    text = page["index.html"].decode()
    assert "<b>" not in text
    assert "<script" not in text
    assert "http" not in text
    for name in page:
        if name.endswith(".wav"):
            assert f'src="{name}"' in text
    assert "sandbox" in text


def test_file_that_fails_blocks_until_a_reason_is_given(studio, run, tmp_path):
    """A profile that no clip can meet: nothing is written without a reason, which is kept."""
    short = PROFILES["ebu-r128"].changed(name="short", longest_s=2.0)
    delivery = studio.deliver(run.clips[:1], short, progress=False)
    (failed,) = delivery.failures
    assert "FAIL" in str(delivery)
    assert "1 of them FAIL and stop the pack" in delivery._repr_html_()
    with pytest.raises(InvalidInput, match="override"):
        delivery.write(tmp_path / "pack.zip")
    with pytest.raises(InvalidInput, match="override"):
        delivery.write(tmp_path / "pack.zip", override="  ")
    assert not list(tmp_path.iterdir())
    files = content(delivery.write(tmp_path / "pack.zip", override="the client asked"))
    record = next(f for f in json.loads(files["manifest.json"])["files"] if f["measured"])
    assert record["override"] == "the client asked"
    assert record["failures"] == list(failed.made.problems)
    assert "the client asked" in files["index.html"].decode()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"clips": []}, "clips"), ({"clips": ["x"]}, "clips"), ({"clips": None}, "clips"),
        ({"profiles": []}, "profiles"), ({"profiles": ["radio"]}, "profile"),
        ({"profiles": ["ebu-r128", PROFILES["ebu-r128"].changed(bits=16)]}, "two of the name"),
        ({"name": ""}, "name"), ({"name": 3}, "name"), ({"template": "{path}"}, "template"),
        ({"template": "{title.__class__}"}, "template"), ({"template": "{"}, "template"),
        ({"lengths": [True]}, "lengths"), ({"lengths": [np.float64("nan")]}, "lengths"),
        ({"lengths": float("inf")}, "lengths"),
        ({"lengths": [np.float32(2), 10**400]}, "lengths"), ({"lengths": "15"}, "lengths"),
        ({"loops": np.float64(8)}, "loops"), ({"loops": np.array(0)}, "loops"),
        ({"lengths": np.array(99)}, "lengths"), ({"lengths": itertools.repeat(2)}, "lengths"),
        ({"clips": itertools.repeat("x")}, "clips"),
        ({"profiles": itertools.repeat("ebu-r128")}, "profiles"),
        ({"template": None}, "template"), ({"name": "a\nb"}, "name"), ({"loop": [8]}, "options"),
        ({"disclosure": "a\0b"}, "disclosure"), ({"disclosure": 3}, "disclosure"),
    ],
)  # fmt: skip
def test_wrong_option_is_named(studio, run, options, field):
    """Before a file is made."""
    given = {"clips": run.clips, "profiles": "ebu-r128", "progress": False} | options
    with pytest.raises(InvalidInput, match=field):
        studio.deliver(given.pop("clips"), given.pop("profiles"), **given)


def test_more_files_than_a_pack_holds_are_refused_before_one_is_made(studio, run):
    """A manifest has no room for them."""
    places = [PROFILES["ebu-r128"].changed(name=f"place-{n}") for n in range(100)]
    lengths = [1 + n / 10 for n in range(20)]
    with pytest.raises(InvalidInput, match="6,000 files; a pack holds 4,900"):
        studio.deliver(run.clips, places, lengths=lengths, progress=False)


@pytest.mark.parametrize("field", ["clips", "profiles", "lengths", "loops", "name", "template"])
def test_what_cannot_be_shown_is_refused_with_an_error_that_can(studio, run, field):
    """Python itself refuses to write integers of thousands of digits."""
    given = {"clips": run.clips, "profiles": "ebu-r128", "progress": False, field: 10**5_000}
    with pytest.raises(InvalidInput, match=f"{field[:-1]}.*cannot be shown"):
        studio.deliver(given.pop("clips"), given.pop("profiles"), **given)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"terms_date": "31.1.2026"}, "terms_date"), ({"terms_date": "20260131"}, "terms_date"),
        ({"terms_date": 3}, "terms_date"), ({"rights": 3}, "rights"),
        ({"rights": "x" * 2_001}, "rights"), ({"terms_url": None}, "terms_url"),
        ({"override": 3}, "override"), ({"override": None}, "override"),
        ({"rights": "\ud800"}, "rights"), ({"override": "\x1b[2J"}, "override"),
        ({"terms_url": "a\0b"}, "terms_url"),
    ],
)  # fmt: skip
def test_wrong_statement_writes_nothing(delivery, tmp_path, options, field):
    """The field is named."""
    with pytest.raises(InvalidInput, match=field):
        delivery.write(tmp_path / "pack.zip", **options)
    assert not list(tmp_path.iterdir())


def test_shorter_forms_are_exact_and_tell_how_they_end(studio, run, tmp_path):
    """Two lengths of each clip: to the frame, with the edits in the manifest."""
    delivery = studio.deliver(
        run.clips, "ebu-r128", lengths=np.array([4, 2.5], np.float32), progress=False
    )
    assert [file.made.frames for file in delivery.files] == [4 * 48_000, 2.5 * 48_000] * 3
    manifest = json.loads(
        content(delivery.write(tmp_path / "pack.zip", override="short"))["manifest.json"]
    )
    sounds = [file for file in manifest["files"] if file["measured"]]
    assert {file["role"] for file in sounds} == {"cut"}
    assert all(file["edits"][0]["segments"] for file in sounds)
    assert all("_4s_" in file["path"] or "_2-5s_" in file["path"] for file in sounds)
    for wrong in ([60], [], "15", [0], [float("nan")], [10**400], ["x"], [True], 3 * [None]):
        with pytest.raises(InvalidInput, match="lengths"):
            studio.deliver(run.clips, "ebu-r128", lengths=wrong, progress=False)


def test_loops_stand_in_table_page_and_manifest_with_the_seams_rating(studio, steady, tmp_path):
    """Named by bars, tempo and key; with the shorter forms, or alone."""
    delivery = studio.deliver(
        [steady],
        "game-loop",
        loops=np.array([2, 4]),
        lengths=[6],
        template="{title}{length}",
        progress=False,
    )
    assert [file.ending == "loop" for file in delivery.files] == [False, True, True]
    rows = delivery.table()
    assert list(rows["bars"])[1:] == [2, 4]
    assert all(0 < rating <= 1 for rating in list(rows["seam_rating"])[1:])
    files = content(delivery.write(tmp_path / "pack.zip"))
    manifest = json.loads(files["manifest.json"])
    jsonschema.validate(manifest, pack_schema())
    loops = [file for file in manifest["files"] if file["role"] == "loop"]
    for record, bars in zip(loops, (2, 4), strict=True):
        assert f"/con_loop_{bars}bars_124bpm" in record["path"]
        (edit,) = [edit for edit in record["edits"] if edit["kind"] == "loop"]
        assert edit["seam"]["loops"] is True
        assert record["ending"] in files["index.html"].decode()
    assert any("looped over 4 bars" in edge["step"] for edge in manifest["lineage"])
    for wrong in ([], "8", [0], [2.5], [True], 3 * [None]):
        with pytest.raises(InvalidInput, match="loops"):
            studio.deliver([steady], "game-loop", loops=wrong, progress=False)
    with pytest.raises(InvalidInput, match=r"CON.*whole ones"):
        studio.deliver([steady], "game-loop", loops=[200], progress=False)


def test_temporary_folder_that_is_full_is_told_and_nothing_stays(
    studio, steady, tmp_path, monkeypatch
):
    """A limit of the file system stands for it: the system refuses to write on."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(LibraryError, match="cannot be written"):
            studio.deliver([steady], "archive-master", progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


def test_clip_whose_file_is_another_is_not_delivered_under_its_hash(studio, steady):
    """It can be played, but it is not what the manifest would say that files were made of."""
    whole = steady.path.read_bytes()
    steady.path.write_bytes(whole[: len(whole) // 2])
    try:
        with pytest.raises(LibraryError, match="other bytes than when it came"):
            studio.deliver([steady], "archive-master", progress=False)
    finally:
        steady.path.write_bytes(whole)


def test_file_that_was_cleared_from_the_temporary_folder_is_told(studio, steady, tmp_path):
    """Systems do that after some days; the place of the pack is not to blame."""
    delivery = studio.deliver([steady], "archive-master", progress=False)
    delivery.files[0].made.path.unlink()
    with pytest.raises(LibraryError, match="has gone from the temporary folder"):
        delivery.write(tmp_path / "pack.zip", rights="two\r\nlines\tof text")
    assert list(tmp_path.iterdir()) == []


def test_words_that_a_client_forbids_are_told_and_stop_nothing(studio, steady, tmp_path):
    """In the table, on the page and in the manifest."""
    delivery = studio.deliver([steady], "archive-master", terms=["HOUSE", "polka"], progress=False)
    assert list(delivery.table()["found_terms"]) == ["HOUSE"]
    files = content(delivery.write(tmp_path / "pack.zip"))
    assert json.loads(files["manifest.json"])["clips"][0]["found_terms"] == ["HOUSE"]
    assert "Words on the list" in files["index.html"].decode()
    with pytest.raises(InvalidInput, match="terms"):
        studio.deliver([steady], "archive-master", terms=3, progress=False)


def test_title_that_windows_takes_for_a_device_is_no_name(studio, steady):
    """Nor is it with an ending."""
    (made,) = studio.deliver([steady], "archive-master", template="{title}", progress=False).files
    assert made.name == "archive-master/con-file.wav"


def test_names_are_safe_and_never_taken_twice(studio, run):
    """A template makes them; what no system takes is gone from them."""
    delivery = studio.deliver(
        run.clips, "streaming-14", template="../{title}\n/CON:{model}", progress=False
    )
    names = [file.name for file in delivery.files]
    assert len(set(names)) == len(names) == 3
    assert all(name.startswith("streaming-14/") for name in names)
    assert not any(set(name.removeprefix("streaming-14/")) & set("/\\:\n<>=+ ") for name in names)


def test_command_delivers_and_verifies(tmp_path, capsys, monkeypatch):
    """From the command line: table, pack, check; an altered pack is refused."""
    monkeypatch.chdir(tmp_path)
    with Studio("musicnb-library", quiet=True) as studio:
        task = studio.generate(TextToMusic("calm waltz, 4 s", model="suno-5.5", instrumental=True))
        clip = task.result(PATIENCE_S)[0]
        clip.rate(stars=4)
    assert main(["deliver", clip.clip_id, "--profile", "streaming-14"]) == 0
    assert "pass" in capsys.readouterr().out
    arguments = ["deliver", "--stars", "4", "--profile", "ebu-r128", "--pack", "pack.zip"]
    assert main(arguments) == 0
    assert main(["verify", "pack.zip"]) == 0
    assert "as they were written" in capsys.readouterr().out
    capsys.readouterr()
    for late, said in (
        ([], "pack.zip' exists already"), (["--pack", ""], "it is empty"),
        (["--pack", "none/x.zip"], "there is no such folder"),
        (["--pack", "x.zip", "--terms-date", "31.1.2026"], "terms_date"),
        (["--pack", "x.zip", "--rights", "x" * 2_001], "rights"),
    ):  # fmt: skip
        assert main([*arguments, *late]) == 1
        told = capsys.readouterr()
        assert said in told.err
        assert "LUFS" not in told.out  # nothing was made first
    for wrong in (["deliver", "nobody", "--profile", "ebu-r128"], ["deliver", clip.clip_id],
                  ["deliver", "--library", "none", clip.clip_id]):  # fmt: skip
        assert main(wrong) == 1
    data = bytearray((tmp_path / "pack.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "pack.zip").write_bytes(data)
    assert main(["verify", "pack.zip"]) == 1
    assert "refused" in capsys.readouterr().out
