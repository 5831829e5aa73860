"""The studio view without a studio: its parts, its panels, its copy. No browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from musicnb.widgets import (
    AccountView,
    Board,
    CardView,
    ClipView,
    DayView,
    Form,
    SettingsView,
    StudioView,
)

HOSTILE = "</dd><script>alert(1)</script><img src=x onerror=alert(2)>"
SUMS = (("spent on clips", "80 credits", "$0.08"), ("held", "0 credits", "$0.00"))
PEAKS = bytes([200, 56]) * 1000


def library(*cards: CardView) -> Board:
    return Board(label="Library", cards=cards, locate=Path, tray=True, newest_first=True)


def card(name: str) -> CardView:
    clip = ClipView(f"{name}-1", f"Clip {name}", 60.0, "audio/mpeg", 1000, PEAKS, f"{name}.mp3")
    return CardView(name, "suno-5.5", f"Song {name}", "dream pop", "succeeded", clips=(clip,))


def view(*, form: Form | None = None, **changes: Any) -> StudioView:
    facts: dict[str, Any] = {
        "library": library(card("a")),
        "service": "sandbox · offline",
        "account": AccountView(SUMS),
        "settings": SettingsView((("Library", "/music"),)),
    }
    return StudioView(form=form, **facts | changes)


def names(shown: StudioView) -> list[str]:
    return [name for name, _ in shown.frame.tabs]


def test_view_has_a_tab_for_each_part_and_opens_the_first() -> None:
    """Each part's widget carries the class by which the frame finds it."""
    shown = view(form=Form(submit=lambda _: None))
    assert names(shown) == ["create", "library", "account", "settings"]
    assert shown.frame.tab == "create"
    (grid,) = shown.widget.children
    parts = [set(child._dom_classes) for child in grid.children[1:]]
    assert all(f"mnb-v-{name}" in part for name, part in zip(names(shown), parts, strict=True))


def test_view_that_cannot_order_has_no_form_and_opens_the_library() -> None:
    """A library that another process works with can still be listened to."""
    shown = view()
    assert names(shown) == ["library", "account", "settings"]
    assert shown.frame.tab == "library"


def test_panels_take_every_text_as_text() -> None:
    """Nothing that a service, a path or a model is called becomes an element."""
    account = AccountView(
        ((HOSTILE, HOSTILE, HOSTILE),),
        (DayView(HOSTILE, 80.0, 10.0),),
        ((HOSTILE, HOSTILE, HOSTILE),),
    )
    shown = view(
        service=HOSTILE, account=account, settings=SettingsView(((HOSTILE, HOSTILE),), HOSTILE)
    )
    (grid,) = shown.widget.children
    texts = [child.value for child in grid.children[2:]] + [shown.static_copy()["text/html"]]
    assert len(texts) == 3
    for text in texts:
        assert "<script" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;" in text


def test_account_pictures_the_days_and_tells_them_in_words() -> None:
    """Who does not see the picture hears what it shows; days without money are not listed."""
    days = (DayView("13 Nov", 0.0, 0.0), DayView("14 Nov", 240.0, 80.0))
    shown = view(account=AccountView(SUMS, days, (("suno-5.5", "4", "240 credits"),)))
    html = shown.widget.children[0].children[2].value
    assert 'alt="Credits a day: 240 spent, 80 held on 14 Nov"' in html
    assert "data:image/png;base64," in html
    assert "suno-5.5" in html
    calm = view(account=AccountView(SUMS, days[:1])).widget.children[0].children[2].value
    assert "<img" not in calm


def test_changed_money_reaches_panel_and_copy() -> None:
    """What is shown and what stays in the notebook say the same."""
    shown = view()
    shown.set_account(AccountView((("spent on clips", "160 credits", "$0.16"),)))
    assert "160 credits" in shown.widget.children[0].children[2].value
    copy = shown.static_copy()
    assert "160 credits" in copy["text/html"]
    assert "spent on clips: 160 credits" in copy["text/plain"]


def test_copy_holds_the_library_and_no_control() -> None:
    """Reopened without a kernel there are clips, files and money, and nothing dead to press."""
    copy = view(form=Form(submit=lambda _: None)).static_copy()
    for text in ("Clip a", "a.mp3", "80 credits", "sandbox · offline"):
        assert text in copy["text/html"]
        assert text in copy["text/plain"]
    assert "<button" not in copy["text/html"]
    assert "<input" not in copy["text/html"]


def test_script_gets_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no notebook, plain text is written."""
    view().show()
    assert capsys.readouterr().out.startswith("Studio: sandbox · offline\n  spent on clips: 80")


def test_embedded_board_refreshes_the_copy_it_is_part_of() -> None:
    """A new clip must be in the view's copy, and the board has none of its own there."""
    due: list[Any] = []
    board = Board(
        label="Library", locate=Path, schedule=lambda _, function: due.append(function), tray=True
    )
    told: list[str] = []
    board.embed(lambda: told.append("old"))
    board.put(card("b"))
    while due:
        due.pop(0)()
    assert told == ["old"]
    assert board.tray
