"""A service and a library that are open: who they are, what is left in the wallet, their end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Self

from musicnb import __version__
from musicnb.catalogue import amount_text
from musicnb.errors import LibraryError, MusicnbError
from musicnb.library import IN_USE, Library
from musicnb.settings import ApiKey, Settings
from musicnb.studio._files import named_folder
from musicnb.studio._opening import close_road, is_open, live, open_road
from musicnb.studio._ordering import waiting
from musicnb.studio._road import Road

DEFAULT_LIBRARY: Final = "musicnb-library"


class OpenStudio:
    """What a `musicnb.Studio` is before anything is done with it; the parameters are its own."""

    def __init__(
        self,
        library: str | os.PathLike[str] = DEFAULT_LIBRARY,
        *,
        base_url: str | None = None,
        api_key: str | ApiKey | None = None,
        quiet: bool = False,
    ) -> None:
        if api_key is not None and not isinstance(api_key, ApiKey):
            api_key = ApiKey(api_key)  # rebound at once: tracebacks print local variables
        settings = Settings.resolve(base_url=base_url, api_key=api_key)
        self._folder, self._settings = named_folder(library), settings
        self._place = self._folder.resolve()  # now: a later chdir must not lead to another one
        self._in_use: LibraryError | None = None
        try:
            self._road: Road | None = open_road(self._place, settings)
            self._library = self._road.library
        except LibraryError as error:
            if error.code != IN_USE:
                raise
            self._road, self._in_use = None, error
            self._library = Library(self._place, read_only=True)
        if not quiet:
            print(self)  # noqa: T201 - saying which service is used is this line's purpose

    @property
    def library(self) -> Library:
        """The clips and the journal on disk; ``library.verify()`` checks every byte."""
        return self._road.library if self._road is not None else self._library

    @property
    def read_only(self) -> bool:
        """Whether another process works with the library, so that nothing can be ordered here."""
        return self._road is None

    @property
    def service_line(self) -> str:
        """Which service is used, in words."""
        return self._road.service.line if self._road is not None else "read only"

    @property
    def balance(self) -> Decimal | None:
        """Credits left in the wallet; None where the service does not say (the hosted one)."""
        road = self._live_road()
        return road.loop.run(road.balance())

    @property
    def settings(self) -> Settings | None:
        """Where the hosted service is; None for the sandbox. Its key shows itself to nobody."""
        return self._settings

    @property
    def road(self) -> Road | None:
        """What carries orders, ready to be used; None where nothing can be ordered here."""
        return None if self._road is None else self._live_road()

    def when_balance_known(self, tell: Callable[[Decimal], None]) -> None:
        """Call a function with the balance, on the loop's thread, where the service tells it.

        Never waits, so that the loop's own thread may call it, too.
        """
        road = self._road
        if road is None:
            return

        async def ask() -> None:
            with contextlib.suppress(MusicnbError):  # a number on a page is worth no error
                balance = await road.balance()
                if balance is not None:
                    tell(balance)

        road.aside(ask())

    def close(self) -> None:
        """Stop watching, stop the sandbox, let others use the library. Orders go on."""
        if self._road is not None:
            close_road(self._road)
        else:
            self._library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_library"):  # a traceback may show a studio that did not open
            return "<musicnb studio that did not open>"
        text = f"musicnb {__version__} · {self.service_line} · library {self._folder}"
        if self._in_use is not None:
            return f"{text} · {self._in_use.message}. {self._in_use.hint}"
        if self._road is None or not is_open(self._road):
            return f"{text} · closed"
        if not (unfinished := waiting(self.library, self._road)):
            return text
        held = sum((job.held_credits for job in unfinished if not job.has_ended), Decimal(0))
        money = f" ({amount_text(held)} credits held)" if held else ""
        return f"{text} · {len(unfinished)} unfinished{money}: studio.resume()"

    def _live_road(self) -> Road:
        if self._road is None:
            assert self._in_use is not None
            raise self._in_use.with_facts(
                hint=f"{self._in_use.hint}. Nothing was sent from here", charged=False
            )
        self._road = live(self._road, self._place, self._settings)
        return self._road

    def _say(self, text: str) -> None:
        print(text)  # noqa: T201 - an account of money is not for a log
