"""The page of a pack: what is in it and how it sounds, offline, without a script."""

from __future__ import annotations

from typing import Final

from musicnb.deliver import ClipRecord, Edge, FileRecord, PackManifest
from musicnb.pictures import Html, Step, element, lineage_svg, size_text

_LOOK: Final = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  background: Canvas; color: CanvasText }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.note { border-left: 4px solid #b45f06; padding: .25rem .75rem; margin: 1rem 0 }
article { border-top: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); padding: .9rem 0 }
article h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
audio { width: 100%; margin: .5rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 }
td { padding: .1rem .6rem .1rem 0; overflow-wrap: anywhere; font-size: .85rem }
dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere }
.fail { color: #c5221f; font-weight: 600 } .pass { color: #137333; font-weight: 600 }
@media (prefers-color-scheme: dark) { .fail { color: #f28b82 } .pass { color: #81c995 } }
"""


def pack_page(pack: PackManifest) -> bytes:
    """Write the page; its players play the files that lie beside it."""
    clips = {clip.clip_id: clip for clip in pack.clips}
    sounds = [file for file in pack.files if file.measured is not None]
    rights = [("Rights", pack.rights.note), ("Terms", _terms(pack))]
    body = element(
        "body",
        element("h1", pack.name),
        element("p", f"{len(sounds)} files, written {pack.made_at[:10]} by musicnb {pack.musicnb}"),
        *(
            [element("p", "Made by the musicnb sandbox with its own engine.", class_="note")]
            if pack.is_sandbox
            else []
        ),
        element("p", pack.disclosure, class_="note"),
        element("h2", "Files"),
        *(_file(file, clips.get(file.clip_id or "")) for file in sounds),
        element("h2", "Rights, as given by who made this pack"),
        _facts([(name, text) for name, text in rights if text] or [("Rights", "nothing was said")]),
        *_way(pack),
        element("h2", "Is it whole?"),
        element(
            "p",
            "manifest.json names every file with its hash; SHA256SUMS is read by sha256sum -c;"
            " musicnb verify checks every byte.",
        ),
    )
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width">'),
        element("title", pack.name),
        element("style", Html(_LOOK)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n".encode()


def _file(file: FileRecord, clip: ClipRecord | None) -> Html:
    measured = file.measured
    assert measured is not None
    verdict = element("dd", "pass", class_="pass")
    if file.failures:
        text = f"fail: {'; '.join(file.failures)}. Delivered because: {file.override}"
        verdict = element("dd", text, class_="fail")
    level = _level(measured.loudness_lufs, "LUFS") + ", " + _level(measured.true_peak_dbtp, "dBTP")
    facts = [
        ("Made of", clip.title if clip else ""),
        ("Model", clip.model if clip else ""),
        ("Words on the list", "; ".join(clip.found_terms) if clip else ""),
        ("Rights in its reference", clip.reference_rights if clip else ""),
        ("Length", f"{measured.duration_s:.3f} s, {measured.frames:,} frames"),
        ("Level", level),
        ("Ending", file.ending),
        ("Size", size_text(file.size_bytes)),
        ("SHA-256", file.sha256),
    ]
    rows = [part for name, text in facts if text for part in _row(name, text)]
    return element(
        "article",
        element("h3", file.path),
        element("audio", controls="", preload="none", src=file.path, **{"aria-label": file.path}),
        element("dl", *rows, element("dt", f"For {file.profile}"), verdict),
    )


def _way(pack: PackManifest) -> list[Html]:
    """Draw and list the steps from an order to a file."""
    steps = [Step(edge.source, edge.target, edge.step, _cost(edge)) for edge in pack.lineage]
    rows = [
        element("tr", *(element("td", text) for text in told))
        for step in steps
        for told in [(step.source, step.label, step.target, step.cost)]
    ]
    listed = element("details", element("summary", "The same as a table"), element("table", *rows))
    return [element("h2", "From order to file"), lineage_svg(steps), listed]


def _cost(edge: Edge) -> str:
    return "" if edge.credits is None else f"{edge.credits} credits"


def _facts(pairs: list[tuple[str, str]]) -> Html:
    return element("dl", *(part for name, text in pairs for part in _row(name, text)))


def _row(name: str, text: str) -> tuple[Html, Html]:
    return element("dt", name), element("dd", text)


def _terms(pack: PackManifest) -> str:
    rights = pack.rights
    # an address from outside is named, not linked
    return " ".join(
        filter(None, [rights.terms_url, rights.terms_date and f"({rights.terms_date})"])
    )


def _level(value: float | None, unit: str) -> str:
    return "silence" if value is None else f"{value:.1f} {unit}"
