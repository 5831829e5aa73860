"""A studio's form with recordings: uploaded once, followed, remembered; presets and history."""

import json
import shutil
import time

import pytest

from musicnb import Artifact, ReferenceAudioToMusic, TextToMusic
from musicnb.errors import InvalidInput, LibraryError, MusicnbError
from musicnb.library import Presets, Upload, Uploads


@pytest.fixture(scope="module")
def clip(studio):
    """Make one clip long enough for every model."""
    brief = TextToMusic("calm lofi, 10 seconds", title="Calm", instrumental=True,
                        model="minimax-music-2.6")  # fmt: skip
    return studio.generate(brief).result(60)[0]


def uploads_of(studio):
    """List what the service has of us."""
    return studio.library.uploads.all("sandbox")


def test_a_clip_is_followed_and_uploaded_once(studio, clip, tmp_path):
    """The form orders what a Python user would build; the same bytes are never sent twice."""
    form = studio.form(prompt="warmer, with a Rhodes", model="minimax-music-2.6", reference=clip)
    (upload,) = uploads_of(studio)
    artifact = Artifact(upload.artifact_id)
    assert form.brief == ReferenceAudioToMusic(
        "warmer, with a Rhodes", model="minimax-music-2.6", reference_audio=artifact
    )
    assert artifact.artifact_id in form.code()
    copy = tmp_path / "under another name.mp3"
    shutil.copy(clip.path, copy)
    assert studio.upload(copy) == studio.upload(clip) == artifact
    form.set(reference=copy)
    assert "not sent again" in form.widget.reference["note"]
    form.set(reference=clip.clip_id)
    form.set(reference=artifact.artifact_id)
    assert form.widget.reference["name"] == "Calm"
    assert len(uploads_of(studio)) == 1
    task = form.generate()
    assert len(task.result(60)) == 1
    assert task.job.capability == "reference_audio_to_music"
    assert studio.upload(clip, again=True) != artifact


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("http://media.test/a.mp3", "must begin with https://"),
        ("https://", "no whole address"),
        ("https://[", "no whole address"),
        ("not/there.mp3", "is no file"),
        (3, "is no file"),
    ],
)
def test_what_is_no_recording_is_named(studio, source, problem):
    """The error says what is wrong, and the form is as it was."""
    form = studio.form(prompt="before")
    with pytest.raises(InvalidInput, match=problem):
        form.set(prompt="after", reference=source)
    assert form.brief == TextToMusic("before")


def test_what_no_model_takes_is_refused_before_it_is_sent(studio, tmp_path):
    """A file that is no sound, or too long, is never uploaded."""
    before = uploads_of(studio)
    text = tmp_path / "song.mp3"
    text.write_text("these are words")
    with pytest.raises(MusicnbError):
        studio.form(reference=text)
    assert uploads_of(studio) == before


def test_three_orders_of_one_press_have_keys_of_their_own(studio):
    """The journal numbers equal orders on, so each is sent and charged once."""
    form = studio.form(prompt="three of a kind, 5 seconds", times=3)
    before = studio.balance
    form.generate()
    assert len(form.tasks) == 3
    for task in form.tasks:
        task.result(60)
    assert len({task.job.idempotency_key for task in form.tasks}) == 3
    assert before - studio.balance == 240
    (order,) = form.history("three kind")
    assert "3 times" in order.about


def test_an_earlier_request_comes_back_with_its_recording(studio, clip):
    """History finds by words, again gives the same brief, and varying numbers the title on."""
    form = studio.form(prompt="a choir joins in", title="Choir", reference=clip, lyrics="la la")
    brief = form.brief
    task = form.generate()
    task.result(60)
    other = studio.form()
    (order,) = other.history("CHOIR suno")
    other.use_again(order)
    assert other.brief == brief
    assert other.widget.reference["facts"][1] == "MP3"
    other.vary(task)
    assert other.brief == brief.with_changes(title="Choir 2")


def test_presets_are_kept_in_the_library_by_name(studio, clip):
    """One readable file holds them; a form made later can use them."""
    form = studio.form(prompt="warm", title="t", style_weight=0.5, reference=clip)
    form.save_preset("My sound")
    kept = json.loads((studio.library.folder / "presets.json").read_text())["presets"]
    assert kept["My sound"]["reference"].startswith("art_")
    later = studio.form()
    assert later.presets == ["My sound"]
    later.use_preset("My sound")
    assert later.brief == form.brief
    later.delete_preset("My sound")
    assert form.presets == []


def listed(form, name):
    """Return the row that a page gets of a preset, before anybody uses it."""
    told, form.widget.send = [], lambda content, _buffers=None: told.append(content)
    form.widget.shelf.hear("list", {"what": "presets"})
    del form.widget.send
    return next(row for row in told[-1]["rows"] if row["name"] == name)


def test_preset_names_the_file_it_uploads_and_says_when_it_has_changed_or_gone(
    studio, clip, tmp_path
):
    """All of it is in the list before it is used, and said again before any credit is spent."""
    file = tmp_path / "hook.mp3"
    shutil.copy(clip.path, file)
    before = studio.balance
    form = studio.form(prompt="warm", reference=file)
    form.save_preset("Hook")
    artifact = form.brief.reference_audio.artifact_id
    assert listed(form, "Hook")["uploads"] == ""  # the service has it
    studio.library.uploads.forget("sandbox", artifact)
    later = studio.form(prompt="other")
    assert listed(later, "Hook") | {"about": ""} == {
        "name": "Hook", "about": "", "uploads": str(file), "problem": ""
    }  # fmt: skip
    assert all(upload.artifact_id != artifact for upload in uploads_of(studio))
    file.write_bytes(file.read_bytes() + bytes(8))
    assert "hook.mp3 has changed since the preset was made" in listed(later, "Hook")["problem"]
    later.use_preset("Hook")
    assert "hook.mp3 has changed" in later.widget.reference["note"]
    assert later.widget.reference["name"] == "hook.mp3"
    file.unlink()
    gone = studio.form(prompt="other")
    assert "nothing has that name" in listed(gone, "Hook")["problem"]
    with pytest.raises(InvalidInput, match=r"reference: .*hook.mp3.*nothing has that name"):
        gone.use_preset("Hook")
    assert gone.brief == TextToMusic("other")
    assert studio.balance == before
    gone.delete_preset("Hook")


