"""Numbers from the board's own history."""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from sys import maxsize
from typing import TYPE_CHECKING, Any

import click

from mlkanban import clock
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, DAY, TAG, SuggestingGroup, today
from mlkanban.core.board import CardType
from mlkanban.core.names import as_tag
from mlkanban.errors import NotFound, UsageProblem

if TYPE_CHECKING:
    from mlkanban.charts.spec import Spec
    from mlkanban.core.board import Board, CardFace
    from mlkanban.display.number_view import Figures, NumberView, Summary
    from mlkanban.flow.backtest import Backtest
    from mlkanban.flow.due import DueDates
    from mlkanban.flow.forecast import Forecast
    from mlkanban.flow.sample import Sample
    from mlkanban.flow.window import Window
    from mlkanban.glyphs import Glyphs
    from mlkanban.service import Service

Command = Callable[..., None]

DEFAULT_WINDOW, ALL = "90d", "all"
GROUPINGS = ("type", "tag", "stage")
SIZE_ELSEWHERE = (80, 24)
TALLEST = 20


class WindowParam(click.ParamType):  # type: ignore[type-arg]
    """A number of days, `30d`, or `all`."""

    name = "window"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"all|[1-9][0-9]{0,4}d", value):
            self.fail(f"{value!r} is neither a number of days such as 30d nor all.", param, ctx)
        return value


def _days(window: str) -> int | None:
    """The days of a window as it is asked for, None for all."""
    return None if window == ALL else int(window.removesuffix("d"))


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """The options that all numbers take."""

    as_of: date | None
    window: str
    first: date | None
    last: date | None
    by: str | None
    only_type: str | None
    tag: str
    query: str
    chart: bool | None

    def sample(self, session: Session, service: Service, window: str = DEFAULT_WINDOW) -> Sample:
        """The cards asked for, followed up to the day asked for, in a `window` unless another one
        is asked for."""
        # Help and completion follow no cards.
        from mlkanban.flow.sample import follow

        board = session.board(service)
        now = clock.now()
        workflow, histories = service.history.for_flow(board, now, self.as_of)
        until = workflow.end_of_day(self.as_of) if self.as_of else now
        if self.as_of and self.as_of > workflow.day(now):
            raise UsageProblem(
                f"--as-of {self.as_of} lies in the future.", "Give a day that is known."
            )
        if until < now:
            # What came after is not known yet.
            known = (card.without(until, now) for card in histories)
            histories = [card for card in known if card.steps]
        sessions = service.triage.sessions(board.id, now)
        days = self._window(workflow.day(until), window)
        sample = follow(workflow, histories, until, days, sessions)
        sample = replace(sample, worth=service.worth.marks(board, now))
        if not self.only:
            return sample
        faces = service.boards.snapshot(board.id).faces
        return sample.only(self.refs(service, board, faces), self.only)

    def refs(self, service: Service, board: Board, faces: Sequence[CardFace]) -> frozenset[str]:
        """The short ids of the cards asked for, among all of a board."""
        tag = as_tag(self.tag or "")
        if tag and not any(tag in face.tags.split() for face in faces):
            raise self._no_tag(board)
        if self.query:
            faces = service.search.find(board, faces, self.query, today(board))
        return frozenset(
            face.ref
            for face in faces
            if (not self.only_type or face.type == self.only_type)
            and (not tag or tag in face.tags.split())
        )

    def _no_tag(self, board: Board) -> NotFound:
        return NotFound(f"No card of {board.name} has the tag {self.tag}.", "See: mlkanban list")

    @property
    def only(self) -> str:
        """The cards asked for, as a query; '' for all."""
        kinds = [f"type:{self.only_type}"] if self.only_type else []
        tags = [f"tag:{self.tag}"] if self.tag else []
        return " ".join([*kinds, *tags, *filter(None, [(self.query or "").strip()])])

    def _window(self, today: date, default: str) -> Window:
        # The same as for `follow`: help and completion do without.
        from mlkanban.flow.window import Window

        last = self.last or today
        if last > today:
            raise UsageProblem(
                f"--to {last} lies after {today}, up to which the history is looked at.",
                "Leave it out, or give an earlier day.",
            )
        if self.first is None:
            return Window.back(_days(self.window or default), last)
        if self.window:
            raise UsageProblem("--from and --window both say where to begin.", "Give one of them.")
        try:
            return Window.between(self.first, last)
        except ValueError:
            end = f"--to {last}" if self.last else f"{last}, the last day"
            raise UsageProblem(
                f"--from {self.first} lies after {end}.", "Give an earlier day."
            ) from None


