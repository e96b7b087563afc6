"""Numbers from the board's own history."""

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date

import click

from mlkanban.cli.params import DAY
from mlkanban.cli.session import Session, pass_session
from mlkanban.core.models import CardType
from mlkanban.flow.cycle_time import CycleTimes

DEFAULT_WINDOW = "90d"
SIZE_ELSEWHERE = (80, 24)
TALLEST = 20


class Window(click.ParamType):  # type: ignore[type-arg]
    """A number of days, `30d`, or `all`."""

    name = "window"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        if value == "all":
            return None
        found = re.fullmatch(r"([1-9][0-9]{0,4})d", value)
        if not found:
            self.fail(f"{value!r} is neither a number of days such as 30d nor all.", param, ctx)
        return int(found[1])


@click.group(no_args_is_help=False)
def flow() -> None:
    """Show how long things take."""


@flow.command("cycle-time")
@click.option("--as-of", type=DAY, metavar="DATE", help="The last day that counts (today).")
@click.option(
    "--window",
    "window_days",
    type=Window(),
    default=DEFAULT_WINDOW,
    show_default=True,
    metavar="90d|30d|all",
    help="Cards finished in the days before.",
)
@click.option("--by", type=click.Choice(["type", "tag", "stage"]), help="Compare groups too.")
@click.option(
    "--type",
    "only_type",
    type=click.Choice([t.value for t in CardType]),
    help="Only cards of a type.",
)
@click.option("--tag", default="", help="Only cards with a tag.")
@click.option("--chart/--no-chart", default=None, help="Draw the histogram (on a terminal).")
@pass_session
def cycle_time(
    session: Session,
    as_of: date | None,
    window_days: int | None,
    by: str | None,
    only_type: str | None,
    tag: str,
    chart: bool | None,
) -> None:
    """Cycle time: calendar days from commitment to delivery, both ends counted."""
    from mlkanban.clock import now
    from mlkanban.flow.cycle_time import cycle_times, grouped
    from mlkanban.service.fields import member

    with session.service() as service:
        workflow, histories = service.history.for_flow(session.board(service))
    tag = member("tags", tag) if tag else ""
    until = workflow.end_of_day(as_of) if as_of else now()
    cards = [
        card
        for card in histories
        if (not only_type or card.type == only_type) and (not tag or tag in card.tags)
    ]
    times = cycle_times(workflow, cards, as_of=until, window_days=window_days)
    groups = (
        grouped(workflow, cards, by=by, as_of=until, window_days=window_days)  # type: ignore[arg-type]
        if by
        else []
    )

    def data() -> dict[str, object]:
        apart = [{"name": name, **group.to_data()} for name, group in groups]
        return times.to_data() | ({"by": by, "groups": apart} if by else {})

    def lines() -> Iterator[str]:
        drawn = sys.stdout.isatty() if chart is None else chart
        if drawn and times.n:
            yield from histogram(times, ascii=session.settings.ascii)
            yield ""
        yield from summary(session, times)
        if by:
            yield ""
            yield from _compared(session, by, groups)

    session.answer("flow.cycle-time", data, lines)


def histogram(times: CycleTimes, *, ascii: bool) -> Iterator[str]:
    """The picture, in the width of the terminal."""
    from mlkanban.charts.render import render
    from mlkanban.charts.spec import histogram_spec

    size = shutil.get_terminal_size(SIZE_ELSEWHERE)
    height = max(8, min(TALLEST, size.lines - 8))
    yield render(histogram_spec(times), size.columns - 1, height, palette=None, ascii=ascii)


def summary(session: Session, times: CycleTimes) -> Iterator[str]:
    """The same in words."""
    from mlkanban.flow.summary import summary_lines

    yield from map(session.clean, summary_lines(times))


def _compared(session: Session, by: str, groups: list[tuple[str, CycleTimes]]) -> Iterator[str]:
    from mlkanban.cli.layout import table

    rows = [
        (
            session.clean(name) or "(none)",
            str(times.n),
            str(times.open),
            "-" if times.mean is None else f"{times.mean:.1f}",
            *("-" if p is None else str(p) for p in times.percentiles.values()),
        )
        for name, times in groups
    ]
    marks = [f"P{p}" for p in groups[0][1].percentiles] if groups else []
    yield from table(rows, (by.upper(), "FINISHED", "OPEN", "MEAN", *marks))
    if by == "stage":
        yield "Of a stage: real days spent in it, all visits together."
