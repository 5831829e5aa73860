"""The form's answers to its page: at most one submission per press, and every value checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from musicnb.briefs import TextToMusic
from musicnb.errors import InsufficientBalance, InvalidInput
from musicnb.widgets import Form

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x00\ud800"


class Page:
    """What a browser does: numbers its messages and sends all values with each."""

    def __init__(self, form: Form, view: str = "view") -> None:
        self.form, self.view, self.n = form, view, 0

    def send(self, op: str, *, n: int | None = None, **message: Any) -> None:
        """Send one message, by default with the next number."""
        self.n = self.n + 1 if n is None else n
        self.form._handle_custom_msg({"op": op, "view": self.view, "n": self.n, **message}, [])

    def type(self, **values: Any) -> Mapping[str, Any]:
        """Fill in fields and return the verdict."""
        self.send("values", values=values)
        return self.form.verdict

    def press(self, number: int, **values: Any) -> Mapping[str, Any]:
        """Press Generate for the numbered time and return the receipt."""
        self.send("press", press=f"{self.view}-{number}", values=values)
        return self.form.receipt


@pytest.fixture
def sent() -> list[TextToMusic]:
    """Collect what is submitted."""
    return []


@pytest.fixture
def form(sent: list[TextToMusic]) -> Form:
    """Build an empty form."""
    return Form(submit=sent.append, service="sandbox · offline · free")


@pytest.fixture
def page(form: Form) -> Page:
    """Show the form on a page."""
    return Page(form)


# --------------------------------------------------------------------------------- generate


def test_generate_submits_the_brief_once(form: Form, sent: list[TextToMusic]) -> None:
    """Pressing from Python hands over the same object a Python user would build."""
    form.set(prompt="dream pop", lyrics="[Verse]\nla", title="Slow Light", vocal_gender="f")
    form.generate()
    assert sent == [
        TextToMusic(
            "dream pop", lyrics="[Verse]\nla", title="Slow Light", options={"vocal_gender": "f"}
        )
    ]
    assert form.receipt["text"] == "Sent: 80 credits · $0.08, 2 clips on the way"


def test_generate_refuses_faults_by_name(form: Form, sent: list[TextToMusic]) -> None:
    """A form with faults is not submitted, and each faulty field is named."""
    form.set(lyrics="la")
    with pytest.raises(InvalidInput, match=r"prompt.*title"):
        form.generate()
    assert sent == []


def test_generate_from_python_raises_what_submit_raises(form: Form) -> None:
    """A Python user sees the error itself."""
    form._submit = _raises(InsufficientBalance("too little"))
    form.set(prompt="a")
    with pytest.raises(InsufficientBalance):
        form.generate()


def test_a_press_is_judged_on_the_values_it_carries(page: Page, sent: list[TextToMusic]) -> None:
    """Generate straight after typing sends what is seen, not what was known before."""
    page.type(prompt="old")
    receipt = page.press(1, prompt="new")
    assert [brief.prompt for brief in sent] == ["new"]
    assert (receipt["press"], receipt["sent"]) == ("view-1", True)


def test_a_repeated_press_is_answered_but_not_submitted(page: Page, sent: list[Any]) -> None:
    """One number is one request, however often it arrives; the next number is another."""
    first = dict(page.press(1, prompt="a"))
    page.press(1, prompt="a")
    page.send("press", press="view-1", n=1, values={"prompt": "a"})
    assert len(sent) == 1
    assert page.form.receipt["answer"] == first["answer"] + 2
    page.press(2, prompt="a")
    assert len(sent) == 2


def test_presses_of_two_pages_are_two_requests(form: Form, sent: list[Any]) -> None:
    """Numbers belong to a page."""
    Page(form, "left").press(1, prompt="a")
    Page(form, "right").press(1, prompt="b")
    assert [brief.prompt for brief in sent] == ["a", "b"]


def test_a_press_while_the_first_is_being_submitted_is_not_submitted(page: Page) -> None:
    """A repeat that arrives inside submit cannot start it again."""
    calls: list[TextToMusic] = []

    def submit(brief: TextToMusic) -> None:
        calls.append(brief)
        if len(calls) == 1:
            page.press(1, prompt="a")

    page.form._submit = submit
    page.press(1, prompt="a")
    assert len(calls) == 1
    assert page.form.receipt["sent"]


def test_simultaneous_repeats_on_several_threads_submit_once(page: Page, sent: list[Any]) -> None:
    """Whatever thread the kernel handles a message on, a press is one request."""
    message = {"op": "press", "view": "v", "n": 1, "press": "v-1", "values": {"prompt": "a"}}
    threads = [
        threading.Thread(target=page.form._handle_custom_msg, args=(message, [])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 1


def test_submit_may_wait_for_a_thread_that_shows_the_balance(page: Page) -> None:
    """The form holds no lock while it submits, so a studio's loop can write to it meanwhile."""

    def submit(_brief: TextToMusic) -> None:
        thread = threading.Thread(target=page.form.set_balance, args=("less",))
        thread.start()
        thread.join(5)
        assert not thread.is_alive()

    page.form._submit = submit
    assert page.press(1, prompt="a")["sent"]
    assert page.form.balance == "less"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": "x" * 501}, "prompt"),
        ({"prompt": "a", "lyrics": "la"}, "title"),
        ({"prompt": "a", "lyrics": "x" * 5001, "title": "t"}, "lyrics"),
        ({"prompt": "a", "title": "x" * 81}, "title"),
        ({"model": "minimax-music-2.6", "prompt": "a"}, "lyrics"),
        ({"model": "minimax-music-2.6", "prompt": "x" * 2001, "instrumental": True}, "prompt"),
        ({"model": "auto", "prompt": ""}, "prompt"),
        ({"prompt": "a", "title": "t", "options": {"suno-5.5": {"style_weight": 1.5}}},
         "style_weight"),
        ({"prompt": "a", "title": "t", "options": {"suno-5.5": {"style_weight": "loud"}}},
         "style_weight"),
        ({"prompt": "a", "title": "t", "options": {"suno-5.5": {"weirdness_constraint": 0.005}}},
         "weirdness_constraint"),
        ({"prompt": "a", "title": "t", "options": {"suno-5.5": {"negative_tags": "x" * 201}}},
         "negative_tags"),
        ({"prompt": "a", "title": "t", "options": {"suno-5.5": {"vocal_gender": "x"}}},
         "vocal_gender"),
        ({"prompt": "a", "options": {"suno-5.5": {"custom_mode": "on"}}}, "custom_mode"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_beside_its_field(
    page: Page, sent: list[Any], values: dict[str, Any], field: str
) -> None:
    """Each field's wrong input is named in the verdict, and Generate submits nothing."""
    receipt = page.press(1, **values)
    verdict = page.form.verdict
    assert field in verdict["faults"]
    assert not verdict["can_send"]
    assert verdict["why_not"]
    assert not receipt["sent"]
    assert sent == []


def test_a_refusal_by_submit_is_shown_and_the_next_press_counts(page: Page) -> None:
    """What the studio says stands in the form; a new press tries again."""
    page.form._submit = _raises(InsufficientBalance("12 credits left", hint="Top up"))
    receipt = page.press(1, prompt="a")
    assert not receipt["sent"]
    assert "12 credits left" in receipt["text"]
    calls: list[TextToMusic] = []
    page.form._submit = calls.append
    assert page.press(2, prompt="a")["sent"]
    assert len(calls) == 1


def test_a_stranger_s_exception_shows_only_its_kind(page: Page) -> None:
    """An error that may carry a key or a path does not reach the page."""
    page.form._submit = _raises(RuntimeError("sk-secret"))
    text = page.press(1, prompt="a")["text"]
    assert "RuntimeError" in text
    assert "sk-secret" not in text


# --------------------------------------------------------------------------------- messages


def test_an_overtaken_message_does_not_bring_old_text_back(page: Page) -> None:
    """A late message with an earlier number is ignored."""
    page.send("values", n=5, values={"prompt": "new"})
    page.send("values", n=4, values={"prompt": "old"})
    assert page.form.values["prompt"] == "new"
    assert page.form.verdict["n"] == 5


@pytest.mark.parametrize(
    "message",
    [
        None,
        "values",
        {},
        {"op": "values"},
        {"op": "values", "view": "v", "n": "1", "values": {"prompt": "evil"}},
        {"op": "values", "view": "v", "n": 1, "values": "evil"},
        {"op": "values", "view": "v", "n": 1, "values": {"prompt": 7, "model": {}, "title": None}},
        {"op": "values", "view": "v", "n": 1, "values": {"instrumental": "yes"}},
        {"op": "values", "view": "v", "n": 1, "values": {"options": {"suno-5.5": {"tempo": 1}}}},
        {"op": "values", "view": "v", "n": 1, "values": {"options": {"x": {"style_weight": 1}}}},
        {"op": "submit", "view": "v", "n": 1},
        {"op": "press", "view": "v", "n": 0, "values": {}},
    ],
)
def test_messages_no_page_of_ours_sends_change_nothing(form: Form, message: Any) -> None:
    """Nonsense from the page is neither taken nor an error in the kernel."""
    before = form.brief
    form._handle_custom_msg(message, [])
    assert form.brief == before
    assert form.receipt == {}


def test_lyrics_are_parked_when_the_page_turns_instrumental(page: Page) -> None:
    """On the page, lyrics that no longer apply stay to be seen, are not sent, and come back."""
    values = {"prompt": "a", "lyrics": "la la", "title": "t"}
    verdict = page.type(**values, instrumental=True)
    assert verdict["can_send"]
    assert "Yours stay here and are not sent" in verdict["off"]["lyrics"]
    assert page.form.fields["values"]["lyrics"] == "la la"
    assert page.form.brief.lyrics is None
    assert page.form.values["lyrics"] == ""
    assert page.type(**values, instrumental=None)["off"] == {}
    assert page.form.brief.lyrics == "la la"


def test_lyrics_set_from_python_for_instrumental_music_are_a_fault(form: Form) -> None:
    """From Python nothing is left out silently: the contradiction is named."""
    form.set(prompt="a", title="t", instrumental=True, lyrics="la")
    assert [fault.field for fault in form.faults()] == ["lyrics"]
    assert form.verdict["off"] == {}
    assert form.brief.lyrics == "la"


def test_hostile_text_stays_text(form: Form, page: Page) -> None:
    """Markup is carried as text, escaped in the static copy, and everything is sendable JSON."""
    form.set_balance(HOSTILE[:-1])
    page.type(prompt=HOSTILE, title=HOSTILE, options={"suno-5.5": {"negative_tags": HOSTILE}})
    assert form.brief.prompt == HOSTILE
    state = {name: form.get_state()[name] for name in ("fields", "verdict", "receipt", "schema")}
    json.dumps(state, ensure_ascii=False, allow_nan=False).encode()
    assert "<script" not in form.static_html()
    assert "&lt;script&gt;" in form.static_html()
    form.static_html().encode()
    form.text().encode()
    assert "\n" not in form.text()


def test_options_of_another_model_are_kept_but_not_sent(form: Form, page: Page) -> None:
    """Trying another model loses nothing and sends nothing of the first."""
    form.set(prompt="a", title="t", style_weight=0.5)
    page.type(model="minimax-music-2.6")
    assert form.brief.options == {}
    page.type(model="suno-5.5")
    assert form.brief.options == {"style_weight": 0.5}


def _raises(error: Exception) -> Any:
    def submit(_brief: TextToMusic) -> None:
        raise error

    return submit
