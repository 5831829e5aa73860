"""Campaign sweeps: one brief varied over axes, priced exactly before anything is sent.

A plan is pure and frozen: it can be looked at, compared by its digest and thrown away. Running one
is the studio's business.
"""

from __future__ import annotations

from musicnb.sweep._arms import equal_money
from musicnb.sweep._axes import Axes, Setting
from musicnb.sweep._cells import Cell, Exclusion
from musicnb.sweep._manifest import (
    AxisEntry,
    CellEntry,
    ClipEntry,
    Costs,
    Manifest,
    OrderEntry,
    ServiceEntry,
    credits_text,
    line_of,
    manifest_schema,
    read_manifest,
)
from musicnb.sweep._plan import Plan, faults_of_name, plan_sweep

__all__ = [
    "Axes",
    "AxisEntry",
    "Cell",
    "CellEntry",
    "ClipEntry",
    "Costs",
    "Exclusion",
    "Manifest",
    "OrderEntry",
    "Plan",
    "ServiceEntry",
    "Setting",
    "credits_text",
    "equal_money",
    "faults_of_name",
    "line_of",
    "manifest_schema",
    "plan_sweep",
    "read_manifest",
]