_OPTIONS: dict[str, Any] = {
    "as_of": click.option(
        "--as-of",
        type=DAY,
        metavar="DATE",
        help="Ignore everything after this day, stages and limits too (today).",
    ),
    "window": click.option(
        "--window",
        type=WindowParam(),
        metavar="90d|30d|all",
        help=f"The days to include ({DEFAULT_WINDOW}).",
    ),
    "first": click.option(
        "--from",
        "first",
        type=DAY,
        metavar="DATE",
        help="The first day to include, instead of --window.",
    ),
    "last": click.option("--to", "last", type=DAY, metavar="DATE", help="The last day to include."),
    "by": click.option("--by", type=click.Choice(GROUPINGS), help="Compare groups as well."),
    "only_type": click.option(
        "--type",
        "only_type",
        type=click.Choice([t.value for t in CardType]),
        help="Only cards of this type.",
    ),
    "tag": click.option("--tag", type=TAG, default="", help="Only cards with this tag."),
    "query": click.option(
        "-q", "--query", default="", help="Only cards that match a query, as on the board."
    ),
    "chart": click.option(
        "--chart/--no-chart", default=None, help="Draw a chart (default on a terminal)."
    ),
}


_WINDOW_OF_ALL_TIME = click.option(
    "--window",
    type=WindowParam(),
    metavar="90d|30d|all",
    help=f"The days of the past to go by ({ALL}).",
)
_OF_CARDS = ("by", "only_type", "tag", "query")
"""The options that say which cards."""
_OF_DAYS = ("window", "first", "last")
"""The options that say which days."""


def number_options(
    *, leave_out: tuple[str, ...] = (), of_all_time: bool = False
) -> Callable[[Command], Command]:
    """Give a command the options of all numbers but some, as one argument `options`."""
    given = {**_OPTIONS, "window": _WINDOW_OF_ALL_TIME} if of_all_time else _OPTIONS

    def give(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*args: Any, **options: Any) -> None:
            number_options = NumberOptions(*(options.pop(name, None) for name in _OPTIONS))
            command(*args, options=number_options, **options)

        made: Command = gathered
        for name in reversed(_OPTIONS):
            if name not in leave_out:
                made = given[name](made)
        return made

    return give


