"""What a studio answers its form: recordings, clips, earlier requests, presets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from musicnb.briefs import Artifact, Brief, brief_of
from musicnb.catalogue import MODELS, REFERENCE_TO_MUSIC, amount_text
from musicnb.errors import InvalidInput
from musicnb.library import JOB_ID_FIELD, ClipRecord, Job, Upload
from musicnb.studio._clip import Clip
from musicnb.studio._files import named_upload, reading
from musicnb.studio._uploading import send_once, sha256_of
from musicnb.widgets import ClipChoice, KeptRecording, OrderChoice, Reference, complaints, widest
from musicnb.wire import canonical_bytes

if TYPE_CHECKING:
    from musicnb.studio._road import Road

_MOST_CLIPS: Final = 24
_MOST_ORDERS: Final = 40
_ARTIFACT: Final = "art_"
_SECURE: Final = "https://"
_MEGABYTE: Final = 1024 * 1024


class StudioDesk:
    """Answers a form of a studio; see `musicnb.widgets.FormDesk`.

    Parameters
    ----------
    road
        Gives the road that can be used now.
    ask_balance
        Has the balance read and shown.
    """

    def __init__(self, road: Callable[[], Road], ask_balance: Callable[[], None]) -> None:
        self._road = road
        self.ask_balance = ask_balance

    # ------------------------------------------------------------------------- recordings

    def refer(
        self, source: object, *, name: str = "", told: Callable[[str, float], None]
    ) -> Reference:
        """Make a recording usable; see `musicnb.widgets.FormDesk`."""
        road = self._road()
        if isinstance(source, str):
            source = source.strip()
            if source.startswith(_SECURE):
                return _at_address(source)
            if "://" in source:
                raise InvalidInput.about("reference", f"must begin with {_SECURE}")
            if source.startswith(_ARTIFACT):
                source = Artifact(source)
            elif (clip := self._clip(road, source)) is not None:
                source = clip
        if isinstance(source, Artifact):
            known = road.library.uploads.of_id(road.service.identity, source.artifact_id)
            if known is None:
                return Reference(source, source.artifact_id)
            return replace(_known(known), sound=_clip_file(road, known))
        file = named_upload(source.path if isinstance(source, Clip) else source, "reference")
        is_named = not name and not isinstance(source, Clip)  # what a page sends is no lasting file
        name = name or (source.title if isinstance(source, Clip) else "")
        upload, is_new = send_once(
            road, file, field="reference", name=name, check=_require_usable, told=told
        )
        note = "" if is_new else "Uploaded before: these bytes were not sent again."
        sha256 = upload.sha256 if is_named else ""
        return replace(_known(upload, note), sound=file.absolute(), sha256=sha256)

    def forget_upload(self, job: Job) -> None:
        """Have the recording of an order sent again next time: the service has lost it."""
        road, audio = self._road(), job.request.get("reference_audio") or {}
        if artifact_id := audio.get("artifact_id"):
            road.library.uploads.forget(road.service.identity, str(artifact_id))

    def clips(self, search: str) -> Sequence[ClipChoice]:
        """List recent clips; see `musicnb.widgets.FormDesk`."""
        journal = self._road().library.journal
        found: list[tuple[Job, ClipRecord]] = []
        for take in reversed(journal.takes(outlines=False)):
            if take.clip is None:
                continue
            words = (take.clip.title, str(take.job.request.get("prompt", "")), take.job.model)
            if _holds(words, search):
                found.append((take.job, take.clip))
            if len(found) == _MOST_CLIPS:
                break
        outlines = {
            clip.clip_id: clip.outline
            for job_id in dict.fromkeys(job.job_id for job, _ in found)
            for clip in journal.clips(job_id)
        }
        return [
            ClipChoice(
                clip.clip_id,
                clip.title,
                f"{_clock(clip.duration_s)} · {_label(job.model)}",
                outlines[clip.clip_id],
            )
            for job, clip in found
        ]

    def _clip(self, road: Road, clip_id: str) -> Clip | None:
        for take in road.library.journal.takes(outlines=False):
            if take.clip is not None and take.clip.clip_id == clip_id:
                return road.clip(take.clip, take.job)
        return None

    # ------------------------------------------------------------------------- requests

    def orders(self, search: str) -> Sequence[OrderChoice]:
        """List recent requests, equal ones once; see `musicnb.widgets.FormDesk`."""
        found: dict[bytes, list[Job]] = {}
        for job in reversed(self._road().library.journal.jobs()):
            request = job.request
            words = (request.get(name) for name in ("title", "prompt", "lyrics", "model"))
            if not _holds((str(word or "") for word in words), search):
                continue
            key = canonical_bytes({**request, "metadata": None})
            if key in found:
                found[key].append(job)
            elif len(found) < _MOST_ORDERS:
                found[key] = [job]
        return [_order(jobs) for jobs in found.values()]

    def brief_of(self, order_id: str) -> Brief:
        """Return what an earlier request asked for."""
        job = self._road().library.journal.job(order_id)
        request = job.request
        metadata = dict(request.get("metadata") or {})
        metadata.pop(JOB_ID_FIELD, None)
        return brief_of(job.capability, {**request, "metadata": metadata})

    # ------------------------------------------------------------------------- presets

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what was kept, by name."""
        return self._road().library.presets.all()

    def kept_recording(self, fields: Mapping[str, Any]) -> KeptRecording | None:
        """Say what recording a preset names; see `musicnb.widgets.FormDesk`."""
        road, source, file = self._road(), fields.get("reference"), fields.get("reference_file")
        if not isinstance(source, str) or not source:
            return None
        path, sha256 = source, ""
        if source.startswith(_ARTIFACT):
            known = road.library.uploads.of_id(road.service.identity, source)
            if known is not None or not isinstance(file, Mapping):
                return KeptRecording(source)
            path, sha256 = str(file.get("path", "")), str(file.get("sha256", ""))
        elif "://" in source or self._clip(road, source) is not None:
            return KeptRecording(source)
        try:
            found = named_upload(path, "reference")
            with reading(found, "reference"):
                same = not sha256 or sha256_of(found) == sha256
        except InvalidInput as error:
            return KeptRecording(path, problem=error.message)
        name = found.name
        return KeptRecording(
            path, path, "" if same else f"{name} has changed since the preset was made"
        )

    def keep_preset(self, name: str, fields: Mapping[str, Any]) -> None:
        """Keep fields under a name."""
        self._road().library.presets.keep(name, fields)

    def drop_preset(self, name: str) -> None:
        """Forget what was kept under a name."""
        self._road().library.presets.drop(name)


