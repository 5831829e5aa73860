"""What one armed fault is told: read from a command line or from JSON, with the same rules."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from musicnb.sandbox._fault_table import ANY, KINDS, OPERATIONS, FaultKind, Parameter, Stage, Value

__all__ = ["FaultSpec", "WrongFault"]

T = TypeVar("T")

_GENERAL: Final = ("fault", "on", "times", "probability", "after", "seed")
_MOST: Final = 10**9


class WrongFault(ValueError):
    """A fault that cannot be armed.

    Parameters
    ----------
    name
        The part of the specification that is wrong.
    message
        What is wrong with it, and what exists.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault, and when it strikes.

    Parameters
    ----------
    kind
        Its row in the table.
    on
        The operation it waits for, or ``"any"`` for all that it can happen to.
    times
        How often it strikes; None is without end.
    probability
        Chance, 0 to 1, that it strikes at a request it waits for.
    after
        How many such requests it lets pass first.
    seed
        Of the chances: the same requests in the same order meet the same ones.
    parameters
        The value of each parameter of its kind.
    """

    kind: FaultKind
    on: str
    times: int | None = None
    probability: float = 1.0
    after: int = 0
    seed: int = 0
    parameters: Mapping[str, Value] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        """When it strikes."""
        return self.kind.stage or Stage(self.parameters["when"])

    def waits_for(self, operation: str) -> bool:
        """Tell whether it can strike an operation."""
        return operation == self.on or (self.on == ANY and operation in self.kind.operations)

    @classmethod
    def from_text(cls, text: str) -> FaultSpec:
        """Read ``NAME`` or ``NAME:on=create,times=2,seconds=3``.

        Raises
        ------
        WrongFault
            Naming what is wrong, and what exists.
        """
        name, _, rest = text.partition(":")
        value: dict[str, Any] = {"fault": name}
        for part in rest.split(",") if rest else ():
            key, equals, given = part.partition("=")
            if not equals or key in value:
                raise WrongFault(part, "must be name=value, each name once")
            value[key] = _scalar(given)
        return cls.from_json(value)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FaultSpec:
        """Read the body of ``POST /sandbox/faults``.

        Raises
        ------
        WrongFault
            Naming what is wrong, and what exists.
        """
        name = value.get("fault")
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            raise WrongFault("fault", f"{_shown(name)} is none; there are {', '.join(KINDS)}")
        named = {parameter.name: parameter for parameter in kind.parameters}
        for key in value:
            if key not in named and key not in _GENERAL:
                known = ", ".join((*_GENERAL[1:], *named))
                raise WrongFault(key[:80], f"is no parameter of {kind.name}; it has {known}")
        on = value.get("on", kind.operations[0])
        operations = (*(name for name in kind.operations if name in OPERATIONS), ANY)
        if on not in operations:
            there_are = f"{kind.name} happens to {', '.join(operations)}"
            raise WrongFault("on", f"{_shown(on)} will not do; {there_are}")
        times = value.get("times")
        return cls(
            kind=kind,
            on=on,
            times=None if times is None else _whole("times", times, lowest=1),
            probability=_number("probability", value.get("probability", 1.0), 1.0),
            after=_whole("after", value.get("after", 0)),
            seed=_whole("seed", value.get("seed", 0)),
            parameters={key: _checked(named[key], value.get(key, named[key].default))
                        for key in named},
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "fault": self.kind.name,
            "on": self.on,
            "times": self.times,
            "probability": self.probability,
            "after": self.after,
            "seed": self.seed,
            **self.parameters,
        }


def _scalar(text: str) -> Value:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if value is None or isinstance(value, (bool, int, float)) else text


def _checked(parameter: Parameter, value: Any) -> Value:
    if value is None and parameter.optional:
        return None
    if parameter.choices:
        # a yes equals 1 in Python and nowhere else
        if isinstance(value, bool) or value not in parameter.choices:
            choices = ", ".join(str(choice) for choice in parameter.choices)
            raise WrongFault(parameter.name, f"{_shown(value)} will not do; there are {choices}")
        return parameter.choices[parameter.choices.index(value)]
    if isinstance(parameter.default, bool):
        return _of(bool, parameter.name, value, "must be true or false")
    if isinstance(parameter.default, str):
        text = _of(str, parameter.name, value, "must be text")
        if not (0 < len(text) <= 80 and text.isascii() and text.isprintable()):  # noqa: PLR2004
            raise WrongFault(parameter.name, "must be 1 to 80 printable ASCII characters")
        return text
    return _number(parameter.name, value, parameter.highest)


def _of(kind: type[T], name: str, value: Any, message: str) -> T:
    if not isinstance(value, kind):
        raise WrongFault(name, f"{_shown(value)} will not do; it {message}")
    return value


def _number(name: str, value: Any, highest: float) -> float:
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not 0 <= number <= highest:
        raise WrongFault(name, f"{_shown(value)} will not do; it is a number, 0 to {highest:g}")
    return float(number)


def _whole(name: str, value: Any, *, lowest: int = 0) -> int:
    valid = isinstance(value, int) and not isinstance(value, bool)
    if not valid or not lowest <= value <= _MOST:
        raise WrongFault(name, f"{_shown(value)} will not do; it is a whole number from {lowest}")
    return int(value)


def _shown(value: Any) -> str:
    return repr(value)[:80]
