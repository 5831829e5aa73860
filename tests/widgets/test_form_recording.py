"""The form's recording, numbers, presets and history, as the page asks for them."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from recordings import Desk

import musicnb as mnb
from musicnb.briefs import Artifact, Brief, ReferenceAudioToMusic, TextToMusic
from musicnb.catalogue import AUTO, MODELS, REFERENCE_TO_MUSIC, TEXT_TO_MUSIC
from musicnb.errors import InsufficientBalance, InvalidInput
from musicnb.widgets import Form, Reference
from musicnb.widgets._form_intake import Intake
from musicnb.widgets._form_limits import widest
from musicnb.widgets._form_shelf import next_title

CHUNK = 1 << 20
WORDS = TextToMusic("dream pop", title="Slow Light", lyrics="la", options={"style_weight": 0.5})


class TellingForm(Form):
    """A form whose messages to the page are collected."""

    def __init__(self, **options: Any) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(**options)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Collect a message."""
        self.told.append((content, buffers or []))


class Page:
    """What a browser sends, and what it is told."""

    def __init__(self, form: TellingForm) -> None:
        self.form, self.n = form, 0

    @property
    def heard(self) -> list[dict[str, Any]]:
        """What the page was told, without its bytes."""
        return [message for message, _ in self.form.told]

    def say(self, op: str, *buffers: bytes, **message: Any) -> None:
        """Send one message."""
        self.form._handle_custom_msg({"op": op, **message}, list(buffers))

    def type(self, **values: Any) -> dict[str, Any]:
        """Fill in fields; return the verdict."""
        self.n += 1
        self.say("values", view="v", n=self.n, values=values)
        return dict(self.form.verdict)

    def press(self, number: int, **values: Any) -> dict[str, Any]:
        """Press Generate; return the receipt."""
        self.n += 1
        self.say("press", view="v", n=self.n, values=values, press=f"v-{number}")
        return dict(self.form.receipt)

    def give(self, data: bytes, name: str = "hook.wav") -> None:
        """Send a file as the page does: as many pieces ahead as Python allows."""
        self.say("file-begin", id="f", name=name, size=len(data))
        for offset in range(0, len(data), CHUNK):
            self.say("file-part", data[offset : offset + CHUNK], id="f", offset=offset)


