"""What a musician asks for, as frozen values that are checked before anything is paid.

A brief may be built freely, with placeholders or half filled; `Brief.faults` says everything that
stands between it and the service, and `Brief.request` refuses it with all of that at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from musicnb import catalogue, wire
from musicnb._given import plain
from musicnb.catalogue import Capability, Price
from musicnb.errors import Fault, InvalidInput

__all__ = ["Artifact", "Brief", "ReferenceAudioToMusic", "TextToMusic", "brief_of", "public_text"]

_ADDRESS: Final = re.compile(r"https?://[^\s'\"]+")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file the service keeps for us, such as uploaded reference audio."""

    artifact_id: str


@dataclass(frozen=True)
class Brief:
    """What both endpoints share; use `TextToMusic` or `ReferenceAudioToMusic`.

    Parameters
    ----------
    prompt
        Style, mood, instruments, tempo, key, length, in words.
    model
        A key of `musicnb.catalogue.MODELS`, or ``"auto"``.
    lyrics
        Words to sing, with section tags such as ``[Verse]`` and ``[Chorus]``.
    instrumental
        True for no voice at all; None leaves it to the model.
    title
        Name of the piece.
    options
        The model's own knobs by name, e.g. ``{"style_weight": 0.7}``; the catalogue lists them.
        `custom_mode` of suno is set by itself when lyrics or another option need it.
    metadata
        Text pairs the service echoes on the task.
    """

    prompt: str
    _: KW_ONLY
    model: str = "suno-5.5"
    lyrics: str | None = None
    instrumental: bool | None = None
    title: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    capability: ClassVar[Capability] = catalogue.TEXT_TO_MUSIC

    def __post_init__(self) -> None:
        # frozen all the way down, independent of the caller's dictionaries, without numpy's numbers
        for name in ("options", "metadata"):
            value = getattr(self, name)
            if isinstance(value, Mapping):
                own = {key: plain(given) for key, given in value.items()}
                object.__setattr__(self, name, MappingProxyType(own))

    def __reduce__(self) -> tuple[Any, ...]:
        # mapping proxies are not picklable; a brief travels to worker processes as its fields
        return _rebuild, (type(self), self._fields())

    def with_changes(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    @property
    def price(self) -> Price:
        """What one task of this brief costs and gives.

        Raises
        ------
        InvalidInput
            The model is not in the catalogue.
        """
        return catalogue.price_of(self.model)

    def faults(self) -> list[Fault]:
        """Find everything wrong with this brief; an empty list means it can be sent."""
        faults = [
            Fault(name, f"/{name}", f"must be a mapping, not {getattr(self, name)!r}")
            for name in ("options", "metadata")
            if not isinstance(getattr(self, name), Mapping)
        ]
        return faults or catalogue.faults_in(self.capability, self._body())

    def request(self) -> wire.MusicRequest:
        """Return the request as it goes over the wire.

        Raises
        ------
        InvalidInput
            Something is wrong; every faulty field is named. Nothing was sent.
        """
        faults = self.faults()
        if faults:
            raise InvalidInput.from_faults(faults)
        return self._record().model_validate(self._body())

    def draft(self) -> dict[str, Any]:
        """Return what would be sent, placeholders and faults included; it may not be JSON."""
        return self._body()

    def _record(self) -> type[wire.MusicRequest]:
        return wire.MusicRequest

    def _body(self) -> dict[str, Any]:
        options = dict(self.options)
        namespace = self._namespace(options)
        if namespace == "suno" and (options or not _is_blank(self.lyrics)):
            options.setdefault("custom_mode", True)
        body = {
            "model": self.model,
            "prompt": self.prompt,
            # a blank text field of a form is a field left out
            "lyrics": None if _is_blank(self.lyrics) else self.lyrics,
            "instrumental": self.instrumental,
            "title": None if _is_blank(self.title) else self.title,
            "model_options": {namespace: options} if options else None,
            "metadata": dict(self.metadata) or None,
        }
        return {name: value for name, value in body.items() if value is not None}

    def _namespace(self, options: Mapping[str, Any]) -> str:
        model = catalogue.MODELS.get(self.model) if isinstance(self.model, str) else None
        if model is not None:
            return model.namespace
        # auto: the namespace whose model knows the first option, so that a fault names the option
        owner = next(
            (
                model
                for model in catalogue.MODELS.values()
                if any(model.option(str(name)) for name in options)
            ),
            None,
        )
        return owner.namespace if owner else "suno" if options else ""

    def _fields(self) -> dict[str, Any]:
        names = [entry.name for entry in fields(self)]
        plain = {name: getattr(self, name) for name in names}
        return {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in plain.items()
        }


@dataclass(frozen=True)
class TextToMusic(Brief):
    """Music from words; the fields are those of `Brief`.

    Examples
    --------
    >>> brief = TextToMusic("dream pop, warm analog drums, 96 bpm", model="suno-5.5")
    >>> print(brief.price)
    80 credits ($0.08), 2 clips
    """


@dataclass(frozen=True)
class ReferenceAudioToMusic(Brief):
    """Music that follows a recording; the fields are those of `Brief` and one more.

    Parameters
    ----------
    reference_audio
        What `Studio.upload` returned, or an HTTPS URL the service fetches itself.
    """

    _: KW_ONLY
    reference_audio: Artifact | str = ""

    capability: ClassVar[Capability] = catalogue.REFERENCE_TO_MUSIC

    def faults(self) -> list[Fault]:
        """Find everything wrong with this brief; an empty list means it can be sent."""
        faults = super().faults()
        reference = self.reference_audio
        if isinstance(reference, Artifact):
            artifact_id = reference.artifact_id
            if not isinstance(artifact_id, str) or not artifact_id.isprintable() or not artifact_id:
                faults.append(
                    Fault(
                        "reference_audio",
                        "/reference_audio/artifact_id",
                        f"must be the id that studio.upload(path) returned, not {artifact_id!r}",
                    )
                )
            return faults
        if not isinstance(reference, str) or not reference.startswith("https://"):
            faults.append(
                Fault(
                    "reference_audio",
                    "/reference_audio",
                    f"must be what studio.upload(path) returned or an https:// URL,"
                    f" not {reference!r}",
                )
            )
        return faults

    def _record(self) -> type[wire.MusicRequest]:
        return wire.ReferenceMusicRequest

    def _body(self) -> dict[str, Any]:
        reference = self.reference_audio
        if isinstance(reference, Artifact):
            audio = {"type": "artifact", "artifact_id": reference.artifact_id}
        else:
            audio = {"type": "url", "url": reference}
        return {**super()._body(), "reference_audio": audio}


def brief_of(capability: str, body: Mapping[str, Any]) -> Brief:
    """Make the brief whose request has this body; the way back from `Brief.request`.

    Raises
    ------
    InvalidInput
        It is no body of a request; every faulty field is named.
    """
    is_text = capability == catalogue.TEXT_TO_MUSIC
    record = wire.MusicRequest if is_text else wire.ReferenceMusicRequest
    faults: list[Fault] = []
    try:
        request = record.model_validate(body)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False):
            places = [str(place) for place in found["loc"]]
            pointer = "/" + "/".join(places)
            faults.append(Fault(".".join(places) or "request", pointer, found["msg"]))
    options = [] if faults else list((request.model_options or {}).values())
    if len(options) > 1:
        faults.append(Fault("model_options", "/model_options", "are of more than one model"))
    if faults:
        raise InvalidInput.from_faults(faults)
    values: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("prompt", "model", "lyrics", "instrumental", "title")
    } | {"options": options[0] if options else {}, "metadata": request.metadata or {}}
    if not isinstance(request, wire.ReferenceMusicRequest):
        return TextToMusic(**values)
    audio = request.reference_audio
    source = audio.url if isinstance(audio, wire.UrlReference) else Artifact(audio.artifact_id)
    return ReferenceAudioToMusic(**values, reference_audio=source)


def _is_blank(text: object) -> bool:
    return text is None or (isinstance(text, str) and not text.strip())


def _rebuild(kind: type[Brief], values: dict[str, Any]) -> Brief:
    return kind(**values)


def public_text(text: str) -> str:
    """Cut queries and user names off the addresses in a text: they may be signatures and keys."""
    return _ADDRESS.sub(lambda found: _public(found[0]), text)


def _public(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "https://withheld.invalid/"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
