"""What a notebook shows: the form that composes a request, the board of takes, blind listening."""

from __future__ import annotations

from musicnb.widgets._blind_listening import BlindListening
from musicnb.widgets._board import Board
from musicnb.widgets._board_views import CardView, Choice, ClipView
from musicnb.widgets._comparison import Comparison
from musicnb.widgets._form import Form
from musicnb.widgets._form_desk import ClipChoice, FormDesk, OrderChoice, Reference
from musicnb.widgets._form_limits import complaints, widest
from musicnb.widgets._form_shelf import Shelf

__all__ = [
    "BlindListening",
    "Board",
    "CardView",
    "Choice",
    "ClipChoice",
    "ClipView",
    "Comparison",
    "Form",
    "FormDesk",
    "OrderChoice",
    "Reference",
    "Shelf",
    "complaints",
    "widest",
]