def until(condition: Callable[[], Any]) -> None:
    """Wait until something holds; what never holds fails the test."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def sent() -> list[Brief]:
    """Collect what is submitted."""
    return []


@pytest.fixture
def desk() -> Desk:
    """Make a desk with one earlier request."""
    return Desk(WORDS)


@pytest.fixture
def form(sent: list[Brief], desk: Desk) -> TellingForm:
    """Build a form with a desk."""
    return TellingForm(submit=sent.append, desk=desk)


@pytest.fixture
def page(form: TellingForm) -> Page:
    """Show it on a page."""
    return Page(form)


# --------------------------------------------------------------------------------- the recording


def test_a_recording_makes_the_brief_that_python_users_build(form: Form, sent: list[Brief]) -> None:
    """With a recording the form asks the other endpoint, and its code gives an equal brief."""
    form.set(prompt="warm", reference=Artifact("art_1"), audio_weight=0.5, title="t", lyrics="la")
    expected = ReferenceAudioToMusic(
        "warm", title="t", lyrics="la", options={"audio_weight": 0.5},
        reference_audio=Artifact("art_1"),
    )  # fmt: skip
    form.generate()
    assert sent == [expected] == [form.brief]
    argument = form.code().removeprefix("studio.generate(").rstrip().removesuffix(")")
    assert eval(argument.strip(), {"mnb": mnb}) == expected  # noqa: S307 - our own code
    form.set(endpoint=TEXT_TO_MUSIC)
    assert isinstance(form.brief, TextToMusic)
    assert "audio_weight" not in form.brief.options
    form.set(endpoint=REFERENCE_TO_MUSIC)
    assert form.brief == expected


def test_a_file_of_the_page_arrives_whole_and_becomes_an_upload(
    form: Form, page: Page, desk: Desk
) -> None:
    """Pieces are joined in order, it is uploaded once and, when it is let go, no copy is left."""
    page.type(prompt="warm", endpoint=REFERENCE_TO_MUSIC)
    assert form.verdict["why_not"] == "Still needed: Reference audio"
    data = bytes(range(256)) * 10_000
    page.give(data)
    until(lambda: form.reference["state"] == "ready")
    assert desk.sent == [data]
    assert form.brief.reference_audio == Artifact(f"art_{len(data)}")  # type: ignore[attr-defined]
    assert form.verdict["can_send"]
    assert (form.reference["name"], len(form.reference["wave"])) == ("hook.wav", 1000)
    page.say("unrefer")
    until(lambda: not desk.paths[0].exists())
    assert [one["got"] for one in page.heard if one["op"] == "file"] == [0, CHUNK, 2 * CHUNK,
                                                                         len(data)]  # fmt: skip


def test_a_recording_is_listened_to_by_pieces_and_only_while_it_is_chosen(
    form: Form, page: Page, desk: Desk
) -> None:
    """The page asks by the name it was told; what was replaced, or has changed, is refused."""
    data = bytes(range(256)) * 10_000
    page.give(data)
    until(lambda: form.reference["state"] == "ready")
    name = form.reference["sound"]
    page.say("get", id=name, offset=CHUNK, chunks=8)
    chunks = [(said, data) for said, data in form.told if said["op"] == "chunk"]  # type: ignore[attr-defined]
    assert [(said["offset"], said["total"]) for said, _ in chunks] == [
        (CHUNK, len(data)), (2 * CHUNK, len(data))
    ]  # fmt: skip
    assert b"".join(bytes(sent[0]) for _, sent in chunks) == data[CHUNK:]
    assert chunks[0][0]["type"] == "audio/wav"
    desk.paths[0].write_bytes(b"other")
    page.say("get", id=name, offset=0, chunks=1)
    assert "has changed since" in page.heard[-1]["why"]
    for wrong in ({"id": 3}, {"offset": "0"}, {"offset": -1}, {"chunks": 99}, {"chunks": None}):
        told = len(page.heard)
        page.say("get", **{"id": name, "offset": 0, "chunks": 1, **wrong})
        assert len(page.heard) == told
    page.say("unrefer")
    page.say("get", id=name, offset=0, chunks=1)
    assert "another recording has taken its place" in page.heard[-1]["why"]


def test_a_recording_at_an_address_is_not_fetched_to_be_heard(form: Form) -> None:
    """Only the service fetches it, when something is ordered."""
    form.set(reference="https://media.test/a.mp3")
    assert form.reference["sound"] == ""


@pytest.mark.parametrize(
    ("size", "why"), [(0, "is empty"), (101 * CHUNK, "has 101.0 MB, the service takes up to 100")]
)
def test_a_file_beyond_the_limits_is_refused_before_it_is_sent(
    page: Page, desk: Desk, size: int, why: str
) -> None:
    """Its size is looked at first; not one piece of it is taken."""
    page.say("file-begin", id="f", name="hook.wav", size=size)
    page.say("file-part", b"x", id="f", offset=0)
    (answer,) = page.heard
    assert why in answer["why"]
    assert desk.sent == []


@pytest.mark.parametrize("name", ["a.\0wav", "a.\ud800", "a.w/v", "a.:<>", "a." + "x" * 300])
def test_a_file_whose_name_no_folder_takes_arrives_all_the_same(
    form: Form, page: Page, name: str
) -> None:
    """Only what is harmless of its name is given to the temporary file."""
    page.give(b"sound", name=name)
    until(lambda: form.reference["state"] == "ready")


def test_without_a_temporary_folder_the_page_is_told_why(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait for ever for the first piece to be asked for."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    page.say("file-begin", id="f", name="hook.wav", size=10)
    (answer,) = page.heard
    assert "no room" in answer["why"]


def test_half_a_file_goes_with_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the form knows the file; at the kernel's end at the latest it is removed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    intake = Intake(widest(MODELS.values()), lambda _: None, lambda *_: None)
    intake.begin({"id": "f", "name": "hook.wav", "size": 10})
    assert len(list(tmp_path.iterdir())) == 1
    del intake
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "message",
    [
        {"id": "other", "offset": 0},
        {"id": "f", "offset": 5},
        {"id": "f"},
        {"offset": 0},
    ],
)
def test_pieces_that_are_not_the_next_are_left_alone(
    form: Form, page: Page, desk: Desk, message: dict[str, Any]
) -> None:
    """A piece of another file, out of turn or without a place changes nothing."""
    page.say("file-begin", id="f", name="hook.wav", size=4)
    page.say("file-part", b"evil", **message)
    page.say("file-part", b"good", id="f", offset=0)
    until(lambda: form.reference["state"] == "ready")
    assert desk.sent == [b"good"]


def test_a_recording_that_is_taken_away_does_not_come_back(
    form: Form, page: Page, desk: Desk
) -> None:
    """What was still on its way when it was removed is dropped; what came later counts."""
    desk.go.clear()
    page.type(prompt="warm", endpoint=REFERENCE_TO_MUSIC)
    page.give(b"first")
    assert form.reference["state"] == "busy"
    page.say("unrefer")
    assert form.reference == {"state": "none"}
    page.say("refer", source="art_second")
    desk.go.set()
    until(lambda: form.reference["state"] == "ready")
    until(lambda: len(desk.sent) == 1)
    assert form.brief.reference_audio == Artifact("art_second")  # type: ignore[attr-defined]


def test_what_cannot_be_used_is_said_and_nothing_is_followed(form: Form, page: Page) -> None:
    """The reason stands in the form, and Generate stays closed."""
    page.type(prompt="warm", endpoint=REFERENCE_TO_MUSIC)
    page.say("refer", source="nonsense")
    until(lambda: form.reference["state"] == "refused")
    assert "is nothing" in form.reference["why"]
    assert not form.verdict["can_send"]


def test_a_recording_a_model_does_not_take_names_the_model_that_does(form: Form) -> None:
    """Length and size are checked against the chosen model's limits before anything is paid."""
    long = Reference(Artifact("art_1"), "x", format="WAV", duration_s=400.0, size_bytes=60 * CHUNK)
    prompt = "warm tape drums"
    form.set(prompt=prompt, reference=long)
    assert form.faults() == []
    form.set(model="minimax-music-2.6")
    assert [fault.message for fault in form.faults()] == [
        "has 60.0 MB, MiniMax Music 2.6 takes up to 50 MB",
        "lasts 400.0 s, MiniMax Music 2.6 takes 6 to 360 s (Suno 5.5 takes this one)",
    ]
    with pytest.raises(InvalidInput, match="lasts 400"):
        form.generate()
    form.set(model=AUTO)
    assert "Auto takes 6 to 360 s" in form.verdict["faults"]["reference_audio"][1]


