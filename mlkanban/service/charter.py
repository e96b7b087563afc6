"""The charter of a board: stored in sections, edited as a page or one section at a time; and the
readings of its goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlkanban.core import goal
from mlkanban.core.events import Change, Position
from mlkanban.core.goal import Goal, GoalReading
from mlkanban.core.markdown.card_values import Values, three_way
from mlkanban.core.markdown.charter import (
    PREFIX,
    charter_in,
    charter_page,
    check_section,
    find_section,
    read_charter,
)
from mlkanban.core.metrics import parse_reading
from mlkanban.core.profit_curve import ProfitCurve, curve_in
from mlkanban.core.timestamps import instant
from mlkanban.service.text_merge import ChangedMeanwhile
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository, snapshots
from mlkanban.store.database import Connection
from mlkanban.text import accept, accept_title, tidy


class Charter:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, board_id: str) -> dict[str, str]:
        """The texts of all sections by their keys; '' where nothing is written."""
        with self._context.store.reading() as conn:
            return charter_in(repository.entity(conn, board_id).fields)

    def set(self, board_id: str, name: str, text: str) -> Done:
        """Write one section, named by its key, its title or the beginning of one."""
        section = find_section(name)
        check_section(section, text)
        with self._context.writing() as tx:
            write_charter(tx, board_id, {section.key: text})
            return tx.done(f"Charter: {section.title} saved.")

    def goal(self, board_id: str) -> Goal:
        """The target of a board and the last reading of each of its metrics."""
        with self._context.store.reading() as conn:
            return goal.goal_in(repository.entity(conn, board_id).fields)

    def worth(self, board_id: str) -> ProfitCurve | None:
        """The profit curve of a board; None where it has none."""
        with self._context.store.reading() as conn:
            return curve_in(repository.entity(conn, board_id).fields)

    def readings(self, board_id: str) -> list[GoalReading]:
        """All readings of the metrics of a board in order of time, undone ones left out."""
        with self._context.store.reading() as conn:
            events = repository.of_kind(conn, board_id, goal.MEASURED)
            undone = repository.undone_ids(conn, board_id)
        some = (
            goal.reading_of(name.removeprefix(goal.PREFIX), kept)
            for event in events
            if event.id not in undone
            for name, kept in event.data.get("set", {}).items()
            if name.startswith(goal.PREFIX) and kept
        )
        return sorted(filter(None, some), key=lambda reading: reading.at)

    def measure(self, board_id: str, values: Sequence[str], note: str = "") -> Done:
        """Keep what business metrics were found to be (`eur_saved=18200`), in one action."""
        found = dict(parse_reading(accept_title(text), "eur_saved=18200") for text in values)
        note = accept(note, "the note").strip()
        with self._context.writing() as tx:
            at = instant(tx.now)
            some = [GoalReading(metric, value, at, note) for metric, value in found.items()]
            warning = _unknown_metrics(
                goal.goal_in(repository.entity(tx.conn, board_id).fields), found
            )
            fields = {goal.PREFIX + reading.metric: reading.to_field() for reading in some}
            tx.write(Change(goal.MEASURED, board_id, set=fields))
            said = ", ".join(f"{reading.metric} {reading.value:,.12g}" for reading in some)
            return tx.done(f"Goal: {said}.", warning=warning)

    def page(self, board_id: str) -> tuple[str, Position]:
        """The charter for an editor, and the place in the log it was read at."""
        with self._context.store.reading() as conn:
            texts = charter_in(repository.entity(conn, board_id).fields)
            return charter_page(texts, hints=True), snapshots.position(conn)

    def save(self, board_id: str, text: str, since: Position | None) -> Done:
        """Write what an edited page changes of the charter as it was at `since` (None: now).

        BadMarkdown says where it cannot be read; ChangedMeanwhile, what somebody else changed too.
        """
        wanted = read_charter(text)
        with self._context.writing() as tx:
            was, now = charter_states(tx.conn, board_id, since)
            changes, conflicts = three_way("", was, wanted.texts, now)
            wanted.check(changes)
            if conflicts:
                raise ChangedMeanwhile(conflicts)
            write_charter(tx, board_id, changes)
            return tx.done("Charter saved.")

    def again(self, board_id: str, text: str, since: Position | None) -> tuple[str, Position]:
        """An edited page as a change of the charter of now, with what others wrote meanwhile."""
        wanted = read_charter(text)
        with self._context.store.reading() as conn:
            was, now = charter_states(conn, board_id, since)
            changes, _ = three_way("", was, wanted.texts, now)
            texts = {key: str(value) for key, value in {**now, **changes}.items()}
            return charter_page(texts, hints=True), snapshots.position(conn)


def _unknown_metrics(known: Goal, metrics: Iterable[str]) -> str:
    """That metrics are read for the first time and are not that of the target: a mistyped one is to
    be seen."""
    before = {reading.metric for reading in known.readings}
    new = [m for m in metrics if known.target and m not in {known.target.metric, *before}]
    if not new or not known.target:
        return ""
    return f"The target is about {known.target.metric}; {', '.join(new)} had no reading before."


def charter_states(
    conn: Connection, board_id: str, since: Position | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The charter as it was at a place in the log, if that can be found, and as it is."""
    now = charter_in(repository.entity(conn, board_id).fields)
    if since is None or not snapshots.holds(conn, since):
        return now, now
    return charter_in(snapshots.board_at(conn, board_id, since.cursor).fields), now


def write_charter(tx: Transaction, board_id: str, texts: Mapping[str, str] | Values) -> None:
    """Those of these sections that say something else now."""
    wanted = {
        PREFIX + key: tidy(accept(str(text), "the charter")) or None for key, text in texts.items()
    }
    if values := tx.new_values(board_id, wanted):
        tx.write(Change("charter.edited", board_id, set=values))
