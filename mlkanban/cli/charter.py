"""The charter of a board: what the work is for."""

import sys
from zoneinfo import ZoneInfo

import click

from mlkanban.cli.editor import edit_text
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import SuggestingGroup, TextCommand
from mlkanban.core.board import Board
from mlkanban.core.goal import SECTION as TARGET
from mlkanban.core.markdown.charter import SECTIONS, charter_page
from mlkanban.display.goal_text import now_lines, reading_json
from mlkanban.editor.documents import CharterDocument
from mlkanban.errors import UsageProblem
from mlkanban.service import Service
from mlkanban.text import MAX_TEXT


@click.group("charter", cls=SuggestingGroup, invoke_without_command=True)
@click.option("--edit", is_flag=True, help="Open it in $EDITOR.")
@click.pass_context
def charter(ctx: click.Context, edit: bool) -> None:
    """Print the charter of the board as Markdown, or edit it."""
    session: Session = ctx.obj
    if ctx.invoked_subcommand is not None:
        if edit:
            raise UsageProblem("--edit opens the whole charter.", "Leave one of the two out.")
        return
    with session.service(write=edit) as service:
        board = session.board(service)
        if edit:
            session.show_done(edit_text(session, service, CharterDocument(board.id, board.key)))
            if not session.json:
                return
        _show(session, service, board)


@charter.command("set", cls=TextCommand)
@click.argument("section")
@click.argument("text")
@pass_session
def set_section(session: Session, section: str, text: str) -> None:
    """Write one section; - reads it from stdin, an empty text clears it."""
    if text == "-":
        text = sys.stdin.read(MAX_TEXT + 1)
    with session.service(write=True) as service:
        board = session.board(service)
        done = service.charter.set(board.id, section, text)
        if session.json:
            _show(session, service, board)
        session.show_done(done)


def _show(session: Session, service: Service, board: Board) -> None:
    texts, goal = service.charter.of(board.id), service.charter.goal(board.id)

    def lines() -> list[str]:
        now = now_lines(goal, ZoneInfo(board.timezone))
        page = charter_page(texts, below={TARGET: now})
        return [session.clean(line) for line in page.rstrip("\n").split("\n")]

    session.answer(
        "charter",
        lambda: {
            "board": board.key,
            "sections": [
                {"section": s.key, "title": s.title, "hint": s.hint, "text": texts[s.key]}
                for s in SECTIONS
            ],
            "readings": [*map(reading_json, goal.readings)],
        },
        lines,
    )
    if not any(texts.values()) and not goal.readings and not session.json:
        names = ", ".join(s.key for s in SECTIONS)
        session.show_message(
            f"The charter is empty. Write it: mlkanban charter --edit. Sections: {names}."
        )
