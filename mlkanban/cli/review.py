"""Reviews: what was promised and learned since the last one, and what is promised next."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, WHEN, SuggestingGroup, TextCommand, today
from mlkanban.core.board import Board
from mlkanban.core.day_input import day_ahead
from mlkanban.errors import UsageProblem
from mlkanban.hints import hint
from mlkanban.paths import places
from mlkanban.streams import on_terminal


@click.group("review", cls=SuggestingGroup, invoke_without_command=True)
@click.option(
    "--show", type=click.IntRange(1), metavar="N", help="Print an earlier review, from 1 on."
)
@click.option("--list", "listed", is_flag=True, help="List the reviews that were held.")
@click.pass_context
def review(ctx: click.Context, show: int | None, listed: bool) -> None:
    """Look back at what was promised, and promise cards anew.

    One thing at a time: what came of the last promises, lessons, cycle times out of the usual,
    overrides, days lost to blocks, risks of the charter; at last, what is promised next. What was
    answered is kept, so that a review can be continued for a week. Without a terminal, print
    what there is to answer. The charter says how often a review is due: charter set rhythm 14d.
    """
    session: Session = ctx.obj
    if show is not None and listed:
        raise UsageProblem("--show prints one review, --list names all.", "Leave one of them out.")
    if ctx.invoked_subcommand is not None:
        if show is not None or listed:
            raise UsageProblem("--show and --list are for the review alone.", "Leave it out.")
        return
    if show is not None:
        _show(session, show)
    elif listed:
        _list(session)
    elif on_terminal() and not session.json:
        # Textual: 300 ms that a review printed as text does without.
        from mlkanban.tui.start import run_board

        code = run_board(
            places(),
            session.settings,
            session.board_key or session.settings.board,
            actor=session.actor,
            review=True,
        )
        raise click.exceptions.Exit(code)
    else:
        _print(session)


@review.command("answer", cls=TextCommand)
@click.argument("key")
@click.argument("answer")
@click.argument("text", default="")
@pass_session
def answer_topic(session: Session, key: str, answer: str, text: str) -> None:
    """Answer one topic: review names its KEY and the answers it takes.

    The answer `line` needs a TEXT: the lesson of a card, a note, or the new line of a risk.
    """
    with session.service(write=True) as service:
        board = session.board(service)
        done = service.reviews.answer(board, key, answer.lower(), text)
        session.answer_done("review.answer", done, service)


@review.command("promise")
@click.argument("cards", type=CARD, nargs=-1, metavar="[CARD]...")
@click.option("--nothing", is_flag=True, help="End the review and promise no card.")
@click.option(
    "--until", "--by", "until", type=WHEN, default="", metavar="DATE",
    help="The day of the next review: 2026-03-31, 2w, fri (by default as the rhythm has it).",
)  # fmt: skip
@pass_session
def promise(session: Session, cards: Sequence[str], nothing: bool, until: str) -> None:
    """End the review: these cards, and no others, are promised until the next one."""
    if bool(cards) == nothing:
        raise UsageProblem("Name the cards to promise, or say --nothing.", "Nothing was changed.")
    with session.service(write=True) as service:
        board = session.board(service)
        done = service.reviews.end(board, cards, until=_day(until, board))
        session.answer_done("review.promise", done, service)


def _day(typed: str, board: Board) -> date | None:
    return day_ahead(typed, today(board)) if typed else None


def _print(session: Session) -> None:
    # Words for reviews: 20 ms that answers and other commands do without.
    from mlkanban.display.review_text import agenda_json, lines_of_agenda

    with session.service() as service:
        board = session.board(service)
        agenda = service.reviews.agenda(board)
    zone = ZoneInfo(board.timezone)
    session.answer(
        "review",
        lambda: agenda_json(agenda),
        lambda: [session.clean(line) for line in lines_of_agenda(agenda, zone)],
    )
    if not session.json:
        session.show_message(
            hint("Answer: {review answer KEY ANSWER}. End it: {review promise CARD...}")
        )


def _show(session: Session, number: int) -> None:
    from mlkanban.display.review_text import lines_of_review, review_json  # as above

    with session.service() as service:
        board = session.board(service)
        shown = service.reviews.numbered(board.id, number)
    zone = ZoneInfo(board.timezone)
    session.answer(
        "review.show",
        lambda: review_json(number, shown),
        lambda: [session.clean(line) for line in lines_of_review(number, shown, zone)],
    )


def _list(session: Session) -> None:
    from mlkanban.cli.layout import table  # as above
    from mlkanban.display.review_text import came_text, review_json

    with session.service() as service:
        board = session.board(service)
        reviews = service.reviews.ended(board.id)
    zone = ZoneInfo(board.timezone)

    def lines() -> list[str]:
        rows = [
            (
                str(number),
                f"{each.ended.astimezone(zone):%Y-%m-%d}" if each.ended else "",
                str(each.until or ""),
                str(len(each.promised)),
                session.clean(came_text(each.came)),
            )
            for number, each in enumerate(reviews, 1)
        ]
        head = ("N", "ON", "UNTIL", "PROMISED", "CAME OF THE PROMISES BEFORE")
        return list(table(rows, head)) if rows else []

    session.answer(
        "review.list",
        lambda: [review_json(number, each) for number, each in enumerate(reviews, 1)],
        lines,
    )
    if not reviews and not session.json:
        session.show_message("No review was held to its end yet.")
