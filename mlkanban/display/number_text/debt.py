"""Flow debt, in words and as JSON."""

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.flow.debt import FlowDebt
from mlkanban.flow.debt import debt as count
from mlkanban.flow.percentiles import needed
from mlkanban.text import quantity

_ERRORS = 2
_FOUR_OF_FIVE = 0.842
"""Standard errors beyond those, so that a debt shows in 80 % of cases (normal distribution)."""
_LEAST = 0.5
"""Days: less is no debt to speak of."""
_CONVENTION = f"calendar days, both ends counted | +/- {_ERRORS} standard errors"


class DebtJson(NumberJson):
    """`in_progress` at the end of the window."""

    n: int
    in_progress: int
    gap_days: float | None
    mean_cycle_time: float | None
    debt_days: float | None
    standard_error_days: float | None


def to_json(flow_debt: FlowDebt) -> DebtJson:
    return {
        "n": flow_debt.n,
        "in_progress": flow_debt.in_progress,
        "gap_days": flow_debt.gap_days,
        "mean_cycle_time": flow_debt.mean_cycle_time,
        "debt_days": flow_debt.debt_days,
        "standard_error_days": flow_debt.standard_error_days,
        "convention": _CONVENTION,
        **scope_json(flow_debt.scope),
    }


def figures(flow_debt: FlowDebt) -> Figures:
    def shown(value: float | None, sign: str = "") -> str:
        return "-" if value is None else f"{value:{sign}.1f}"

    return (
        ("n", str(flow_debt.n)),
        ("gap", shown(flow_debt.gap_days)),
        ("mean", shown(flow_debt.mean_cycle_time)),
        ("debt", shown(flow_debt.debt_days, "+")),
    )


def summary(flow_debt: FlowDebt) -> Summary:
    note = f"n {flow_debt.n} | {scope_text(flow_debt.scope)} | {_CONVENTION}"
    debt, least = flow_debt.debt_days, needed(50)
    if debt is None or flow_debt.standard_error_days is None or flow_debt.n < least:
        few = f"{finished_cards(flow_debt.n)}; flow debt needs {least}."
        return Summary("Flow debt", (few,), None, note)
    chance = _ERRORS * flow_debt.standard_error_days
    lines = (
        f"Flow debt {debt:+.1f} d (+/- {chance:.1f}): {flow_debt.gap_days:.1f} d by"
        f" the diagram, {flow_debt.mean_cycle_time:.1f} d by the finished cards",
        _meaning(flow_debt, debt, chance),
    )
    return Summary("Flow debt", lines, None, note)


def _meaning(flow_debt: FlowDebt, debt: float, chance: float) -> str:
    """What is not beyond chance is not known to be nothing: a few cards show only a large debt."""
    beyond = abs(debt) > chance and abs(debt) >= _LEAST
    if beyond and debt < 0:
        return "Debt was paid back: the finished cards took longer than work takes on the whole."
    if not flow_debt.in_progress:
        return "No card was left in progress, so none is owed anything."
    if beyond:
        return "Debt was made: the finished cards took less than work takes on the whole."
    if abs(debt) > chance:
        return "That is less than half a day, which is no debt to speak of."
    shows = chance * (1 + _FOUR_OF_FIVE / _ERRORS)
    return (
        f"No debt can be told from {quantity(flow_debt.n, 'finished card')}: up to {chance:.1f} d"
        f" may be chance, and a debt of {shows:.1f} d or more shows in at least 4 of 5 cases."
    )


NUMBER = NumberView("debt", count, summary, figures, to_json)
