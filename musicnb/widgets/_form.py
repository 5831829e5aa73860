"""The form: a widget with which a person composes, prices and sends a request for music.

The page draws what `schema` says and sends what was typed; Python judges it and answers with a
verdict. Nothing about models, options, limits or prices is known to the page beforehand.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import anywidget
import traitlets

from musicnb import catalogue
from musicnb.briefs import TextToMusic
from musicnb.catalogue import Model
from musicnb.errors import Fault, InvalidInput, MusicnbError
from musicnb.pictures import Html, element
from musicnb.widgets._copies import hiding_rules, refresh_copy, show_with_copy, static_class
from musicnb.widgets._form_code import code_for
from musicnb.widgets._form_schema import label_of, model_label, schema_of
from musicnb.widgets._form_values import Values, changed, heard, sendable
from musicnb.widgets._form_verdict import unusable_texts, verdict_on

__all__ = ["Form"]

_HERE: Final = Path(__file__).parent
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
    models
        The models to offer; the whole catalogue if left out.
    **values
        Other fields to fill in, as `set` takes them.

    Raises
    ------
    InvalidInput
        A field that the form does not have, or a value of the wrong type.
    """

    # Read here: a Path would make anywidget watch the file and keep every form alive
    # (manzt/anywidget#929).
    _esm = (_HERE / "form.js").read_text(encoding="utf-8")
    _css = (_HERE / "form.css").read_text(encoding="utf-8")

    schema = traitlets.Dict().tag(sync=True)  # `schema_of`; set once
    fields = traitlets.Dict().tag(sync=True)  # "values", and "view" and "n" of their input
    verdict = traitlets.Dict().tag(sync=True)  # `verdict_on`, with "view" and "n" of its input
    receipt = traitlets.Dict().tag(sync=True)  # the last press: {"press", "sent", "text", "answer"}
    service = traitlets.Unicode("").tag(sync=True)
    balance = traitlets.Unicode("").tag(sync=True)
    uid = traitlets.Unicode("").tag(sync=True)  # hides the static copy beside a live form

    def __init__(
        self,
        *,
        submit: Callable[[TextToMusic], None],
        model: str = "suno-5.5",
        service: str = "",
        balance: str = "",
        models: Mapping[str, Model] | None = None,
        **values: Any,
    ) -> None:
        self._submit = submit
        self._models = dict(catalogue.MODELS if models is None else models)
        self._values = changed(Values(model), self._models, {"model": model, **values})
        # Handlers run on the main thread or on a subshell's, and Python code may call us meanwhile.
        self._lock = threading.RLock()
        self._last_n: dict[str, int] = {}
        self._presses: dict[str, _Outcome | None] = {}  # None while it is being submitted
        self._answers = 0
        self._shown = False
        super().__init__(
            schema=sendable(schema_of(self._models)),
            service=service,
            balance=balance,
            uid=uuid.uuid4().hex[:12],
        )
        self._publish(view="", n=0)
        self.on_msg(self._hear)

    @property
    def values(self) -> dict[str, Any]:
        """The current fields by name; an option that is not set is None."""
        return self._values.flat(self._models)

    @property
    def brief(self) -> TextToMusic:
        """What the fields ask for, whatever its faults."""
        return self._values.brief()

    def set(self, **fields: Any) -> None:
        """Change fields: ``model``, ``prompt``, ``lyrics``, ``instrumental``, ``title``, options.

        Options are those of the model that is then chosen; None takes an option back.

        Raises
        ------
        InvalidInput
            An unknown name or a value of the wrong type, by name; then nothing has changed.
        """
        with self._lock:
            self._values = changed(self._values, self._models, fields)
            self._publish(view="", n=0)
        self._refresh_copy()

    def set_balance(self, text: str) -> None:
        """Show what the wallet holds; may be called from any thread."""
        with self._lock:
            self.balance = text

    def faults(self) -> list[Fault]:
        """Find everything that keeps the form from being sent."""
        return self.brief.faults()

    def generate(self) -> None:
        """Press the button from Python.

        Raises
        ------
        InvalidInput
            Something is wrong; every faulty field is named and nothing was submitted.
        """
        brief = self.brief
        faults = brief.faults()
        if faults:
            raise InvalidInput.from_faults(faults)
        self._submit(brief)
        self._answer("", _Outcome(sent=True, text=_sent_text(self.verdict)))

    def code(self) -> str:
        """Write the Python call that sends the same brief."""
        return code_for(self.brief)

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
        bundle = self._repr_mimebundle_() or ({}, {})
        self._shown = show_with_copy(bundle, self._copy(), text=self.text(), uid=self.uid)

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
        model = self._models.get(self._values.model)
        rows = [("Model", model_label(self._values.model, self._models))]
        for name, value in self.values.items():
            if name == "model" or value in (None, ""):
                continue
            shown = " ".join(str(sendable(value)).split())
            if len(shown) > _SHOWN_CHARACTERS:
                shown = f"{shown[: _SHOWN_CHARACTERS - 1]}…"
            rows.append((label_of(name, model), shown))
        return rows

    # ------------------------------------------------------------------ the page

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Take one message of a page: ``values``, or ``press`` with the values it saw."""
        if not isinstance(message, Mapping):
            return
        with self._lock:
            op, view, n = message.get("op"), str(message.get("view", "")), message.get("n")
            if op not in ("values", "press") or not isinstance(n, int):
                return
            news = message.get("values")
            # a message that was overtaken by a later one must not bring old text back
            if n > self._last_n.get(view, 0) and isinstance(news, Mapping):
                self._last_n[view] = n
                values = heard(self._values, self._models, news)
                self._values = replace(values, parked=unusable_texts(values, self._models))
                self._publish(view=view, n=n)
            brief, verdict = self.brief, self.verdict
        if op == "press" and message.get("press"):
            self._press(str(message["press"]), brief, verdict)

    def _press(self, press: str, brief: TextToMusic, verdict: Mapping[str, Any]) -> None:
        """Submit once for each numbered press; a repeat is told what became of the first."""
        with self._lock:
            first = press not in self._presses
            if first:
                self._presses[press] = None
            if len(self._presses) > _REMEMBERED_PRESSES:
                del self._presses[next(iter(self._presses))]
        # Not under the lock: submit may wait for a thread that wants to show the balance here.
        if first:
            outcome = self._submitted(brief, verdict)
            with self._lock:
                self._presses[press] = outcome
        known = self._presses.get(press)
        if known is not None:
            self._answer(press, known)

    def _submitted(self, brief: TextToMusic, verdict: Mapping[str, Any]) -> _Outcome:
        if brief.faults():
            return _Outcome(sent=False, text="")  # the verdict says why, beside each field
        try:
            self._submit(brief)
        except MusicnbError as error:
            return _Outcome(sent=False, text=f"Not sent: {error}")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the page must be answered
            # what a stranger's exception says may be private, so only its kind is shown
            _LOG.exception("submit failed")
            kind = type(error).__name__
            return _Outcome(sent=False, text=f"Not sent: submit failed with {kind}; see the log")
        return _Outcome(sent=True, text=_sent_text(verdict))

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
            self.verdict = {**verdict_on(self._values, self._models), "view": view, "n": n}


def _sent_text(verdict: Mapping[str, Any]) -> str:
    return f"Sent: {verdict['price']}, {verdict['clips']} on the way"
