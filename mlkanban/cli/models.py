"""Commands about models in use: what they are, how they came into use, and how they leave it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mlkanban import clock
from mlkanban.cli.layout import dim, width
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, MODEL, STAGE
from mlkanban.core.names import find_stage
from mlkanban.errors import UsageProblem

if TYPE_CHECKING:
    from mlkanban.display.card_face import FaceContext
    from mlkanban.service.model_records import ModelRecord

_WIDE = 100


@click.command()
@click.argument("model", type=MODEL, required=False, default="")
@click.option("--card", "as_card", is_flag=True, help="Print a model card (Markdown).")
@click.option(
    "--look-again",
    default=None,
    metavar="WHEN",
    help="When to look whether the model stays: 2026-12-15, 3w, 'every 90d', or none.",
)
@click.option("--retrain", is_flag=True, help="With --look-again: to train it again then.")
@pass_session
def models(
    session: Session, model: str, as_card: bool, look_again: str | None, retrain: bool
) -> None:
    """List the models in use, or print the change record of one.

    A model in use is a delivered card with a health; what it is in use as is said when it is
    delivered (`done CARD --outcome shipped --model fraud --version 3 --owner "risk team"`), or with
    `edit`. LAST READING has the limit of an alert in parentheses. A metric with four readings or
    more is SILENT once none came for three times its usual gap, and at least a day.

    Example: mlkanban models fraud --card
    """
    if not model and (as_card or look_again is not None):
        raise UsageProblem("Name a model.", "List them: mlkanban models")
    if retrain and look_again is None:
        raise UsageProblem(
            "--retrain says what the look is for.", "Write --look-again 'every 90d' --retrain."
        )
    # What words them, with pictures: not for --help.
    from mlkanban.display import model_text
    from mlkanban.display.card_face import FaceContext

    if look_again is not None:
        with session.service(write=True) as service:
            board = session.board(service)
            when = f"{look_again} retrain" if retrain else look_again
            done = service.models.look_again(board, model, when)
            session.answer_done("look-again", done, service)
        return
    with session.service() as service:
        board = session.board(service)
        view = FaceContext.at(board, clock.now(), glyphs=session.glyphs)
        if model:
            record = service.models.record(board, model)
            if as_card:
                card = model_text.model_card(record, view)
                session.answer("model.card", lambda: {"markdown": card}, lambda: [card.rstrip()])
                return
            session.answer(
                "model",
                lambda: model_text.record_json(record, view),
                lambda: _record(record, view),
            )
            return
        found = service.models.all(board)

    def lines() -> Iterator[str]:
        if found:
            head, *others = model_text.table(found, view, width())
            yield dim(head.upper())
            yield from others

    session.answer("models", lambda: [model_text.model_json(one, view) for one in found], lines)
    if not found and not session.json:
        session.show_message(
            "No model is in use. Deliver one: mlkanban done CARD --outcome shipped --model NAME"
        )


def _record(record: "ModelRecord", view: "FaceContext") -> Iterator[str]:
    # As above.
    from mlkanban.display.model_text import record_lines, record_title

    room = min(width() or _WIDE, _WIDE)
    title = record_title(record, view, room)
    body = record_lines(record, view, room, coloured=False)
    for line in [title, [], *body]:
        yield "".join(piece.text for piece in line).rstrip()


@click.command()
@click.argument("card", type=CARD)
@click.argument("title", nargs=-1, metavar="[TITLE...]")
@click.option("--stage", type=STAGE, default="", help="The stage to add it to (the first one).")
@pass_session
def release(session: Session, card: str, title: tuple[str, ...], stage: str) -> None:
    """Add a card that releases what CARD found.

    It takes over metric, guards, data and tags, with the commit and the parameters of the chosen
    configuration, and has the gates of a model release. The model in use that it replaces is the
    baseline, where that is known: the one CARD names or comes from, or the only one with its metric
    and one of its tags. While such a card is open no second one is made.
    """
    with session.service(write=True) as service:
        board = service.boards.of_card(card)
        stage_id = find_stage(board, stage).id if stage else ""
        done = service.models.release(card, " ".join(title), stage_id=stage_id)
        session.answer_done("release", done, service)


@click.command()
@click.argument("model", type=MODEL)
@click.option("--reason", required=True, metavar="TEXT", help="What failed.")
@pass_session
def rollback(session: Session, model: str, reason: str) -> None:
    """Roll a model back: the version before it is in use again.

    A card is added that asks why the version failed. `undo` takes all of it back.

    Example: mlkanban rollback fraud --reason "false alarms doubled over night"
    """
    with session.service(write=True) as service:
        board = session.board(service)
        session.answer_done("rollback", service.models.roll_back(board, model, reason), service)
