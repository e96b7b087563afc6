"""The rules of the board: WIP limits, gates, commitment and outcomes, each answered by Allowed or
Refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace, Outcome, Stage, StageKind, StageRole, Work
from mlkanban.errors import GateClosed, LimitReached, RuleRefused
from mlkanban.hints import hint
from mlkanban.records import record

if TYPE_CHECKING:
    from mlkanban.core.card import CheckItem

_MOST_REASONS = 3
_MOST_HOLDERS = 4


@record(frozen=True, slots=True)
class Allowed:
    """Permission; `warning` is for the person (a soft limit was passed), '' when all is well."""

    warning: str = ""


@record(frozen=True, slots=True)
class Refused:
    """Refusal with its reason and a hint. An override with a reason passes what is refused
    `by_limit`, or because of `unticked` items or `broken` guards (their texts by the short id of
    the card); `passed` says how full it is once a limit was passed."""

    reason: str
    hint: str
    by_limit: bool = False
    unticked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed: str = ""
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def at_gate(self) -> bool:
        """Whether it is about a closed gate."""
        return bool(self.unticked or self.broken)

    @property
    def passable(self) -> bool:
        return self.by_limit or self.at_gate

    def closed_for(self, ref: str) -> dict[str, tuple[str, ...]]:
        """What an event records of the gates that a card passed all the same."""
        closed = {"unticked": self.unticked.get(ref, ()), "broken": self.broken.get(ref, ())}
        return {name: texts for name, texts in closed.items() if texts}


Verdict = Allowed | Refused


def required(verdict: Verdict) -> Allowed:
    """The verdict if it allows the action; otherwise raises the error that says why not."""
    if isinstance(verdict, Refused):
        if verdict.at_gate:
            raise GateClosed(verdict.reason, verdict.hint, verdict.unticked, verdict.broken)
        kind = LimitReached if verdict.by_limit else RuleRefused
        raise kind(verdict.reason, verdict.hint)
    return verdict


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Join the verdicts on several cards in one action: the reasons are joined, and the first hint
    stands for all."""
    all_verdicts = list(verdicts)
    refused = [verdict for verdict in all_verdicts if isinstance(verdict, Refused)]
    if not refused:
        return Allowed(
            " ".join(v.warning for v in all_verdicts if isinstance(v, Allowed) and v.warning)
        )
    reasons = [verdict.reason for verdict in refused if verdict.at_gate]
    if more := len(reasons[_MOST_REASONS:]):
        several = "card is" if more == 1 else "cards are"
        reasons[_MOST_REASONS:] = [f"{more} more {several} not ready either."]
    reasons += [verdict.reason for verdict in refused if not verdict.at_gate]
    unticked = {ref: texts for verdict in refused for ref, texts in verdict.unticked.items()}
    broken = {ref: texts for verdict in refused for ref, texts in verdict.broken.items()}
    by_limit = any(verdict.by_limit for verdict in refused)
    passed = next((verdict.passed for verdict in reversed(refused) if verdict.passed), "")
    return Refused(" ".join(reasons), refused[0].hint, by_limit, unticked, passed, broken)


@record(frozen=True, slots=True)
class Load:
    """Open cards in one stage: `attended` (including waiting ones) and `unattended`; and how many
    slots the runs of the latter take beyond one for each card, negative where some only wait."""

    attended: int = 0
    unattended: int = 0
    more_slots: int = 0

    @property
    def total(self) -> int:
        return self.attended + self.unattended

    @property
    def slots(self) -> int:
        """How many slots for runs are taken."""
        return self.unattended + self.more_slots

    def plus(self, work: Work, cards: int = 1, more_slots: int = 0) -> Load:
        if work is Work.UNATTENDED:
            return Load(self.attended, self.unattended + cards, self.more_slots + more_slots)
        return Load(self.attended + cards, self.unattended, self.more_slots)


@record(frozen=True, slots=True)
class Meter:
    """A count against a limit, as the stage header shows it."""

    count: int
    limit: int | None
    name: str = ""

    @property
    def full(self) -> bool:
        return self.limit is not None and self.count == self.limit

    @property
    def over(self) -> bool:
        return self.limit is not None and self.count > self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"/{self.limit}"
        over = "!" if self.over else ""
        return f"{self.count}{limit}{over}{' ' + self.name if self.name else ''}"


