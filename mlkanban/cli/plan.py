"""What could be pulled next, in which order, and what fits until a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import WHEN, RenamedOption, today
from mlkanban.core.day_input import parse_day
from mlkanban.core.plan import AHEAD
from mlkanban.display.number_text.fit import fit_text, fits_text, to_json
from mlkanban.text import beginning

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.core.plan import Plan, PlanRow
    from mlkanban.flow.fit import CardFit, Fit


@click.command()
@click.option(
    "--until", type=WHEN, default="", metavar="DATE", help=f"2026-03-31, 2w, fri ({AHEAD} days)."
)
@click.option(
    "--by-score", is_flag=True, cls=RenamedOption, former="by-worth",
    help="Highest score first, instead of board order.",
)  # fmt: skip
@click.option("--replenish", is_flag=True, help="Pull the first ideas, up to the limit.")
@pass_session
def plan(session: Session, until: str, by_score: bool, replenish: bool) -> None:
    """Show ideas and ready cards, and what fits until a day.

    What fits comes from the forecast: finished by then with a chance of 85 %, or of 50 %, after the
    cards that are in progress now. Give cards a score with `edit --score`; worth/3 has as its
    value what the target brings over the baseline, by the worth in the charter. Those scores stand
    before all others, for their unit is another one.
    """
    with session.service(write=replenish) as service:
        board = session.board(service)
        day = parse_day(until, now := today(board)) or now + timedelta(days=AHEAD)
        service.planning.check_day(board, day)
        if replenish:
            session.show_done(service.planning.replenish(board, by_score=by_score))
        made = service.planning.plan(board, by_score=by_score)
        fit = service.planning.fit(board, day, made.order)
        session.answer("plan", lambda: _data(made, fit), lambda: _lines(session, board, made, fit))


def _data(made: Plan, fit: Fit) -> dict[str, Any]:
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for row, card in _judged(made, fit):
        rows[row.face.stage == made.ready.id].append(
            {
                "id": row.face.ref,
                "title": row.face.title,
                "person": row.face.person or None,
                "worth": row.score.text if row.score else None,
                "score": row.score.value if row.score else None,
                "unit": row.score.unit if row.score else "",
                "fits": f"{card.percent}%" if card and card.percent else None,
                "reason": card.unknown if card else None,
            }
        )
    return {
        "stage": made.ready.name,
        "limit": made.ready.limit,
        "room": made.room,
        "ready": rows[True],
        "ideas": rows[False],
        "fit": to_json(fit),
    }


def _judged(made: Plan, fit: Fit) -> Iterator[tuple[PlanRow, CardFit | None]]:
    """Every card, first those in progress already, of which a plan says nothing."""
    yield from ((row, None) for row in made.begun)
    yield from zip(made.waiting, fit.cards(made.order), strict=True)


def _lines(session: Session, board: Board, made: Plan, fit: Fit) -> Iterator[str]:
    rows = [
        (
            row.face.ref,
            session.clean(board.stage(row.face.stage).name),
            row.score.summary if row.score else "",
            fits_text(card) if card else "",
            session.clean(beginning(row.face.title, 200)),
        )
        for row, card in _judged(made, fit)
    ]
    if rows:
        yield from table(rows, ("ID", "STAGE", "SCORE", "FITS", "TITLE"))
        yield ""
    limit = "" if made.ready.limit is None else f"/{made.ready.limit}"
    yield f"{session.clean(made.ready.name)} {made.standing}{limit}; {fit_text(fit)}"
