"""What a notebook shows: the form that composes a request, and the board that plays the takes."""

from __future__ import annotations

from musicnb.widgets._board import Board
from musicnb.widgets._board_views import CardView, Choice, ClipView
from musicnb.widgets._comparison import Comparison
from musicnb.widgets._form import Form

__all__ = ["Board", "CardView", "Choice", "ClipView", "Comparison", "Form"]
