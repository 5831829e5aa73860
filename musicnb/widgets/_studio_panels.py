"""Two panels of the studio view, as HTML: what it has cost, and where everything is."""

from __future__ import annotations

from dataclasses import dataclass

from musicnb.pictures import Html, data_url, days_png, element

__all__ = ["AccountView", "DayView", "SettingsView", "account_html", "settings_html"]


@dataclass(frozen=True, slots=True)
class DayView:
    """What one day has cost.

    Parameters
    ----------
    name
        The day in words: ``"26 Nov"``.
    spent, held
        Credits.
    """

    name: str
    spent: float
    held: float


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the orders have cost.

    Parameters
    ----------
    sums
        Name and amount, as text, the most important first: ``("spent on clips", "80 credits")``.
    days
        Without gaps, the first day first; the last is today.
    models
        Model, number of orders, amount, as text.
    """

    sums: tuple[tuple[str, str], ...]
    days: tuple[DayView, ...] = ()
    models: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsView:
    """Which service is used, and where the library is.

    Parameters
    ----------
    rows
        Name and value, as text; nothing secret.
    note
        What has to be known about the service; empty where there is nothing.
    """

    rows: tuple[tuple[str, str], ...]
    note: str = ""


def account_html(view: AccountView) -> Html:
    """Write what the orders have cost: sums, a picture of the days, models."""
    parts = [_terms(view.sums, "mnb-v-sums")]
    if any(day.spent or day.held for day in view.days):
        parts += [element("h3", f"Credits a day, last {len(view.days)} days"), _days(view.days)]
    if view.models:
        head = element("tr", *(element("th", name, scope="col") for name in _MODEL_COLUMNS))
        rows = [element("tr", *(element("td", text) for text in row)) for row in view.models]
        table = element("table", element("thead", head), element("tbody", *rows))
        parts += [element("h3", "By model"), table]
    return element("div", *parts, class_="mnb mnb-v-sheet")


_MODEL_COLUMNS = ("Model", "Orders", "Spent")


def settings_html(view: SettingsView) -> Html:
    """Write which service is used, and where the library is."""
    note = [element("p", view.note, class_="mnb-v-note")] if view.note else []
    return element("div", *note, _terms(view.rows, "mnb-v-rows"), class_="mnb mnb-v-sheet")


def _terms(rows: tuple[tuple[str, str], ...], class_: str) -> Html:
    pairs = [
        element("div", element("dt", name), element("dd", value, dir="auto"))
        for name, value in rows
    ]
    return element("dl", *pairs, class_=class_)


def _days(days: tuple[DayView, ...]) -> Html:
    picture = days_png([day.spent for day in days], [day.held for day in days])
    told = "; ".join(_day_text(day) for day in days if day.spent or day.held)
    image = element("img", src=data_url("image/png", picture), alt=f"Credits a day: {told}")
    ends = [element("span", days[0].name), element("span", days[-1].name)]
    most = max(days, key=lambda day: day.spent + day.held)
    caption = [
        element("span", "spent", class_="mnb-v-spent"),
        *([element("span", "held", class_="mnb-v-held")] if any(d.held for d in days) else []),
        element("span", f"most: {_day_text(most)}"),
    ]
    return element(
        "figure",
        image,
        element("div", *ends, class_="mnb-v-ends"),
        element("figcaption", *caption),
        class_="mnb-v-days",
    )


def _day_text(day: DayView) -> str:
    held = f", {day.held:g} held" if day.held else ""
    return f"{day.spent:g} spent{held} on {day.name}"
