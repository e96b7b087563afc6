"""Queries that are kept by a name."""

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.errors import UsageProblem


@click.command()
@click.option("--save", default="", metavar="NAME", help="Save the query of -q under this name.")
@click.option("--remove", default="", metavar="NAME", help="Remove the view of this name.")
@click.option("-q", "--query", default="", help="The query to save.")
@pass_session
def views(session: Session, save: str, remove: str, query: str) -> None:
    """List the saved views of the board, save one or remove one."""
    if bool(save) != bool(query) or (save and remove):
        raise UsageProblem("--save NAME and -q QUERY go together.", "Give both, or neither.")
    with session.service(write=bool(save or remove)) as service:
        board = session.board(service)
        if save:
            session.show_done(service.views.save(board.id, save, query))
        if remove:
            session.show_done(service.views.remove(board.id, remove))
        views_found = service.views.of(board.id)

        def lines() -> list[str]:
            rows = [
                (session.clean(name), session.clean(text)) for name, text in views_found.items()
            ]
            return list(table(rows, ("VIEW", "QUERY"))) if rows else []

        session.answer(
            "views",
            lambda: [{"name": name, "query": text} for name, text in views_found.items()],
            lines,
        )
        if not views_found and not session.json:
            session.show_message(
                "No view is saved yet. Keep one: mlkanban views --save NAME -q QUERY"
            )