def begins(board: Board, face: CardFace | None, stage: Stage) -> bool:
    """Whether a card, None for a new one, comes into progress by entering `stage`."""
    was = face is not None and face.is_open and board.is_committed(face.stage)
    return board.is_committed(stage.id) and not was


def begins_early(ref: str, needed: Sequence[tuple[str, str]], *, blocked: bool) -> str:
    """The warning that a card, which may be `blocked`, comes into progress before the open cards
    that it needs: their ids and where they stand."""
    open_cards = [f"{other} (open in {stage})" for other, stage in needed]
    first = f"{ref} needs {' and '.join(open_cards)}. Finish {_them(len(needed))} first"
    if blocked:
        return f"{first}."
    return hint(
        "{}, or block {} until then: {block {} --reason dependency --until card:{}}",
        first, ref, ref, needed[0][0],
    )  # fmt: skip


def _them(cards: int) -> str:
    return "it" if cards == 1 else "them"


def meters(stage: Stage, load: Load) -> tuple[Meter, ...]:
    """The counts that a stage is limited by: one, or attended and running apart where it limits
    runs."""
    if stage.unattended is None:
        return (Meter(load.total, stage.limit),)
    return (
        Meter(load.attended, stage.limit),
        Meter(load.slots, stage.unattended, "running"),
    )


def enter(
    board: Board,
    stage: Stage,
    loads: Mapping[str, Load],
    work: Work,
    *,
    from_stage: str = "",
    asleep: Mapping[str, int] | None = None,
    held_by: Mapping[str, Sequence[str]] | None = None,
) -> Verdict:
    """Whether one more card doing `work` may enter `stage`.

    `loads` (by stage id) do not include the card. `from_stage` is its present stage: within the
    committed stages CONWIP does not change. `asleep` are the snoozed cards among the loads, and
    `held_by` names all of them with their people; a refusal mentions both.
    """
    now = loads.get(stage.id, Load())
    then = now.plus(work)
    warning = ""
    for was, meter in zip(meters(stage, now), meters(stage, then), strict=True):
        if meter.over and meter.count > was.count:
            if stage.soft:
                warning = f"{stage.name} is {meter}: over its soft limit now."
                continue
            return Refused(
                f"{stage.name} is {was}{_of_them_snoozed((asleep or {}).get(stage.id, 0))}"
                f"{_holders((held_by or {}).get(stage.id, ()))}.",
                f"Finish or move a card out of {stage.name} first, or override with a reason.",
                by_limit=True,
                passed=f"{stage.name} is {meter} now",
            )
    joining = board.is_committed(stage.id) and not (from_stage and board.is_committed(from_stage))
    if board.conwip is not None and joining:
        wip = in_progress(board, loads)
        if wip + 1 > board.conwip:
            snoozed = sum(n for at, n in (asleep or {}).items() if board.is_committed(at))
            at_work = [stage for stage in held_by or {} if board.is_committed(stage)]
            holders = [card for stage in at_work for card in (held_by or {})[stage]]
            return Refused(
                f"{_conwip(board, wip)}{_of_them_snoozed(snoozed)}{_holders(holders)}.",
                "Finish one first, or override with a reason.",
                by_limit=True,
                passed=f"{_conwip(board, wip + 1)} now",
            )
    return Allowed(warning)


def _conwip(board: Board, cards: int, verb: str = "has") -> str:
    return f"The board {verb} {Meter(cards, board.conwip)} cards in progress (CONWIP)"


def _holders(cards: Sequence[str]) -> str:
    """`: g4 (bob), g7 (cy)`, the first ones where there are many."""
    more = f" and {len(cards) - _MOST_HOLDERS} more" if len(cards) > _MOST_HOLDERS else ""
    return f": {', '.join(cards[:_MOST_HOLDERS])}{more}" if cards else ""


def _of_them_snoozed(cards: int) -> str:
    return f", {cards} of them snoozed" if cards else ""


def same_slot(stage: Stage, before: Work, after: Work) -> bool:
    """Whether a card in `stage` takes the same slot for both kinds of work."""
    return stage.unattended is None or (before is Work.UNATTENDED) == (after is Work.UNATTENDED)