@pytest.mark.parametrize("model", [*MODELS, AUTO])
@pytest.mark.parametrize("lyrics", ["", "la la la la la"])
def test_the_verdict_on_a_recording_agrees_with_the_brief(
    form: Form, model: str, lyrics: str
) -> None:
    """With a fitting recording the form may be sent exactly when the brief has no faults."""
    fits = Reference(Artifact("art_1"), "x", format="WAV", duration_s=10.0, size_bytes=1000)
    for title in ("", "t"):
        for prompt in ("short", "a prompt of more than ten"):
            form.set(model=model, prompt=prompt, lyrics=lyrics, title=title, reference=fits)
            verdict, faults = form.verdict, form.brief.faults()
            assert verdict["can_send"] == (not faults)
            assert set(verdict["faults"]) == {fault.field for fault in faults}
            missing = {name for name in ("title", "lyrics") if name in verdict["faults"]}
            assert all(verdict["limits"][name]["required"] for name in missing)


def test_instrumental_is_off_where_a_recording_forbids_it(form: Form, page: Page) -> None:
    """The switch says why, is kept, and is not sent."""
    form.set(reference=Artifact("art_1"))
    model = "minimax-music-2.6"
    values = {"prompt": "warm tape drums", "model": model, "instrumental": True}
    verdict = page.type(**values, endpoint=REFERENCE_TO_MUSIC)
    assert "does not take this with reference audio" in verdict["off"]["instrumental"]
    assert form.brief.instrumental is None
    assert verdict["can_send"]
    page.type(**values, endpoint=TEXT_TO_MUSIC)
    assert form.brief.instrumental is True


