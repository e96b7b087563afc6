"""A board to look at: thrown away at the end, and nothing of one's own is touched."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from mlkanban import clock
from mlkanban.charts.spec import histogram_spec
from mlkanban.cli.board import open_board
from mlkanban.cli.flow import picture, words
from mlkanban.cli.person import use_home
from mlkanban.cli.session import Session, pass_session
from mlkanban.clock import local_timezone
from mlkanban.demo import fill
from mlkanban.display.number_text.cycle_time import summary
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.paths import places
from mlkanban.tui.pace_file import write_pace
from mlkanban.tui.review_file import write_review_day


@click.command()
@pass_session
def demo(session: Session) -> None:
    """Open a board full of examples; your own data is not touched."""
    with _home() as home:
        use_home(home)
        shown = Session(json=session.json)
        with shown.service(write=True, make=True) as service:
            now = clock.now()
            board = fill(service, now, timezone=local_timezone(), data=places().data)
            shown.board_key = board.key
            # Nobody has looked at it before; what is old is to be marked from the first look on.
            write_pace(service.path.parent, board.id, service.history.pace(board, now))
            write_review_day(service.path.parent, board.id, service.reviews.state(board).next)
        open_board(shown, demo=True)
        if not session.json:
            _numbers(shown)


@contextmanager
def _home() -> Iterator[str]:
    """A folder that goes with the program, also when the terminal is closed or a signal ends it."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end)
    try:
        with tempfile.TemporaryDirectory(prefix="mlkanban-demo-") as home:
            try:
                yield home
            finally:
                for number in numbers:  # a closed terminal often sends more than one
                    signal.signal(number, signal.SIG_IGN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _numbers(session: Session) -> None:
    """Under the printed board, what its history says."""
    until = clock.now()
    with session.service() as service:
        workflow, histories = service.history.for_flow(session.board(service), until)
    times = cycle_times(follow(workflow, histories, until, Window.back(90, workflow.day(until))))
    click.echo("\nCycle time, days\n")
    click.echo("\n".join(picture(histogram_spec(times), session.glyphs)))
    click.echo("\n" + "\n".join(words(session, summary(times), [])))
