"""An edited board document taken back: what it would change, then the change."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FILE
from mlkanban.core.markdown.card_values import brief, word
from mlkanban.errors import MlkanbanError, UsageProblem
from mlkanban.exchange.markdown import lines_of, read_markdown
from mlkanban.service.text_merge import spoken

if TYPE_CHECKING:
    from mlkanban.core.markdown.board import BoardPage
    from mlkanban.core.markdown.front_matter import Value
    from mlkanban.service import Service
    from mlkanban.service.documents import CardDifference, Differences


@click.command()
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only show what would change, and which limit or gate would refuse it.",
)
@click.option("--mine", is_flag=True, help="Let the file win where the board changed as well.")
@click.option(
    "--override",
    default="",
    metavar="REASON",
    help="Override a full stage, unticked items or broken guards.",
)
@pass_session
def markdown(
    session: Session, file: Path, yes: bool, dry_run: bool, mine: bool, override: str
) -> None:
    """Import a board that was exported as Markdown and edited.

    Shows the differences, asks, and writes them as one action, which undo takes back. Only what the
    file changes of the board as it was exported is written. What was changed on both sides is a
    conflict: then nothing is written. Without a terminal nobody can be asked: then --yes is needed.

    A card moved to another stage is moved. A `### Title` without an id is a new card; text below
    `#### New note` becomes a note. Cards that are no longer in the file are left alone, as are new
    cards and notes that an import of the same file added before. A new name in the front matter
    renames the board; stages are not made or renamed, and the order inside a stage is not read.
    """
    may_write = not dry_run and (yes or (sys.stdin.isatty() and not session.json))
    session.hooks = False
    with session.service(write=may_write) as service:
        in_use = session.board_in_use(service)
        page = read_markdown(service, file)
        board = service.boards.find(page.key)
        if session.board_key and service.boards.find(session.board_key).id != board.id:
            raise UsageProblem(
                f"{file} is of the board {board.key}.", "Leave --board out, or name that one."
            )
        with lines_of(file):
            differences = service.documents.compare(board.id, page, mine=mine)
        if not session.json:
            for line in _lines(session, differences):
                click.echo(line)
        if differences.conflicts:
            session.answer("import.markdown", lambda: _data(differences, written=False))
            session.show_message(
                "Nothing was written: the board changed where the file does. Export again and edit "
                "that, or add --mine to let the file win."
            )
            raise click.exceptions.Exit(1)
        if differences.nothing:
            session.answer("import.markdown", lambda: _data(differences, written=False))
            session.show_message(_nothing(differences))
            return
        if dry_run:
            refused = _refused(service, board.id, page, mine=mine, override=override)
            if refused:
                session.show_message(f"Writing this would be refused: {refused}")
            session.answer(
                "import.markdown", lambda: _data(differences, written=False, refused=refused)
            )
            return
        if not may_write:
            raise UsageProblem(
                "Nothing was written: nobody is here to be asked.",
                "Add --yes to write the changes.",
            )
        if not yes and not click.confirm("Write this?", err=True):
            session.show_message("Nothing was written.")
            return
        with lines_of(file):
            done = service.documents.take_back(board.id, page, mine=mine, override=override)
        session.show_done(done)
        session.show_board_in_use(service, in_use)
        session.answer("import.markdown", lambda: _data(differences, written=True))


def _nothing(differences: Differences) -> str:
    if not differences.outdated:
        return "Nothing differs."
    if differences.edited:
        return (
            "The board has all that was edited in the file; what else changed on the board since "
            "the export stays."
        )
    return "The file was not edited since its export; what changed on the board since then stays."


def _refused(service: Service, board_id: str, page: BoardPage, *, mine: bool, override: str) -> str:
    """Why a document could not be written now, '' when it could: tried on a copy in memory."""
    copy = service.in_memory()
    try:
        copy.documents.take_back(board_id, page, mine=mine, override=override)
    except MlkanbanError as error:
        return str(error)
    finally:
        copy.close()
    return ""


def _lines(session: Session, differences: Differences) -> Iterator[str]:
    def clean(text: str) -> str:
        return session.clean(text)

    if not differences.since:
        yield "The board as it was exported is not in this store: compared with the board of now."
    for card in differences.cards:
        yield clean(f"{card.ref or 'new card'}  {card.title}")
        for name, old, new in card.changes:
            change = f"{_text(old)} -> {_text(new)}" if card.ref else _text(new)
            yield clean(f"  {word(name):<11} {change}")
        if card.note:
            yield clean(f"  {'note':<11} {_text(card.note)}")
    if differences.name:
        yield "board"
        yield clean(f"  {'name':<11} {' -> '.join(differences.name)}")
    if differences.charter:
        yield "charter"
        for key, old, new in differences.charter:
            yield clean(f"  {key:<11} {_text(old)} -> {_text(new)}")
    if differences.conflicts:
        yield "in conflict"
        for conflict in differences.conflicts:
            yield clean(f"  {spoken(conflict)}")
    if differences.added_before:
        yield f"added before, left alone: {', '.join(differences.added_before)}"
    if differences.noted_before:
        yield f"new notes written before, left alone: {', '.join(differences.noted_before)}"
    if differences.added_before or differences.noted_before:
        yield "  Export the board again before the next edit: that has them with their ids."
    if differences.left_alone:
        refs = differences.left_alone
        more = f" and {len(refs) - 10} more" if len(refs) > 10 else ""
        yield f"not in the file, left alone: {', '.join(refs[:10])}{more}"
    if differences.stages_left_alone:
        yield clean(
            f"stages not in the file, left alone: {', '.join(differences.stages_left_alone)}"
        )


def _text(value: Value) -> str:
    return brief(value) or "-"


def _data(differences: Differences, *, written: bool, refused: str = "") -> dict[str, Any]:
    return {
        "board": differences.board.key,
        "compared_with": "export" if differences.since else "now",
        "cards": [_card(card) for card in differences.cards],
        "charter": [
            {"section": key, "from": old, "to": new} for key, old, new in differences.charter
        ],
        "conflicts": [
            {
                "id": conflict.ref or None, "field": conflict.name, "at_export": conflict.was,
                "now": conflict.now, "file": conflict.wanted,
            }
            for conflict in differences.conflicts
        ],
        "added_before": list(differences.added_before),
        "noted_before": list(differences.noted_before),
        "left_alone": list(differences.left_alone),
        "stages_left_alone": list(differences.stages_left_alone),
        "name": (
            dict(zip(("from", "to"), differences.name, strict=True)) if differences.name else None
        ),
        "edited": differences.edited,
        "written": written,
        "refused": refused or None,
    }  # fmt: skip


def _card(card: CardDifference) -> dict[str, Any]:
    return {
        "id": card.ref or None,
        "title": card.title,
        "line": card.line,
        "changes": [{"field": name, "from": old, "to": new} for name, old, new in card.changes],
        "note": card.note or None,
    }
