"""What a notebook shows: the form that composes a request, the board of takes, blind listening."""

from __future__ import annotations

from musicnb.widgets._blind_listening import BlindListening
from musicnb.widgets._board import Board
from musicnb.widgets._board_views import CardView, Choice, ClipView
from musicnb.widgets._comparison import Comparison
from musicnb.widgets._form import Form
from musicnb.widgets._studio_panels import AccountView, DayView, SettingsView
from musicnb.widgets._studio_view import StudioView

__all__ = [
    "AccountView",
    "BlindListening",
    "Board",
    "CardView",
    "Choice",
    "ClipView",
    "Comparison",
    "DayView",
    "Form",
    "SettingsView",
    "StudioView",
]
