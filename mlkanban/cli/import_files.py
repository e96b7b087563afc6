"""Commands that read files from elsewhere."""

import contextlib
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from mlkanban.cli.document_import import markdown
from mlkanban.cli.import_issues import issues
from mlkanban.cli.out_file import opened
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FILE, NEW_NAME, FileParam, SuggestingGroup
from mlkanban.core.card_fields import word_of
from mlkanban.errors import UsageProblem
from mlkanban.exchange.dates import ORDERS, UnclearDates, is_form
from mlkanban.exchange.event_log import EventLog, UnknownStates, log_in
from mlkanban.exchange.event_map import EventMap, map_text, read_map, with_states
from mlkanban.exchange.event_rows import left_out_dates
from mlkanban.exchange.text_file import STDIN, read_text
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


class _ImportGroup(SuggestingGroup):
    """Names the command for a file that is given in the place of one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and (kind := Path(name).suffix):
            command = "jsonl" if kind == ".jsonl" else "issues"
            meant = f"mlkanban import {command} {shlex.quote(name)}"
            ctx.fail(f"{name!r} is a file. Did you mean: {meant}")
        return super().resolve_command(ctx, args)


@click.group("import", cls=_ImportGroup, no_args_is_help=False)
def import_group() -> None:
    """Read cards and history of other tools, or a board."""


import_group.add_command(markdown)
import_group.add_command(issues)


@import_group.command()
@click.argument("file", type=FILE)
@click.option("--map", "map_file", type=FILE, required=True, metavar="MAP",
              help="The meaning of its columns and states (TOML).")  # fmt: skip
@click.option("--format", default="", metavar="FORM",
              help="The form of its dates: day-first, month-first or %d/%m/%Y %H:%M.")  # fmt: skip
@click.option("--state", "states", multiple=True, metavar="STATE=STAGE",
              help="The stage of a state that the map does not have; may be repeated.")  # fmt: skip
@click.option("--write-map", type=FileParam(dir_okay=False, path_type=Path), metavar="OUT",
              help="Write the map with what was answered to this file.")  # fmt: skip
@pass_session
def events(
    session: Session,
    file: Path,
    map_file: Path,
    format: str,
    states: tuple[str, ...],
    write_map: Path | None,
) -> None:
    """Read an event log: a row says that a case entered a state at a time. A FILE of - is standard
    input.

    It is a table with commas, semicolons or tabs, in UTF-8 or UTF-16, or the JSON of Jira's REST
    interface with expand=changelog, which needs no [columns].

    Each case becomes a card with its history, on a board of its own. Reading the same file again
    adds nothing, a longer version of it, or a file with only the new rows, just what is new:
    what was edited here stays, and undo takes it back, the first import with its board. Dates are
    read as tools write them, 2026-03-31T14:05:00Z or 31/Mar/26 2:05 PM; where no date of a file
    shows whether 02/03/2026 is of March, somebody has to say it. Equal ones keep the order of the
    file, which may have the newest row first.

    \b
    The map, a TOML file:
      board = "helpdesk"
      timezone = "UTC"            # for days, and timestamps without a zone
      format = "%d/%b/%y %H:%M"   # optional: the form of dates, or day-first or month-first
      delimiter = ";"             # optional: what stands between the cells
      where = {Field = "status"}  # optional: only rows with this in the column Field
      [columns]
      card = "case"
      timestamp = "timestamp"
      state = "status"
      title = "summary"           # optional
      created = "created"         # optional: when a case was written
      from = "from"               # optional: the state that it left
      [[stage]]                   # one per stage, in order
      name = "Working"
      states = ["Open", "Wait"]
      kind = "active"             # optional: queue, active or gate
      commit = true               # entering here commits
      [[stage]]
      name = "Closed"
      states = ["Closed"]
      done = true                 # entering here finishes

    A table with a row for each case and a date for each stage has neither timestamp nor state:
    each [[stage]] says column = "In Progress" in place of states.
    """
    event_map = with_states(read_map(map_file), _states(states))
    if format:
        if format not in ORDERS and not is_form(format):
            raise UsageProblem(
                f"{format!r} is neither day-first, month-first nor a form of dates.",
                "Write it as %d/%b/%y %I:%M %p.",
            )
        event_map = replace(event_map, format=format)
    text = read_text(file)
    log = _asking(session, file, text, event_map)
    unread = left_out_dates(file, text, log.map)
    with session.service(write=True, make=True) as service:
        if write_map is not None:
            with opened(write_map, service.path) as out:
                out.write(map_text(log.map))
        in_use = session.board_in_use(service)
        with _progress(session, len(log.rows)) as progress:
            brought = service.history.bring_in(log.changes(), progress)
        counts = {
            "board": log.map.key,
            "rows": len(log.rows),
            "cards": log.cases,
            "finished": log.finished,
            "new_events": brought.new,
            "undone_events": brought.undone,
            "left_out": list(dict.fromkeys(ref for ref, _ in brought.left_out)),
            "columns_left_out": unread,
        }
        session.answer("import.events", lambda: counts)
        if unread:
            session.show_message(
                f"Left out: dates in the columns {', '.join(unread)}, which no stage of the map"
                ' names. Add a [[stage]] with column = "..." for each that is a stage.'
            )
        if not session.json:
            _show_imported(session, log, brought)
        session.show_board_in_use(service, in_use)


@import_group.command()
@click.argument("file", type=FILE)
@click.option("--name", default="", type=NEW_NAME, help="The name of a board that is new here.")
@pass_session
def jsonl(session: Session, file: Path, name: str) -> None:
    """Import a board with its whole log, as export jsonl writes it. A FILE of - is standard input.

    The board comes with its stages, cards, notes and history; a card keeps its id unless another
    card has it here. Events that are here already add nothing, so a later export of the same board
    adds what is new; what was changed here stays, and is named. One undo takes the import back.

    Two stores that both go on are kept alike by sync, not by this.
    """
    # What writes logs, and checks their events: the other imports do without.
    from mlkanban.exchange.log_file import log_file

    session.hooks = False
    source = "standard input" if file == STDIN else file.name
    with log_file(file) as log, session.service(write=True, make=True) as service:
        in_use = session.board_in_use(service)
        with _progress(session, len(log)) as progress:
            taken = service.log_import.take(
                log, source, board_name=name, restored=log.restored, progress=progress
            )
        boards = list(taken.boards.values())
        session.answer(
            "import.jsonl",
            lambda: {
                "boards": boards, "events": len(log), "new_events": taken.new,
                "undone_events": taken.undone,
                "kept": [{"id": ref, "fields": names} for ref, names in taken.kept.items()],
            },
        )  # fmt: skip
        if not session.json:
            events = quantity(len(log), "event")
            to = f" to {', '.join(boards)}" if boards else ""
            new = f"{taken.new:,} new ones added{to}" if taken.new else "nothing new"
            session.show_message(f"{source}: {events}, {new}.")
            if taken.undone:
                session.show_message(f"{taken.undone:,} of them were undone here and stay so.")
        if taken.kept:
            kept = [f"{ref} ({', '.join(map(word_of, some))})" for ref, some in taken.kept.items()]
            more = " .." if len(kept) > _MOST_NAMED else ""
            listed = ", ".join(kept[:_MOST_NAMED])
            session.show_message(f"Left as they were changed here: {listed}{more}.")
        session.show_board_in_use(service, in_use)


def _states(given: tuple[str, ...]) -> dict[str, str]:
    states = {}
    for words in given:
        state, equals, stage = words.rpartition("=")
        if not equals or not state.strip() or not stage.strip():
            raise UsageProblem(f"{words!r} names no state and stage.", "Write it as STATE=STAGE.")
        states[state.strip()] = stage.strip()
    return states


def _asking(session: Session, file: Path, text: str, event_map: EventMap) -> EventLog:
    """The log, where somebody can be asked with the answers to what it does not say."""
    can_ask = file != STDIN and sys.stdin.isatty() and not session.json
    while True:
        try:
            return log_in(file, text, event_map)
        except UnclearDates as error:
            if not can_ask:
                raise
            session.show_message(f"{error.example} can be read in two ways.")
            order = click.prompt("Which comes first", type=click.Choice(ORDERS), err=True)
            event_map = replace(event_map, format=order)
        except UnknownStates as error:
            if not can_ask:
                raise
            session.show_message(f"Stages: {', '.join(stage.name for stage in event_map.stages)}")
            for state in error.states:
                event_map = _with_answer(session, event_map, state)


def _with_answer(session: Session, event_map: EventMap, state: str) -> EventMap:
    while True:
        stage = click.prompt(session.clean(f"The stage of the state {state!r}"), err=True)
        try:
            return with_states(event_map, {state: stage})
        except UsageProblem as error:
            session.show_message(str(error))


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
