"""The tables that only repeat what the package says: models, errors, delivery profiles."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from musicnb import catalogue, errors
from musicnb.catalogue import AUTO, MODELS, Length, Model, Option, ReferenceLimits
from musicnb.deliver import PROFILES, Profile

_ENDPOINT = {
    catalogue.TEXT_TO_MUSIC: "`TextToMusic`",
    catalogue.REFERENCE_TO_MUSIC: "`ReferenceAudioToMusic`",
}

_MODELS_LEAD = """\
What can be ordered, as {py:obj}`musicnb.catalogue.MODELS` has it. Forms, checks, prices and the
sandbox read the same table. 1,000 credits are 1 USD, for display only."""
_ERRORS_LEAD = """\
What goes wrong with an order, a clip or your settings is a `MusicnbError`. It prints as one line,
says what to do, and carries what a program needs: `error.charged` is True, False, or None where it
cannot be known yet; `error.retryable` says whether the same request may help; `error.faults` names
every faulty field. `error.task_id`, `error.idempotency_key` and `error.request_id` are what you
quote when you ask the service."""
_ERRORS_END = """\
Several are what Python's own errors are, too: `InvalidInput` and `UndecodableAudio` are
`ValueError`s, `WaitTimeout` is a `TimeoutError`. Where only a file or a number is at fault,
Python's own error is raised alone: `FileExistsError` for a report or an export of a name that is
taken, `ValueError` for what no picture or sound file can be made of."""
_PROFILES_LEAD = """\
What places that take files ask for, as {py:obj}`musicnb.deliver.PROFILES` has it. There is no
default: places disagree, and their pages change."""


def catalogue_page() -> str:
    """Write models, prices, clips, limits and options."""
    prices = [
        [f"`{name}`", label, *str(catalogue.price_of(name)).split(", "), about]
        for name, label, about in [
            *((model.id, model.label, model.about) for model in MODELS.values()),
            (AUTO, "Auto", "The service picks the model; you pay for the one it picks."),
        ]
    ]
    parts = [
        "# Models, prices and limits",
        _MODELS_LEAD,
        _table(["model", "name", "a task costs", "usually gives", "about"], prices),
    ]
    for model in MODELS.values():
        parts += [f"## {model.label}", _modes(model), "**Options**", _options(model)]
    parts.append(
        "An uploaded file may have up to"
        f" {catalogue.MAX_UPLOAD_BYTES // 2**20} MB; `studio.upload` checks it before it is sent."
    )
    return "\n\n".join(parts) + "\n"


def errors_page() -> str:
    """Write one row an error: when it is raised, what became of the money, what to do."""
    rows = []
    for name in _tree(errors.MusicnbError):
        kind = getattr(errors, name)
        said = inspect.getdoc(kind) or ""
        raised = said.partition("\n\n")[0].replace("\n", " ").replace("``", "`")
        rows.append(
            [f"{{py:obj}}`{name} <musicnb.errors.{name}>`", raised, _field(said, "Charged"),
             _field(said, "Next")]
        )  # fmt: skip
    return (
        "\n\n".join(
            [
                "# Errors",
                _ERRORS_LEAD,
                _table(["error", "raised when", "charged?", "what to do"], rows),
                _ERRORS_END,
            ]
        )
        + "\n"
    )


def profiles_page() -> str:
    """Write one row a profile, and below them how far each could be checked."""
    rows = [[f"`{p.name}`", p.title, _file(p), _level(p), _limits(p)] for p in PROFILES.values()]
    sources = [
        [f"`{p.name}`", _linked(p.source), p.source_date.replace("-", "\u2011"), p.checked]
        for p in PROFILES.values()
    ]
    return (
        "\n\n".join(
            [
                "# Delivery profiles",
                _PROFILES_LEAD,
                _table(["profile", "for", "file", "level", "limits"], rows),
                "## Where this is written",
                "Read the last column before you rely on a row.",
                _table(["profile", "source", "date", "how far it was checked"], sources),
            ]
        )
        + "\n"
    )


def _modes(model: Model) -> str:
    rows = [
        [_ENDPOINT[capability], mode.name, *map(_length, (mode.prompt, mode.lyrics, mode.title)),
         _reference(mode.reference)]
        for (capability, _), mode in model.modes.items()
    ]  # fmt: skip
    return _table(["endpoint", "mode", "prompt", "lyrics", "title", "reference audio"], rows)


def _options(model: Model) -> str:
    rows = [
        [f"`{option.name}`", _values(option), _ENDPOINT.get(option.capability or "", "both"),
         option.help]
        for option in model.options
    ]  # fmt: skip
    return _table(["option", "values", "endpoint", "what it does"], rows)


def _length(length: Length) -> str:
    if not length.maximum:
        return "—"
    most = f"{length.maximum:,}"
    span = f"{length.minimum:,}–{most}" if length.minimum else f"up to {most}"
    return f"{span} characters" if length.required else f"{span}, optional"


def _reference(limits: ReferenceLimits | None) -> str:
    if limits is None:
        return "—"
    size = f"{limits.maximum_bytes // 2**20} MB"
    span = f"{limits.minimum_s:g}–{limits.maximum_s:g} s"
    return _kept_together(f"{span}, {size}, {', '.join(limits.formats)}")


def _values(option: Option) -> str:
    match option.kind:
        case "bool":
            return "`True`, `False`"
        case "share":
            return "0 to 1, steps of 0.01"
        case "text":
            return f"up to {option.maximum} characters"
        case "choice":
            return ", ".join(f'`"{sent}"` ({shown})' for sent, shown in option.choices)


def _tree(root: type) -> Iterable[str]:
    yield root.__name__
    for kind in root.__subclasses__():
        yield from _tree(kind)


def _field(docstring: str, name: str) -> str:
    """Read ``:Charged: no`` out of a docstring."""
    found = re.search(rf"^:{name}: (.*(?:\n[ ]+.*)*)", docstring, re.MULTILINE)
    if found is None:
        raise ValueError(f"no line ':{name}: …' in the docstring {docstring[:60]!r}")
    return " ".join(found[1].split()).replace("``", "`")


def _file(profile: Profile) -> str:
    parts = [profile.format]
    if profile.bitrate_kbps:
        parts.append(f"{profile.bitrate_kbps:g} kb/s")
    elif profile.format in ("WAV", "FLAC"):
        parts.append(f"{profile.bits} bits")
    if profile.sample_rate:
        parts.append(f"{profile.sample_rate / 1000:g} kHz")
    if profile.channels:
        parts.append("stereo" if profile.channels > 1 else "mono")
    return _kept_together(", ".join(parts))


def _level(profile: Profile) -> str:
    if profile.loudness_lufs is None:
        return "left alone"
    level = f"{profile.loudness_lufs:g} LUFS ± {profile.tolerance_lu:g} LU"
    peak = profile.true_peak_dbtp
    text = level if peak is None else f"{level}, at most {peak:g} dBTP"
    return _kept_together(text.replace("-", "−"))


def _limits(profile: Profile) -> str:
    limits = []
    if profile.longest_s:
        limits.append(f"{profile.longest_s:g} s")
    if profile.size_limit_bytes:
        limits.append(f"{profile.size_limit_bytes / 1e6:g} MB")
    return _kept_together(", ".join(limits)) or "—"


def _kept_together(text: str) -> str:
    """Keep every number on the line of its unit."""
    return re.sub(r"(?<=\d) (?=\w)|(?<=±) ", "\u00a0", text)


def _linked(text: str) -> str:
    """Show an address by its host alone: whole, it takes the room of what the table has to say."""
    return re.sub(r"https://([^/\s]+)\S*", lambda found: f"[{found[1]}]({found[0]})", text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in lines)
