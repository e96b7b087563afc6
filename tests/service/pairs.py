"""Two machines, one card, and every pair of things done to it apart: what became of the card.

`BASES` are the states the card can be in before, `ACTS` what may be done to it in each. `walk`
plays one pair and says what is wrong afterwards: a card out of sight that nobody took off the board
last, values that contradict each other, boards that differ, acts that were overruled in silence.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mlkanban.core.board import BlockReason, Outcome, stands
from mlkanban.errors import MlkanbanError, RuleRefused
from mlkanban.store import integrity
from tests.service.exchanging import meet, shown
from tests.service.people import START, Clock, Person

BETWEEN = "between"
"""The folder that the machines exchange their events through."""
SEEN = ("stage", "outcome", "archived", "blocker", "snoozed_until", "health", "title")
"""What of a card is compared before and after."""
LIVING = (*SEEN[:-1], "verdict", "work")
"""What of a card comes back with its lifecycle."""


class Machine(Person):
    """A person, and the card that all is about, with another one on the same board."""

    card = other = ""

    def stages(self, stage: str, **fields: Any) -> None:
        self.boards.edit_stage(self.board_id, self.stage(stage).id, fields, agreed=True)

    def seen(self) -> dict[str, Any]:
        """The card as a person sees it; nothing when there is none."""
        try:
            card = self.cards.get(self.card)
        except MlkanbanError:
            return {}
        return {name: getattr(card, name) for name in (*SEEN, "verdict", "work")}


Act = Callable[[Machine], object]


def _moves(to: str) -> Act:
    return lambda m: m.moves(m.card, to=to, override="so")


def _ends(outcome: Outcome) -> Act:
    return lambda m: m.cards.finish([m.card], outcome, override="so")


def _edits(**fields: Any) -> Act:
    return lambda m: m.cards.edit([m.card], fields)


def _stage(stage: str, **fields: Any) -> Act:
    return lambda m: m.stages(stage, **fields)


def _first(m: Machine) -> None:
    m.boards.move_stage(m.board_id, m.stage("Monitoring").id, 0, agreed=True)


def _block(reason: BlockReason) -> Act:
    return lambda m: m.cards.block([m.card], reason)


def _snooze(day: int) -> Act:
    return lambda m: m.cards.snooze([m.card], date(2026, 4, day))


ADD_FIT: Act = lambda m: m.boards.add_stage(m.board_id, "Fit", after=m.board.stages[-1].id)  # noqa: E731
REMOVE_REVIEW: Act = lambda m: m.boards.remove_stage(m.board_id, m.stage("Review").id)  # noqa: E731
ARCHIVE: Act = lambda m: m.cards.archive([m.card])  # noqa: E731
NOTE: Act = lambda m: m.cards.note([m.card], "text")  # noqa: E731
LEARN_WHY: Act = lambda m: m.cards.finish([m.card], Outcome.LEARNED, "no gain")  # noqa: E731
MERGE: Act = lambda m: m.service.duplicates.merge(m.card, m.other)  # noqa: E731
MERGED: Act = lambda m: m.service.duplicates.merge(m.other, m.card)  # noqa: E731

OPEN: dict[str, Act] = {
    "move on": _moves("Evaluation"), "move back": _moves("Ready"), "to Review": _moves("Review"),
    "ship by a move": _moves("Monitoring"), "ship": _ends(Outcome.SHIPPED),
    "learn": _ends(Outcome.LEARNED), "learn, with a verdict": LEARN_WHY,
    "abandon": _ends(Outcome.ABANDONED), "archive": ARCHIVE,
    "block": _block(BlockReason.BUG), "snooze": _snooze(20), "merge into other": MERGE,
    "merge other into it": MERGED, "edit": _edits(title="new title"),
    "unattended": _edits(work="unattended"), "note": NOTE,
    "rename its stage to Fit": _stage("Training", name="Fit"),
    "rename Review to Fit": _stage("Review", name="Fit"), "add stage Fit": ADD_FIT,
    "remove Review": REMOVE_REVIEW, "limit its stage": _stage("Training", limit=0),
    "limit Review": _stage("Review", limit=0),
    "uncommit Deployment": _stage("Deployment", committed=False),
    "move Monitoring first": _first, "commit Monitoring": _stage("Monitoring", committed=True),
    "move other to Review": lambda m: m.moves(m.other, to="Review", override="so"),
}  # fmt: skip
CLOSED: dict[str, Act] = {
    "reopen in Training": _moves("Training"), "reopen in Ready": _moves("Ready"),
    "archive": ARCHIVE,
    "alert": lambda m: m.service.retraining.record_readings(m.card, ["psi=0.3"], "0.2"),
    "retrain": lambda m: m.service.retraining.retrain(m.card),
    "retire": _edits(health="retired"), "edit": OPEN["edit"], "note": NOTE,
    "remove Review": REMOVE_REVIEW, "uncommit Deployment": OPEN["uncommit Deployment"],
    "commit Monitoring": OPEN["commit Monitoring"], "move Monitoring first": _first,
}  # fmt: skip
ACTS: dict[str, dict[str, Act]] = {
    "fresh": {
        "undo its adding": lambda m: m.undoes(),
        **{name: OPEN[name] for name in (
            "edit", "note", "move on", "ship by a move", "learn", "archive", "block", "snooze",
            "merge into other", "merge other into it",
        )},
    },
    "open": OPEN,
    "shipped": CLOSED,
    "learned": CLOSED,
    "archived": {
        "restore": lambda m: m.cards.restore([m.card]),
        **{name: OPEN[name] for name in (
            "move on", "learn", "note", "edit", "ship by a move", "limit its stage",
        )},
    },
    "blocked": {
        "unblock": lambda m: m.cards.unblock([m.card]), "block anew": _block(BlockReason.DECISION),
        **{name: OPEN[name] for name in (
            "move on", "learn", "ship by a move", "archive", "merge into other", "snooze", "note",
        )},
    },
    "snoozed": {
        "wake": lambda m: m.cards.wake([m.card]), "snooze longer": _snooze(25),
        **{name: OPEN[name] for name in (
            "note", "move on", "learn", "archive", "block",
        )},
    },
}  # fmt: skip
BASES: dict[str, Act] = {
    "fresh": lambda m: None, "open": lambda m: None, "shipped": _moves("Monitoring"),
    "learned": _ends(Outcome.LEARNED), "archived": ARCHIVE, "blocked": _block(BlockReason.BUG),
    "snoozed": _snooze(10),
}  # fmt: skip


class Pair(NamedTuple):
    """What is done to a card in the state `base`: on one machine, then on the other."""

    base: str
    first: str
    then: str

    def __str__(self) -> str:
        return f"{self.base}: {self.first} | {self.then}"


def all_pairs() -> Iterator[Pair]:
    for base, acts in ACTS.items():
        for first in acts:
            for then in acts:
                yield Pair(base, first, then)


@cache
def _prepared(base: str) -> tuple[TemporaryDirectory[str], list[Machine]]:
    """Two machines that have met, closed, in a folder, for all pairs of one base."""
    folder = TemporaryDirectory()
    root, clock = Path(folder.name), Clock(START)
    (root / BETWEEN).mkdir()
    machines = [Machine(root / name, name, clock) for name in ("ada", "bob")]
    ada = machines[0]
    ada.starts("ml")
    (card,) = ada.adds("one", to="Training")
    (other,) = ada.adds("two", to="Evaluation")
    evaluation = ada.stage("Evaluation").id
    ada.boards.add_stage(ada.board_id, "Review", after=evaluation)
    if base == "fresh":
        (card,) = ada.adds("three", to="Ready")
    for machine in machines:
        machine.board_id, machine.card, machine.other = ada.board_id, card, other
    BASES[base](ada)
    meet(root / BETWEEN, *machines)
    for machine in machines:
        machine.service.close()
    return folder, machines


def _copies(folder: TemporaryDirectory[str], machines: list[Machine], root: Path) -> list[Machine]:
    """The machines of a folder in another one, where each still is the replica it was."""
    shutil.copytree(folder.name, root, dirs_exist_ok=True)
    clock = Clock(machines[0].clock.now)
    copies = []
    for machine, name in zip(machines, ("ada", "bob"), strict=True):
        copy = Machine(root / name, name, clock)
        copy.board_id, copy.card, copy.other = machine.board_id, machine.card, machine.other
        store = copy.service._context.store
        with store.writing() as conn:
            place = str(store.path.resolve()), str(store.path.stat().st_ino)
            conn.execute("UPDATE replica SET path = ?, inode = ?", place)
        copies.append(copy)
    return copies


def walk(pair: Pair, root: Path) -> list[str]:
    """Play a pair in a folder; what is wrong then. Nothing when one of the acts is refused."""
    machines = _copies(*_prepared(pair.base), root)
    ada, bob = machines
    place = root / BETWEEN
    try:
        before = ada.seen()
        acted = []
        for machine, name in ((ada, pair.first), (bob, pair.then)):
            try:
                ACTS[pair.base][name](machine)
            except RuleRefused:
                return []
            acted.append(machine.seen())
        told = meet(place, *machines)
        wrong = [*_judged(ada), *_told(ada, pair, before, acted, told), *_alike(*machines)]
        return [*wrong, *_brought_back(ada, acted)]
    finally:
        for machine in machines:
            machine.service.close()


def _judged(machine: Machine) -> Iterator[str]:
    """Values on the board that contradict each other."""
    board = machine.board
    names = [stage.name.casefold() for stage in board.stages]
    if len(set(names)) < len(names):
        yield "two stages of one name"
    committed = "".join("x" if stage.committed else " " for stage in board.stages).strip()
    if not committed or " " in committed:
        yield "committed stages with a gap, or none"
    conflicts = {one.entity for one in machine.service.conflicts.all()}
    for face in machine.boards.snapshot(machine.board_id).faces:
        if face.archived and not face.outcome and face.started_at:
            yield f"{face.ref}: work in progress archived without an outcome"
        if face.outcome and (face.block_reason or face.work != "attended"):
            yield f"{face.ref}: finished, and {face.block_reason or face.work}"
        verdict = machine.cards.get(face.ref).verdict
        if verdict and not face.outcome:
            yield f"{face.ref}: open, with the verdict '{verdict}'"
        if face.health and face.outcome != Outcome.SHIPPED:
            yield f"{face.ref}: {face.health} and not shipped"
        if face.archived or face.stage not in {stage.id for stage in board.stages}:
            continue
        delivered = board.is_delivered(face.stage)
        if delivered and not face.outcome:
            yield f"{face.ref}: open past delivery"
        if face.outcome == Outcome.SHIPPED and not delivered:
            yield f"{face.ref}: shipped before delivery"
        if bool(face.finished_at) != (face.outcome not in ("", Outcome.DISCARDED)):
            yield f"{face.ref}: {face.outcome or 'open'}, finished at {face.finished_at or 'never'}"
        runs = board.stage(face.stage).unattended is not None
        if face.work == "unattended" and not runs and face.id not in conflicts:
            yield f"{face.ref}: unattended where no runs are counted"
        ended_by_person = face.outcome not in ("", Outcome.SHIPPED)
        if not stands(board, face) and not ended_by_person and face.id not in conflicts:
            yield f"{face.ref}: out of sight"


def _told(
    machine: Machine, pair: Pair, before: dict[str, Any], acted: list[dict[str, Any]],
    told: list[str],
) -> Iterator[str]:  # fmt: skip
    """Acts of which nothing is seen, and nothing is said either."""
    now = machine.seen()
    if not now:
        if "undo" not in pair.first or "undo" not in pair.then:
            yield "the card is gone"
        return
    fields = {one.field for one in machine.service.conflicts.of_card(machine.card)}
    if {"lifecycle", "deleted"} & fields:
        return
    for name, then in zip((pair.first, pair.then), acted, strict=True):
        if not then:
            yield f"'{name}' was overruled in silence"
            continue
        for field in SEEN:
            lost = then[field] != before[field] and now[field] != then[field]
            by_stages = field in ("outcome", "stage") and told
            # Who wakes a card decides nothing: whoever snoozes it meanwhile does.
            woken = field == "snoozed_until" and not (now[field] and then[field])
            if lost and field not in fields and not by_stages and not woken:
                yield f"'{name}' changed {field} and was overruled in silence"
    hidden = now["archived"] or now["outcome"] in ("learned", "abandoned", "superseded")
    ended = any(then and then["archived"] != before["archived"] for then in acted) or any(
        then and then["outcome"] != before["outcome"] for then in acted
    )
    if hidden and ended and any(name == "note" for name in (pair.first, pair.then)):
        yield "a note lies on a card that was ended elsewhere, in silence"


def _brought_back(machine: Machine, acted: list[dict[str, Any]]) -> Iterator[str]:
    """What is lost though the side that had it is taken: all of a card that its lifecycle hides."""
    conflicts = machine.service.conflicts.of_card(machine.card)
    if [one.field for one in conflicts] != ["lifecycle"]:
        return
    (conflict,) = conflicts
    wanted = acted[conflict.actor == "bob"]
    machine.service.conflicts.resolve(machine.card, "stage", take=True, override="so")
    now = machine.seen()
    if now["stage"] != wanted["stage"]:
        return  # the stages of the board were changed, and do not let the card be there
    for name in LIVING:
        if now[name] != wanted[name]:
            yield f"{name} is {now[name] or 'none'} and not {wanted[name] or 'none'} when taken"
    if found := machine.service.conflicts.of_card(machine.card):
        yield f"still in conflict when taken: {', '.join(one.field for one in found)}"


def _alike(ada: Machine, bob: Machine) -> Iterator[str]:
    if shown(ada) != shown(bob):
        yield "the boards differ"
    if found := integrity.differences(ada.service._context.store.conn):
        yield f"not what the log amounts to: {', '.join(found)}"
