"""Readings: what a metric was found to be, of the goal of the board or of a model in use."""

from zoneinfo import ZoneInfo

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import MODEL
from mlkanban.errors import UsageProblem

GOAL = "goal"


@click.command()
@click.argument("subject", type=MODEL, metavar="goal|MODEL")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE...]")
@click.option("--note", default="", metavar="TEXT", help="Where the value comes from.")
@click.option(
    "--threshold",
    default="",
    metavar="LIMIT",
    help="Of a model, what it is not to pass: '>0.2', '<0.8' (the one of its last reading).",
)
@click.option("--metric", multiple=True, hidden=True)  # as `alert` took it
@pass_session
def reading(
    session: Session,
    subject: str,
    values: tuple[str, ...],
    note: str,
    threshold: str,
    metric: tuple[str, ...],
) -> None:
    """Record a metric of the goal or of a model in use.

    Without a value, the readings so far are printed. The section target of the charter says what
    the metric of the goal is to reach; its last reading is shown on the charter and in the report.

    A reading of a model is compared with a threshold. Past it the model is at alert, and first in
    triage; while the model is being retrained the alert is noted on the card that retrains it. Once
    no metric is past its threshold the model is watched. Made for cron: the same reading may be
    recorded again.

    \b
    Example: mlkanban charter set target "eur_saved>=50000 EUR/year"
             mlkanban reading goal eur_saved=18200
             mlkanban reading fraud psi=0.31 val_auc=0.93
    """
    values += metric
    if subject != GOAL:
        _of_model(session, subject, values, note, threshold)
        return
    if threshold:
        raise UsageProblem(
            "--threshold is for metrics of a model.",
            "The goal has a target: mlkanban charter set target ...",
        )
    _of_goal(session, values, note)


def _of_model(
    session: Session, name: str, values: tuple[str, ...], note: str, threshold: str
) -> None:
    if (note or threshold) and not values:
        raise UsageProblem("--note and --threshold belong to a value.", "Give one: psi=0.31.")
    with session.service(write=bool(values)) as service:
        board = session.board(service)
        if values:
            ref = service.models.ref_of(board, name)
            done = service.retraining.record_readings(ref, values, threshold, note)
            session.answer_done("alert", done, service)
            return
        record = service.models.record(board, name)
    # As below.
    from mlkanban import clock
    from mlkanban.display.card_face import FaceContext
    from mlkanban.display.model_text import record_json

    view = FaceContext.at(board, clock.now(), glyphs=session.glyphs)
    readings = [
        reading for version in reversed(record.versions) for reading in version.life.readings
    ]

    def lines() -> list[str]:
        return [session.clean(f"{view.day(reading.at)}  {reading.text}") for reading in readings]

    session.answer("model", lambda: record_json(record, view), lines)
    if not readings and not session.json:
        session.show_message(f"No reading yet. Record one: mlkanban reading {name} psi=0.31")


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
