"""The copy that survives: escaping, links, pictures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from parsing import Reader

from musicnb.widgets import CardView, ClipView
from musicnb.widgets._static import MAX_PICTURES, static_html, static_text

HOSTILE = "<img src=x onerror=\"alert('x')\"></style><script>alert(1)</script>&amp;'"
CLIP = ClipView("c", "Take", 61.9, "audio/mpeg", 10, bytes([200, 56]) * 1000, "lib/a b#1.mp3")
CARD = CardView("t", "suno-5.5", "Song", "dream pop", "succeeded", clips=(CLIP,))


def draw(*cards: CardView) -> str:
    return static_html("u1", "Clips", cards, note="Nothing is played here.")


def words(text: str) -> str:
    """Give the text that a reader sees, without the style."""
    return "".join(word for word in Reader(text).words if "{" not in word)


def test_every_text_of_card_and_clip_is_escaped() -> None:
    """No field can become an element or an attribute."""
    clip = replace(CLIP, title=HOSTILE, file=HOSTILE, facts=(HOSTILE,))
    card = CardView(
        "t", HOSTILE, HOSTILE, HOSTILE, HOSTILE, f"2{HOSTILE}", charge=HOSTILE, problem=HOSTILE,
        hint=HOSTILE, note=HOSTILE, badge=HOSTILE, clips=(clip,),
    )  # fmt: skip
    page = Reader(static_html("u1", HOSTILE, [card], note=HOSTILE))
    assert {tag for tag, _ in page.tags} == {
        "div", "style", "b", "span", "table", "tr", "td", "img", "br", "a",
    }  # fmt: skip
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "".join(page.words).count(HOSTILE) == 15


def test_copy_says_after_its_label_how_to_hear_the_clips_again() -> None:
    """The last line is the owner's; running the cell, which may order again, is no advice."""
    text = words(draw(CARD))
    assert text.rstrip().endswith("Clips: Nothing is played here.")
    assert "Run the cell" not in text


def test_copy_of_a_board_without_cards_says_nothing() -> None:
    """A form whose board is still empty leaves no orphan line behind."""
    assert words(draw()) == ""


def test_order_that_was_running_is_named_so_in_the_copy() -> None:
    """What ran when the notebook was saved is neither running now nor without clips."""
    card = replace(CARD, clips=(), status="running", stage="mixing")
    queued = replace(CARD, clips=(), status="queued", stage="queued")
    assert "running when saved · mixing" in words(draw(card))
    assert "queued when saved · suno-5.5" in words(draw(queued))
    kept = static_text("Orders", [card, CARD], saved=True)
    assert kept.startswith(
        "Orders: 1 clip, 1 task not finished\n  running when saved · mixing · Song"
    )
    assert static_text("Orders", [card]).startswith("Orders: 1 task not finished\n  running · Song")


def test_equal_titles_of_one_card_are_numbered() -> None:
    """Takes of one order can be told apart; a title of its own stays as it is."""
    clips = [
        replace(CLIP, clip_id=name, title=title) for name, title in zip("abc", "XXY", strict=True)
    ]
    text = draw(replace(CARD, clips=tuple(clips)))
    assert re.findall(r"<td[^>]*><b>(.*?)</b>", text) == ["X · 1", "X · 2", "Y"]
    assert 'alt="Waveform of X · 2"' in text
    assert "X · 2 · 1:01" in static_text("Clips", [replace(CARD, clips=tuple(clips))])


def test_note_that_several_cards_share_is_said_once() -> None:
    """The sandbox's sentence stands on the first card only; another note stays."""
    notes = ("Synthetic", "Synthetic", "Other", "Synthetic")
    cards = [replace(CARD, card_id=f"{i}", note=note) for i, note in enumerate(notes)]
    for text in (words(draw(*cards)), static_text("Board", cards)):
        assert (text.count("Synthetic"), text.count("Other")) == (1, 1)


@pytest.mark.parametrize(
    ("file", "href"),
    [
        ("lib/a b#1.mp3", "lib/a%20b%231.mp3"),
        ("lib\\win.mp3", "lib/win.mp3"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("/home/me/lib/a.mp3", None),
        ("C:\\lib\\a.mp3", None),
        ("", None),
    ],
)
def test_only_relative_files_are_linked(file: str, href: str | None) -> None:
    """No page may open an absolute path, so it is named and not linked."""
    page = Reader(draw(replace(CARD, clips=(replace(CLIP, file=file),))))
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ([href] if href else [])
    assert file in "".join(page.words)


def test_copy_has_no_control_that_could_be_dead() -> None:
    """No audio element, no button, no script: links and pictures only."""
    tags = {tag for tag, _ in Reader(draw(CARD)).tags}
    assert not tags & {"audio", "button", "script", "input", "form", "svg"}


def test_copy_is_hidden_by_its_own_board_only() -> None:
    """The rules name this board's classes, so two boards do not hide each other's copies."""
    style = re.search(r"<style>(.*?)</style>", draw(CARD), re.DOTALL)
    assert style is not None
    selectors = set(re.findall(r"\.(mnb-(?:live|static)-\w+)", style[1]))
    assert selectors == {"mnb-live-u1", "mnb-static-u1"}


def test_pictures_end_where_the_notebook_would_grow_too_large() -> None:
    """Clips beyond the limit are still listed."""
    clips = tuple(replace(CLIP, clip_id=f"c{i}", title=f"Take {i}") for i in range(100))
    text = draw(replace(CARD, clips=clips))
    assert text.count("<img") == MAX_PICTURES
    assert "Take 99" in text
