"""A row a group of orders: what they cost."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from musicnb.catalogue import usd
from musicnb.library import Sums
from musicnb.table._frame import Table


def account_table(groups: Mapping[str, Sums], *, by: str) -> Table:
    """Lay sums of money out as a table.

    Parameters
    ----------
    groups
        Name to sums, as `musicnb.library.sums_by` gives them.
    by
        What the names are: the index's name.

    Returns
    -------
    Table
        A row a group: ``orders``, ``charged_credits``, ``refunded_credits``, ``spent_credits``,
        ``held_credits``, and ``spent_usd``.
    """
    rows = [
        {
            "orders": group.orders,
            "charged_credits": float(group.charged_credits),
            "refunded_credits": float(group.refunded_credits),
            "spent_credits": float(group.spent_credits),
            "held_credits": float(group.held_credits),
            "spent_usd": float(usd(group.spent_credits)),
        }
        for group in groups.values()
    ]
    columns = [
        "orders",
        "charged_credits",
        "refunded_credits",
        "spent_credits",
        "held_credits",
        "spent_usd",
    ]
    index = pd.Index(list(groups), name=by, dtype="string")
    return Table(rows, index=index, columns=columns)
