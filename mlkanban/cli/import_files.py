"""Commands that read files from elsewhere."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mlkanban.cli.document_import import markdown
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FILE, SuggestingGroup
from mlkanban.exchange.event_log import EventLog, read_log
from mlkanban.exchange.event_map import read_map
from mlkanban.service.history import BroughtIn
from mlkanban.service.imported_steps import LeftOut
from mlkanban.text import quantity

_MOST_NAMED = 8
"""So many cards are named."""
_LEFT_OUT = {
    LeftOut.IMPORTED: "older than what is on the board already",
    LeftOut.DONE_HERE: "for what was done here is newer",
    LeftOut.ENDED_HERE: "for they were archived or ended here",
}


@click.group("import", cls=SuggestingGroup, no_args_is_help=False)
def import_group() -> None:
    """Read history from other tools, or an edited board."""


import_group.add_command(markdown)


@import_group.command()
@click.argument("file", type=FILE)
@click.option("--map", "map_file", type=FILE, required=True, metavar="MAP",
              help="The meaning of its columns and states (TOML).")  # fmt: skip
@pass_session
def events(session: Session, file: Path, map_file: Path) -> None:
    """Read an event log (CSV): a row says that a case entered a state at a time.

    Each case becomes a card with its history, on a board of its own. Reading the same file again
    adds nothing, a longer version of it, or a file with only the new rows, just what is new:
    what was edited here stays, and undo takes it back, the first import with its board. Timestamps
    are ISO 8601; equal ones keep the order of the file, which may have the newest row first.

    \b
    The map, a TOML file:
      board = "helpdesk"
      timezone = "UTC"            # for days, and timestamps without a zone
      [columns]
      card = "case"
      timestamp = "timestamp"
      state = "status"
      title = "summary"           # optional
      [[stage]]                   # one per stage, in order
      name = "Working"
      states = ["Open", "Wait"]
      kind = "active"             # optional: queue, active or gate
      commit = true               # entering here commits
      [[stage]]
      name = "Closed"
      states = ["Closed"]
      done = true                 # entering here finishes
    """
    log = read_log(file, read_map(map_file))
    with session.service(write=True, make=True) as service:
        changes = list(log.changes())
        in_use = session.board_in_use(service)
        with _progress(session, len(changes)) as progress:
            brought = service.history.bring_in(changes, progress)
        counts = {
            "board": log.map.key,
            "rows": len(log.rows),
            "cards": log.cases,
            "finished": log.finished,
            "new_events": brought.new,
            "undone_events": brought.undone,
            "left_out": list(dict.fromkeys(ref for ref, _ in brought.left_out)),
        }
        session.answer("import.events", lambda: counts)
        if not session.json:
            _show_imported(session, log, brought)
        session.show_board_in_use(service, in_use)


def _show_imported(session: Session, log: EventLog, brought: BroughtIn) -> None:
    board, new = log.map.key, brought.new
    if brought.undone:
        session.show_message(
            f"{brought.undone:,} of its steps were undone and stay so."
            f" Do them again: mlkanban --board {board} redo"
        )
    for why, words in _LEFT_OUT.items():
        refs = [ref for ref, reason in brought.left_out if reason is why]
        if refs:
            more = " .." if len(refs) > _MOST_NAMED else ""
            session.show_message(f"Left alone, {words}: {', '.join(refs[:_MOST_NAMED])}{more}.")
    if not new:
        if not brought.undone and not brought.left_out:
            session.show_message(f"Nothing new: all of {log.name} is on the board {board} already.")
        return
    rows, cards = quantity(len(log.rows), "row"), quantity(log.cases, "card")
    session.show_message(f"{log.name}: {rows}, {cards} on {board}")
    open_cards = log.cases - log.finished
    session.show_message(f"{log.finished:,} finished, {open_cards:,} open; {new:,} new events")
    last = log.last_day
    session.show_message(
        f"Look: mlkanban --board {board} flow cycle-time --window all --as-of {last}"
    )


@contextlib.contextmanager
def _progress(session: Session, total: int) -> Iterator[Callable[[int], None] | None]:
    """A bar on stderr, where somebody is watching."""
    if session.json or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label="Importing", file=sys.stderr) as bar:
        yield lambda count: bar.update(count - bar.pos)
        bar.update(total - bar.pos)
