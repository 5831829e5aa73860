"""The copy of a board that survives: HTML without script, and plain text.

No audio element: its file may not travel with the notebook, and a player that cannot play is
worse than a link that says where the file is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from musicnb.library import MOST_STARS
from musicnb.pictures import Html, clock, data_url, element, file_link, waveform_png
from musicnb.widgets._board_views import CardView, ClipView, is_over, titles_of
from musicnb.widgets._copies import hiding_rules, static_class

#: Waveforms and cards in one static copy. A picture is about 1 kB as text, a card 0.5 kB: without
#: limits a board of 500 cards would add 1.5 MB to the notebook.
MAX_PICTURES: Final = 45
MAX_CARDS: Final = 100

# Tables, because they still line up where the style is lost: untrusted notebooks, GitHub.
# Doubled class names outweigh JupyterLab's own rules for tables in outputs.
_LOOK: Final = """
.STATIC { max-width: 1040px; font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif) }
.STATIC .mnb-s-card { margin: 0 0 10px; padding: 10px 14px; border-radius: 14px;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent) }
.STATIC .mnb-s-head b { font-size: 14px; margin-right: 6px }
.STATIC .mnb-s-quiet { opacity: .74 }
.STATIC .mnb-s-lead { margin: 12px 0 6px; font-weight: 650 }
.STATIC.STATIC table { width: 100%; margin: 4px 0 0; border: 0; border-collapse: collapse;
  table-layout: fixed; font-size: inherit }
.STATIC.STATIC tr, .STATIC.STATIC tbody tr:nth-child(n) { background: none }
.STATIC.STATIC td { padding: 5px 14px 5px 0; border: 0; text-align: left; vertical-align: middle;
  max-width: none; overflow-wrap: anywhere; white-space: normal }
.STATIC.STATIC td:first-child { width: 45% }
.STATIC.STATIC img { display: block; width: 100%; max-width: 480px; height: 36px }
"""


def static_html(uid: str, label: str, cards: Sequence[CardView], *, note: str) -> str:
    """Draw cards as HTML that needs neither kernel nor script.

    Parameters
    ----------
    uid
        Ties the copy to its live board.
    label
        What the board is called.
    cards
        In the order in which they are shown.
    note
        What the last line says after the label: how to hear the clips again.
    """
    rules = hiding_rules(uid) + _LOOK.replace("STATIC", static_class(uid))
    pictured = {
        clip.clip_id for clip in [clip for card in cards for clip in card.clips][:MAX_PICTURES]
    }
    listed = cards[:MAX_CARDS]
    foot = [_rest(cards, MAX_CARDS), f"{label}: {note}"] if cards else []
    return element(
        "div",
        element("style", Html(rules)),
        *_cards(listed, pictured),
        *([element("div", *_spaced(foot), class_="mnb-s-quiet")] if foot else []),
        class_=f"mnb-static {static_class(uid)}",
    )


def static_text(
    label: str, cards: Sequence[CardView], *, saved: bool = False, limit: int | None = None
) -> str:
    """Summarise cards in plain text: a line for each task, a line for each clip.

    Parameters
    ----------
    label
        What the board is called.
    cards
        In the order in which they are shown.
    saved
        Whether it is kept, so that what is running now is running no more when it is read.
    limit
        How many cards to list; None lists all.
    """
    lines = [f"{label}: {summary(cards)}"]
    listed = cards[:limit]
    for card, note in zip(listed, _notes(listed), strict=True):
        state = _saved_state(card) if saved else card.status
        lines.append(f"  {_dotted(state, card.title, card.model, _money(card))}")
        lines.extend(f"    {line}" for line in (card.problem, card.hint, note) if line)
        lines.extend(
            f"    {_dotted(title, clock(clip.duration_s), *clip.facts, _rated(clip), clip.file)}"
            for clip, title in zip(card.clips, titles_of(card), strict=True)
        )
    if limit is not None and len(cards) > limit:
        lines.append(f"  {_rest(cards, limit)}")
    return "\n".join(lines)


def summary(cards: Sequence[CardView]) -> str:
    """Count clips, and the tasks that are not over: ``"4 clips, 1 task not finished"``."""
    clips = sum(len(card.clips) for card in cards)
    going = sum(not is_over(card) for card in cards)
    failed = sum(card.status == "failed" for card in cards)
    unknown = sum(card.status == "unknown" for card in cards)
    # clips that are still to come are not "0 clips"
    parts = [_count(clips, "clip")] if clips or not (going or unknown) else []
    if going:
        parts.append(f"{_count(going, 'task')} not finished")
    if failed:
        parts.append(f"{_count(failed, 'task')} failed")
    if unknown:
        parts.append(f"{_count(unknown, 'task')} without an answer")
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _rest(cards: Sequence[CardView], limit: int) -> str:
    return f"And {len(cards) - limit} more." if len(cards) > limit else ""


def _dotted(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _money(card: CardView) -> str:
    return card.charge or card.price


def _saved_state(card: CardView) -> str:
    if is_over(card):
        return card.status
    stage = "" if card.stage == card.status else card.stage
    return _dotted(f"{card.status} when saved", stage)


def _notes(cards: Sequence[CardView]) -> list[str]:
    """Give each card's note, or nothing where an earlier card has the same."""
    firsts = {card.note: i for i, card in reversed(list(enumerate(cards)))}
    return [card.note if firsts[card.note] == i else "" for i, card in enumerate(cards)]


