"""Models compared at equal money: what each gives for the same credits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from musicnb import catalogue
from musicnb.briefs import TextToMusic
from musicnb.errors import Fault, InvalidInput
from musicnb.sweep._axes import MOST_CELLS, Setting
from musicnb.sweep._cells import Cell
from musicnb.sweep._plan import Plan, faults_of_name


def equal_money(
    name: str,
    models: Sequence[str],
    prompts: Sequence[str],
    credits_per_arm: Decimal | float | str,
    brief: TextToMusic | None = None,
) -> Plan:
    """Plan without a studio; the parameters are those of `musicnb.Studio.compare_models`.

    An arm's tasks go round the prompts, the first prompts getting one more where they do not come
    out even.

    Raises
    ------
    InvalidInput
        A model is not known or named twice, or the money does not reach once round the prompts.
    """
    if brief is not None and not isinstance(brief, TextToMusic):
        raise InvalidInput.from_faults(
            [Fault("brief", "", f"must be a TextToMusic(...), not {type(brief).__name__}")]
        )
    faults = faults_of_name(name) + [
        Fault(field, "", f"is {value!r:.60}; give a list of at least one")
        for field, value in (("models", models), ("prompts", prompts))
        if isinstance(value, str) or not isinstance(value, Sequence) or not value
    ]
    budget = _budget(credits_per_arm, faults)
    if faults:
        raise InvalidInput.from_faults(faults)
    known = ", ".join(catalogue.MODELS)
    for place, model in enumerate(models):
        if model in models[:place]:
            faults.append(Fault("models", "", f"has {model!r:.60} twice"))
        elif model not in catalogue.MODELS:
            faults.append(Fault("models", "", f"has {model!r:.60}; known are {known}"))
        elif (price := catalogue.MODELS[model].credits) * len(prompts) > budget:
            needed = f"{len(prompts)} prompts of {model} cost {price * len(prompts):f}"
            faults.append(Fault("credits_per_arm", "", f"is {budget:f}, but {needed}"))
    if faults:
        raise InvalidInput.from_faults(faults)
    _require_few(models, budget)
    base = brief or TextToMusic("", instrumental=True)
    cells: list[Cell] = []
    for place, prompt in enumerate(prompts):
        for model in models:
            tasks = int(budget // catalogue.MODELS[model].credits)
            repeats = tasks // len(prompts) + (place < tasks % len(prompts))
            filled = base.with_changes(prompt=prompt, model=model)
            settings = (Setting("prompt", str(prompt), prompt), Setting("model", model, model))
            faults_here = tuple(filled.faults())
            cells.append(Cell(len(cells) + 1, settings, filled, repeats, faults=faults_here))
    return Plan(name.strip(), tuple(cells))


def _require_few(models: Sequence[str], budget: Decimal) -> None:
    tasks = sum(int(budget // catalogue.MODELS[model].credits) for model in models)
    if tasks > MOST_CELLS:
        message = f"buys {tasks:,} tasks; at most {MOST_CELLS:,} are planned at once"
        raise InvalidInput.from_faults([Fault("credits_per_arm", "", message)])


def _budget(given: object, faults: list[Fault]) -> Decimal:
    try:
        budget = Decimal(str(given))
    except InvalidOperation:
        budget = Decimal("NaN")
    if isinstance(given, bool) or not budget.is_finite() or budget <= 0:
        faults.append(Fault("credits_per_arm", "", f"is {given!r:.60}; give credits, such as 400"))
    return budget
