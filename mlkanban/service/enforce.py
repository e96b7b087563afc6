"""Check the rules inside the transaction that writes; a refusal is raised as an error."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlkanban.core import checklist, lineage, rules
from mlkanban.core.board import Board, CardFace, Outcome, Stage, Work
from mlkanban.core.day_input import parse_day
from mlkanban.core.rules import Load
from mlkanban.errors import LimitReached, RuleRefused, UsageProblem
from mlkanban.service.transaction import Transaction
from mlkanban.store import repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of
from mlkanban.text import accept

Ticks = Mapping[str, Sequence[str]]
"""Texts of items to tick, by the short id of their card."""

NO_SLOTS = "A use case that takes slots writes with `slots`, or it would not ask the team."


def enter(
    tx: Transaction,
    board: Board,
    stage: Stage,
    work: Work,
    face: CardFace | None,
    *,
    override: str,
) -> tuple[str, str]:
    """Check that `face`, or a new card, may enter a stage; returns (warning, the reason of the
    override if it was needed)."""
    assert tx.slots, NO_SLOTS
    return passed(may_enter(tx.conn, board, stage, work, face, tx.now), override)


def may_enter(
    conn: Connection, board: Board, stage: Stage, work: Work, face: CardFace | None, now: datetime
) -> rules.Verdict:
    """Whether `face`, or a new card, may enter a stage. A refusal names the snoozed cards that
    count, which nobody sees, and in a team who holds the slots."""
    loads = repository.limited_loads(conn, board, face.id if face else "")
    came_from = face.stage if face and face.is_open else ""
    verdict = rules.enter(board, stage, loads, work, from_stage=came_from)
    if isinstance(verdict, rules.Refused):
        today = board.day_of(now)
        asleep = repository.asleep(conn, board.id, today)
        # Whoever is alone on a board sees there what fills a stage.
        several = board.of_team or board.team_limits
        held = repository.held_by(conn, board, face.id if face else "") if several else {}
        verdict = rules.enter(
            board, stage, loads, work, from_stage=came_from, asleep=asleep, held_by=held
        )
    return verdict


def passed(verdict: rules.Verdict, override: str) -> tuple[str, str]:
    """(warning, the reason of the override if it was needed); raises when the verdict is a refusal
    without an override."""
    if isinstance(verdict, rules.Refused) and verdict.passable and override.strip():
        reason = accept(override, "the reason").strip()
        if verdict.at_gate:
            return f"{verdict.reason} Gone on all the same: {reason}.", reason
        return f"{verdict.passed}, over the limit: {reason}.", reason
    return rules.required(verdict).warning, ""


def began_early(tx: Transaction, face: CardFace, before: CardFace | None) -> str:
    """The warning about a card that came into progress while cards that it needs are open; '' for
    others. `before` is the card as it was, None for a new one."""
    if not face.needs:
        return ""
    board = tx.board_of(face)
    if not rules.begins(board, before, board.stage(face.stage)):
        return ""
    others = [repository.face_by_ref(tx.conn, other) for other in face.needs.split()]
    needed = [
        (other.ref, tx.board_of(other).stage(other.stage).name)
        for other in others
        if other is not None and other.is_open
    ]
    if not needed:
        return ""
    return rules.begins_early(face.ref, needed, blocked=bool(face.block_reason))


class Gates:
    """The gates of one action. The items in `ticks` are ticked first; what is unticked then, and
    broken guards, need the reason in `override`."""

    def __init__(self, tx: Transaction, override: str, ticks: Ticks | None) -> None:
        self._tx = tx
        self._override = override
        self._verdicts: dict[str, rules.Verdict] = {}
        _tick(tx, ticks or {})

    def check(self, board: Board, face: CardFace, to: int) -> None:
        """Check the gates between a card's stage and the position `to`."""
        self._verdicts[face.ref] = rules.leave(
            board, face.ref, face.stage, to, self._tx.checklist(face), *self._tx.weak_guards(face)
        )

    def kept(self, face: CardFace) -> dict[str, Any]:
        """What the event of a card that passes gates records: the reason, the unticked items and
        the broken guards."""
        verdict = self._verdicts.get(face.ref)
        if not isinstance(verdict, rules.Refused) or not self._override.strip():
            return {}
        reason = passed(verdict, self._override)[1]
        return {"reason": reason, **verdict.closed_for(face.ref)}

    def require_passed(self, limit: LimitReached | None = None) -> str:
        """The warning about gates that were passed. GateClosed when items are unticked or guards
        broken and there is no override; a refused `limit` is reported with it."""
        verdicts = list(self._verdicts.values())
        if limit is not None:
            verdicts.append(rules.Refused(limit.message, limit.hint, by_limit=True))
        return passed(rules.together(verdicts), self._override)[0]


