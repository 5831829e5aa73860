"""The studio view: form, library, account and settings as one widget.

It is a container of widgets that each work alone. What is new is only the frame: a heading, tabs,
and the style sheet that puts the parts side by side where there is room.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import anywidget
import ipywidgets
import traitlets

from musicnb.pictures import Html, element
from musicnb.widgets._board import Board
from musicnb.widgets._board_page import joined
from musicnb.widgets._copies import (
    hiding_rules,
    live_class,
    refresh_copy,
    show_with_copy,
    static_class,
)
from musicnb.widgets._form import Form
from musicnb.widgets._letting_go import forget, let_go, shown_by_cell
from musicnb.widgets._studio_panels import (
    AccountView,
    SettingsView,
    account_html,
    settings_html,
)

__all__ = ["StudioFrame", "StudioView"]

_LOOK: Final = """
.STATIC .mnb-v-sums { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 8px 0 14px }
.STATIC .mnb-v-sums dt { opacity: .74 }
.STATIC .mnb-v-sums dd { margin: 0; font-weight: 650 }
"""


class StudioFrame(anywidget.AnyWidget):
    """The heading of a studio view, with its tabs.

    Parameters
    ----------
    service
        One line that says where orders go.
    tabs
        Name and label of each part; a part's widget has the class ``mnb-v-`` and its name.
    uid
        Ties the live view to its copy; letters and digits.
    """

    # strings: a Path would keep every widget alive (anywidget#929)
    _esm = joined(("_page.js", "studio_view.js"))
    _css = joined(("studio_view.css",))  # the board brings what is common

    #: One line that says where orders go. Text.
    service = traitlets.Unicode("").tag(sync=True)
    #: Name and label of each part.
    tabs: Any = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    #: Name of the part that is open. Text.
    tab = traitlets.Unicode("").tag(sync=True)
    #: How many orders are under way.
    going = traitlets.Int(0).tag(sync=True)
    #: Class of the live view on the page, which hides the static copy. Text, set once.
    live_class = traitlets.Unicode("").tag(sync=True)
    #: Class of the static copy. Text, set once.
    static_class = traitlets.Unicode("").tag(sync=True)

    def __init__(self, *, service: str, tabs: list[list[str]], uid: str) -> None:
        super().__init__(
            service=service,
            tabs=tabs,
            tab=tabs[0][0],
            live_class=live_class(uid),
            static_class=static_class(uid),
        )


class StudioView:
    """A form, a library, an account and settings in one place; shows itself in a notebook.

    Parameters
    ----------
    library
        The board of all clips and of the orders under way.
    form
        What orders; None where nothing can be ordered.
    service
        One line that says where orders go.
    account, settings
        What the two panels say at first.
    """

    def __init__(
        self,
        *,
        library: Board,
        form: Form | None,
        service: str,
        account: AccountView,
        settings: SettingsView,
    ) -> None:
        self._uid = uuid.uuid4().hex[:12]
        self._library, self._service, self._account_view = library, service, account
        self._shown = False
        self._account = ipywidgets.HTML(account_html(account))
        parts: dict[str, tuple[str, ipywidgets.DOMWidget]] = {
            **({"create": ("Create", form)} if form is not None else {}),
            "library": ("Library", library),
            "account": ("Account", self._account),
            "settings": ("Settings", ipywidgets.HTML(settings_html(settings))),
        }
        tabs = [[name, label] for name, (label, _) in parts.items()]
        self.frame = StudioFrame(service=service, tabs=tabs, uid=self._uid)
        self.frame.add_class("mnb-v-frame")
        for name, (_, widget) in parts.items():
            widget.add_class("mnb-v-part").add_class(f"mnb-v-{name}")
        grid = ipywidgets.Box([self.frame, *(widget for _, widget in parts.values())])
        grid.add_class("mnb-v-grid")
        # a container cannot be asked how wide it is by itself, only by what is inside
        self.widget = ipywidgets.Box([grid]).add_class("mnb-studio")

    def set_account(self, view: AccountView) -> None:
        """Show what the orders have cost by now. From any thread."""
        if view == self._account_view:
            return
        self._account_view = view
        self._account.value = account_html(view)
        self._refresh_copy()

    def set_going(self, count: int) -> None:
        """Show how many orders are under way. From any thread."""
        self.frame.going = count

    def show(self) -> None:
        """Display the live view and, as an output of its own, its static copy."""
        data = self.widget._repr_mimebundle_()
        bundle = dict(data) | {"text/plain": "Studio (a live view; its copy stands below)"}
        copy, text = self.static_copy(), self.text()
        self._shown = show_with_copy((bundle, {}), copy, text=text, uid=self._uid)
        if self._shown:
            self._library.embed(self._refresh_copy)
            shown_by_cell(self)

    def close(self) -> None:
        """Take the live view off every page, and let go of what it holds."""
        self._shown = False
        forget(self)
        for part in (self.widget, *self.widget.children, *self.widget.children[0].children):
            let_go(part)

    def text(self) -> str:
        """Say in plain text what is there, for scripts and front ends without pictures."""
        return self._headed(self._library.text())

    def static_copy(self) -> dict[str, str]:
        """Give the static copy by media type; it needs neither kernel nor script."""
        library = self._library.static_copy()
        rules = hiding_rules(self._uid) + _LOOK.replace("STATIC", static_class(self._uid))
        html = element(
            "div",
            element("style", Html(rules)),
            element("p", element("b", "Studio"), f" {self._service}"),
            account_html(AccountView(self._account_view.sums)),
            Html(library["text/html"]),
            class_=f"mnb-static {static_class(self._uid)}",
        )
        return {"text/html": html, "text/plain": self._headed(library["text/plain"])}

    def _headed(self, text: str) -> str:
        money = ", ".join(f"{name}: {amount}" for name, amount, _ in self._account_view.sums)
        return f"Studio: {self._service}\n  {money}\n{text}"

    def _refresh_copy(self) -> None:
        if self._shown:
            refresh_copy(self.static_copy(), uid=self._uid)

    def _ipython_display_(self) -> None:
        self.show()

    def __repr__(self) -> str:
        return f"<StudioView: {self._service}>"
