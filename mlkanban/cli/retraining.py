"""Commands about models in use."""

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, STAGE
from mlkanban.core.names import find_stage


@click.command()
@click.argument("card", type=CARD)
@click.option("--metric", required=True, metavar="NAME=VALUE", help="What was found: psi=0.31.")
@click.option(
    "--threshold",
    required=True,
    metavar="LIMIT",
    help="What it is not to pass: 0.2 or '>0.2' (not above), '<0.8' (not below).",
)
@click.option("--note", default="", metavar="TEXT", help="More details.")
@pass_session
def alert(session: Session, card: str, metric: str, threshold: str, note: str) -> None:
    """Record a metric of a model in use, against a threshold.

    Past its threshold the card is at alert, and first in triage; while the model is being retrained
    the alert is noted on the card that retrains it. Once no metric is past its threshold the card
    is watched.
    Made for cron: the same reading may be recorded again.

    Example: mlkanban alert g12 --metric psi=0.31 --threshold 0.2
    """
    with session.service(write=True) as service:
        done = service.retraining.alert(card, metric, threshold, note)
        session.answer_done("alert", done, service)


@click.command()
@click.argument("card", type=CARD)
@click.argument("title", nargs=-1, metavar="[TITLE...]")
@click.option("--stage", type=STAGE, default="", help="The stage to add it to (the first one).")
@pass_session
def retrain(session: Session, card: str, title: tuple[str, ...], stage: str) -> None:
    """Add a card that retrains a model in use.

    It takes over metric, target, data and tags; what the model reaches now is its baseline. While
    such a card is open no second one is made. Shipped, it supersedes the model; ended in another
    way it leaves the model at alert.
    """
    with session.service(write=True) as service:
        board = service.boards.of_card(card)
        stage_id = find_stage(board, stage).id if stage else ""
        done = service.retraining.retrain(card, " ".join(title), stage_id=stage_id)
        session.answer_done("retrain", done, service)
