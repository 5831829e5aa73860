"""Manifests on a real sandbox: written, opened by hash, ordered anew, hostile ones refused."""

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb import ReferenceAudioToMusic, Studio, TextToMusic, __version__
from musicnb.errors import InvalidInput
from musicnb.sweep import manifest_schema, plan_sweep

BRIEF = TextToMusic("{mood} dream pop, 3 s", instrumental=True, title="{mood}")
AXES = {"mood": ["calm", "x" * 2100], "model": {"minimax-music-2.6": 2}}
PATIENCE_S = 240


@pytest.fixture(scope="module")
def run(studio):
    """Two tasks of which one fails and is ordered again, and a cell that cannot be sent."""
    studio.rehearse("task_failed", on="create", times=1)
    plan = studio.sweep("spring", BRIEF, AXES)
    run = plan.run(max_credits=150, skip_invalid=True).wait(PATIENCE_S)
    return run.retry_failed().wait(PATIENCE_S)


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    return run.manifest(tmp_path_factory.mktemp("manifests") / "spring.json")


def changed(written, change, tmp_path):
    """Write a manifest with something changed; returns its path."""
    values = json.loads(written.read_text())
    change(values)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(values))
    return path


def test_manifest_says_what_was_planned_ordered_and_paid(run, written, studio):
    """The sums are the journal's, the hashes those of the files, the failed attempt is there."""
    values = json.loads(written.read_text())
    assert (values["name"], values["plan_digest"]) == ("spring", run.plan.digest)
    assert (values["musicnb"], values["service"]) == (
        __version__, {"kind": "sandbox", "is_sandbox": True},
    )  # fmt: skip
    assert values["brief"]["prompt"] == "{mood} dream pop, 3 s"
    assert values["axes"][1] == {"name": "model", "labels": ["minimax-music-2.6"]}
    sent, invalid = values["cells"]
    assert sent["request"] == run.plan.cells[0].brief.request().body()
    assert (invalid["request"], invalid["orders"]) == (None, [])
    assert "prompt" in invalid["problem"]
    assert [order["status"] for order in sent["orders"]] == ["succeeded", "succeeded"]
    assert [order["status"] for order in values["earlier_orders"]] == ["failed"]
    assert values["costs"] == {
        "expected_credits": "150", "charged_credits": "150", "refunded_credits": "50",
        "spent_credits": "100", "held_credits": "0", "max_credits": "150",
        "orders_without_reported_charge": 0,
    }  # fmt: skip
    clips = [clip for order in sent["orders"] for clip in order["clips"]]
    assert [clip["sha256"] for clip in clips] == [
        clip.record.sha256 for task in run.tasks for clip in task.clips
    ]
    assert all((studio.library.folder / clip["file"]).is_file() for clip in clips)


def test_manifest_fits_its_schema_which_is_shipped(written):
    """The schema beside the code is the one that the code has, and refuses what is no manifest."""
    shipped = Path(manifest_schema.__code__.co_filename).with_name("manifest.schema.json")
    schema = json.loads(shipped.read_text())
    assert schema == manifest_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    values = json.loads(written.read_text())
    assert list(validator.iter_errors(values)) == []
    values["cells"][0]["orders"][0]["clips"][0]["file"] = "clips/../../etc/passwd"
    assert [error.validator for error in validator.iter_errors(values)] == ["pattern"]


def test_manifest_holds_no_key_no_signed_address_and_no_path(studio, tmp_path):
    """A reference's query is withheld, which the manifest says, and so it cannot be sent again."""
    url = "https://user:pass@127.0.0.1/a.wav?X-Amz-Signature=5ec4e7#5ec4e7"
    brief = ReferenceAudioToMusic("dream pop in spring", reference_audio=url)
    axes = {"model": ["minimax-music-2.6"]}
    run = studio.sweep("referenced", brief, axes).run().wait(PATIENCE_S)
    path = run.manifest(tmp_path / "m.json")
    text = path.read_text()
    for secret in ("5ec4e7", "user:pass", studio._road.service.api_key.reveal(), "sk-"):
        assert secret not in text
    assert str(studio.library.folder) not in text
    assert str(tmp_path) not in text
    with pytest.raises(InvalidInput, match=r"cells\[0\].request: was withheld"):
        studio.open_manifest(path).plan("referenced again")


