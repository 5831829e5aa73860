"""What callers hand in, or an error that names it: texts, seeds, tables by clip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from numbers import Integral
from typing import Any, Final

from musicnb._given import shown
from musicnb.errors import InvalidInput

_SEED_BITS: Final = 128


def name(field: str, value: Any) -> str:
    """Return a text that can be the name of somebody or something.

    Raises
    ------
    InvalidInput
        It is no text, empty, or holds half a letter (a lone surrogate).
    """
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{field} must be a name, not {shown(value)}", hint="give a text")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidInput(
            f"{field} holds half a letter: {shown(value)}", hint="give a text that UTF-8 can hold"
        )
    return value


def whole_seed(value: Any) -> int:
    """Return a seed of numpy's generators.

    Raises
    ------
    InvalidInput
        It is no whole number from 0 to 2 ** 128 - 1.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value < 2**_SEED_BITS:
        raise InvalidInput(
            f"seed must be a whole number, not {shown(value)}",
            hint=f"give one from 0 to 2 ** {_SEED_BITS} - 1",
        )
    return int(value)


def by_clip(field: str, value: Any, clips: Collection[str]) -> dict[str, str]:
    """Return a table of a name for each of some clips.

    Raises
    ------
    InvalidInput
        It is no mapping, is about an unknown clip, or gives a clip what is no name.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"{field} must say for clips what they are, not {shown(value)}",
            hint="give a dict of clip ids and names",
        )
    table = dict(value)
    for clip, given in table.items():
        if clip not in clips:
            raise InvalidInput(
                f"{field} is about clip {shown(clip)}, which is not among the clips",
                hint="leave it out, or add the clip",
            )
        name(f"{field} of clip {shown(clip)}", given)
    return table
