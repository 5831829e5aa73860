"""What a form offers to go on from: earlier requests, presets, clips to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from musicnb.briefs import Artifact, Brief, ReferenceAudioToMusic
from musicnb.errors import InvalidInput, MusicnbError
from musicnb.widgets._board_views import heights_of
from musicnb.widgets._form_values import Values, changed, filled_from, sendable

if TYPE_CHECKING:
    from musicnb.widgets._form import Form
    from musicnb.widgets._form_desk import FormDesk

__all__ = ["Shelf"]

_LONGEST_NAME: Final = 60
_NUMBERED: Final = re.compile(r"^(.*\S)\s+(\d{1,4})$", re.DOTALL)


class Shelf:
    """Fills a form with what was asked for before, and keeps what may be asked for again.

    Parameters
    ----------
    form
        What is filled.
    desk
        Who knows the earlier requests and keeps the presets.
    """

    def __init__(self, form: Form, desk: FormDesk) -> None:
        self._form, self._desk = form, desk

    # ------------------------------------------------------------------ from Python

    def use_again(self, order_id: str, *, vary: bool = False) -> None:
        """Fill the form with an earlier request.

        Parameters
        ----------
        vary
            Number its title on, so that the new takes can be told from the old ones. There is no
            seed to change: the same words give other takes each time.
        """
        brief = self._desk.brief_of(order_id)
        if vary and brief.title:
            brief = brief.with_changes(title=next_title(brief.title))
        self.fill(brief)

    def fill(self, brief: Brief) -> None:
        """Fill the form with what a brief asks for."""
        reference = None
        if isinstance(brief, ReferenceAudioToMusic) and brief.reference_audio:
            reference = self._form.referred(brief.reference_audio)
        self._form.take(filled_from(brief, self._form.models, reference))

    def save(self, name: str) -> str:
        """Keep the fields under a name.

        An address with a query is left out, for it may be signed.

        Returns
        -------
        str
            The name without spaces around it.
        """
        kept = " ".join(name.split()) if isinstance(name, str) else ""
        if not 0 < len(kept) <= _LONGEST_NAME:
            raise InvalidInput.about("name", f"of a preset has 1 to {_LONGEST_NAME} characters")
        fields = {
            field: value
            for field, value in self._form.values.items()
            if value not in (None, "") and field not in ("times", "reference")
        }
        brief = self._form.brief
        if isinstance(brief, ReferenceAudioToMusic) and (source := _lasting(brief.reference_audio)):
            fields["reference"] = source
            named = self._form.recording
            if named is not None and named.sha256 and named.sound is not None:
                # for another service, or when this one has lost it
                fields["reference_file"] = {"path": str(named.sound), "sha256": named.sha256}
        self._desk.keep_preset(sendable(kept), sendable(fields))
        return kept

    def load(self, name: str) -> None:
        """Fill the form with what was kept under a name.

        A file that the service does not have is uploaded; one that has changed is said to have.

        Raises
        ------
        InvalidInput
            There is no such preset, or its recording cannot be used; the form is as it was.
        """
        presets = self._desk.presets()
        if not isinstance(name, str) or name not in presets:
            known = ", ".join(map(repr, presets)) or "none yet"
            raise InvalidInput.about("preset", f"{name!r:.80} is not kept; there are: {known}")
        fields = dict(presets[name])
        kept = self._desk.kept_recording(fields)
        fields.pop("reference_file", None)
        if kept is not None:
            reference = self._form.referred(kept.source)
            note = f"{kept.problem}: what it is now was uploaded." if kept.problem else ""
            fields["reference"] = replace(reference, note=note or reference.note)
        models = self._form.models
        blank = Values(str(fields.get("model", self._form.values["model"])))
        endpoint = {"endpoint": fields.get("endpoint", blank.endpoint)}
        now = changed(blank, models, {**fields, **endpoint})
        self._form.take(replace(now, times=self._form.values["times"]))

    # ------------------------------------------------------------------ from the page

    def hear(self, op: str, message: Mapping[str, Any]) -> None:
        """Do what a page asks for, and say what came of it."""
        try:
            self._do(op, message)
        except MusicnbError as error:
            self._form.say(f"{error.message}. {error.hint or ''}".strip(), good=False)

    def _do(self, op: str, message: Mapping[str, Any]) -> None:
        name, form = sendable(str(message.get("name", ""))), self._form
        match op:
            case "list":
                self._list(message)
            case "again":
                self.use_again(name)
                form.say("Filled in as it was ordered. Change what you like, then Generate.")
            case "vary":
                self.use_again(name, vary=True)
                form.say("Filled in to be varied: change a word, then Generate.", focus="prompt")
            case "preset-save":
                form.say(f"Kept as “{self.save(name)}”.")
                self._list({"what": "presets"})
            case "preset-use":
                self.load(name)
                form.say(f"Filled in from “{name}”. {form.reference.get('note', '')}".strip())
            case "preset-drop":
                self._desk.drop_preset(name)
                self._list({"what": "presets"})

    def _list(self, message: Mapping[str, Any]) -> None:
        search = str(message.get("search", ""))[:200]
        rows: list[dict[str, Any]] = []
        waves: list[bytes] = []
        match message.get("what"):
            case "clips":
                for clip in self._desk.clips(search):
                    row = asdict(clip)
                    waves.append(heights_of(row.pop("peaks")))
                    rows.append(row)
            case "orders":
                rows = [asdict(order) for order in self._desk.orders(search)]
            case "presets":
                rows = [
                    {"name": name, "about": _about(fields), **self._recording_of(fields)}
                    for name, fields in self._desk.presets().items()
                ]
            case _:
                return
        answer = {"op": "list", "what": message["what"], "ask": message.get("ask", 0)}
        self._form.send(sendable(answer | {"rows": rows}), waves)

    def _recording_of(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """Say which file the use of a preset uploads, before it is used, and what is wrong."""
        kept = self._desk.kept_recording(fields)
        return {"uploads": kept.uploads, "problem": kept.problem} if kept is not None else {}


def next_title(title: str) -> str:
    """Return the title of the next take: ``Slow Light 2`` after ``Slow Light``."""
    numbered = _NUMBERED.match(title)
    return f"{numbered[1]} {int(numbered[2]) + 1}" if numbered else f"{title.strip()} 2"


def _lasting(source: Artifact | str) -> str:
    if isinstance(source, Artifact):
        return source.artifact_id
    parts = urlsplit(source)
    return "" if parts.query or parts.username or parts.password else source


def _about(fields: Mapping[str, Any]) -> str:
    words = (str(fields.get(name, "")) for name in ("model", "title", "prompt"))
    return " · ".join(filter(None, words))[:160]
