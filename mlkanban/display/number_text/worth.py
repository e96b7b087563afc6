"""What the metric of a board brings, in words and as JSON."""

from typing import TypedDict

from mlkanban.core.profit_curve import WorthMark, WorthMarks
from mlkanban.display.number_view import (
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.display.worth_text import (
    MetricWorthJson,
    money,
    stands_text,
    step_text,
    value_text,
    worth_json,
)
from mlkanban.flow.worth import Worth, worth
from mlkanban.hints import hint

_CONVENTION = "straight between the points of the charter, flat beyond them"
_NAMES = {
    "baseline": "the baseline", "in use": "the model in use", "best": "the best configuration",
    "target": "the target",
}  # fmt: skip


class WorthPointJson(TypedDict):
    value: float
    worth: float


class WorthMarkJson(TypedDict):
    kind: str
    id: str
    title: str
    at: MetricWorthJson


class WorthJson(NumberJson):
    """`metric` is '' and there are no `points` where no charter says what one brings; there are no
    `marks` of an earlier day."""

    metric: str
    unit: str
    points: list[WorthPointJson]
    marks: list[WorthMarkJson]


def to_json(number: Worth) -> WorthJson:
    given = number.given
    marks = given.marks if given and number.known else ()
    return {
        "metric": given.curve.metric if given else "",
        "unit": given.curve.unit if given else "",
        "points": [
            {"value": value, "worth": brings}
            for value, brings in (given.curve.points if given else ())
        ],
        "marks": [
            {"kind": mark.kind, "id": mark.ref, "title": mark.title, "at": worth_json(mark.at)}
            for mark in marks
        ],
        "convention": _CONVENTION,
        **scope_json(number.scope),
    }


def figures(number: Worth) -> Figures:
    points = len(number.given.curve.points) if number.given else 0
    marks = number.given.marks if number.given and number.known else ()
    return (("points", str(points)), *((mark.kind, money(mark.at.worth)) for mark in marks))


def gain_text(given: WorthMarks, mark: WorthMark) -> str:
    """`2,100 EUR/year more than the model in use`; '' for what others are compared with."""
    start = given.start
    if start is None or start == mark:
        return ""
    gain = mark.at.worth - start.at.worth
    side = "more" if gain >= 0 else "less"
    return f"{money(abs(gain), mark.at.unit)} {side} than {_NAMES[start.kind]}"


def summary(number: Worth) -> Summary:
    note = f"{scope_text(number.scope)} | {_CONVENTION}"
    given = number.given
    if given is None:
        none = hint(
            "No charter says what a metric brings."
            ' {charter set worth "val_auc 0.90=0 0.95=31000 EUR/year"} gives the points.'
        )
        return Summary("Worth", (none,), None, note)
    if not number.known:
        return Summary("Worth", ("Where cards stood on an earlier day is not known.",), None, note)
    lines = []
    order = ("best", "in use", "target", "baseline")
    for mark in sorted(given.marks, key=lambda mark: order.index(mark.kind)):
        parts = [stands_text(mark.at), gain_text(given, mark) if mark.kind != "baseline" else ""]
        if mark.kind == "best" or mark.at.beyond:
            parts.append(step_text(mark.at))
        name = _NAMES[mark.kind]
        lines.append(f"{name[0].upper()}{name[1:]}: {'; '.join(filter(None, parts))}")
    if not lines:
        lines = [f"No open card and no model in use has the metric {given.curve.metric}."]
    rows = tuple(
        (mark.kind, value_text(mark.at), money(mark.at.worth, mark.at.unit), mark.ref, mark.title)
        for mark in given.marks
    )
    head = ("what", given.curve.metric, "worth", "card", "title")
    return Summary("Worth", tuple(lines), Table(head, rows) if rows else None, note)


def headline(number: Worth) -> Headline:
    mark = number.given and (number.given.mark("best") or number.given.start)
    if not mark or not number.known:
        return ()
    return ((f"{mark.kind} ", "text"), (money(mark.at.worth, mark.at.unit), "value"))


NUMBER = NumberView("worth", worth, summary, figures, to_json, picture="worth", headline=headline)
