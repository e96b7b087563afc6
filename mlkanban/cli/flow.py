"""Numbers from the board's own history."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from mlkanban.cli.params import DAY
from mlkanban.cli.session import Session, pass_session
from mlkanban.core.models import CardType
from mlkanban.errors import UsageProblem

if TYPE_CHECKING:
    from mlkanban.charts.spec import Spec
    from mlkanban.flow.said import Number, Said
    from mlkanban.flow.sample import Sample
    from mlkanban.flow.window import Window
    from mlkanban.service import Service

DEFAULT_WINDOW = "90d"
GROUPINGS = ("type", "tag", "stage")
SIZE_ELSEWHERE = (80, 24)
TALLEST = 20


class WindowParam(click.ParamType):  # type: ignore[type-arg]
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


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that all numbers take."""

    as_of: date | None
    window_days: int | None
    first: date | None
    last: date | None
    by: str | None
    only_type: str | None
    tag: str
    chart: bool | None

    def sample(self, session: Session, service: Service) -> Sample:
        """The cards asked for, followed up to the day asked for."""
        from mlkanban.clock import now
        from mlkanban.flow.sample import follow
        from mlkanban.service.fields import member

        workflow, histories = service.history.for_flow(session.board(service))
        tag = member("tags", self.tag) if self.tag else ""
        until = workflow.end_of_day(self.as_of) if self.as_of else now()
        cards = [
            card
            for card in histories
            if (not self.only_type or card.type == self.only_type) and (not tag or tag in card.tags)
        ]
        return follow(workflow, cards, until, self._window(workflow.day(until)))

    def _window(self, today: date) -> Window:
        from mlkanban.flow.window import Window

        last = self.last or today
        if last > today:
            raise UsageProblem(
                f"--to {last} lies after {today}, up to which the history is looked at.",
                "Leave it out, or give an earlier day.",
            )
        if self.first is None:
            return Window.back(self.window_days, last)
        try:
            return Window.between(self.first, last)
        except ValueError:
            raise UsageProblem(
                f"--from {self.first} lies after {last}.", "Give an earlier day."
            ) from None