def test_manifest_never_replaces_a_file(run, studio, tmp_path):
    """A name that is taken is refused; without one, the next free one is found."""
    taken = tmp_path / "taken.json"
    taken.write_text("mine")
    with pytest.raises(InvalidInput, match=r"'taken\.json' exists already; choose another name"):
        run.manifest(taken)
    assert taken.read_text() == "mine"
    first, second = run.manifest(), run.manifest()
    assert first.parent == studio.library.folder / "manifests"
    assert (first.name, second.name) == ("spring.json", "spring-2.json")
    assert sorted(path.name for path in first.parent.iterdir()) == ["spring-2.json", "spring.json"]


def test_same_bytes_are_opened_again_by_their_hash(run, written, studio):
    """And nothing is sent for it."""
    before = studio.balance
    found = studio.open_manifest(written).clips()
    assert found.ok
    clips = [clip for task in run.tasks for clip in task.clips]
    assert [clip.record for clip in found.clips] == [clip.record for clip in clips]
    assert [clip.path for clip in found.clips] == [clip.path for clip in clips]
    assert str(found) == "2 clips with the bytes of the manifest"
    assert studio.balance == before


def test_missing_altered_and_strange_clips_are_told(written, studio, tmp_path):
    """Each in its own list, and only what is whole is opened."""
    opened = studio.open_manifest(written)
    first, second = (studio.library.folder / clip.file for clip in opened.record.clips)
    bytes_of = {path: path.read_bytes() for path in (first, second)}
    try:
        first.unlink()
        second.write_bytes(bytes_of[second][:-1] + b"?")
        found = opened.clips()
        assert (list(found.clips), found.ok) == ([], False)
        assert [entry.file for entry in found.missing] == [f"clips/{first.name}"]
        assert [entry.file for entry in found.altered] == [f"clips/{second.name}"]
        assert "missing: " in str(found)
    finally:
        for path, data in bytes_of.items():
            path.write_bytes(data)
    with Studio(tmp_path / "other", quiet=True) as other:
        found = other.open_manifest(written).clips()
        assert len(found.strange) == 2
        assert not found.ok


def test_plan_of_a_manifest_is_priced_sends_nothing_and_runs_as_any_other(written, studio):
    """The same requests, the same labels, under a name of its own."""
    before = studio.balance
    plan = studio.open_manifest(written).plan("spring again")
    assert (plan.name, plan.tasks, plan.credits) == ("spring again", 2, Decimal(100))
    assert plan.cells[0].labels == {"mood": "calm", "model": "minimax-music-2.6"}
    assert (plan.balance_credits, studio.balance) == (before, before)
    run = plan.run(max_credits=50).wait(PATIENCE_S)
    assert studio.balance == before - 50
    assert [piece.not_run for piece in run.pieces] == ["", "not run: needs 50, 0 left"]
    with pytest.raises(InvalidInput, match="'spring again' has orders in this library"):
        studio.open_manifest(written).plan("spring again")
    with pytest.raises(InvalidInput, match="is the campaign's own"):
        studio.open_manifest(written).plan("spring")


def set_file(name):
    def change(values):
        values["cells"][0]["orders"][0]["clips"][0]["file"] = name

    return change