class FlowGroup(SuggestingGroup):
    """One command per number of the catalogue, and some of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = [entry.name for entry in CATALOGUE]
        return [*names, *(name for name in self.commands if name not in names)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = next((entry for entry in CATALOGUE if entry.name == cmd_name), None)
        if cmd_name in self.commands or entry is None:
            return self.commands.get(cmd_name)

        def command(session: Session, options: NumberOptions) -> None:
            # Help and completion show no number.
            from mlkanban.display.number_text import number_view

            view = number_view(cmd_name)
            if cmd_name == "due" and options.as_of is None and options.by is None:
                _due_now(session, options, view)
            else:
                answer(session, options, view)

        command.__doc__ = f"{entry.title}: {entry.help}.\n\n{entry.definition}"
        left_out = () if entry.of_cards else _OF_CARDS
        if not entry.of_days:
            left_out = (*left_out, *_OF_DAYS)
        options = number_options(leave_out=left_out, of_all_time=entry.of_all_time)
        return click.command(cmd_name)(options(pass_session(command)))


@click.group(cls=FlowGroup, no_args_is_help=False)
def flow() -> None:
    """Show flow metrics and forecasts."""


@flow.command("forecast")
@click.option(
    "--days", type=click.IntRange(1, 366), help="How many cards within this many days (14)."
)
@click.option("--by-date", type=DAY, metavar="DATE", help="How many cards by this day.")
@click.option(
    "--cards",
    type=click.IntRange(1, 1000),
    help="When this many cards are finished (all open cards).",
)
@number_options(of_all_time=True)
@pass_session
def forecast(
    session: Session,
    options: NumberOptions,
    days: int | None,
    by_date: date | None,
    cards: int | None,
) -> None:
    """Forecast how many cards are finished by a day, or when so many are."""
    # Every other number does without the forecast.
    from mlkanban.display.number_text import forecast as forecast_text
    from mlkanban.flow.forecast import forecast as ahead

    if by_date is not None and days is not None:
        raise UsageProblem("--days and --by-date say the same.", "Give one of them.")

    def count(sample: Sample) -> Forecast:
        if sample.window.last < sample.today:
            raise UsageProblem(
                f"--to {sample.window.last} ends before {sample.today}, from which a forecast looks"
                " ahead.",
                f"Leave it out, or give --as-of {sample.window.last} to forecast from that day.",
            )
        until = days or 14
        if by_date is not None:
            until = (by_date - sample.today).days
            if not 1 <= until <= 366:
                raise UsageProblem(
                    f"--by-date {by_date} does not lie in the year after {sample.today}.",
                    "Give a day in it.",
                )
        return ahead(sample, days=until, cards=cards)

    view = replace(forecast_text.NUMBER, count=count)
    if cards is not None and days is None and by_date is None:
        view = replace(view, picture="when")
    answer(session, options, view)


@flow.command("backtest")
@click.option(
    "--days", type=click.IntRange(1, 366), help="Test how many cards in so many days (14)."
)
@click.option(
    "--cards", type=click.IntRange(1, 1000), help="Test when so many cards are finished (usual)."
)
@number_options(of_all_time=True)
@pass_session
def backtest(session: Session, options: NumberOptions, days: int | None, cards: int | None) -> None:
    """Back-test: how often the forecasts would have held.

    Every few days of the past the forecasts are made again from what was known then, from the same
    window, and compared with what came once their day is there. Periods are trials that do not
    overlap: the 95 % interval comes from them, and of less than ten nothing is concluded. Without
    --cards it waits for as many cards as are usual in --days.
    """
    # Every other number does without the back-test.
    from mlkanban.display.number_text import backtest as backtest_text
    from mlkanban.flow.backtest import backtest as tested
    from mlkanban.flow.forecast import HOW_MANY_DAYS

    def count(sample: Sample) -> Backtest:
        return tested(sample, days=days or HOW_MANY_DAYS, cards=cards)

    answer(session, options, replace(backtest_text.NUMBER, count=count))


@flow.command("burn-up")
@click.argument("card", type=CARD, default="")
@number_options(leave_out=_OF_CARDS)
@pass_session
def burn_up(session: Session, options: NumberOptions, card: str) -> None:
    """Draw the parts of CARD, all and done, and say when all of them will be done.

    Without CARD, the card with the most open parts is drawn, and all cards with parts are listed.
    """
    # Every other number does without it.
    from mlkanban.display.number_text import burn_up as burn_up_text
    from mlkanban.flow.burn_up import BurnUps, burn_ups

    def count(sample: Sample) -> BurnUps:
        counted = burn_ups(sample, card)
        if card and not counted.cards:
            raise NotFound(
                f"{card} has no parts.", f"Give some: mlkanban edit PART --parent {card}"
            )
        return counted

    answer(session, options, replace(burn_up_text.NUMBER, count=count))


@flow.command("simulate")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="STAGE=N",
    help="A different limit for a stage, or none; may be repeated.",
)
@number_options(leave_out=("by", "chart"))
@pass_session
def simulate(session: Session, options: NumberOptions, limits: tuple[str, ...]) -> None:
    """What if: play other WIP limits with the board's own cards.

    The cards finished in the window are played again many times, with the times they took in each
    stage without waiting, arriving as they did, under today's limits and under the others. Only
    committed stages have a part in it; the limit for unattended runs stays as it is. The limit of
    the whole board (mlkanban stages conwip) is not played, neither today's nor another one.

    There are two models: each card takes its own time, or attended cards share the time of one
    person. The one that the board's own history speaks for is shown, both where it cannot tell.
    Today has to come out as it was observed: cycle times, throughput and work in progress. Where
    that fails, or limits were often overridden, the answer is refused, with the reason.

    Example: mlkanban flow simulate --limit Training=2 --limit Evaluation=none
    """
    # Every other number does without the simulation.
    from mlkanban.display.number_text import simulate as simulate_text
    from mlkanban.flow.simulation.whatif import limits_from, what_if

    with session.service() as service:
        board = session.board(service)
        sample = options.sample(session, service)
    changes = limits_from(board, " ".join(limits))
    with _progress(session) as progress:
        simulated = what_if(sample, changes, progress=progress)
    session.answer(
        "flow.simulate",
        lambda: simulate_text.to_json(simulated),
        lambda: words(session, simulate_text.summary(simulated), _not_played(board)),
    )


@flow.command("suggest-limits")
@number_options(leave_out=("by", "chart"))
@pass_session
def suggest_limits(session: Session, options: NumberOptions) -> None:
    """Search for better WIP limits, and say why they are better.

    One limit is changed by one at a time; a stage without a limit gets one near what it held. A
    change is kept when in three of four runs with the same cards 85 % of them are done sooner and
    hardly fewer are finished, in each model that reproduces today (see: mlkanban flow simulate).
    """
    # Every other number does without the simulation.
    from mlkanban.display.number_text import suggest_limits as suggest_text
    from mlkanban.flow.simulation.suggest import suggest

    with session.service() as service:
        board = session.board(service)
        sample = options.sample(session, service)
    with _progress(session) as progress:
        suggested = suggest(sample, progress=progress)
    session.answer(
        "flow.suggest-limits",
        lambda: suggest_text.to_json(suggested),
        lambda: words(session, suggest_text.summary(suggested), _not_played(board)),
    )


def _not_played(board: Board) -> list[str]:
    """What holds on a board and has no part in the simulation."""
    if board.conwip is None:
        return []
    return [f"The limit of {board.conwip} cards in progress on the whole board is not played."]


@contextlib.contextmanager
def _progress(session: Session) -> Iterator[Callable[[float], None]]:
    """A line on stderr that counts up, where somebody looks."""
    with counting_line(session) as show:
        yield lambda share: show("simulating", f"{100 * share:3.0f} %")


def answer(session: Session, options: NumberOptions, view: NumberView[Any]) -> None:
    """Print a number: the picture, the sentences, the table, and the groups beside each other."""
    with session.service() as service:
        window = ALL if view.entry.of_all_time else DEFAULT_WINDOW
        sample = options.sample(session, service, window)
    if options.by == "stage" and view.staged:
        raise UsageProblem(
            f"{view.entry.title} is told stage by stage already.", "Use --by type or --by tag."
        )
    number = view.count(sample)
    groups = view.by(sample, options.by) if options.by else []  # type: ignore[arg-type]
    summary = view.summary(number)
    extra: list[str] = []
    if summary.claims:
        # Only forecasts are tested with the past.
        from mlkanban.display.number_text.backtest import remarks

        extra = remarks(summary, sample)

    def data() -> dict[str, Any]:
        apart = [{"name": group, **view.to_json(counted)} for group, _, counted in groups]
        values = view.to_json(number) | ({"remarks": extra} if extra else {})
        return values | ({"by": options.by, "groups": apart} if options.by else {})

    def lines() -> Iterator[str]:
        drawn = sys.stdout.isatty() if options.chart is None else options.chart
        spec = view.draw(number, sample) if drawn else None
        if spec is not None:
            yield from picture(spec, session.glyphs)
            yield ""
        yield from chosen(session, options, summary, extra)
        if options.by:
            yield ""
            if options.by == "stage" and groups:
                of_stage = view.summary(groups[0][2])
                of_cards = "" if view.by_stage else ", of the cards that were in it"
                yield f"{of_stage.title}{of_cards} | {of_stage.note}"
            figures = [(name, view.figures(counted)) for name, _, counted in groups]
            yield from _compared(session, options.by, figures)
            for (name, shown), (_, _, counted) in zip(figures, groups, strict=True):
                if _counts_alone(shown):
                    why = session.glyphs.compared(session.clean(view.summary(counted).lines[0]))
                    yield f"{session.clean(name) or '(none)'}: {why}"

    session.answer(f"flow.{view.entry.name}", data, lines)


def _due_now(session: Session, options: NumberOptions, view: NumberView[DueDates]) -> None:
    """The due dates of now, judged as in lists and on faces by the cards as they stand: the log,
    which grows for years, is not followed for them."""
    with session.service() as service:
        board = session.board(service)
        faces = service.boards.snapshot(board.id).faces
        due = service.planning.due_dates(board, faces)
        if options.only:
            due = due.only(options.refs(service, board, faces), options.only)
    session.answer(
        "flow.due",
        lambda: view.to_json(due),
        lambda: chosen(session, options, view.summary(due), []),
    )


def chosen(
    session: Session, options: NumberOptions, summary: Summary, extra: list[str]
) -> Iterator[str]:
    """A number in words, after the query that chose its cards, if any."""
    if options.only:
        yield session.clean(f"Only cards with {options.only}")
    yield from words(session, summary, extra)


def picture(spec: Spec, glyphs: Glyphs) -> Iterator[str]:
    """The picture, in the width of the terminal."""
    # Only who looks at a picture waits for it: not --json, help and completion.
    from mlkanban.charts.render import as_text, render

    size = shutil.get_terminal_size(SIZE_ELSEWHERE)
    height = max(8, min(TALLEST, size.lines - 8))
    yield as_text(render(spec, size.columns - 1, height, glyphs=glyphs))


def words(session: Session, summary: Summary, extra: list[str]) -> Iterator[str]:
    """The same in words, and as a table."""
    # They measure cells with rich; --json, help and completion print none.
    from mlkanban.cells import wrapped_note
    from mlkanban.cli.layout import table, width

    # Elsewhere than on a terminal a sentence stays in one line, to be found by other programs.
    room = (width() or maxsize) - 1
    for line in (*summary.lines, *extra):
        yield from wrapped_note(session.glyphs.compared(session.clean(line)), room)
    if summary.table is not None:
        yield ""
        shown = session.glyphs.cell
        cleaned = [[shown(session.clean(cell)) for cell in row] for row in summary.table.rows]
        yield from table(cleaned, [name.upper() for name in summary.table.head])
        yield ""
    yield from wrapped_note(session.glyphs.compared(session.clean(summary.note)), room)


def _counts_alone(figures: Figures) -> bool:
    """Whether there are counts, and dashes for all that they are too few for."""
    values = [value for _, value in figures]
    return "-" in values and all(value == "-" or value.isdigit() for value in values)


def _compared(session: Session, by: str, groups: list[tuple[str, Figures]]) -> Iterator[str]:
    # It measures cells with rich; --json, help and completion print none.
    from mlkanban.cli.layout import table

    figures = [(session.clean(name) or "(none)", some) for name, some in groups]
    if not figures:
        yield "No cards to compare."
        return
    head = [by.upper(), *(name.upper() for name, _ in figures[0][1])]
    yield from table([[name, *(value for _, value in some)] for name, some in figures], head)
