"""Asking the rules inside the transaction that writes; what they refuse is raised."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from mlkanban.core import rules
from mlkanban.core.models import Board, CardFace, Stage, Work
from mlkanban.core.rules import Load
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.service.transaction import Transaction
from mlkanban.store import repository
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
    loads = repository.loads(tx.conn, board.id, face.id if face else "")
    came_from = face.stage if face and face.is_open else ""
    return passed(rules.enter(board, stage, loads, work, from_stage=came_from), override)


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
        elif kind != "needs":
            continue
        if value and other == own:
            what = "depend on" if kind == "needs" else "be a part of"
            raise RuleRefused(f"{own} cannot {what} itself.", "Name another card.")
        if value:
            tx.face(other)
        if value and kind == "needs" and own and (way := _way(tx, other.lower(), own)):
            raise RuleRefused(
                f"{own} cannot depend on {other}: {' needs '.join(way)}.", "Name another card."
            )


def _way(tx: Transaction, start: str, end: str) -> list[str]:
    """The cards from one to another along what they depend on; empty when there is no way."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        face = repository.face_by_ref(tx.conn, way[-1])
        needs = tx.writer.projector.entity(face.id).members("needs:") if face else []
        ways += [[*way, one] for one in needs if one not in seen]
        seen.update(needs)
    return []


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