HOSTILE = {
    "another version": (lambda v: v.update(version=2), r"version: is 2; .* reads version 1"),
    "climbing name": (set_file("clips/../../secret.wav"), r"orders\[0\].clips\[0\].file"),
    "absolute name": (set_file("/etc/passwd"), r"clips\[0\].file"),
    "name with a backslash": (set_file("clips\\..\\x.wav"), r"clips\[0\].file"),
    "name with a NUL": (set_file("clips/a\0.wav"), r"clips\[0\].file"),
    "hidden name": (set_file("clips/.lock"), r"clips\[0\].file"),
    "unknown field": (lambda v: v["cells"][0].update(run="rm"), r"cells\[0\].run: extra"),
    "number as text": (lambda v: v["cells"][0].update(repeats="2"), r"cells\[0\].repeats"),
    "number as truth": (lambda v: v["cells"][0].update(repeats=True), r"cells\[0\].repeats"),
    "money as a number": (lambda v: v["costs"].update(spent_credits=1.5), "costs.spent_credits"),
    "money without end": (lambda v: v["costs"].update(spent_credits="9" * 99), "costs.spent"),
    "many repeats": (lambda v: v["cells"][0].update(repeats=10**9), r"cells\[0\].repeats"),
    "other request": (
        lambda v: v["cells"][0]["request"].update(prompt="gold"), "but these requests make",
    ),
    "half of a character": (lambda v: v.update(name="\ud800"), "half of a character"),
    "other labels": (lambda v: v["cells"][0].update(labels={"a": "b"}), "are not the axes'"),
    "missing field": (lambda v: v.pop("costs"), "costs: field required"),
    "deep nest": (
        lambda v: v["cells"][0]["request"].update(metadata={"a": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}),
        "nested deeper than 16",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_manifest_with_something_wrong_is_refused_by_name_of_the_field(
    name, written, studio, tmp_path
):
    """Whatever it is: nothing is read, sent or written on its word."""
    change, message = HOSTILE[name]
    with pytest.raises(InvalidInput, match=message):
        studio.open_manifest(changed(written, change, tmp_path))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no manifest"),
        (b"\xff\xfe", "is no manifest"),
        (b"[]", "is no JSON object"),
        (b'{"version": 1, "version": 1}', "'version' stands twice"),
        (b'{"version": NaN}', "NaN is no number"),
        (b'{"version": ' + b"9" * 5000 + b"}", "is no manifest"),
        (b"[" * 200_000, "nested deeper"),
        (b'{"version": 1}' + b" " * 2**26, "at most 67,108,864"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_bytes_that_are_no_manifest_are_refused(data, message, studio, tmp_path):
    """Rubbish, twins, floods and towers."""
    path = tmp_path / "m.json"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=message):
        studio.open_manifest(path)


def test_folder_pipe_and_nothing_are_no_manifest(studio, tmp_path):
    """Reading a pipe would never end."""
    for path in (tmp_path, "/dev/zero", tmp_path / "nothing", "\0", 3.5):
        with pytest.raises(InvalidInput, match=r"no file|no path"):
            studio.open_manifest(path)


LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)


@given(
    moods=st.lists(LABELS, min_size=1, max_size=4, unique=True), weight=st.sampled_from([0, 0.5])
)
def test_requests_come_back_from_their_bodies_unchanged(moods, weight):
    """What a plan would send is what the plan of its manifest would send."""
    from musicnb.briefs import brief_of  # noqa: PLC0415 - beside its only use

    brief = TextToMusic("a {mood} tune", instrumental=True, options={"style_weight": weight})
    for cell in plan_sweep("s", brief, {"mood": moods}).runnable:
        body = json.loads(json.dumps(cell.brief.request().body()))
        again = brief_of(cell.brief.capability, body)
        assert again.request().body() == cell.brief.request().body()


def test_number_beyond_all_numbers_is_refused(written, tmp_path, studio):
    """JSON can write 1e999, and no request can."""
    path = tmp_path / "huge.json"
    path.write_text(written.read_text().replace('"version": 1,', '"version": 1, "more": 1e999,', 1))
    with pytest.raises(InvalidInput, match="1e999 is no number"):
        studio.open_manifest(path)


def test_manifest_of_a_strange_brief_can_be_read_back(studio, tmp_path):
    """What no axis may send still stands in the pattern; it is written as text."""
    brief = BRIEF.with_changes(model="suno-5.5", options={"style_weight": float("nan")})
    plan = studio.sweep("strange", brief, {"mood": ["calm"], "style_weight": [0.5, 10**5000]})
    path = plan.run(max_credits=0, skip_invalid=True).manifest(tmp_path / "strange.json")
    assert studio.open_manifest(path).record.name == "strange"
