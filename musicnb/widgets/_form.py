"""The form: a widget with which a person composes, prices and sends a request for music.

The page draws what `schema` says and sends what was typed; Python judges it and answers with a
verdict. Nothing about models, options, limits or prices is known to the page beforehand.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

import anywidget
import traitlets

from musicnb import catalogue
from musicnb.briefs import Brief, public_text
from musicnb.catalogue import Model
from musicnb.errors import Fault, InvalidInput, MusicnbError
from musicnb.pictures import Html, element
from musicnb.widgets._board_page import joined
from musicnb.widgets._copies import hiding_rules, refresh_copy, show_with_copy, static_class
from musicnb.widgets._form_code import code_for
from musicnb.widgets._form_desk import FormDesk, Reference
from musicnb.widgets._form_limits import widest
from musicnb.widgets._form_recording import RECORDING_OPS, Recording, on_page
from musicnb.widgets._form_schema import REFERENCE_LABEL, label_of, model_label, schema_of
from musicnb.widgets._form_shelf import Shelf
from musicnb.widgets._form_values import Values, changed, heard, sendable
from musicnb.widgets._form_verdict import faults_of, unusable_fields, verdict_on
from musicnb.widgets._letting_go import let_go, revive, shown_by_cell

__all__ = ["Form"]

_SCRIPTS: Final = (
    "_page.js",
    "_sound_store.js",
    "_waveform.js",
    "_player_sound.js",
    "_form_parts.js",
    "_form_fields.js",
    "_form_lyrics.js",
    "_form_sending.js",
    "_form_player.js",
    "_form_reference.js",
    "_form_shelf.js",
    "_form_footer.js",
    "form.js",
)
_STYLES: Final = ("form.css", "_form_extras.css")
_LOG: Final = logging.getLogger("musicnb.widgets")
_REMEMBERED_PRESSES: Final = 1000
_SHOWN_CHARACTERS: Final = 200


class _Outcome(NamedTuple):
    """What became of a press."""

    sent: bool
    text: str


class Form(anywidget.AnyWidget):
    """A form for one request, built from the catalogue.

    Parameters
    ----------
    submit
        Called with a brief without faults when Generate is pressed. It may be called on any thread
        the kernel handles messages on, and returns at once; what it raises is shown in the form.
    model
        The model chosen at first: a key of the catalogue, or ``"auto"``.
    service
        One line that says where requests go: ``"sandbox · offline · free"``.
    balance
        One line that says what the wallet holds.
    desk
        Who knows recordings, earlier requests and presets. Without, a recording can only be named
        by its upload or its address, and nothing is kept.
    models
        The models to offer; the whole catalogue if left out.
    terms
        Words to keep out, each of which is pointed at and stops nothing.
    **values
        Other fields to fill in, as `set` takes them.

    Raises
    ------
    InvalidInput
        A field that the form does not have, or a value of the wrong type.
    """

    # strings: a Path would make anywidget watch the file and keep every form alive
    # (manzt/anywidget#929)
    _esm = joined(_SCRIPTS)
    _css = joined(_STYLES)

    schema = traitlets.Dict().tag(sync=True)  # `schema_of`; set once
    fields = traitlets.Dict().tag(sync=True)  # "values", and "view" and "n" of their input
    verdict = traitlets.Dict().tag(sync=True)  # `verdict_on`, with "view" and "n" of its input
    receipt = traitlets.Dict().tag(sync=True)  # the last press: {"press", "sent", "text", "answer"}
    #: The recording: "state" is none, busy (then "doing", "part"), ready or refused (then "why").
    reference = traitlets.Dict().tag(sync=True)
    has_desk = traitlets.Bool(False).tag(sync=True)
    service = traitlets.Unicode("").tag(sync=True)
    balance = traitlets.Unicode("").tag(sync=True)
    uid = traitlets.Unicode("").tag(sync=True)  # hides the static copy beside a live form

    def __init__(
        self,
        *,
        submit: Callable[[Brief], None],
        model: str = "suno-5.5",
        service: str = "",
        balance: str = "",
        desk: FormDesk | None = None,
        models: Mapping[str, Model] | None = None,
        terms: Sequence[str] = (),
        **values: Any,
    ) -> None:
        # Handlers run on the main thread or on a subshell's, and Python code may call us meanwhile.
        self._lock = threading.RLock()
        self._submit, self._desk, self._terms = submit, desk, tuple(terms)
        self.models = dict(catalogue.MODELS if models is None else models)
        limits = widest(self.models.values())
        self._recording = Recording(
            desk, limits, self._lock, show=self._show_recording, settle=self._follow,
            current=lambda: self.recording, reply=self.send,
        )  # fmt: skip
        values = self._resolved(values)
        self._values = changed(Values(model), self.models, {"model": model, **values})
        self._credits: Decimal | None = None
        self._last_n: dict[str, int] = {}
        self._presses: dict[str, _Outcome | None] = {}  # None while it is being submitted
        self._answers = 0
        self._shown = False
        self.shelf = None if desk is None else Shelf(self, desk)
        super().__init__(
            schema=sendable(schema_of(self.models)),
            reference=on_page(self._values.reference),
            has_desk=desk is not None,
            service=service,
            balance=balance,
            uid=uuid.uuid4().hex[:12],
        )
        self._publish(view="", n=0)
        self.on_msg(self._hear)

    @property
    def values(self) -> dict[str, Any]:
        """The current fields by name; an option that is not set is None."""
        return self._values.flat(self.models)

    @property
    def recording(self) -> Reference | None:
        """The recording that is to be followed, where there is one."""
        return self._values.reference

    @property
    def brief(self) -> Brief:
        """What the fields ask for, whatever its faults."""
        return self._values.brief(self.models)

    def set(self, **fields: Any) -> None:
        """Change fields: ``model``, ``prompt``, ``lyrics``, ``instrumental``, ``title``, options.

        Options are those of the model that is then chosen; None takes an option back. Also:
        ``endpoint``, ``"text_to_music"`` or ``"reference_audio_to_music"``; ``reference``, a
        recording, which chooses the second: a file's path, a clip, what ``studio.upload`` gave or
        its id, an ``https://`` address (a file is uploaded before this returns); ``simple``, to
        say no more than a prompt; ``times``, how many orders one press is, up to 10.

        Raises
        ------
        InvalidInput
            An unknown name or a value of the wrong type, by name; then nothing has changed.
        """
        fields = self._resolved(fields)
        with self._lock:
            now = changed(self._values, self.models, fields)
        self.take(now)

    def take(self, values: Values) -> None:
        """Show other fields on every page."""
        with self._lock:
            self._values = values
            self._recording.forget()  # one that is still on its way is not wanted any more
            self.reference = on_page(values.reference)
            self._publish(view="", n=0)
        self._refresh_copy()

    def set_balance(self, text: str, held: Decimal | None = None) -> None:
        """Show what the wallet holds; may be called from any thread.

        Parameters
        ----------
        held
            The same as a number of credits: what costs more is not sent.
        """
        with self._lock:
            self.balance, self._credits = text, held
            self._judge()

    def faults(self) -> list[Fault]:
        """Find everything that keeps the form from being sent."""
        return faults_of(self._values, self.models)

    def generate(self) -> None:
        """Press the button from Python: one order, or as many as ``times`` says.

        Raises
        ------
        InvalidInput
            Something is wrong; every faulty field is named and nothing was submitted.
        """
        brief, faults, times = self.brief, self.faults(), self._values.times
        if faults:
            raise InvalidInput.from_faults(faults)
        if self.verdict["short"]:
            self._ask_balance()
            raise InvalidInput.about("times", self.verdict["short"])
        for _ in range(times):
            self._submit(brief)
        self._answer("", _Outcome(sent=True, text=_sent_text(self.verdict)))

    def code(self) -> str:
        """Write the Python call that sends the same brief."""
        return code_for(self.brief, self._values.times)

    def text(self) -> str:
        """Say in one line what this is and what was filled in, for readers without a kernel."""
        facts = "; ".join(f"{label}: {value}" for label, value in self._summary())
        return f"Form: run this cell to use it ({facts})"

    def static_html(self) -> str:
        """Write `text` as HTML; a live form on the same page hides it."""
        facts = [element("li", f"{label}: {value}") for label, value in self._summary()]
        return element(
            "div",
            element("style", Html(hiding_rules(self.uid))),
            element("p", "Form: run this cell to use it. It was last filled in with:"),
            element("ul", *facts),
            class_=f"mnb-static {static_class(self.uid)}",
        )

    def show(self) -> None:
        """Display the live form and, as an output of its own, its static copy."""
        revive(self)
        bundle = self._repr_mimebundle_() or ({}, {})
        self._shown = show_with_copy(bundle, self._copy(), text=self.text(), uid=self.uid)
        if self._shown:
            shown_by_cell(self)

    def close(self) -> None:
        """Take the form off every page, and let go of what it holds there."""
        self._shown = False
        let_go(self)

    def _ipython_display_(self) -> None:
        self.show()

    def _copy(self) -> dict[str, str]:
        return {"text/html": self.static_html(), "text/plain": self.text()}

    def _refresh_copy(self) -> None:
        if self._shown:
            refresh_copy(self._copy(), uid=self.uid)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": self.text()}, metadata

    def _summary(self) -> list[tuple[str, str]]:
        model = self.models.get(self._values.model)
        rows = [("Model", model_label(self._values.model, self.models))]
        if self._values.reference and self._values.endpoint == catalogue.REFERENCE_TO_MUSIC:
            name = " ".join(public_text(self._values.reference.name).split())
            rows.append((REFERENCE_LABEL, name))
        for name, value in self.values.items():
            if name in _NOT_TOLD or value in (None, ""):
                continue
            shown = " ".join(str(sendable(value)).split())
            if len(shown) > _SHOWN_CHARACTERS:
                shown = f"{shown[: _SHOWN_CHARACTERS - 1]}…"
            rows.append((label_of(name, model), shown))
        return rows

    # ------------------------------------------------------------------ the page

    def _hear(self, _widget: Any, message: Any, buffers: Any) -> None:
        """Take one message of a page: ``values``, or ``press`` with the values it saw."""
        if not isinstance(message, Mapping):
            return
        if message.get("op") not in ("values", "press"):
            self._hear_other(str(message.get("op")), message, buffers or [])
            return
        with self._lock:
            op, view, n = message.get("op"), str(message.get("view", "")), message.get("n")
            if not isinstance(n, int):
                return
            news = message.get("values")
            # a message that was overtaken by a later one must not bring old text back
            if n > self._last_n.get(view, 0) and isinstance(news, Mapping):
                self._last_n[view] = n
                values = heard(self._values, self.models, news)
                self._values = replace(values, parked=unusable_fields(values, self.models))
                self._publish(view=view, n=n)
            brief, verdict = self.brief, self.verdict
            times = self._values.times
        if op == "press" and message.get("press"):
            self._press(str(message["press"]), brief, times, verdict)

    def _hear_other(self, op: str, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        if op in RECORDING_OPS:
            self._recording.hear(op, message, buffers)
        elif self.shelf is not None:
            self.shelf.hear(op, message)

    def _press(self, press: str, brief: Brief, times: int, verdict: Mapping[str, Any]) -> None:
        """Submit once for each numbered press; a repeat is told what became of the first."""
        with self._lock:
            first = press not in self._presses
            if first:
                self._presses[press] = None
            if len(self._presses) > _REMEMBERED_PRESSES:
                del self._presses[next(iter(self._presses))]
        # Not under the lock: submit may wait for a thread that wants to show the balance here.
        if first:
            outcome = self._submitted(brief, times, verdict)
            with self._lock:
                self._presses[press] = outcome
        known = self._presses.get(press)
        if known is not None:
            self._answer(press, known)

    def _submitted(self, brief: Brief, times: int, verdict: Mapping[str, Any]) -> _Outcome:
        if not verdict["can_send"]:
            if verdict["short"]:
                self._ask_balance()
            return _Outcome(sent=False, text="")  # the verdict says why, beside each field
        done = 0
        try:
            for _ in range(times):
                self._submit(brief)
                done += 1
        except MusicnbError as error:
            start = f"{done} of {times} sent, the rest not" if done else "Not sent"
            return _Outcome(sent=False, text=f"{start}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the page must be answered
            # what a stranger's exception says may be private, so only its kind is shown
            _LOG.exception("submit failed")
            kind = type(error).__name__
            start = f"{done} of {times} sent, the rest not" if done else "Not sent"
            return _Outcome(sent=False, text=f"{start}: submit failed with {kind}; see the log")
        return _Outcome(sent=True, text=_sent_text(verdict))

    def _ask_balance(self) -> None:
        """Look again: the wallet may have been topped up since it was last read."""
        if self._desk is not None:
            self._desk.ask_balance()

    def _answer(self, press: str, outcome: _Outcome) -> None:
        with self._lock:
            self._answers += 1  # makes every answer a change, so that a repeat is answered too
            answer = {"press": press, "answer": self._answers, **outcome._asdict()}
            self.receipt = sendable(answer)
        if outcome.sent:
            self._refresh_copy()

    def _publish(self, *, view: str, n: int) -> None:
        """Show the fields and the verdict on every page, in one message."""
        with self.hold_sync():
            self.fields = {"view": view, "n": n, "values": self._values.on_page()}
            self._judge(view=view, n=n)

    def _judge(self, **whose: Any) -> None:
        """Show the verdict anew, as an answer to the same input unless another one is named."""
        known = {name: self.verdict[name] for name in ("view", "n") if name in self.verdict}
        verdict = verdict_on(self._values, self.models, self._credits, self._terms)
        self.verdict = verdict | known | whose

    def say(self, text: str, *, good: bool = True, focus: str = "") -> None:
        """Say something in every page's line above the button."""
        self.send(sendable({"op": "said", "text": text, "good": good, "focus": focus}))

    # ------------------------------------------------------------------ the recording

    def referred(self, source: object) -> Reference:
        """Make a recording usable; see `set`."""
        return self._recording.referred(source)

    def _resolved(self, fields: dict[str, Any]) -> dict[str, Any]:
        source = fields.get("reference")
        return fields if source is None else {**fields, "reference": self.referred(source)}

    def _show_recording(self, state: dict[str, Any]) -> None:
        self.reference = state

    def _follow(self, reference: Reference | None) -> None:
        """Have the music follow another recording, or none yet."""
        self._values = replace(self._values, reference=reference)
        self.reference = on_page(reference)
        self._judge()


_NOT_TOLD: Final = ("model", "endpoint", "simple", "times", "reference")


def _sent_text(verdict: Mapping[str, Any]) -> str:
    return f"Sent: {verdict['price']}, {verdict['clips']} on the way"