def number_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of all numbers, as one argument `asked`."""
    names = ("as_of", "window_days", "first", "last", "by", "only_type", "tag", "chart")

    def gathered(*args: Any, **given: Any) -> None:
        command(*args, asked=Asked(*(given.pop(name) for name in names)), **given)

    gathered.__doc__ = command.__doc__
    gathered.__name__ = command.__name__
    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


_OPTIONS = (
    click.option("--as-of", type=DAY, metavar="DATE", help="The last day that is known (today)."),
    click.option(
        "--window",
        "window_days",
        type=WindowParam(),
        default=DEFAULT_WINDOW,
        show_default=True,
        metavar="90d|30d|all",
        help="The days that count.",
    ),
    click.option(
        "--from", "first", type=DAY, metavar="DATE", help="The first day, instead of --window."
    ),
    click.option("--to", "last", type=DAY, metavar="DATE", help="The last day of the window."),
    click.option("--by", type=click.Choice(GROUPINGS), help="Compare groups too."),
    click.option(
        "--type",
        "only_type",
        type=click.Choice([t.value for t in CardType]),
        help="Only cards of a type.",
    ),
    click.option("--tag", default="", help="Only cards with a tag."),
    click.option("--chart/--no-chart", default=None, help="Draw it (on a terminal)."),
)


class FlowGroup(click.Group):
    """One command per number, from the table of numbers; loaded when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from mlkanban.charts.views import BY_NAME

        return [*BY_NAME, *self.commands.keys() - BY_NAME.keys()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from mlkanban.charts.views import BY_NAME

        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in BY_NAME:
            return own
        view = BY_NAME[cmd_name]

        def command(session: Session, asked: Asked) -> None:
            with session.service() as service:
                sample = asked.sample(session, service)
            answer(session, asked, view.name, sample, view.count, view.draw, view.by)

        command.__doc__ = f"{view.title}: {view.help}."
        return click.command(cmd_name)(number_options(pass_session(command)))


@click.group(cls=FlowGroup, no_args_is_help=False)
def flow() -> None:
    """Show the numbers of the flow of work, and where they lead."""


@flow.command("forecast")
@click.option("--days", type=click.IntRange(1, 366), help="How many by so many days from now (14).")
@click.option("--by-date", type=DAY, metavar="DATE", help="How many by that day.")
@click.option(
    "--cards", type=click.IntRange(1, 1000), help="By when so many are finished (all open ones)."
)
@number_options
@pass_session
def forecast(
    session: Session, asked: Asked, days: int | None, by_date: date | None, cards: int | None
) -> None:
    """Forecast: how many cards by a day, and so many cards by when; exact, with back-test."""
    from mlkanban.charts import pictures
    from mlkanban.charts.views import BY_NAME, replayed
    from mlkanban.flow.forecast import Forecast
    from mlkanban.flow.forecast import forecast as ahead

    with session.service() as service:
        sample = asked.sample(session, service)
    if by_date is not None:
        if days is not None:
            raise UsageProblem("--days and --by-date say the same.", "Give one of them.")
        days = (by_date - sample.today).days
        if not 1 <= days <= 366:
            raise UsageProblem(
                f"--by-date {by_date} does not lie in the year after {sample.today}.",
                "Give a day in it.",
            )

    def count(some: Sample) -> Forecast:
        return ahead(some, days=days or 14, cards=cards)

    def by(some: Sample, grouping: Any) -> list[tuple[str, Number]]:
        return [(name, count(group)) for name, group in some.grouped(grouping)]

    tested = replayed(sample)
    held = [tested.sentence("how_many"), tested.sentence("when")]
    calibration = [sentence for sentence in held if sentence]
    draw: Callable[[Any, Sample], Spec | None] = BY_NAME["forecast"].draw
    if cards is not None and days is None:
        draw = lambda number, _: pictures.when(number)  # noqa: E731
    answer(session, asked, "forecast", sample, count, draw, by, extra=calibration)


def answer(
    session: Session,
    asked: Asked,
    name: str,
    sample: Sample,
    count: Callable[[Sample], Number],
    draw: Callable[[Any, Sample], Spec | None],
    by: Callable[[Sample, Any], list[tuple[str, Number]]],
    *,
    extra: list[str] | None = None,
) -> None:
    """Print a number: the picture, the sentences, the table, and the groups beside each other."""
    number = count(sample)
    groups = by(sample, asked.by) if asked.by else []

    def data() -> dict[str, Any]:
        apart = [{"name": group, **counted.to_data()} for group, counted in groups]
        told = number.to_data() | ({"back_test": extra} if extra else {})
        return told | ({"by": asked.by, "groups": apart} if asked.by else {})

    def lines() -> Iterator[str]:
        drawn = sys.stdout.isatty() if asked.chart is None else asked.chart
        spec = draw(number, sample) if drawn else None
        if spec is not None:
            yield from picture(spec, ascii=session.settings.ascii)
            yield ""
        yield from words(session, number.said(), extra or [])
        if asked.by:
            yield ""
            yield from _compared(session, asked.by, groups)

    session.answer(f"flow.{name}", data, lines)


def picture(spec: Spec, *, ascii: bool) -> Iterator[str]:
    """The picture, in the width of the terminal."""
    from mlkanban.charts.render import render

    size = shutil.get_terminal_size(SIZE_ELSEWHERE)
    height = max(8, min(TALLEST, size.lines - 8))
    yield render(spec, size.columns - 1, height, palette=None, ascii=ascii)


def words(session: Session, said: Said, extra: list[str]) -> Iterator[str]:
    """The same in words, and as a table."""
    from mlkanban.charts.wrapping import wrapped_note
    from mlkanban.cli.layout import table

    room = shutil.get_terminal_size(SIZE_ELSEWHERE).columns - 1
    for line in (*said.lines, *extra):
        yield from wrapped_note(session.clean(line), room)
    if said.table is not None:
        yield ""
        cleaned = [[session.clean(cell) for cell in row] for row in said.table.rows]
        yield from table(cleaned, [name.upper() for name in said.table.head])
        yield ""
    yield from wrapped_note(session.clean(said.note), room)


def _compared(session: Session, by: str, groups: list[tuple[str, Number]]) -> Iterator[str]:
    from mlkanban.cli.layout import table

    figures = [(session.clean(name) or "(none)", group.figures()) for name, group in groups]
    if not figures:
        yield "No cards to compare."
        return
    head = [by.upper(), *(name.upper() for name, _ in figures[0][1])]
    yield from table([[name, *(value for _, value in some)] for name, some in figures], head)
