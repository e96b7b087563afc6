"""Asking the rules inside the transaction that writes; what they refuse is raised."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core import lineage, rules
from mlkanban.core.models import Board, CardFace, Outcome, Stage, Work
from mlkanban.core.rules import Load
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.service.transaction import Transaction
from mlkanban.store import repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of
from mlkanban.text import accept


def enter(
    tx: Transaction,
    board: Board,
    stage: Stage,
    work: Work,
    face: CardFace | None,
    *,
    override: str,
) -> tuple[str, str]:
    """Ask the rules for `face`, or for a card that is new; (warning, the override's reason if it
    was needed). Raises when refused."""
    return passed(room(tx.conn, board, stage, work, face, tx.now), override)


def room(
    conn: Connection, board: Board, stage: Stage, work: Work, face: CardFace | None, now: datetime
) -> rules.Verdict:
    """May `face`, or a card that is new, enter a stage? A refusal names the snoozed cards that
    count, which nobody sees."""
    loads = repository.loads(conn, board.id, face.id if face else "")
    came_from = face.stage if face and face.is_open else ""
    verdict = rules.enter(board, stage, loads, work, from_stage=came_from)
    if isinstance(verdict, rules.Refused):
        today = now.astimezone(ZoneInfo(board.timezone)).date()
        asleep = repository.asleep(conn, board.id, today)
        verdict = rules.enter(board, stage, loads, work, from_stage=came_from, asleep=asleep)
    return verdict


def passed(verdict: rules.Verdict, override: str) -> tuple[str, str]:
    """(warning, the override's reason if it was needed). Raises when refused and not passed."""
    if isinstance(verdict, rules.Refused) and verdict.passable and override.strip():
        reason = accept(override, "the reason").strip()
        how = "Gone on all the same" if verdict.unticked else "Over the limit"
        return f"{verdict.reason} {how}: {reason}.", reason
    return rules.required(verdict).warning, ""


def check_growth(tx: Transaction, before: Mapping[str, Mapping[str, Load]]) -> str:
    """Refuse what went over a limit since the loads (by board id) were `before`; the warning."""
    warnings = [
        rules.required(
            rules.grown(board_of(tx.conn, board), loads, repository.loads(tx.conn, board))
        ).warning
        for board, loads in before.items()
    ]
    return " ".join(filter(None, warnings))


def check_links(tx: Transaction, values: Mapping[str, Any], own: str = "") -> None:
    """The cards that `values` name must be there, and be others than the card `own`."""
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
    """`an ablation of`."""
    said = lineage.word(kind)
    return f"{'an' if said[0] in 'aeiou' else 'a'} {said}"


def _beyond(tx: Transaction, kind: str) -> Callable[[str], list[str]]:
    """What the cards next to one are, by the kind of a relation; all kinds of lineage are one."""

    def found(ref: str) -> list[str]:
        face = repository.face_by_ref(tx.conn, ref)
        if face is None:
            return []
        if kind == "needs":
            return face.needs.split()
        if kind == "parent":
            return lineage.origins(face, lineage.PARENT)
        return [one for how in lineage.Kind for one in lineage.origins(face, how)]

    return found


def check_health(values: Mapping[str, Any], ref: str, outcome: str) -> None:
    """Only what is in use has a health."""
    if values.get("health") and outcome != Outcome.SHIPPED:
        raise RuleRefused(
            f"{ref} is not in use: it was not shipped.", "Move it past delivery first."
        )


def condition(tx: Transaction, until: str, face: CardFace) -> str:
    """What lifts a block, checked: another card, a run, or a day."""
    kind, _, name = until.partition(":")
    if not until:
        return until
    if kind == "run" and name:
        fields = tx.writer.projector.entity(face.id).fields
        meant = [
            n for n in fields if n.startswith(until) or (n.startswith("run:") and n.endswith(name))
        ]
        return meant[0] if len(meant) == 1 else until
    if kind == "card" and name:
        other = tx.face(name)
        if other.id == face.id:
            raise RuleRefused(f"{face.ref} cannot wait for itself.", "Name another card.")
        return f"card:{other.ref}"
    try:
        return date.fromisoformat(until).isoformat()
    except ValueError:
        raise UsageProblem(
            f"{until!r} cannot lift a block.", "Write card:ID, run:ID or a day such as 2026-03-31."
        ) from None
