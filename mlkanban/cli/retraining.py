"""Commands about models in use."""

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, STAGE
from mlkanban.core.names import find_stage


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