def limited(board: Board) -> list[str]:
    """Ids of the stages whose loads a limit looks at: those with a limit of their own, and with
    CONWIP all committed ones."""
    return [
        stage.id
        for stage in board.stages
        if stage.limit is not None
        or stage.unattended is not None
        or (board.conwip is not None and board.is_committed(stage.id))
    ]


def in_progress(board: Board, loads: Mapping[str, Load]) -> int:
    """The number of open cards in the committed stages, which CONWIP limits."""
    return sum(load.total for stage, load in loads.items() if board.is_committed(stage))


def grown(board: Board, before: Mapping[str, Load], after: Mapping[str, Load]) -> Verdict:
    """Whether the loads of a board may change from `before` to `after` at once (undo, swap,
    restore). A limit that was exceeded before is no obstacle as long as it is not exceeded
    further."""
    warning = ""
    for stage in board.stages:
        then = meters(stage, before.get(stage.id, Load()))
        now = meters(stage, after.get(stage.id, Load()))
        for was, meter in zip(then, now, strict=True):
            if meter.over and meter.count > was.count:
                if stage.soft:
                    warning = f"{stage.name} is {meter}: over its soft limit now."
                    continue
                return Refused(
                    f"{stage.name} would be {meter}, over its limit.",
                    f"Finish or move a card out of {stage.name} first.",
                    passed=f"{stage.name} is {meter} now",
                )
    wip = in_progress(board, after)
    if board.conwip is not None and wip > max(in_progress(board, before), board.conwip):
        return Refused(
            f"{_conwip(board, wip, 'would have')}.",
            "Finish one first.",
            passed=f"{_conwip(board, wip)} now",
        )
    return Allowed(warning)


def outgrown(
    board: Board,
    before: Mapping[str, Load],
    after: Mapping[str, Load],
    *,
    further: bool = True,
) -> Iterable[str]:
    """Sentences about each limit that the loads of a board exceeded between `before` and `after`,
    or exceeded `further`, for actions that are not refused because of it."""
    for stage in board.stages:
        then = meters(stage, before.get(stage.id, Load()))
        now = meters(stage, after.get(stage.id, Load()))
        for was, meter in zip(then, now, strict=True):
            if meter.over and meter.count > was.count and (further or not was.over):
                yield f"{stage.name} is {meter}: over its limit now."
    if sentence := over_conwip(board, in_progress(board, before), in_progress(board, after)):
        yield sentence


def over_conwip(board: Board, before: int, after: int) -> str:
    """A sentence when the cards in progress exceeded the limit of the board, or exceeded it
    further; '' otherwise."""
    if board.conwip is None or after <= max(before, board.conwip):
        return ""
    return f"{_conwip(board, after)}: over its limit now."


def swap(board: Board, loads: Mapping[str, Load], card: CardFace, other: CardFace) -> Verdict:
    """Whether two open cards may change places. Each has to free a slot that the other takes."""
    after = dict(loads)
    for moving, place in ((card, other.stage), (other, card.stage)):
        after[moving.stage] = after.get(moving.stage, Load()).plus(Work(moving.work), -1)
        work = work_in(board.stage(place), moving.work)
        after[place] = after.get(place, Load()).plus(work)
    return grown(board, loads, after)


def gate(board: Board, name: str) -> Stage | None:
    """The stage that a gate closes, by its id or name; None for ''. A stage that is not on the
    board (any more) stands for the last committed stage."""
    if not name:
        return None
    named = (s for s in board.stages if s.id == name or s.name.casefold() == name.casefold())
    return next(named, board.stages[board.first_delivered - 1])


def in_the_way(
    board: Board, from_stage: str, to: int, checklist: Sequence[CheckItem]
) -> tuple[CheckItem, ...]:
    """The unticked items that keep a card from going from a stage to the position `to`: those
    with a gate at or after that stage and before the position. Shipping goes to
    `board.first_delivered`."""
    passed = {stage.id for stage in board.stages[board.position(from_stage) : to]}
    return tuple(
        item
        for item in checklist
        if not item.done and (closed := gate(board, item.gate)) and closed.id in passed
    )


