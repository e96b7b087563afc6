"""The triage queue of cards that need a decision, from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core import triage, triage_session
from mlkanban.core.board import Board, CardFace, Health, in_use
from mlkanban.core.events import Change, Event
from mlkanban.core.milestones import days_old
from mlkanban.core.timestamps import instant
from mlkanban.core.triage import Item, TriageView
from mlkanban.core.triage_session import Queue, TriageSession
from mlkanban.runs.model.run import Run, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.service.history import History
from mlkanban.service.plan import Planning
from mlkanban.service.transaction import Context, Done, find_face
from mlkanban.store import after_merge, repository, run_queries
from mlkanban.store.database import Connection


class Triage:
    def __init__(self, context: Context, history: History, planning: Planning) -> None:
        self._context = context
        self._history = history
        self._planning = planning

    def queue(self, board: Board, view: TriageView = TriageView.ALL) -> Queue:
        """The cards of a board that need a decision now, most urgent first; after a recently paused
        session of this person in the order in which that session stopped."""
        items, paused = self._asking(board, view), self._paused(board.id, view)
        return triage_session.resumed(items, paused) if paused else Queue(items)

    def _paused(self, board_id: str, view: TriageView) -> TriageSession | None:
        """The last session of this person with a view of a board, if it can be resumed."""
        with self._context.store.reading() as conn:
            events = repository.of_kind(conn, board_id, triage_session.KIND)
        since = instant(self._context.clock() - triage_session.REMEMBERED)
        for event in reversed(events):
            session = _session(event)
            if event.actor == self._context.actor and session and session.view == view:
                return session if session.left and event.at >= since else None
        return None

    def end(self, board_id: str, session: TriageSession) -> Done:
        """Store the numbers of a session and what it had left, if there is anything to store."""
        if self._context.store.read_only:
            return Done("", changed=False)
        with self._context.writing() as tx:
            values = {triage_session.FIELD: session.to_field()}
            tx.write(Change(triage_session.KIND, board_id, set=values))
        return Done("")

    def sessions(self, board_id: str, now: datetime) -> list[TriageSession]:
        """All sessions on a board, of any person, in the order they ended; none is dated later than
        `now`, whatever clock it was held by."""
        with self._context.store.reading() as conn:
            events = repository.of_kind(conn, board_id, triage_session.KIND)
        sessions = [session for event in events if (session := _session(event))]
        return [replace(session, began=min(session.began, now)) for session in sessions]

    def _asking(self, board: Board, view: TriageView) -> list[Item]:
        now, zone = self._context.clock(), ZoneInfo(board.timezone)
        today = now.astimezone(zone).date()
        pace = self._history.pace(board, now)
        with self._context.store.reading() as conn:
            faces = repository.faces(conn, board.id)
            blocked = [face.id for face in faces if face.is_open and face.block_reason]
            touched = repository.last_touched(conn, blocked)
            ends = run_queries.ended_runs(conn, board.id)
            in_conflict = {row.entity for row in after_merge.open_conflicts(conn)}
            alarmed = [face.id for face in faces if face.health == Health.ALERT]
            entities = repository.entities(conn, alarmed)
            alerts = {card: _alerts(entity.fields) for card, entity in entities.items()}
            used = [face for face in faces if in_use(face)]
            quiet_models, looks = _models(conn, board, used, now) if used else ({}, {})

        chances = self._planning.prospects(board, faces).chances

        def day(instant: str) -> date:
            return datetime.fromisoformat(instant).astimezone(zone).date()

        def old(face: CardFace) -> bool:
            if not face.started_at:
                return False
            age = days_old(day(face.started_at), today)
            return bool(pace.marks(board.position(face.stage), age, blocked=False))

        quiet = {card: max(0, (today - day(at)).days) for card, at in touched.items()}
        last = {event.card: run for event in ends for run in runs_in(event.data["set"])}
        # Whoever stopped a run knows of it.
        ended = {c: _ended(run) for c, run in last.items() if run.state is not RunState.KILLED}
        return triage.queue(
            board,
            faces,
            today,
            quiet=quiet,
            old=old,
            due=chances,
            ended=ended,
            alerts=alerts,
            silent=quiet_models,
            looks=looks,
            undecided=in_conflict,
            view=view,
        )

    def snoozes(self, ref: str) -> int:
        """How often a card was snoozed, undone snoozes not counted."""
        with self._context.store.reading() as conn:
            find_face(conn, ref)
        return sum(
            entry.event.kind == "card.snoozed" and entry.in_force
            for entry in self._history.of_card(ref)
        )


def _session(event: Event) -> TriageSession | None:
    return TriageSession.of_field(event.data.get("set", {}).get(triage_session.FIELD))


def _models(
    conn: Connection, board: Board, used: Sequence[CardFace], now: datetime
) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """The models in use that are silent or doubled, and those that are to be looked at again, each
    since when and why."""
    # Few boards have models in use.
    from mlkanban.core.look_again import look_reason
    from mlkanban.core.model_silence import silence_text
    from mlkanban.service.model_records import doubled, looks_due, silent

    quiet = {
        face.id: (instant(found.last), f"SILENT: {silence_text(found, now)}")
        for face, found in silent(conn, used, now)
    }
    quiet |= {
        version.face.id: (
            later.face.finished_at,
            f"{version.name} is in use beside {later.name} ({later.face.ref}): which one stays?",
        )
        for version, later in doubled(conn, used)
    }
    looks = {
        version.face.id: (look.day.isoformat(), look_reason(version.name, look))
        for version, look in looks_due(conn, board, used, now)
    }
    return quiet, looks


def _alerts(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Since when the metrics of a model are past their thresholds, and which."""
    from mlkanban.core.model_health import readings  # few boards have any

    some = [reading for reading in readings(fields) if reading.alert]
    if not some:
        return "", "at alert"
    return min(reading.at for reading in some), "; ".join(reading.text for reading in some)


def _ended(run: Run) -> str:
    state = run.state.value
    return f"run {state}" if run.outcome == state else f"run {state}: {run.outcome}"
