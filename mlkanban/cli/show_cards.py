"""Commands that show cards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import click

from mlkanban import clock
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, VIEW, today
from mlkanban.core import checklist
from mlkanban.core.board import Board, CardFace, asleep, on_board
from mlkanban.display.card_json import (
    age_days,
    by_stage,
    card_data,
    face_data,
    parts_data,
    spent_data,
)
from mlkanban.errors import BadQuery
from mlkanban.text import LONG_TITLE, beginning, display_lines, quantity, short_name, some

if TYPE_CHECKING:
    from mlkanban.core.card import Card
    from mlkanban.core.markdown.charter import CharterLine
    from mlkanban.core.profit_curve import MetricWorth
    from mlkanban.flow.due import DueCard, PartsDone
    from mlkanban.runs.model.usage import Spending
    from mlkanban.service import Service

_MOST_RUNS = 20
"""Runs that are listed, the newest, beside the best one and those that go on."""
_CONFIGURATIONS = 8
"""Configurations of runs with a line of their own; `runs` lists them all."""


@click.command("list")
@click.option("-q", "--query", default="", help="Only cards that match a query, as on the board.")
@click.option(
    "--view", type=VIEW, default="", metavar="NAME", help="Use the saved query of this name."
)
@click.option("--all", "everything", is_flag=True, help="Include finished and archived cards.")
@click.option("--all-boards", is_flag=True, help="List the cards of every board, board by board.")
@pass_session
def list_cards(session: Session, query: str, view: str, everything: bool, all_boards: bool) -> None:
    """List the cards of a board, stage by stage.

    AGE is 5d for a card in progress, counted from its commitment; (5d) for one that is not
    committed, counted from when it was written down; =5d is the cycle time of a finished one, and
    = was never worked on. Before the title: ^^ urgent, ^ high, v low. After it: ! the reason of a
    block, health of a model in use, the due date with its chance (! below 50 %) or LATE, parts
    that are done of all (and by when all are, with 85 %), = the outcome, archived, @person, #tags.

    With --all-boards a value that one board does not have, such as a stage, finds nothing there.
    """
    with session.service() as service:
        if all_boards:
            boards = service.boards.all()
            saved = service.views.query(session.board(service).id, view) if view else ""
        else:
            boards = [session.board(service)]
            saved = service.views.query(boards[0].id, view) if view else ""
        queries = [text for text in (saved, query) if text.strip()]
        lists = list(_lists(service, boards, queries, everything=everything))
        session.answer(
            "cards",
            lambda: [
                card
                for cards in lists
                for card in face_data(cards.shown, cards.board, service, clock.now(), cards.every)
            ],
            lambda: _table(session, service, lists, with_board=all_boards),
        )
        if not session.json:
            where = "any board" if all_boards else "".join(board.name for board in boards)
            others = _out_of_sight(lists)
            if not any(cards.shown for cards in lists):
                found_by = _meant(query, lists[0].every, lists[0].board) if lists else ""
                session.show_message(f"No card to list on {where}.{others}{found_by}")
            elif others:
                session.show_message(f"Not listed:{others}")
            for board in boards if query else ():
                if lines := service.search.in_charter(board.id, query):
                    session.show_message(
                        f"In the charter of {board.name} too, {quantity(len(lines), 'line')}:"
                        f" mlkanban --board {board.key} charter"
                    )
        session.show_conflicts(sum(cards.conflicts for cards in lists))


@click.command()
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@click.option("--all-boards", is_flag=True, help="Look on every board.")
@pass_session
def find(session: Session, query: tuple[str, ...], all_boards: bool) -> None:
    """Find cards and lines of the charter, links too.

    QUERY is what filters the board; of words alone the lines of the charter that have all of them
    are found, too. Finished and archived cards are among the cards.
    """
    text = " ".join(query)
    with session.service() as service:
        boards = service.boards.all() if all_boards else [session.board(service)]
        lists = list(_lists(service, boards, [text], everything=True))
        lines = [
            (board, found)
            for board in boards
            for found in service.search.in_charter(board.id, text)
        ]
        session.answer(
            "found",
            lambda: {
                "cards": [
                    card
                    for cards in lists
                    for card in face_data(
                        cards.shown, cards.board, service, clock.now(), cards.every
                    )
                ],
                "charter": [
                    {
                        "board": board.key,
                        "section": found.section.key,
                        "title": found.section.title,
                        "line": found.line,
                    }
                    for board, found in lines
                ],
            },
            lambda: _found(session, service, lists, lines, with_board=all_boards),
        )
        if not lines and not any(cards.shown for cards in lists) and not session.json:
            session.show_message("Nothing is found: neither a card nor a line of the charter.")


def _found(
    session: Session,
    service: Service,
    lists: Sequence[_ListedCards],
    lines: Sequence[tuple[Board, CharterLine]],
    *,
    with_board: bool,
) -> Iterator[str]:
    yield from _table(session, service, lists, with_board=with_board)
    if lines:
        if any(cards.shown for cards in lists):
            yield ""
        for board, found in lines:
            where = f"{board.key}: " if with_board else ""
            yield session.clean(f"{where}charter, {found.section.title}: {found.line}")


class _ListedCards(NamedTuple):
    """The cards of one board: all of them, those that are listed, and those that match and are
    not listed; with the number of open conflicts."""

    board: Board
    every: list[CardFace]
    shown: list[CardFace]
    hidden: list[CardFace]
    conflicts: int


def _lists(
    service: Service, boards: Sequence[Board], queries: Sequence[str], *, everything: bool
) -> Iterator[_ListedCards]:
    """The cards that match all queries, board by board. BadQuery where that is so on every one of
    the boards: a stage or another value may be missing on some."""
    wrong: list[BadQuery] = []
    sleepers = False
    for board in boards:
        snapshot = service.boards.snapshot(board.id)
        every = matching = by_stage(snapshot.faces, board)
        try:
            for text in queries:  # each by itself: an error names the place in what was typed
                wanted = {f.id for f in service.search.find(board, every, text, today(board))}
                matching = [face for face in matching if face.id in wanted]
            if any("snoozed" in text for text in queries):
                # The query language: a list without a query does without.
                from mlkanban.core.query.match import looks_for_sleepers

                sleepers = any(map(looks_for_sleepers, queries))
        except BadQuery as error:
            wrong.append(error)
            if len(wrong) == len(boards):
                raise wrong[0] from error
            matching = []
        last = date.max if sleepers else today(board)
        shown = [face for face in matching if everything or on_board(board, face, last)]
        listed = {face.id for face in shown}
        hidden = [face for face in matching if face.id not in listed]
        yield _ListedCards(board, every, shown, hidden, snapshot.conflicts)


@click.command()
@click.argument("card", type=CARD)
@click.option(
    "--markdown", is_flag=True, help="Print it as Markdown, for a pull request or a wiki."
)
@pass_session
def show(session: Session, card: str, markdown: bool) -> None:
    """Show everything on one card."""
    with session.service() as service:
        whole = service.cards.get(card)
        board = service.boards.of_card(card)
        spent, label = service.runs.spending(card), service.runs.label(card)
        due_card = service.planning.due_card(board, whole) if whole.due else None
        parts = service.planning.parts(board, whole)
        worth = service.worth.of_card(whole) if whole.metric else None

        if markdown:
            # One card in Markdown, which `list` does without.
            from mlkanban.display.card_markdown import card_markdown

            text = card_markdown(whole, board, clock.now(), service.runs.results(card), worth)
            session.answer(
                "card.markdown",
                lambda: {"id": whole.ref, "markdown": text},
                lambda: [text.rstrip("\n")],
            )
            return

        def lines() -> Iterator[str]:
            yield from _whole(session, whole, board, spent, label, due_card, worth, parts)
            yield from _undecided(session, card, service)
            yield from _runs(session, whole, board, service)
            yield from _tree(session, whole, board, service)

        from mlkanban.display.worth_text import worth_json  # few cards have a worth

        session.answer(
            "card",
            lambda: {
                **card_data(whole, board, clock.now()),
                "due_chance": due_card.chance if due_card else None,
                "parts": parts_data(parts),
                "label": label,
                "spent": spent_data(spent),
                "metric_worth": worth_json(worth) if worth else None,
            },
            lines,
        )


def _out_of_sight(lists: Sequence[_ListedCards]) -> str:
    """How to see cards that match and are not listed."""
    snoozed = sum(asleep(face, today(cards.board)) for cards in lists for face in cards.hidden)
    ended = sum(len(cards.hidden) for cards in lists) - snoozed
    text = f" {snoozed} snoozed: add -q snoozed:yes." if snoozed else ""
    return text + (f" {ended} finished or archived: add --all." if ended else "")


def _meant(query: str, faces: Collection[CardFace], board: Board) -> str:
    """The query that was meant by the names of states that were looked for as words."""
    if not query:
        return ""
    # The query language: a list without a query does without.
    from mlkanban.core.query.complete import meant
    from mlkanban.core.query.fields import QueryContext

    text = meant(query, QueryContext(board, today(board), faces))
    return f" Did you mean {text}?" if text else ""


def _table(
    session: Session,
    service: Service,
    lists: Sequence[_ListedCards],
    *,
    with_board: bool,
) -> Iterator[str]:
    # 30 ms that `list --json` need not wait for.
    from mlkanban.cli.layout import table

    rows = [
        (*([cards.board.key] if with_board else []), *row)
        for cards in lists
        if cards.shown
        for row in _rows(session, service, cards)
    ]
    if rows:
        heads = ("ID", "STAGE", "AGE", "", "TITLE")
        yield from table(rows, ("BOARD", *heads) if with_board else heads)


def _rows(session: Session, service: Service, cards: _ListedCards) -> Iterator[tuple[str, ...]]:
    # As for `_table`.
    from mlkanban.display.card_face import (
        FaceContext,
        age,
        due,
        parts_text,
        person_text,
        priority_sign,
    )

    board, every = cards.board, cards.every
    prospects = service.planning.prospects(board, every)
    view = FaceContext.at(board, clock.now(), glyphs=session.glyphs, prospects=prospects)
    for face in cards.shown:
        marks = [
            face.block_reason and f"{session.glyphs.blocked} {face.block_reason}",
            face.health and f"health {face.health}",
            due(face, view),
            parts_text(parts, view.today) if (parts := prospects.parts.get(face.id)) else "",
            face.outcome and f"= {face.outcome}",
            "archived" if face.archived else "",
            person_text(face.person, board),
            *some([f"#{tag}" for tag in face.tags.split()], 10),
        ]
        title = "  ".join(
            [beginning(face.title, 200), " ".join(mark for mark in marks if mark)]
        ).rstrip()
        yield (
            face.ref,
            session.clean(board.stage(face.stage).name),
            age(face, view),
            priority_sign(face, session.glyphs),
            session.clean(title),
        )


def _whole(
    session: Session,
    card: Card,
    board: Board,
    spent: Spending | None,
    label: str,
    due_card: DueCard | None,
    worth: MetricWorth | None,
    parts: PartsDone | None,
) -> Iterator[str]:
    # As for `_table`.
    from mlkanban.cli.layout import bold, dim
    from mlkanban.display.card_face import FaceContext, parts_text
    from mlkanban.display.card_page import CardPage, rows
    from mlkanban.display.checklist_lines import item_text
    from mlkanban.display.number_text.due import chance_words

    view = FaceContext.at(board, clock.now(), glyphs=session.glyphs)
    page = CardPage(
        view, spent, "archive --restore", due_chance=chance_words(due_card),
        worth=worth,
        parts=parts_text(parts, view.today) if parts else "",
    )  # fmt: skip
    clean = session.clean
    yield bold(f"{card.ref}  {clean(beginning(card.title, LONG_TITLE))}")
    stage, *others = rows(card, page)
    person = [("person", f"@{short_name(card.person)}")] if card.person and board.of_team else []
    facts = [stage, ("board", board.name), *person, *others, *_facts(card, board, label)]
    wide = max(12, *(len(name) + 1 for name, _ in facts))
    for name, text in facts:
        yield dim(f"{name.capitalize():<{wide}}") + clean(text)
    for item in card.checklist:
        yield f"  {clean(item_text(item, board, session.glyphs))}"
    for number, note in enumerate(card.notes, 1):
        at = note.at.astimezone(ZoneInfo(board.timezone)).strftime("%Y-%m-%d %H:%M")
        yield ""
        yield dim(f"{at}  {clean(short_name(note.actor))}  note {number}")
        yield display_lines(note.text)


def _undecided(session: Session, ref: str, service: Service) -> Iterator[str]:
    for one in service.conflicts.of_card(ref):
        yield ""
        yield session.clean(
            f"conflict about the {one.label}: {short_name(one.actor)} on {one.machine} "
            f"wrote {one.other}"
        )
        yield session.clean(f"  mlkanban resolve {one.name} {one.word} --keep | --take")


def _runs(session: Session, card: Card, board: Board, service: Service) -> Iterator[str]:
    found = service.runs.of_card(card.ref)
    if found:
        # Tables and statistics of runs, which most cards have none of.
        from mlkanban.cli.layout import width
        from mlkanban.cli.run_curves import latest_values
        from mlkanban.display.run_table import result_lines, run_rows
        from mlkanban.display.run_text import short_ids
        from mlkanban.runs.model.overview import run_counts, run_parameters
        from mlkanban.runs.model.results import outer_runs
        from mlkanban.runs.model.run import parents_of
        from mlkanban.runs.model.state import RunState

        yield ""
        zone, at = ZoneInfo(board.timezone), clock.now()
        results, metric = service.runs.results(card.ref), service.runs.metric(card.ref)
        kept = {run.id for run in found[:_MOST_RUNS]} | {
            run.id for run in found if run.may_go_on and run.state is not RunState.TRACKED
        }
        if results and results.best_run:
            kept.add(results.best_run.id)
        listed = [run for run in found if run.id in kept]
        places = [at for at, run in enumerate(found) if run.id in kept]
        differs = run_parameters(found, metric, session.settings.repeats).rows(places)
        latest = latest_values([(card.ref, run) for run in listed], service)
        rows = run_rows(
            listed, results, zone, at, evidence=True, ids=short_ids(found),
            differs=differs, width=max(0, (width() or 0) - 2),
            latest={run: one[0] for run, one in latest.items()},
            metric=metric, glyphs=session.glyphs,
        )  # fmt: skip
        if len(listed) < len(found):
            counts = run_counts(found)
            outer = outer_runs(found, parents_of(found))
            hidden = sum(run.id not in kept and run.id not in outer for run in found)
            many = f"{hidden:,} of {quantity(counts.runs, counts.word)}"
            rows.append(f"{many} are not listed: mlkanban runs {card.ref} lists all")
        rows += result_lines(
            found, results, zone, at, glyphs=session.glyphs,
            metric=metric, most=_CONFIGURATIONS,
            room=max(0, (width() or 0) - 2),
        )  # fmt: skip
        yield from (f"  {session.clean(row)}" for row in rows)


def _tree(session: Session, card: Card, board: Board, service: Service) -> Iterator[str]:
    # `list` draws no tree.
    from mlkanban.display.relation_tree import tree_lines

    faces = service.boards.snapshot(board.id).faces
    yield from map(session.clean, tree_lines(faces, card.ref, board))


def _facts(card: Card, board: Board, label: str) -> Iterator[tuple[str, str]]:
    """What the store knows of a card besides its fields, and how far its checklist is."""
    zone = ZoneInfo(board.timezone)

    def day(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d}"

    yield "label", label
    yield "created", day(card.created_at)
    days = age_days(card.started_at, card.finished_at, board, clock.now())
    if days is not None and card.started_at:
        took = quantity(days, "day")
        if card.finished_at:
            yield "cycle time", f"{took}, {day(card.started_at)} to {day(card.finished_at)}"
        else:
            yield "age", f"{took}, committed {day(card.started_at)}"
    if card.checklist:
        yield "checklist", checklist.progress(card.checklist)