def _require_usable(upload: Upload) -> None:
    """Refuse what no model takes, before it is sent."""
    problems = complaints(_known(upload), widest(MODELS.values()), "the service")
    if problems:
        raise InvalidInput.about("reference", f"{upload.name!r:.80} {'; '.join(problems)}")


def _known(upload: Upload, note: str = "") -> Reference:
    channels = {1: "mono", 2: "stereo"}.get(upload.channels, f"{upload.channels} channels")
    return Reference(
        Artifact(upload.artifact_id),
        upload.name,
        (
            _clock(upload.duration_s),
            upload.format,
            f"{upload.sample_rate_hz / 1000:g} kHz {channels}",
            f"{upload.size_bytes / _MEGABYTE:.1f} MB",
        ),
        upload.format,
        upload.duration_s,
        upload.size_bytes,
        bytes.fromhex(upload.outline),
        note,
    )


def _clip_file(road: Road, upload: Upload) -> Path | None:
    """Find the file of an upload that was one of our clips; other files we did not keep."""
    for take in road.library.journal.takes(outlines=False):
        if take.clip is not None and take.clip.sha256 == upload.sha256:
            return road.clip(take.clip, take.job).path
    return None


def _at_address(url: str) -> Reference:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # such as a bracket that is never closed
        host = None
    if not host:
        raise InvalidInput.about("reference", "is no whole address: https://host/file.mp3")
    name = PurePosixPath(parts.path).name or host
    note = "The service fetches it when you generate, and checks its length and format then."
    return Reference(url, name, (f"from {host}",), note=note)


def _order(jobs: Sequence[Job]) -> OrderChoice:
    newest = jobs[0]
    request = newest.request
    facts = [_label(str(request["model"])), f"{amount_text(newest.expected_credits)} credits"]
    facts += ["reference audio"] if newest.capability == REFERENCE_TO_MUSIC else []
    facts += [newest.state] + ([f"{len(jobs)} times"] if len(jobs) > 1 else [])
    return OrderChoice(
        newest.job_id,
        str(request.get("title") or ""),
        str(request["prompt"]),
        " · ".join(facts),
        newest.planned_at,
    )


def _holds(texts: Iterable[str], search: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in search.casefold().split())


def _label(model_id: str) -> str:
    return MODELS[model_id].label if model_id in MODELS else model_id


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
