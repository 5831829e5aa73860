"""The sandbox's music: reads an order, composes a score and renders it with numpy alone.

``read_brief`` turns words into decisions, ``compose`` turns decisions into notes, ``render``
turns notes into samples, ``to_midi`` into a file for other programs. The same order, seed and take
give the same score on every machine.
"""

from musicnb.sandbox.engine._brief import Brief, read_brief
from musicnb.sandbox.engine._compose import compose
from musicnb.sandbox.engine._filters import SAMPLE_RATE
from musicnb.sandbox.engine._genres import GENRE_NAMES
from musicnb.sandbox.engine._midi import to_midi
from musicnb.sandbox.engine._order import Order, Reference
from musicnb.sandbox.engine._reference import hear_reference
from musicnb.sandbox.engine._render import Canceled, render
from musicnb.sandbox.engine._score import Mix, Note, Score, Section

__all__ = [
    "GENRE_NAMES",
    "SAMPLE_RATE",
    "Brief",
    "Canceled",
    "Mix",
    "Note",
    "Order",
    "Reference",
    "Score",
    "Section",
    "compose",
    "hear_reference",
    "read_brief",
    "render",
    "to_midi",
]