def test_without_a_desk_only_uploads_and_addresses_will_do(sent: list[Brief]) -> None:
    """A form alone can follow what the service has or fetches, and says what it cannot."""
    form = Form(submit=sent.append, reference="https://media.test/a.mp3?sig=secret")
    assert form.brief == ReferenceAudioToMusic(
        "", reference_audio="https://media.test/a.mp3?sig=secret"
    )
    assert "secret" not in form.text() + form.static_html()
    assert "sig=secret" in form.code()
    with pytest.raises(InvalidInput, match="reference"):
        form.set(reference="http://media.test/a.mp3")


def test_signature_of_an_address_is_in_nothing_that_a_saved_notebook_holds(form: Form) -> None:
    """Widget states are saved with a notebook; the code on the page says what it lacks."""
    form.set(prompt="warm", reference="https://user:secret@media.test/a.mp3?sig=secret", times=2)
    assert "secret" not in str(form.get_state())
    comment, *code = form.verdict["code"].splitlines()
    assert "put it back" in comment
    assert "\n".join(code) == form.code().replace("user:secret@", "").replace("?sig=secret", "")


# --------------------------------------------------------------------------------- how often


def test_simple_says_a_prompt_alone_and_keeps_the_rest(form: Form, page: Page) -> None:
    """Lyrics, title and options are kept and not sent; a model that needs words writes them."""
    values = {
        "prompt": "warm", "title": "t", "lyrics": "la", "options": {"suno-5.5": {"style_weight": 1}}
    }  # fmt: skip
    page.type(**values, simple=True)
    assert form.brief == TextToMusic("warm")
    verdict = page.type(**values, simple=True, model="minimax-music-2.6")
    assert verdict["can_send"]
    assert form.brief.options == {"lyrics_optimizer": True}
    page.type(**values, simple=False)
    assert form.brief.lyrics == "la"
    form.set(simple=True)
    form.set(title="named")  # what a programmer sets counts
    assert form.values["simple"] is False


def test_one_press_of_three_is_three_orders_and_never_more(
    form: Form, page: Page, sent: list[Brief]
) -> None:
    """Each press gives its number of orders once, with their price together."""
    receipt = page.press(1, prompt="warm", times=3)
    assert receipt["text"] == "Sent: 240 credits · $0.24, 6 clips on the way"
    page.press(1, prompt="warm", times=3)
    assert sent == [TextToMusic("warm")] * 3
    assert form.code().startswith("for _ in range(3):\n    studio.generate(\n")
    for times in (0, 11, 2.5, True, "3", None):
        page.type(times=times)
        assert form.values["times"] == 3


def test_more_than_the_wallet_holds_is_not_sent(
    form: Form, page: Page, sent: list[Brief], desk: Desk
) -> None:
    """Price times number is held against the balance first, which is then read anew."""
    form.set_balance("200 credits left", Decimal(200))
    assert page.type(prompt="warm", times=2)["can_send"]
    receipt = page.press(1, prompt="warm", times=3)
    assert not receipt["sent"]
    assert sent == []
    assert form.verdict["why_not"] == (
        "3 orders may cost 240 credits, the wallet holds 200: 40 are missing"
    )
    with pytest.raises(InvalidInput, match="40 are missing"):
        form.generate()
    assert desk.balance_asked == 2
    form.set_balance("240 credits left", Decimal(240))
    assert page.press(2, prompt="warm", times=3)["sent"]


