"""The board: one widget for any number of tasks and clips."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from musicnb.widgets._board_page import SCRIPTS, STYLES, joined
from musicnb.widgets._board_patches import Patches
from musicnb.widgets._board_presses import Presses
from musicnb.widgets._board_rating import Rate, RatingTaker
from musicnb.widgets._board_sound import CellWatch, SoundSender
from musicnb.widgets._board_views import (
    CardView,
    ClipView,
    is_over,
    pack_peaks,
    without_blanks,
)
from musicnb.widgets._copies import live_class, refresh_copy, show_with_copy, static_class
from musicnb.widgets._letting_go import let_go, revive, shown_by_cell
from musicnb.widgets._static import MAX_CARDS, static_html, static_text, summary

__all__ = ["Board"]

#: Seconds between two patch messages. Rows as single widgets at this rate trip Jupyter Server's
#: limit of 1,000 messages/s with 300 tasks; one message a tick brought 300 of 300 home.
TICK_S: Final = 0.2
#: Ticks between two static copies while tasks are coming in: each sends the whole copy.
STATIC_TICKS: Final = 10
#: Ticks of unbroken change between two full states, and the seconds after `Board.show` at which
#: one is sent. A page needs some 0.3 s to load the script and hears no patch before; while a cell
#: runs it cannot ask for what it missed, because the kernel answers only between cells.
WHOLE_TICKS: Final = 50
WHOLE_AFTER_S: Final = (1.0, 4.0)

_cells = CellWatch()


def _later(delay_s: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(delay_s, function)
    timer.daemon = True
    timer.start()


def _pack_state(_value: object, board: Board) -> dict[str, Any]:
    return board.full_state()


class Board(anywidget.AnyWidget):
    """Show tasks as cards and their clips as players.

    The page gets peaks at once and sound when play is pressed. Changes travel as numbered patch
    messages, at most one each 0.2 s; a page that misses one asks for the whole.

    Parameters
    ----------
    label
        What the board is called, for its heading and for screen readers.
    cards
        Cards to begin with.
    locate
        Gives the file with a clip's bytes. Called on any thread.
    cancel
        Called with a card's id when Cancel is pressed, on whatever thread the kernel chooses: it
        must only hand work over. None means no Cancel buttons.
    choose
        Called with a card's id and a choice's name when its button is pressed; as `cancel`. None
        means no such buttons.
    newest_first
        Whether later cards stand above earlier ones.
    compare
        Whether to show the clips under one playhead, of which one is heard: two to eight clips.
    tray
        Whether picked clips are gathered in a tray, across searches, and can be compared blind.
    blind
        Whether the page must not show what tells compared clips apart but their sound. Their
        names and pictures are the owner's affair: see `musicnb.widgets.Comparison`.
    copy_note
        What a copy without its kernel says: how to hear the clips again. Running its cell again
        may order, and pay, again; so it is never recommended here.
    schedule
        ``schedule(delay_s, function)`` runs a function later on some thread. The default starts
        a `threading.Timer`.
    """

    # strings: a Path would keep every board alive (anywidget#929)
    _esm = joined(SCRIPTS)
    _css = joined(STYLES)

    #: What the board is called. Text, default "Clips".
    label = traitlets.Unicode("Clips").tag(sync=True)
    #: Class of the live board on the page, which hides the static copy. Text, set once.
    live_class = traitlets.Unicode("").tag(sync=True)
    #: Class of the static copy. Text, set once.
    static_class = traitlets.Unicode("").tag(sync=True)
    #: Names of what was varied; the cards of a board with axes stand in a grid. Default none.
    axes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    #: Whether clips can be rated on the page. Default no.
    can_rate = traitlets.Bool(default_value=False).tag(sync=True)
    #: Whether later cards stand above earlier ones. Default no.
    newest_first = traitlets.Bool(default_value=False).tag(sync=True)
    #: Whether the board shows its clips, at most eight, under one playhead. Default no.
    compare = traitlets.Bool(default_value=False).tag(sync=True)
    #: Whether picked clips are gathered in a tray. Default no.
    tray = traitlets.Bool(default_value=False).tag(sync=True)
    #: Whether nothing but their sound may tell the compared clips apart. Default no.
    blind = traitlets.Bool(default_value=False).tag(sync=True)
    #: What a copy without its kernel says. Text.
    copy_note = traitlets.Unicode("A copy without sound.").tag(sync=True)
    #: What a board with unfinished tasks says after a restart of the kernel. Text.
    restart_note = traitlets.Unicode(
        "The kernel was restarted. studio.resume() takes up what was running."
    ).tag(sync=True)
    #: All cards, peaks and the number of the last patch, packed anew whenever the page or a saved
    #: notebook asks: so it is never behind the patches, and never sent for a mere change.
    state = traitlets.Any(None).tag(sync=True, to_json=_pack_state)

    def __init__(
        self,
        *,
        label: str = "Clips",
        cards: Iterable[CardView] = (),
        locate: Callable[[str], Path],
        cancel: Callable[[str], None] | None = None,
        choose: Callable[[str, str], None] | None = None,
        rate: Rate | None = None,
        axes: Sequence[str] = (),
        newest_first: bool = False,
        compare: bool = False,
        tray: bool = False,
        blind: bool = False,
        copy_note: str = "A copy without sound.",
        schedule: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        self._uid = uuid.uuid4().hex[:12]
        # re-entrant: packing the state while sending it asks for the lock again
        self._lock = threading.RLock()
        self._cards = {card.card_id: card for card in cards}
        self._presses = Presses(cancel, choose, self._to_page)
        self._patches = Patches(self._cards.values(), self._presses.pack)
        self._ticking = False
        self._watched = False
        self._shown = False
        self._copy_elsewhere: Callable[[], None] | None = None
        self._static_due = False
        self._ticks = 0
        self._ticks_since_static = 0
        self._to_push: list[ClipView] = []
        self._sound = SoundSender(locate, self._to_page)
        self._ratings = RatingTaker(rate, self._to_page) if rate else None
        self._schedule = schedule or _later
        super().__init__(
            label=label,
            axes=list(axes),
            can_rate=rate is not None,
            newest_first=newest_first,
            compare=compare,
            tray=tray,
            blind=blind,
            copy_note=copy_note,
            live_class=live_class(self._uid),
            static_class=static_class(self._uid),
        )
        self.on_msg(self._on_message)

    # -- what the owner calls ------------------------------------------------------------------

    def put(self, card: CardView) -> None:
        """Add a card, or replace the one with the same id. From any thread; returns at once."""
        with self._lock:
            before = self._cards.get(card.card_id)
            if before == card:
                return
            self._cards[card.card_id] = card
            self._patches.put(card)
            if before is None or is_over(card):  # the copy names what was running when saved
                self._static_due = True
            if self._ticking:
                return
            self._ticking = True
            self._send_patch()
        self._schedule(TICK_S, self._tick)

    def show_rating(
        self, clip_id: str, stars: int | None, tags: tuple[str, ...], note: str
    ) -> None:
        """Show what a clip is now rated, if it is here. From any thread; returns at once."""
        with self._lock:
            for card in list(self._cards.values()):
                clips = tuple(
                    replace(clip, stars=stars, tags=tags, note=note)
                    if clip.clip_id == clip_id
                    else clip
                    for clip in card.clips
                )
                if clips != card.clips:
                    self._static_due = True
                    self.put(replace(card, clips=clips))

    def settle(self) -> None:
        """Send what is pending and then everything, and refresh the static copy.

        For the cell that waits: nbclient keeps only updates that come from the running cell, so
        without this an executed notebook shows the tasks as they began.
        """
        with self._lock:
            self._send_whole()
            self._static_due = False
        self._refresh_static()

    async def watch(self, over: Callable[[], bool]) -> None:
        """Send changes from the running event loop until it is over, and then everything.

        For front ends that show nothing of what other threads send while a cell runs or after it,
        as Google Colab (googlecolab/colabtools#3373).
        """
        with self._lock:
            self._watched = self._ticking = True
        try:
            while not over():
                self._step()
                await asyncio.sleep(TICK_S)
        finally:
            with self._lock:
                self._watched = self._ticking = False
            self.settle()

    def show(self) -> None:
        """Display the live board and, as an output of its own, its static copy."""
        revive(self)
        bundle, copy = self._repr_mimebundle_(), self.static_copy()
        if not show_with_copy(bundle, copy, text=self.text(), uid=self._uid):
            return
        shown_by_cell(self)
        self._begin_to_live()

    def close(self) -> None:
        """Take the board off every page, and let go of what it holds there."""
        self._shown = False
        let_go(self)

    def embed(self, refresh_copy: Callable[[], None]) -> None:
        """Be shown inside of another widget, which has a copy of its own.

        Parameters
        ----------
        refresh_copy
            Called, on any thread, when that copy has grown old.
        """
        self._copy_elsewhere = refresh_copy
        self._begin_to_live()

    def _begin_to_live(self) -> None:
        self._shown = True
        _cells.start()
        again = weakref.WeakMethod(self._send_whole)  # a closed board is not to wait for it
        for delay_s in WHOLE_AFTER_S:
            self._schedule(delay_s, lambda: (send := again()) and send())

    def static_html(self) -> str:
        """Give the static copy: HTML that needs neither kernel nor script."""
        return static_html(self._uid, self.label, self._in_order(), note=self.copy_note)

    def text(self) -> str:
        """Give a summary in plain text, for scripts and front ends without pictures."""
        return static_text(self.label, self._in_order())

    def full_state(self) -> dict[str, Any]:
        """Pack everything the page needs, with the number of the last patch it contains."""
        with self._lock:
            index, data = pack_peaks(self._clips())
            pack = self._presses.pack
            return {
                "number": self._patches.number,
                "cards": [without_blanks(pack(card)) for card in self._cards.values()],
                "peaks": {"index": index, "data": data},
            }

    # -- Jupyter's hooks -----------------------------------------------------------------------

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        # seen where widgets are not, and never refreshed: so nothing here that can grow old
        data["text/plain"] = f"{self.label} (a live board; its copy stands below)"
        return data, metadata

    def __repr__(self) -> str:
        return f"<Board {self.label!r}: {summary(self._in_order())}>"

    # -- towards the page ----------------------------------------------------------------------

    def _to_page(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.send(content, buffers)

    def _tick(self) -> None:
        if not self._watched and self._step():
            self._schedule(TICK_S, self._tick)

    def _step(self) -> bool:
        """Send what is due; tell whether there was anything, so that more is to be expected."""
        with self._lock:
            more = bool(self._patches)
            self._send_patch()
            self._ticking = more or self._watched
            self._ticks += 1
            self._ticks_since_static += 1
            if more and self._ticks % WHOLE_TICKS == 0:
                self._send_whole()
            refresh = self._static_due and (not more or self._ticks_since_static >= STATIC_TICKS)
            if refresh:
                self._static_due = False
                self._ticks_since_static = 0
            arrived, self._to_push = self._to_push, []
        if refresh:
            self._refresh_static()
        if self._shown and _cells.running:
            for clip in arrived:
                self._sound.push(clip)
        return more

    def _send_whole(self) -> None:
        """Send everything, as the trait: the page's model keeps it even before a view exists."""
        with self._lock:
            self._send_patch()
            self.send_state("state")

    def _send_patch(self) -> None:
        """Send what changed since the last patch, if anything did. The lock is held."""
        if self._patches:
            patch = self._patches.take()
            self._to_push += patch.arrived
            self.send(patch.content, [patch.data])

    # -- from the page -------------------------------------------------------------------------

    def _on_message(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        card = self._cards.get(str(content.get("card_id")))
        match content.get("op"):
            case "hello":
                self._on_hello()
            case "get":
                self._sound.hear(content, self._type_of)
            case "cancel" if card is not None:
                self._presses.cancel(card)
            case "choose" if card is not None:
                self._presses.choose(card, content.get("choice"))
            case "rate" if self._ratings is not None:
                self._ratings.take(content)

    def _on_hello(self) -> None:
        """Answer a page that has just opened or has missed a patch with everything."""
        with self._lock:
            state = self.full_state()
            data = state["peaks"].pop("data")
            self.send({"op": "state", "now": time.time(), "state": state}, [data])

    def _type_of(self, clip_id: str) -> str | None:
        return next((one.media_type for one in self._clips() if one.clip_id == clip_id), None)

    # -- the static copy -----------------------------------------------------------------------

    def static_copy(self) -> dict[str, str]:
        """Give the static copy by media type."""
        text = static_text(self.label, self._in_order(), saved=True, limit=MAX_CARDS)
        return {"text/html": self.static_html(), "text/plain": text}

    def _refresh_static(self) -> None:
        if self._copy_elsewhere is not None:
            self._copy_elsewhere()
        elif self._shown:
            refresh_copy(self.static_copy(), uid=self._uid)

    def _in_order(self) -> list[CardView]:
        with self._lock:
            cards = list(self._cards.values())
        return cards[::-1] if self.newest_first else cards

    def _clips(self) -> list[ClipView]:
        return [clip for card in list(self._cards.values()) for clip in card.clips]
