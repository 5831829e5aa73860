"""Axes of a sweep: what is varied, and every combination of it in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from musicnb._given import shown, whole
from musicnb.briefs import public_text
from musicnb.errors import Fault, InvalidInput

_Values = Sequence[Any] | Mapping[Any, Any]
Axes = Mapping[str | tuple[str, ...], _Values] | Sequence[Mapping[str, Any]]

#: More cells than that are a mistake in the axes: at 50 credits each they are $500.
MOST_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One axis at one of its values.

    Parameters
    ----------
    label
        What it is called in tables and on tiles; the value as text where nothing else was given.
    """

    axis: str
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Combination:
    """One setting of every axis, and how often it is ordered."""

    settings: tuple[Setting, ...]
    repeats: int = 1


def combinations(axes: Axes) -> list[Combination]:
    """List every combination of the axes, the last axis fastest.

    Parameters
    ----------
    axes
        Values by name. A list is taken as it is. A mapping to whole numbers says how often each
        value is ordered; any other mapping gives labels with their values. A tuple of names is
        one axis of tuples that vary together. A list of mappings names every combination itself.

    Raises
    ------
    InvalidInput
        An axis is empty, is no list, has a value twice, or there are too many combinations.
    """
    if not isinstance(axes, Mapping):
        return _explicit(axes)
    faults: list[Fault] = []
    choices: list[list[Combination]] = []
    for name, values in axes.items():
        try:
            choices.append(_axis(name, values))
        except InvalidInput as error:
            faults += error.faults
    names = [setting.axis for axis in choices for setting in axis[0].settings]
    faults += [
        Fault(f"axes[{name!r}]", "", "is named twice")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if faults:
        raise InvalidInput.from_faults(faults)
    total = 1
    for axis in choices:
        total *= len(axis)
    if total > MOST_CELLS:
        raise _fault("axes", f"make {total:,} cells; at most {MOST_CELLS:,} are planned at once")
    return [_joined(parts) for parts in itertools.product(*choices)]


def _explicit(rows: object) -> list[Combination]:
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Sequence):
        kind = type(rows).__name__
        raise _fault("axes", f"is {kind}; give {{'mood': [...]}}, or a list of such settings")
    found: list[Combination] = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or not all(_is_name(name) for name in row):
            raise _fault(f"axes[{number}]", f"is {row!r:.60}; give a mapping of axes to values")
        if found and set(row) != {setting.axis for setting in found[0].settings}:
            raise _fault(f"axes[{number}]", "has other axes than the first; give all of them")
        order = [setting.axis for setting in found[0].settings] if found else list(row)
        settings = tuple(Setting(name, label_of(row[name]), row[name]) for name in order)
        found.append(Combination(settings))
    if len(found) > MOST_CELLS:
        raise _fault(
            "axes", f"has {len(found):,} cells; at most {MOST_CELLS:,} are planned at once"
        )
    return found


def _axis(name: object, values: object) -> list[Combination]:
    names = name if isinstance(name, tuple) else (name,)
    where = f"axes[{name!r}]"
    if not names or not all(_is_name(part) for part in names):
        raise _fault(where, "must be named by a word, such as 'mood', or by a tuple of words")
    if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, Mapping)):
        raise _fault(where, f"is {values!r:.60}; give a list of values")
    if not values:
        raise _fault(where, "is empty; give at least one value")
    found = list(_entries(where, names, values))
    labels = [tuple(setting.label for setting in entry.settings) for entry in found]
    for place, label in enumerate(labels):
        if label in labels[:place]:
            raise _fault(where, f"has {', '.join(label)!r:.60} twice; use repeats for that")
    return found


def _entries(
    where: str, names: Sequence[str], values: Sequence[Any] | Mapping[Any, Any]
) -> Iterator[Combination]:
    if not isinstance(values, Mapping):
        for value in values:
            yield Combination(_settings(where, names, value))
        return
    counts = [whole(given) for given in values.values()]
    counted = None not in counts
    for (key, given), count in zip(values.items(), counts, strict=True):
        if counted and count is not None:
            if count < 1:
                raise _fault(where, f"repeats {key!r:.60} {shown(count)} times; give 1 or more")
            yield Combination(_settings(where, names, key), count)
        elif len(names) == 1:
            yield Combination((Setting(names[0], str(key), given),))
        else:
            raise _fault(where, "has labels for tuples; give a list of tuples, or their repeats")


def _settings(where: str, names: Sequence[str], value: Any) -> tuple[Setting, ...]:
    if len(names) == 1:
        return (Setting(names[0], label_of(value), value),)
    fits = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == len(names)
    if not fits:
        raise _fault(where, f"has {value!r:.60}; give tuples of {len(names)} values")
    return tuple(Setting(n, label_of(v), v) for n, v in zip(names, value, strict=True))


def _joined(parts: Sequence[Combination]) -> Combination:
    repeats = 1
    for part in parts:
        repeats *= part.repeats
    return Combination(tuple(s for part in parts for s in part.settings), repeats)


def label_of(value: object) -> str:
    """Name a value in tables: text as it is, nothing as a dash, no secret part of an address."""
    text = value if isinstance(value, str) else "–" if value is None else _shown(value)
    public = public_text(text)
    if public == text:
        return text
    # what was cut off still tells two values apart
    mark = blake2b(text.encode(errors="replace"), digest_size=3).hexdigest()
    return f"{public} ({mark})"


def _shown(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a very large number"


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier()


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
