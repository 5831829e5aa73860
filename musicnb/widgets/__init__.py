"""What a notebook shows: the form that composes a request, the board of takes, blind listening."""

from __future__ import annotations

from musicnb.widgets._blind_listening import BlindListening
from musicnb.widgets._board import Board
from musicnb.widgets._board_views import CardView, Choice, ClipView
from musicnb.widgets._comparison import Comparison
from musicnb.widgets._form import Form
from musicnb.widgets._form_desk import ClipChoice, FormDesk, KeptRecording, OrderChoice, Reference
from musicnb.widgets._form_limits import complaints, widest
from musicnb.widgets._form_shelf import Shelf
from musicnb.widgets._studio_panels import AccountView, DayView, SettingsView
from musicnb.widgets._studio_view import StudioView

__all__ = [
    "AccountView",
    "BlindListening",
    "Board",
    "CardView",
    "Choice",
    "ClipChoice",
    "ClipView",
    "Comparison",
    "DayView",
    "Form",
    "FormDesk",
    "KeptRecording",
    "OrderChoice",
    "Reference",
    "SettingsView",
    "Shelf",
    "StudioView",
    "complaints",
    "widest",
]
