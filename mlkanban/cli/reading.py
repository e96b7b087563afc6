"""Readings: what a metric was found to be, of the goal of the board."""

from zoneinfo import ZoneInfo

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.errors import NotFound, UsageProblem

GOAL = "goal"


@click.command()
@click.argument("subject", metavar="goal")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE...]")
@click.option("--note", default="", metavar="TEXT", help="Where the value comes from.")
@pass_session
def reading(session: Session, subject: str, values: tuple[str, ...], note: str) -> None:
    """Record the business metric of the board; without a value, print its readings.

    What it is to reach is the section target of the charter. The last reading stands beside it on
    the charter and in the report. Made for cron: the same reading may be recorded again.

    \b
    Example: mlkanban charter set target "eur_saved>=50000 EUR/year"
             mlkanban reading goal eur_saved=18200
    """
    if subject != GOAL:
        raise NotFound(
            f"There is nothing called {subject!r} to read a metric of.",
            "The business metric of the board: mlkanban reading goal eur_saved=18200",
        )
    _of_goal(session, values, note)


def _of_goal(session: Session, values: tuple[str, ...], note: str) -> None:
    # What is printed: help and usage errors do without.
    from mlkanban.display.goal_text import goal_json, now_text, reading_day, reading_text

    if note and not values:
        raise UsageProblem("--note belongs to a value.", "Give one: eur_saved=18200.")
    with session.service(write=bool(values)) as service:
        board = session.board(service)
        done = service.charter.measure(board.id, values, note) if values else None
        goal, readings = service.charter.goal(board.id), service.charter.readings(board.id)
    zone = ZoneInfo(board.timezone)

    def lines() -> list[str]:
        if values:
            return []
        history = [f"{reading_day(one, zone)}  {reading_text(one)}" for one in readings]
        return [session.clean(line) for line in [*history, *filter(None, [now_text(goal, zone)])]]

    session.answer("reading", lambda: goal_json(goal, board.key, readings), lines)
    if session.json:
        return
    if done is not None:
        session.show_done(done)
        session.show_message(now_text(goal, zone))
    elif not readings:
        session.show_message("No reading yet. Record one: mlkanban reading goal eur_saved=18200")