def _tick(tx: Transaction, ticks: Ticks) -> None:
    """Tick items that would otherwise block the next action."""
    for ref, texts in ticks.items():
        face = tx.face(ref)
        items = tx.checklist(face)
        places = [at for at, item in enumerate(items) if item.text in texts]
        if (after := checklist.marked(items, places, done=True)) != items:
            tx.write(tx.change("card.edited", face, {"checklist": checklist.dumped(after)}))


def check_growth(tx: Transaction, before: Mapping[str, Mapping[str, Load]]) -> str:
    """Refuse loads that exceed a limit more than the loads (by board id) `before`; returns the
    warning."""
    assert tx.slots, NO_SLOTS
    warnings = [
        rules.required(rules.grown(board, loads, repository.limited_loads(tx.conn, board))).warning
        for board, loads in ((board_of(tx.conn, id_), loads) for id_, loads in before.items())
    ]
    return " ".join(filter(None, warnings))


def check_links(tx: Transaction, values: Mapping[str, Any], own: str = "") -> None:
    """Check that the cards which `values` name exist and are not the card `own`."""
    for name, value in values.items():
        kind, _, other = name.partition(":")
        if kind == "parent":
            other = value
        elif kind == "lineage":
            how, _, other = other.partition(":")
        elif kind != "needs":
            continue
        if not value:
            continue
        what = {"needs": "depend on", "parent": "be a part of"}.get(kind) or f"be {_a(how)}"
        if other == own:
            raise RuleRefused(f"{own} cannot {what} itself.", "Name another card.")
        tx.face(other)
        if own and (way := lineage.way(other.lower(), own, _beyond(tx, kind))):
            ties = {"needs": " needs ", "parent": " is part of "}.get(kind, " comes from ")
            raise RuleRefused(
                f"{own} cannot {what} {other}: {ties.join(way)}.", "Name another card."
            )


def _a(kind: str) -> str:
    """A kind of lineage with its article: `an ablation of`."""
    words = lineage.word(kind)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _beyond(tx: Transaction, kind: str) -> Callable[[str], list[str]]:
    """A function that gives the cards next to a card, by the kind of a relation; all kinds of
    lineage count as one."""

    def next_cards(ref: str) -> list[str]:
        face = repository.face_by_ref(tx.conn, ref)
        if face is None:
            return []
        if kind == "needs":
            return face.needs.split()
        if kind == "parent":
            return lineage.origins(face, lineage.PARENT)
        return [other for how in lineage.LineageKind for other in lineage.origins(face, how)]

    return next_cards


def check_health(values: Mapping[str, Any], ref: str, outcome: str) -> None:
    """Refuse a health for a card that is not in use."""
    if values.get("health") and outcome != Outcome.SHIPPED:
        raise RuleRefused(
            f"{ref} is not in use: it was not shipped.", "Move it past delivery first."
        )


def condition(tx: Transaction, until: str, face: CardFace) -> str:
    """The condition that lifts a block: another card, a run, or a day as people type them."""
    kind, _, name = until.partition(":")
    if not until:
        return until
    if kind == "run" and name:
        fields = tx.writer.projector.entity(face.id).fields
        matching = [
            n for n in fields if n.startswith(until) or (n.startswith("run:") and n.endswith(name))
        ]
        return matching[0] if len(matching) == 1 else until
    if kind == "card" and name:
        other = tx.face(name)
        if other.id == face.id:
            raise RuleRefused(f"{face.ref} cannot wait for itself.", "Name another card.")
        return f"card:{other.ref}"
    today = tx.board_of(face).day_of(tx.now)
    try:
        day = parse_day(until, today)
    except UsageProblem:
        raise UsageProblem(
            f"{until!r} cannot lift a block.",
            "Write card:ID, run:ID or a day such as fri, 3d or 2026-03-31.",
        ) from None
    return day.isoformat() if day else ""
