"""The list of cards of another tool brought in: what is understood of it, then the cards."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlkanban.cli.out_file import opened
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FILE, FileParam
from mlkanban.errors import MlkanbanError, UsageProblem
from mlkanban.text import keepable, quantity

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.exchange.issues.issue_list import IssueList
    from mlkanban.exchange.issues.issue_map import IssueMap
    from mlkanban.exchange.issues.record import ListFile, ListKind
    from mlkanban.service import Service
    from mlkanban.service.issue_import import IssuesTaken

_MOST_NAMED = 8
"""So many cards are named."""


@click.command()
@click.argument("file", type=FILE)
@click.option("--as", "kind_name", default="", metavar="KIND",
              help="What kind of list it is, where that is not seen from it.")  # fmt: skip
@click.option("--map", "map_file", type=FILE, metavar="MAP",
              help="What its columns, statuses and types become (TOML).")  # fmt: skip
@click.option("--column", "columns", multiple=True, metavar="COLUMN=FIELD",
              help="What a column becomes, or none; may be repeated.")  # fmt: skip
@click.option("--status", "statuses", multiple=True, metavar="STATUS=STAGE",
              help="The stage of a status, or an outcome; may be repeated.")  # fmt: skip
@click.option("--type", "types", multiple=True, metavar="WORD=TYPE",
              help="The type of cards with this type or label; may be repeated.")  # fmt: skip
@click.option("--format", default="", metavar="FORM",
              help="The form of its dates: day-first, month-first or %d/%m/%Y %H:%M.")  # fmt: skip
@click.option("--write-map", type=FileParam(dir_okay=False, path_type=Path), metavar="OUT",
              help="Write what was understood as a map, to edit and use.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would come of it.")
@click.option("--override", default="", metavar="REASON", help="Override a full stage.")
@pass_session
def issues(
    session: Session,
    file: Path,
    kind_name: str,
    map_file: Path | None,
    columns: tuple[str, ...],
    statuses: tuple[str, ...],
    types: tuple[str, ...],
    format: str,
    write_map: Path | None,
    yes: bool,
    dry_run: bool,
    override: str,
) -> None:
    """Import a list of cards from another tool. A FILE of - is standard input.

    Shows what the list was taken for, what its columns, statuses and types become, and what is
    left out; asks, and writes all cards as one action, which undo takes back. Without a terminal
    nobody can be asked: then --yes is needed.

    A status becomes the stage of the same name, else one that is guessed. Change that with
    --status, --type and --column, or write it as a map, edit that, and give it with --map.

    When the list comes again, new cards are added, and the others get what changed in the list
    since. What somebody changed here stays, and is named.

    \b
    Kinds (--as KIND):
      jira            Jira: Export issues, CSV
      github          gh issue list --json number,title,body,state,stateReason,labels,
                      assignees,createdAt,closedAt,updatedAt,url,comments
      github-project  GitHub Projects: Export view data
      gitlab          GitLab: Issues, Export as CSV
      linear          Linear: Export issues
      azure           Azure DevOps: a query, Export to CSV
      trello          Trello: Export as JSON
      taskwarrior     task export
      todo.txt        todo.txt
      kanban-tui      the database of kanban-tui
      obsidian        a board of Obsidian's Kanban plugin
      table           any table with a column for the title
      lines           a card in each line
    """
    # The kinds of lists, and what writes cards: help does without.
    from mlkanban.exchange.issues.issue_list import kind_of, read_source
    from mlkanban.exchange.text_file import STDIN

    can_ask = file != STDIN and sys.stdin.isatty() and not session.json
    may_write = not dry_run and (yes or can_ask)
    map = _map(map_file, columns, statuses, types, format)
    source = read_source(file)
    kind = kind_of(source, kind_name or map.kind)
    session.hooks = False
    with session.service(write=may_write) as service:
        board = session.board(service)
        found = _asking(session, source, kind, map, board, can_ask)
        _check_named("status", statuses, found.understood.statuses)
        _check_named("column", columns, found.understood.columns, kind.head(source))
        _check_named("type", types, found.understood.types, found.understood.labels)
        if write_map is not None:
            with opened(write_map, service.path) as out:
                out.write(_text_of(found))
        if not session.json:
            for line in _lines(session, found, source):
                click.echo(line)
        if not (may_write and yes):
            planned, refused = _tried(service, found, source, override)
            if refused:
                session.show_message(f"Writing this would be refused: {refused}")
            elif planned and not session.json:
                session.show_message(_would(planned))
            if dry_run:
                data = _data(found, planned, source, written=False, refused=refused)
                session.answer("import.issues", lambda: data)
                return
            if not may_write:
                raise UsageProblem(
                    "Nothing was written: nobody is here to be asked.",
                    "Add --yes to write the cards.",
                )
            if refused or not click.confirm("Write this?", err=True):
                session.show_message(
                    "Nothing was written. Change what it becomes with --status, --type and"
                    " --column, or with a map: --write-map MAP, then --map MAP."
                )
                raise click.exceptions.Exit(1)
        with counting_line(session) as show:
            taken = service.issue_import.take(
                board.id, kind.tool, _name(source), found.cards(), override=override,
                progress=lambda n: show("Importing", f"{n:,} cards"),
            )  # fmt: skip
        session.answer("import.issues", lambda: _data(found, taken, source, written=True))
        if not session.json:
            session.show_message(_done(taken, board))
            if taken.created or taken.updated:
                session.show_message(f"Take it back: mlkanban --board {board.key} undo")
        _show_kept(session, taken)


def _name(source: ListFile) -> str:
    from mlkanban.exchange.text_file import STDIN  # as above

    return "standard input" if source.file == STDIN else source.file.name


def _map(
    file: Path | None,
    columns: tuple[str, ...],
    statuses: tuple[str, ...],
    types: tuple[str, ...],
    format: str,
) -> IssueMap:
    from mlkanban.exchange.issues.issue_map import IssueMap, check, read_issue_map  # as above

    map = read_issue_map(file) if file else IssueMap()
    map.columns |= dict(_pair(words, "COLUMN=FIELD") for words in columns)
    map.statuses |= dict(_pair(words, "STATUS=STAGE") for words in statuses)
    map.types |= dict(_pair(words, "WORD=TYPE") for words in types)
    map.format = format or map.format
    check(map)
    return map


def _pair(words: str, form: str) -> tuple[str, str]:
    name, equals, value = words.rpartition("=")
    if not equals or not value.strip():
        raise UsageProblem(f"{words!r} says nothing.", f"Write it as {form}.")
    return name.strip().casefold(), value.strip()


def _check_named(
    what: str, given: Iterable[str], there: Iterable[str], empty: Iterable[str] = ()
) -> None:
    """UsageProblem for a status or a column that was named and is not in the list, not even as an
    `empty` column."""
    known = {name.casefold() for name in (*there, *empty)}
    for words in given:
        if words.rpartition("=")[0].strip().casefold() not in known:
            listed = ", ".join(name or "-" for name in there)
            raise UsageProblem(
                f"The list has no {what} {words.rpartition('=')[0].strip()!r}.",
                f"There are: {listed}. Nothing was written.",
            )


def _asking(
    session: Session, source: ListFile, kind: ListKind, map: IssueMap, board: Board, can_ask: bool
) -> IssueList:
    """The list, with the order of day and month where somebody can be asked for it."""
    from mlkanban.exchange.dates import ORDERS, UnclearDates  # as above
    from mlkanban.exchange.issues.issue_list import IssueList

    try:
        return IssueList(source, kind, map, board, assume=not can_ask)
    except UnclearDates as error:
        if not can_ask:
            raise
        session.show_message(f"{error.example} can be read in two ways.")
        order = click.prompt("Which comes first", type=click.Choice(ORDERS), err=True)
        return IssueList(source, kind, replace(map, format=order), board)


def _tried(
    service: Service, found: IssueList, source: ListFile, override: str
) -> tuple[IssuesTaken | None, str]:
    """What would come of a list, tried on a copy in memory; why it would be refused, '' if not."""
    copy = service.in_memory()
    try:
        cards = found.cards()
        return copy.issue_import.take(
            found.board.id, found.kind.tool, _name(source), cards, override=override
        ), ""
    except MlkanbanError as error:
        return None, str(error)
    finally:
        copy.close()


def _columns(found: IssueList) -> list[tuple[str, str, int]]:
    """Each column, what becomes of it, and how many cards have it; those left out come last."""
    rows = [
        (name, found.target(name) or ("comment" if name == "comments" else ""), filled)
        for name, filled in found.understood.columns.items()
    ]
    return sorted(rows, key=lambda row: not row[1])


def _lines(session: Session, found: IssueList, source: ListFile) -> Iterator[str]:
    from mlkanban.cli.layout import table  # measures with rich, which --json does without
    from mlkanban.exchange.issues.issue_list import summary_lines
    from mlkanban.exchange.issues.issue_map import type_landing

    seen = found.understood
    what = f"{_name(source)}: {found.kind.title}, {quantity(seen.cards, 'card')}"
    yield session.clean(f"{what}, for the board {found.board.key}")
    yield ""
    rows = [
        (session.clean(name), _becomes(found, name, target), f"{filled:,}")
        for name, target, filled in _columns(found)
    ]
    yield from table(rows, ("column", "becomes", "cards"))
    yield ""
    rows = []
    for status, count in seen.statuses.most_common():
        place = found.landing(status)
        word = session.clean(found.goes_to(status)) + (" (guessed)" if place.guessed else "")
        rows.append((session.clean(status) or "-", word, f"{count:,}"))
    yield from table(rows, ("status", "goes to", "cards"))
    yield ""
    if any(seen.types):
        types = [
            (word, count, type_landing(word, found.map)) for word, count in seen.types.most_common()
        ]
        rows = [
            (session.clean(word) or "-", type + (" (guessed)" if guessed else ""), f"{count:,}")
            for word, count, (type, guessed) in types
        ]
        yield from table(rows, ("type", "becomes", "cards"))
        yield ""
    kept_out = [name for name, target, _ in _columns(found) if not target]
    if kept_out:
        yield session.clean(f'To keep a column: --column "{kept_out[0]}=tags".')
    left = [f"{what} ({count:,})" for what, count in seen.left_out.items() if count]
    if left:
        yield session.clean(f"Left out: {', '.join(left)}.")
    for line in summary_lines(found):
        yield session.clean(line)


def _becomes(found: IssueList, column: str, target: str) -> str:
    """What becomes of a column, in words."""
    shown = found.is_shown_key(column)
    if target == "key":
        return "key" if shown else "tells cards apart"
    words = "tags (@NAME)" if target == "assignee" else target
    more = found.understood.more.get(column, ())
    return ", ".join(filter(None, (words, *more, "key" if shown else ""))) or "left out"


def _would(taken: IssuesTaken) -> str:
    return (
        f"{quantity(taken.created, 'new card')}, {taken.updated:,} to be changed,"
        f" {taken.unchanged:,} as they are."
    )


def _done(taken: IssuesTaken, board: Board) -> str:
    if not taken.created and not taken.updated:
        return "Nothing new: all of it is on the board already."
    added = f"{quantity(taken.created, 'card')} added to {board.name}"
    return f"{added}, {taken.updated:,} changed, {taken.unchanged:,} as they were."


def _show_kept(session: Session, taken: IssuesTaken) -> None:
    if taken.kept:
        some = [f"{ref} ({', '.join(what)})" for ref, what in taken.kept.items()][:_MOST_NAMED]
        more = " .." if len(taken.kept) > _MOST_NAMED else ""
        session.show_message(f"Left as they were changed here: {', '.join(some)}{more}.")
    for what, count in taken.untied.items():
        session.show_message(f"Left out: {what} ({count:,}).")
    for warning in taken.warnings:
        session.show_message(warning)


def _text_of(found: IssueList) -> str:
    from mlkanban.exchange.issues.issue_map import map_text, type_landing  # as above

    return map_text(
        found.kind.name,
        found.map.format,
        (
            (name, target or "none")
            for name, target, _ in _columns(found)
            if name != "comments" and keepable(name)  # TOML cannot hold what nothing becomes of
        ),
        ((status, found.landing(status).word) for status in found.understood.statuses),
        ((word, type_landing(word, found.map).type) for word in found.understood.types if word),
    )


def _data(
    found: IssueList,
    taken: IssuesTaken | None,
    source: ListFile,
    *,
    written: bool,
    refused: str = "",
) -> dict[str, Any]:
    from mlkanban.exchange.issues.issue_map import type_landing  # as above

    seen = found.understood
    places = [(status, count, found.landing(status)) for status, count in seen.statuses.items()]
    return {
        "board": found.board.key,
        "file": _name(source),
        "kind": found.kind.name,
        "cards": seen.cards,
        "columns": [
            {"column": name, "field": target or None, "cards": filled}
            for name, target, filled in _columns(found)
        ],
        "statuses": [
            {
                "status": status, "cards": count,
                "stage": place.stage.name if place.stage else None,
                "outcome": place.outcome.value if place.outcome else None,
                "discarded": seen.discarded[status],
                "guessed": place.guessed, "unknown": place.unknown, "archived": place.archived,
            }
            for status, count, place in places
        ],
        "types": [
            {"type": word, "cards": count, "becomes": place.type.value, "guessed": place.guessed}
            for word, count in seen.types.items()
            for place in (type_landing(word, found.map),)
        ],
        "left_out": [
            {"what": what, "count": count}
            for what, count in (*seen.left_out.items(), *(taken.untied.items() if taken else ()))
            if count
        ],
        "created_to_resolved": seen.two_dates,
        "begun_unknown": seen.begun_unknown,
        "ended_unknown": seen.ended_unknown,
        "created": taken.created if taken else 0,
        "updated": taken.updated if taken else 0,
        "unchanged": taken.unchanged if taken else 0,
        "kept": [
            {"id": ref, "fields": what} for ref, what in (taken.kept.items() if taken else ())
        ],
        "written": written and bool(taken and (taken.created or taken.updated)),
        "refused": refused or None,
    }  # fmt: skip
