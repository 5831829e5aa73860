"""Cells of a sweep: the brief filled in for one combination of its axes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

from musicnb import catalogue
from musicnb.briefs import Brief
from musicnb.errors import Fault, InvalidInput
from musicnb.sweep._axes import Combination, Setting, label_of

#: A pattern, such as ``{"mood": "calm", "model": ["suno-5.5"]}``, or a function of a cell's values
#: that says True, or why, for those to leave out.
Exclusion = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool | str]

_TEMPLATES: Final = ("prompt", "title", "lyrics")
_OPTIONS: Final = frozenset(
    option.name for model in catalogue.MODELS.values() for option in model.options
)
# only names are filled in, never attributes or formats: a lyric is text, not a program
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([^\W\d]\w*)\}")


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of a sweep's axes.

    Parameters
    ----------
    number
        Its place in the plan, from 1.
    settings
        Each axis at its value.
    brief
        What is ordered, as often as `repeats` says.
    left_out
        Why it is excluded; empty for one that is not.
    faults
        What is wrong with it; none for one that can be sent.
    """

    number: int
    settings: tuple[Setting, ...]
    brief: Brief
    repeats: int = 1
    left_out: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """The label of each axis."""
        return {setting.axis: setting.label for setting in self.settings}

    @property
    def name(self) -> str:
        """All labels in one line."""
        return " · ".join(setting.label for setting in self.settings) or "the brief"

    @property
    def can_run(self) -> bool:
        """Whether it is neither excluded nor faulty."""
        return not self.left_out and not self.faults

    @property
    def credits(self) -> Decimal:
        """The most that all its repeats may cost; nothing for one that cannot run."""
        return self.brief.price.credits_high * self.repeats if self.can_run else Decimal(0)

    @property
    def problem(self) -> str:
        """Why it cannot run, in one line; empty for one that can."""
        return self.left_out or "; ".join(str(fault) for fault in self.faults)


def fill(
    brief: Brief,
    chosen: Sequence[Combination],
    *,
    exclude: Iterable[Exclusion] = (),
    repeats: int = 1,
) -> tuple[Cell, ...]:
    """Make the cells of a sweep.

    Parameters
    ----------
    brief
        May hold ``{axis}`` in its prompt, title and lyrics; ``{{`` and ``}}`` stand for braces.
    chosen
        The combinations, in the plan's order.

    Raises
    ------
    InvalidInput
        An axis is used nowhere, or a pattern names one that there is not.
    """
    axes = [setting.axis for setting in chosen[0].settings] if chosen else []
    exclusions = [_checked(exclusion, axes) for exclusion in exclude]
    _require_use(brief, chosen, axes)
    cells = []
    for number, combination in enumerate(chosen, 1):
        filled, faults = _filled(brief, combination.settings)
        reason = next(filter(None, (told(combination.settings) for told in exclusions)), "")
        if not reason:
            faults += filled.faults()
        times = combination.repeats * repeats
        unfilled = () if reason else tuple(faults)
        cells.append(Cell(number, combination.settings, filled, times, reason, unfilled))
    return tuple(cells)


def _filled(brief: Brief, settings: Sequence[Setting]) -> tuple[Brief, list[Fault]]:
    names = _field_names(brief)
    values = {s.axis: s.value for s in settings if s.axis in names}
    brief = brief.with_changes(**values) if values else brief
    labels = {setting.axis: label_of(setting.value) for setting in settings}
    faults: list[Fault] = []
    texts: dict[str, Any] = {}
    for name in _TEMPLATES:
        text = getattr(brief, name)
        if isinstance(text, str):
            texts[name] = _PLACEHOLDER.sub(lambda match: _word(match, labels), text)
            missing = {m[1] for m in _PLACEHOLDER.finditer(text) if m[1] and m[1] not in labels}
            faults += [
                Fault(name, f"/{name}", f"has {{{word}}}, but there is no axis {word!r}")
                for word in sorted(missing)
            ]
    used = _placeholders(brief)
    options = {
        **brief.options,
        **{s.axis: s.value for s in settings if s.axis in _OPTIONS and s.axis not in used},
    }
    # None as an axis's value means to leave the option to the model
    given = {name: value for name, value in options.items() if value is not None}
    return brief.with_changes(options=given, **texts), faults


def _word(match: re.Match[str], labels: Mapping[str, str]) -> str:
    if match[1] is None:
        return match[0][0]
    return labels.get(match[1], match[0])


def _field_names(brief: Brief) -> set[str]:
    # those that make no sense as an axis are no axis
    return {field.name for field in fields(brief)} - {"_", "options", "metadata"}


def _placeholders(brief: Brief) -> set[str]:
    texts = [getattr(brief, name) for name in _TEMPLATES]
    return {
        match[1]
        for text in texts
        if isinstance(text, str)
        for match in _PLACEHOLDER.finditer(text)
        if match[1]
    }


def _require_use(brief: Brief, chosen: Sequence[Combination], axes: Sequence[str]) -> None:
    names = _field_names(brief)
    used = names | _OPTIONS
    for combination in chosen:
        values = {s.axis: s.value for s in combination.settings if s.axis in _TEMPLATES}
        used |= _placeholders(brief.with_changes(**values) if values else brief)
    faults = [
        Fault(
            f"axes[{axis!r}]",
            "",
            f"is used nowhere: put {{{axis}}} into the prompt, title or lyrics, or name one of"
            f" {', '.join(sorted(names | _OPTIONS))}",
        )
        for axis in axes
        if axis not in used
    ]
    if faults:
        raise InvalidInput.from_faults(faults)


def _checked(exclusion: Exclusion, axes: Sequence[str]) -> Callable[[Sequence[Setting]], str]:
    if callable(exclusion):
        return lambda settings: _asked(exclusion, settings)
    if not isinstance(exclusion, Mapping) or not exclusion:
        message = f"is {exclusion!r:.60}; give a mapping of axes to values, or a function"
        raise InvalidInput.from_faults([Fault("exclude", "", message)])
    unknown = [name for name in exclusion if name not in axes]
    if unknown:
        message = f"names {unknown[0]!r:.60}; the axes are {', '.join(axes) or 'none'}"
        raise InvalidInput.from_faults([Fault("exclude", "", message)])
    return lambda settings: _matched(exclusion, settings)


def _asked(told: Callable[[Mapping[str, Any]], bool | str], settings: Sequence[Setting]) -> str:
    answer = told({setting.axis: setting.value for setting in settings})
    return answer if isinstance(answer, str) else "excluded" if answer else ""


def _matched(pattern: Mapping[str, Any], settings: Sequence[Setting]) -> str:
    by_axis = {setting.axis: setting for setting in settings}
    for axis, wanted in pattern.items():
        setting = by_axis[axis]
        among = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
        if setting.label not in among and setting.value not in among:
            return ""
    return "excluded: " + ", ".join(by_axis[axis].label for axis in pattern)
