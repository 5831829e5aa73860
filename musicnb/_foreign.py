"""Reading JSON that somebody else wrote: nothing in it is believed before it has been looked at."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from musicnb._given import shown
from musicnb.errors import Fault, InvalidInput

_DEEPEST: Final = 16
_MOST_FAULTS: Final = 12
# a campaign of 10,000 cells with their orders and clips has under a million
_MOST_VALUES: Final = 3_000_000

_Model = TypeVar("_Model", bound=BaseModel)


def read_record(kind: type[_Model], data: bytes, *, called: str, version: int) -> _Model:
    """Read a record of a known version from JSON.

    Parameters
    ----------
    kind
        What it must be.
    data
        The bytes; whoever read them has limited their number.
    called
        What people call it: it stands in errors.
    version
        What its field ``version`` must say.

    Raises
    ------
    InvalidInput
        It is no JSON, is nested too deep, has another version, or a value is not what it should
        be; each fault is named.
    """
    _require_tame(_values(data, called), called, version)
    problems: list[Fault] = []
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        problems = [
            Fault(
                _dotted(found["loc"], called),
                "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1")
                               for part in found["loc"]),
                f"{found['msg'][:1].lower()}{found['msg'][1:]:.200}",
            )
            for found in error.errors(include_url=False, include_context=False)
        ]  # fmt: skip
    raise InvalidInput.from_faults(problems[:_MOST_FAULTS])


def _values(data: bytes, called: str) -> Any:
    problem = ""
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_without_twins,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except RecursionError:
        problem = f"is nested deeper than any {called}"
    except ValueError as error:  # no UTF-8, no JSON, numbers of thousands of digits
        problem = f"is no {called}: {error!s:.120}"
    raise _fault(called, problem)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        name, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {name!r:.60} stands twice in one object")
    return values


def _finite(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _no_number(word)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _require_tame(values: Any, called: str, version: int) -> None:
    """Refuse what is nested too deep, halves of characters, and another version; step by step."""
    if not isinstance(values, dict):
        raise _fault(called, "is no JSON object")
    if (found := values.get("version")) != version or isinstance(found, bool):
        raise _fault("version", f"is {found!r:.40}; this musicnb reads version {version}")
    waiting: list[tuple[Any, int]] = [(values, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > _MOST_VALUES:
            raise _fault(called, f"has more than {_MOST_VALUES:,} values")
        if depth > _DEEPEST:
            raise _fault(called, f"is nested deeper than {_DEEPEST} levels")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _fault(called, f"has half of a character in {value!r:.60}")


def _dotted(places: tuple[int | str, ...], called: str) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_word(part)}" for part in places)
    return text.lstrip(".") or called


def _word(key: str) -> str:
    # a terminal would obey what stands in a key
    return f"{key:.60}" if key.isprintable() else shown(key, 60)


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