def leave(
    board: Board,
    ref: str,
    from_stage: str,
    to: int,
    checklist: Sequence[CheckItem],
    broken: Sequence[str] = (),
    unsure: Sequence[str] = (),
) -> Verdict:
    """Whether the card `ref` may go from a stage to the position `to`; `broken` are the texts of
    its broken guards, `unsure` those of its open ones, of which there is a warning."""
    texts = tuple(item.text for item in in_the_way(board, from_stage, to, checklist))
    guards = tuple(broken) if broken and closed_by_guards(board, from_stage, to) else ()
    if not texts and not guards:
        if not unsure or not closed_by_guards(board, from_stage, to):
            return Allowed()
        what = "an open guard" if len(unsure) == 1 else f"{len(unsure)} open guards"
        stage = board.stage(from_stage).name
        return Allowed(f"{ref} leaves {stage} with {what}: {'; '.join(unsure)}.")
    parts = []
    if texts:
        parts.append(f"{len(texts)} unticked: {'; '.join(texts).rstrip('.')}")
    if guards:
        what = "a broken guard" if len(guards) == 1 else f"{len(guards)} broken guards"
        parts.append(f"{what}: {'; '.join(guards)}")
    return Refused(
        f"{ref} leaves {board.stage(from_stage).name} with {', and with '.join(parts)}.",
        f"{'Tick them' if texts else 'Repair it'} first, or override with a reason.",
        unticked={ref: texts} if texts else {},
        broken={ref: guards} if guards else {},
    )


def closed_by_guards(board: Board, from_stage: str, to: int) -> bool:
    """Whether a card that goes from a stage to the position `to` leaves the stage of evaluation,
    which broken guards close."""
    from mlkanban.core.card_templates import stage_for  # few cards have broken guards

    closed = stage_for(board, StageRole.EVALUATE)
    return closed in board.stages[board.position(from_stage) : to]


def outcome_for(wanted: Outcome, *, committed: bool) -> Outcome:
    """The outcome in terms of flow: a card that ends without an answer is discarded before
    commitment and abandoned after it."""
    if wanted in (Outcome.ABANDONED, Outcome.DISCARDED):
        return Outcome.ABANDONED if committed else Outcome.DISCARDED
    return wanted


def resting_place(board: Board, outcome: Outcome) -> Stage | None:
    """The stage that a finished card goes to: past delivery. A stage that is worked in there
    (Monitoring) only takes shipped cards; None leaves the card, finished, in its stage."""
    after = board.stages[board.first_delivered :]
    if not after or outcome is Outcome.DISCARDED:
        return None
    if outcome is Outcome.SHIPPED or after[0].kind is StageKind.QUEUE:
        return after[0]
    return None


def work_in(stage: Stage, work: str) -> Work:
    """The work of a card after entering `stage`: never unattended where no runs are counted."""
    if work == Work.UNATTENDED and stage.unattended is None:
        return Work.ATTENDED
    return Work(work)


def remove_stage(board: Board, stage: Stage, cards: int) -> Verdict:
    """Whether a stage may be removed: no card stands in it, and it is not the last of its kind."""
    if cards:
        what = "1 card stands" if cards == 1 else f"{cards} cards stand"
        return Refused(
            f"{what} in {stage.name} (finished and archived ones count).",
            "Move them to another stage first.",
        )
    if len(board.stages) == 1:
        return Refused(f"{stage.name} is the only stage of the board.", "Add another one first.")
    return Allowed()


def arrange(stages: tuple[Stage, ...]) -> Verdict:
    """Whether a new arrangement of stages is allowed: committed stages must follow each other, or
    else start and finish would mean nothing."""
    flags = [s.committed for s in stages]
    first = next((i for i, flag in enumerate(flags) if flag), None)
    if first is None:
        return Refused(
            "No stage would be committed, so no card could ever start.",
            "Keep at least one committed stage.",
        )
    last = len(flags) - 1 - flags[::-1].index(True)
    gap = next((s for s in stages[first:last] if not s.committed), None)
    if gap is not None:
        return Refused(
            f"{gap.name} is not committed but would stand between committed stages.",
            "Commit it too, or put it before or after them.",
        )
    return Allowed()