def test_a_refusal_on_the_way_says_how_many_were_sent(form: Form, page: Page) -> None:
    """Nobody has to guess what of three has left."""
    orders: list[Brief] = []

    def submit(brief: Brief) -> None:
        if len(orders) == 2:
            raise InsufficientBalance("the wallet is empty")
        orders.append(brief)

    form._submit = submit
    assert page.press(1, prompt="warm", times=3)["text"].startswith("2 of 3 sent, the rest not: ")


def test_sections_of_the_lyrics_are_counted(page: Page) -> None:
    """Each tag has its lines and syllables."""
    verdict = page.type(lyrics="[Verse 1]\nslow light\nstay with me\n\n[Solo]\n[Chorus]\noh")
    assert verdict["sections"] == [
        {"tag": "Verse 1", "lines": 2, "syllables": 5},
        {"tag": "Solo", "lines": 0, "syllables": 0},
        {"tag": "Chorus", "lines": 1, "syllables": 1},
    ]


# --------------------------------------------------------------------------------- presets, history


def test_a_preset_fills_the_form_as_it_was(form: Form, page: Page, desk: Desk) -> None:
    """Fields, options and an upload come back; what is no part of it is empty again."""
    form.set(prompt="warm", style_weight=0.5, title="t", lyrics="la", reference=Artifact("art_1"))
    before = form.brief
    page.say("preset-save", name="  My   sound ")
    assert list(desk.kept) == ["My sound"]
    json.dumps(desk.kept)
    form.set(model="minimax-music-2.6", endpoint=TEXT_TO_MUSIC, reference=None, prompt="other")
    page.say("preset-use", name="My sound")
    assert form.brief == before
    page.say("preset-use", name="unknown")
    assert "'unknown' is not kept" in page.heard[-1]["text"]
    page.say("preset-drop", name="My sound")
    assert desk.kept == {}
    page.say("preset-save", name=" ")
    assert page.heard[-1]["good"] is False


def test_a_preset_holds_no_signed_address(form: Form, page: Page, desk: Desk) -> None:
    """An address with a query may be a secret, so it is left out."""
    for source, kept in (("https://a.test/x.mp3?sig=1", False), ("https://a.test/x.mp3", True)):
        form.set(prompt="warm", reference=source)
        page.say("preset-save", name="p")
        assert ("reference" in desk.kept["p"]) == kept


def test_an_earlier_request_is_used_again_and_varied(form: Form, page: Page) -> None:
    """Again gives the same brief; varied, its title is numbered on and the prompt has the caret."""
    page.say("list", what="orders", search="pop", ask=7)
    assert [row["order_id"] for row in page.heard[-1]["rows"]] == ["order-0"]
    page.say("again", name="order-0")
    assert form.brief == WORDS
    assert form.values["custom_mode"] is None  # it is set by itself, and nobody's choice
    page.say("vary", name="order-0")
    assert form.brief == WORDS.with_changes(title="Slow Light 2")
    assert page.heard[-1]["focus"] == "prompt"


@pytest.mark.parametrize(
    ("title", "following"),
    [("Slow Light", "Slow Light 2"), ("Slow Light 2", "Slow Light 3"), ("99", "99 2")],
)
def test_titles_are_numbered_on(title: str, following: str) -> None:
    """A number at the end grows, a title without one gets 2."""
    assert next_title(title) == following


def test_clips_are_listed_with_their_waveforms(form: TellingForm, page: Page) -> None:
    """Each row has its outline beside it; a search without a hit has no rows."""
    told = form.told
    page.say("list", what="clips", search="", ask=1)
    (message, buffers) = told[-1]
    assert (len(message["rows"]), len(buffers[0])) == (1, 1000)
    page.say("list", what="clips", search="no", ask=2)
    assert told[-1][0]["rows"] == []
