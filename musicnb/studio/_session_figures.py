"""The figures of a session, once nothing is sealed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb.pictures import (
    Accord,
    Drawing,
    Strength,
    plot_agreement,
    plot_strengths,
    plot_wins,
    require_matplotlib,
)

if TYPE_CHECKING:
    from musicnb.listen import Agreement
    from musicnb.studio._session import Session


class SessionFigures:
    """Figures of a session; each shows itself in a notebook and can be saved.

    They need the extra ``plot`` and are refused while the session is sealed. Every one takes
    ``dark=True`` for light letters on a dark ground.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"<figures of {self._session.name!r}: strengths() wins() agreement()>"

    def strengths(self, *, dark: bool = False) -> Drawing:
        """Draw every clip's strength with its 95 % interval and its group.

        Raises
        ------
        InvalidInput
            The session is sealed.
        ConfigurationError
            matplotlib is not installed.
        """
        require_matplotlib()
        ranking, names = self._session.ranking(), self._session.names()
        clips = [
            Strength(names[s.clip], s.group, s.strength, s.low, s.high) for s in ranking.standings
        ]
        listeners = len(ranking.listeners)
        note = f"{ranking.votes} votes of {listeners} listener{'s' * (listeners != 1)}."
        return plot_strengths(self._session.name, clips, note=note, dark=dark)

    def wins(self, *, dark: bool = False) -> Drawing:
        """Draw how often each clip was preferred to each other; see `strengths`."""
        require_matplotlib()
        ranking, names = self._session.ranking(), self._session.names()
        clips = [names[tally.clip] for tally in ranking.tallies]
        return plot_wins(self._session.name, clips, ranking.wins, dark=dark)

    def agreement(self, *, dark: bool = False) -> Drawing:
        """Draw how alike the answers to hidden repeats, and of two listeners, are."""
        require_matplotlib()
        found = (*self._session.consistency(), *self._session.agreement())
        return plot_agreement(self._session.name, [_accord(one) for one in found], dark=dark)


def _accord(one: Agreement) -> Accord:
    name = " and ".join(one.listeners)
    said = f"{name}, hidden repeats" if len(one.listeners) == 1 else name
    return Accord(said, one.same, one.opposite, one.total)
