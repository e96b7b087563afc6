"""Templates of cards and boards: those of the program, and a person's own."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import click

from mlkanban import template_files
from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, TEMPLATE, SuggestingGroup
from mlkanban.core.card_templates import CARD_TEMPLATES, CardTemplate
from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.paths import places


class _Listed(NamedTuple):
    made: CardTemplate | Template
    own: bool

    def data(self) -> dict[str, Any]:
        made = self.made
        file = template_files.file_of(places().config, made.key) if self.own else None
        return {
            "name": made.key,
            "of": "card" if isinstance(made, CardTemplate) else "board",
            "title": made.title,
            "about": made.about,
            "own": self.own,
            "file": str(file) if file else None,
        }


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def templates(ctx: click.Context) -> None:
    """List the templates of cards and boards, or change your own."""
    session = ctx.find_object(Session)
    assert session is not None
    if ctx.invoked_subcommand is not None:
        return
    own = template_files.own_templates(places().config)
    listed = [
        *(_Listed(made, own=False) for made in CARD_TEMPLATES),
        *(_Listed(made, own=True) for made in own.cards.values()),
        *(_Listed(made, own=False) for made in TEMPLATES),
        *(_Listed(made, own=True) for made in own.boards.values()),
    ]
    session.answer(
        "templates", lambda: [one.data() for one in listed], lambda: _table(session, listed)
    )
    for problem in own.problems:
        session.show_message(problem)
    if not own.cards and not own.boards and not session.json:
        session.show_message("Keep a card as one of your own: mlkanban templates save NAME CARD")


def _table(session: Session, listed: Iterable[_Listed]) -> Iterator[str]:
    rows = [
        (data["name"], data["of"], "yours" if data["own"] else "-", session.clean(data["about"]))
        for data in (one.data() for one in listed)
    ]
    return table(rows, ("NAME", "OF", "WHOSE", "ABOUT"))


@templates.command()
@click.argument("name", type=TEMPLATE)
@click.argument("card", type=CARD, required=False)
@click.option("--title", default="", metavar="TEXT", help="What lists call it (its name).")
@click.option("--about", default="", metavar="TEXT", help="What it is for, in a few words.")
@click.option("--replace", is_flag=True, help="Replace a template of this name.")
@pass_session
def save(
    session: Session, name: str, card: str | None, title: str, about: str, replace: bool
) -> None:
    """Keep a card as a template for `add --template` and N, or without CARD the board for `init`.

    Of a card it has the type, priority, class, tags, target, guards, budget, hypothesis, dataset,
    links, model, owner, and the checklist, unticked; of a board the stages and limits. It is a file
    in which you can write more, such as a first note.
    """
    title = title or name
    with session.service() as service:
        if card:
            board = service.boards.of_card(card)
            text = template_files.card_text(service.cards.get(card), board, title, about)
        else:
            board = session.board(service)
            text = template_files.board_text(board, title, about)
        file = template_files.save(places().config, name, text, replace=replace)
    use = f"add TITLE --template {name}" if card else f"init NAME --template {name}"
    session.answer("templates.save", lambda: {"name": name, "file": str(file)})
    if not session.json:
        what = card or f"The board {board.name}"
        session.show_message(f"{what} is kept as a template in {file}. Use it: mlkanban {use}")


@templates.command()
@click.argument("name", type=TEMPLATE)
@pass_session
def show(session: Session, name: str) -> None:
    """Print a template as TOML, also to begin one of your own with it."""
    made = template_files.template_named(places().config, name)
    text = template_files.template_text(made).rstrip("\n")
    session.answer(
        "templates.show",
        lambda: {"name": made.key, "text": text},
        lambda: [session.clean(line) for line in text.split("\n")],
    )


@templates.command()
@click.argument("name", type=TEMPLATE)
@pass_session
def remove(session: Session, name: str) -> None:
    """Remove a template of your own; cards and boards made from it stay."""
    file = template_files.remove(places().config, name)
    session.answer("templates.remove", lambda: {"name": name, "file": str(file)})
    if not session.json:
        session.show_message(f"The template {name} is removed: {file}")