def _cards(cards: Sequence[CardView], pictured: set[str]) -> Iterator[Html]:
    """Draw cards, with a heading wherever the leading axes of a grid have other values."""
    lead: tuple[str, ...] = ()
    for card, note in zip(cards, _notes(cards), strict=True):
        if card.place[:-1] != lead:
            lead = card.place[:-1]
            yield element("div", _dotted(*lead), class_="mnb-s-lead")
        yield _card(card, pictured, note)


def _card(card: CardView, pictured: set[str], note: str) -> Html:
    # a lone clip in a board of its own has no task to speak of
    named = bool(card.title or card.model or card.prompt or not card.clips)
    head = [
        element("b", card.title or card.model or card.card_id),
        element(
            "span",
            _dotted(_saved_state(card), card.model if card.title else "", _money(card), card.badge),
        ),
    ]
    rows = [
        _clip(clip, title, pictured=clip.clip_id in pictured)
        for clip, title in zip(card.clips, titles_of(card), strict=True)
    ]
    lines: Iterable[str] = (card.problem, card.hint, note)
    return element(
        "div",
        *([element("div", *_spaced(head), class_="mnb-s-head")] if named else []),
        *([element("div", card.prompt, class_="mnb-s-quiet")] if card.prompt else []),
        *(element("div", line) for line in lines if line),
        *([element("table", *rows)] if rows else []),
        class_="mnb-s-card",
    )


def _spaced(parts: Sequence[str]) -> list[str]:
    """Put a space between inline parts, for readers that drop the style."""
    return [piece for part in parts for piece in (part, " ")]


def _rated(clip: ClipView) -> str:
    """Write stars, tags and note in one line: ``"★★★☆☆ #hook “the bridge drags”"``."""
    stars = clip.stars or 0
    words = ["★" * stars + "☆" * (MOST_STARS - stars)] if stars else []
    words += [f"#{tag}" for tag in clip.tags]
    words += [f"“{' '.join(clip.note.split())}”"] if clip.note else []
    return " ".join(words)


def _clip(clip: ClipView, title: str, *, pictured: bool) -> Html:
    image: list[str] = []
    if pictured and clip.peaks:
        picture = data_url("image/png", waveform_png(clip.peaks))
        image = [element("img", src=picture, width="320", height="36", alt=f"Waveform of {title}")]
    facts = _dotted(clock(clip.duration_s), *clip.facts, _rated(clip))
    words = element(
        "td",
        element("b", title),
        f" {facts}",
        Html("<br>"),
        file_link(clip.file),
        style="text-align: left",
    )
    return element("tr", element("td", *image), words)