def test_preset_that_a_person_wrote_with_a_path_names_the_file_it_uploads(studio, clip, tmp_path):
    """A preset from somebody else must not send a file that nobody was told of."""
    file = tmp_path / "private.mp3"
    file.write_bytes(clip.path.read_bytes() + bytes(16))
    studio.library.presets.keep("Theirs", {"prompt": "warm", "reference": str(file)})
    form = studio.form()
    before = uploads_of(studio)
    assert listed(form, "Theirs")["uploads"] == str(file)
    assert uploads_of(studio) == before
    form.use_preset("Theirs")
    assert form.widget.reference["name"] == "private.mp3"
    form.delete_preset("Theirs")


def test_presets_that_cannot_be_read_are_left_as_they_are(tmp_path):
    """A damaged file is named and never replaced."""
    presets, file = Presets(tmp_path), tmp_path / "presets.json"
    for text in ("{", '{"version": 2, "presets": {}}', '{"version": 1, "presets": {"a": 1}}'):
        file.write_text(text)
        with pytest.raises(MusicnbError, match="cannot be read"):
            presets.keep("a", {})
        assert file.read_text() == text


def test_an_upload_that_the_service_has_lost_is_sent_again(studio, clip):
    """Once an order says that a recording is gone, it is not reused any more."""
    studio.upload(clip)
    known = uploads_of(studio)[-1]
    lost = Upload(**{**vars_of(known), "sha256": "0" * 64, "artifact_id": "art_gone"})
    studio.library.uploads.add(lost)
    form = studio.form(prompt="follow it", reference="art_gone")
    task = form.generate()
    with pytest.raises(MusicnbError):
        task.result(60)
    deadline = time.monotonic() + 10
    while studio.library.uploads.of_bytes("sandbox", "0" * 64) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert studio.library.uploads.of_bytes("sandbox", "0" * 64) is None
    assert known in uploads_of(studio)


def test_uploads_of_another_service_are_not_ours(tmp_path):
    """What one account sent is nothing to another, and an altered line is left out."""
    uploads = Uploads(tmp_path)
    facts = {"size_bytes": 1, "name": "a", "format": "WAV", "duration_s": 1.0, "channels": 1,
             "sample_rate_hz": 8000, "outline": "", "uploaded_at": 0.0}  # fmt: skip
    uploads.add(Upload("mine", "aa", artifact_id="art_1", **facts))
    uploads.add(Upload("mine", "bb", artifact_id="art_2", **facts))
    assert uploads.of_bytes("other", "aa") is None
    record = tmp_path / "uploads" / "record.jsonl"
    record.write_text(record.read_text().replace("art_1", "art_9"))
    assert [upload.artifact_id for upload in uploads.all("mine")] == ["art_2"]
    uploads.forget("mine", "art_2")
    assert Uploads(tmp_path).all("mine") == []


def vars_of(upload):
    """Return a record's fields."""
    return {name: getattr(upload, name) for name in upload.__dataclass_fields__}


@pytest.mark.parametrize("preset", ['{"style_weight": NaN}', '{"prompt": "\\ud800"}'])
def test_presets_that_cannot_be_written_again_stay_as_they_are(tmp_path, preset):
    """A file that a person has edited may hold what JSON in UTF-8 does not; the error says so."""
    file = tmp_path / "presets.json"
    text = f'{{"version": 1, "presets": {{"mine": {preset}}}}}'
    file.write_text(text)
    with pytest.raises(LibraryError, match="cannot be written"):
        Presets(tmp_path).keep("new", {"prompt": "calm"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"presets.json": text}


@pytest.mark.parametrize("name", ["submit", "desk", "service", "balance", "studio", "road"])
def test_what_is_no_field_of_the_form_is_refused_by_name(studio, name):
    """Only fields can be filled in beforehand; what the form is made of stays its own affair."""
    with pytest.raises(InvalidInput, match=name):
        studio.form(**{name: 5})


@pytest.mark.parametrize("nonsense", [5, None, [], "\ud800"])
def test_what_is_no_request_and_no_preset_is_refused(studio, nonsense):
    """Wrong types are named, whatever they are; so is what a page sends."""
    form = studio.form()
    for fill in (form.use_again, form.vary, form.use_preset):
        with pytest.raises(InvalidInput):
            fill(nonsense)
    form.delete_preset(nonsense)
    form.widget.shelf.hear("again", {"name": nonsense})


@pytest.mark.parametrize(
    "value", [10**400, "x" * 1_000_000, [0] * 1000], ids=["number", "text", "list"]
)
def test_a_huge_value_is_refused_or_shown_in_few_words(studio, value):
    """An error is read by a person."""
    form = studio.form(prompt="calm")
    for name in ("model", "endpoint", "instrumental", "simple", "times", "vocal_gender"):
        with pytest.raises(InvalidInput) as caught:
            form.set(**{name: value})
        assert len(str(caught.value)) < 300
    form.set(style_weight=10**400)  # wrong, and said so beside the field
    assert "style_weight" in [fault.field for fault in form.widget.faults()]
