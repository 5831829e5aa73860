"""A short player that stands by itself: a picture, the facts, and the sound in the page.

Every style is an attribute and the sound is the element's own ``src``: JupyterLab strips ``style``
elements and ``source`` addresses from notebooks it does not trust, and would leave a dead control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from musicnb.pictures._html import Html, data_url, element, file_link
from musicnb.pictures._page import Page
from musicnb.pictures._scales import clock
from musicnb.pictures._waveform import waveform_png

_BOX: Final = "max-width: 640px; font-family: system-ui, sans-serif; font-size: 13px"
_PICTURE: Final = "display: block; width: 100%; height: 54px; margin: 6px 0"
_CONTROL: Final = "display: block; width: 100%; height: 40px"
_QUIET: Final = "opacity: 0.75; margin-top: 4px"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a clip that a preview plays.

    Parameters
    ----------
    start_s, seconds
        Where it begins in the clip, and how long it is.
    audio
        A whole sound file, or nothing where a browser has no format for the clip.
    media_type
        Of `audio`, such as ``"audio/mpeg"``.
    note
        How it was made, such as ``"re-encoded as MP3"``.
    """

    start_s: float
    seconds: float
    audio: bytes
    media_type: str
    note: str


def preview_page(
    title: str,
    excerpt: Excerpt,
    *,
    duration_s: float,
    outline: bytes,
    facts: tuple[str, ...] = (),
    file: str = "",
) -> Page:
    """Draw a short player of a clip.

    Parameters
    ----------
    title
        Of the clip.
    excerpt
        What is played.
    duration_s
        Of the whole clip.
    outline
        (min, max) pairs of int8 of the whole clip.
    facts
        What else is said, such as ``"44.1 kHz stereo"``.
    file
        Where the whole clip is. A relative path becomes a link.
    """
    end_s = excerpt.start_s + excerpt.seconds
    whole = excerpt.seconds >= duration_s
    part = (
        "the whole clip"
        if whole
        else f"{clock(excerpt.start_s)} to {clock(end_s)} of {clock(duration_s)}"
    )
    says = ", ".join(filter(None, [part if excerpt.audio else "", excerpt.note]))
    stretch = None if whole else (excerpt.start_s / duration_s, end_s / duration_s)
    picture = element(
        "img",
        src=data_url("image/png", waveform_png(outline, stretch=stretch)),
        alt=f"Waveform of {title}" + ("" if whole else f", {part} marked"),
        style=_PICTURE,
    )
    sound = element(
        "audio",
        "This viewer plays no sound.",
        controls="",
        preload="metadata",
        title=f"Preview of {title}",
        src=data_url(excerpt.media_type, excerpt.audio),
        style=_CONTROL,
    )
    where: list[str] = ["The whole is in ", file_link(file), ". "] if file else []

    def draw(size: str) -> Html:
        return element(
            "div",
            element("b", title),
            "".join(f" · {fact}" for fact in (clock(duration_s), *facts) if fact),
            picture,
            *([sound] if excerpt.audio else []),
            element("div", f"Preview: {says}. ", *where, f"{size} in this page.", style=_QUIET),
            class_="mnb-preview",
            style=_BOX,
        )

    def describe(size: str) -> str:
        home = f", the whole in {file}" if file else ""
        return f"<Preview of {title!r}: {says}; {size}{home}>"

    return Page.sized(f"Preview of {title}", draw, describe)
