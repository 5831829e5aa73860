"""One sweep that is ordered by one client after another, each of which may die on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from bookkeeping import Entry, journal_of, orders_of, problems_at_the_end, problems_now
from victim import ROOT, Victim

CREDITS = 10_000
_HERE = Path(__file__).resolve().parent
_KILLED = -9


def _commit(name: str) -> tuple[str, str]:
    return f"before commit of {name}", f"after commit of {name}"


def _around(step: str) -> tuple[str, str]:
    return f"before {step}", f"after {step}"


def _exchange(name: str) -> tuple[str, ...]:
    return (
        f"before a {name}",
        f"a {name} is sent",
        f"a {name} is being answered",
        f"a {name} is answered",
    )


# The moments at which money or knowledge changes hands, in the order in which an order comes to
# them. More are met by the way.
MOMENTS = (
    *_commit("plan_sweep"),
    *_commit("sending"),
    *_exchange("create"),
    *_commit("accepted"),
    *_commit("billed"),
    *_exchange("poll"),
    *_exchange("download"),
    *_around("fsync of a download"),
    *_around("rename of a clip"),
    *_around("fsync of the clips folder"),
    *_commit("keep"),
    *_commit("ended"),
)
# those an order comes to when the answer to its create was lost
LOST_MOMENTS = (*_exchange("list"), *_commit("unknown"))


class Nursery:
    """Gives lives to clients, one at a time.

    Parameters
    ----------
    log
        Gets what they write to standard error.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        path = os.pathsep.join((str(ROOT), str(_HERE)))
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, str(_HERE / "living.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            )

    def live(self, life: dict[str, Any]) -> int:
        """Have a life lived; returns its exit status, negative for the signal that ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(life) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(30)


class Sweep:
    """A sweep in a library of its own, paid from a wallet of its own.

    Parameters
    ----------
    folder
        An empty folder.
    victim
        The service; it is not killed here.
    key
        Of the project that pays.
    pieces
        Tasks that are wanted.
    """

    def __init__(
        self, folder: Path, nursery: Nursery, victim: Victim, key: str, *, pieces: int
    ) -> None:
        folder.mkdir()
        self._folder, self._nursery, self._pieces = folder, nursery, pieces
        self._library, self._artifacts = folder / "library", victim.data / "artifacts"
        self._address = {"url": f"http://127.0.0.1:{victim.port}/v1", "key": key}
        self.http = victim.connect(key)
        self.report: dict[str, Any] = {}
        """What the client that came to the end of the sweep has told."""

    def close(self) -> None:
        """Let go of the service."""
        self.http.close()

    def live(
        self,
        kind: str = "",
        nth: int = 1,
        latest: int | None = None,
        known: Collection[str] = (),
    ) -> str | None:
        """Let a client live until it dies or everything has come; see `dying.Points`.

        Returns
        -------
        str or None
            The moment at which it died; None when it came to the end.
        """
        life = {
            "folder": str(self._folder),
            "pieces": self._pieces,
            "kind": kind,
            "nth": nth,
            "latest": latest,
            "known": list(known),
        }
        status = self._nursery.live(life | self._address)
        if status == _KILLED:
            return (self._folder / "death").read_text(encoding="utf-8")
        assert status == 0, f"a client ended by itself: {self._nursery.log.read_text()[-2000:]}"
        self.report = json.loads((self._folder / "report").read_text(encoding="utf-8"))
        return None

    def journal(self) -> dict[str, Entry]:
        """Return the orders as the dead left them."""
        return journal_of(self._library)

    def problems_now(self) -> list[str]:
        """Return what must not be, whenever somebody has died."""
        return problems_now(self.journal(), orders_of(self.http))

    def problems_at_the_end(self) -> list[str]:
        """Return what must not be when a client has come to the end."""
        journal, orders = self.journal(), orders_of(self.http)
        found = problems_at_the_end(self._library, journal, orders, self._artifacts)
        found += self.report["problems"]
        if len(journal) != self._pieces:
            found.append(f"{len(journal)} orders in the journal, {self._pieces} were meant")
        paid = sum((entry.paid for entry in journal.values()), Decimal())
        balance = Decimal(self.http.get("/sandbox/wallet").json()["balance_credits"])
        if CREDITS - paid != balance:
            found.append(f"{balance} are left of {CREDITS}, the journal has {paid} paid")
        return found


@contextmanager
def one_service(folder: Path, keys: list[str], *, credits_each: int = CREDITS) -> Iterator[Victim]:
    """Run a service with a project for each key."""
    (folder / "keys").touch(mode=0o600)
    lines = [f"p{number} {key} {credits_each}\n" for number, key in enumerate(keys)]
    (folder / "keys").write_text("".join(lines))
    victim = Victim(folder, keys=folder / "keys")
    victim.start()
    try:
        yield victim
    finally:
        victim.stop()
    assert not victim.complaints()
