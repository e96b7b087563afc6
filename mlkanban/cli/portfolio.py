"""All boards beside each other."""

from collections.abc import Iterator

import click

from mlkanban.cli.layout import dim, width
from mlkanban.cli.session import Session, pass_session
from mlkanban.display.portfolio_text import PortfolioRow, standing_json, table


@click.command()
@pass_session
def portfolio(session: Session) -> None:
    """Show the state of all boards, one line each.

    A * marks the board in use.

    \b
    WIP        open cards between commitment and delivery, with the limit of all (CONWIP)
    blocked    open cards that are blocked
    past SLE   open cards older than 85 % of finished ones were
    last 30 d  cards finished a week in the last 30 days (- for less than two weeks)
    late       open cards whose due day is over
    at risk    open cards whose due day is not over, and kept with a chance below 50 %
    next 30 d  cards that will be finished in the next 30 days, with 85 %
    """
    with session.service() as service:
        boards = service.boards.all()
        here = session.board(service).id if boards else ""
        rows = [
            PortfolioRow(board, service.portfolio.standing(board), board.id == here)
            for board in boards
        ]

    def lines() -> Iterator[str]:
        if rows:
            head, *others = table(rows, width(), ascii=session.glyphs.ascii)
            yield dim(head.upper())
            yield from others

    session.answer(
        "portfolio",
        lambda: [
            {"key": row.board.key, "name": row.board.name, "in_use": row.here}
            | (standing_json(row.standing) if row.standing else {})
            for row in rows
        ],
        lines,
    )
    if not rows and not session.json:
        session.show_message("There is no board yet. Make one: mlkanban init NAME")
