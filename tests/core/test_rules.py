from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core import rules
from mlkanban.core.board import Board, Outcome, Stage, StageKind, Work
from mlkanban.core.rules import Allowed, Load, Refused
from mlkanban.errors import LimitReached, RuleRefused
from tests.tui.test_board_model import face

LIMITS = st.none() | st.integers(0, 3)


@st.composite
def boards(draw: st.DrawFn, *, soft: bool | None = None) -> Board:
    """A board the rules accept: some stages before, some committed, some after."""
    stages = []
    for number, committed in enumerate(
        [False] * draw(st.integers(0, 2))
        + [True] * draw(st.integers(1, 3))
        + [False] * draw(st.integers(0, 2))
    ):
        stages.append(
            Stage(
                id=str(number), name=f"Stage {number}", committed=committed, limit=draw(LIMITS),
                unattended=draw(LIMITS), soft=draw(st.booleans()) if soft is None else soft,
            )
        )  # fmt: skip
    return Board(id="b", key="b", name="b", conwip=draw(LIMITS), stages=tuple(stages))


def load(cards: list["Where"], stage: str) -> Load:
    there = [c.work for c in cards if c.stage == stage]
    running = there.count(Work.UNATTENDED)
    return Load(len(there) - running, running)


@dataclass
class Where:
    stage: str
    work: Work


def loads(board: Board, cards: list[Where]) -> dict[str, Load]:
    return {stage.id: load(cards, stage.id) for stage in board.stages}


def in_progress(board: Board, cards: list[Where]) -> int:
    return sum(1 for card in cards if board.is_committed(card.stage))


@given(boards(), st.data())
def test_no_sequence_of_allowed_moves_passes_a_hard_limit(board: Board, data) -> None:
    cards: list[Where] = []
    for _ in range(data.draw(st.integers(0, 14), label="steps")):
        target = data.draw(st.sampled_from(board.stages), label="to")
        work = data.draw(st.sampled_from(Work), label="work")
        moving = data.draw(st.sampled_from([None, *cards]), label="who")
        others = [card for card in cards if card is not moving]
        came_from = moving.stage if moving else ""
        verdict = rules.enter(board, target, loads(board, others), work, from_stage=came_from)
        if isinstance(verdict, Allowed):
            cards = [*others, Where(target.id, work)]
    for stage in board.stages:
        there = load(cards, stage.id)
        if stage.soft:
            continue
        if stage.unattended is None:
            assert stage.limit is None or there.total <= stage.limit
        else:
            assert there.unattended <= stage.unattended
            assert stage.limit is None or there.attended <= stage.limit
    assert board.conwip is None or in_progress(board, cards) <= board.conwip


@given(boards(soft=False), st.sampled_from(Work), st.data())
def test_a_refusal_is_never_without_a_limit_that_would_be_passed(board: Board, work, data) -> None:
    target = data.draw(st.sampled_from(board.stages))
    held = {
        s.id: Load(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3)))
        for s in board.stages
    }  # fmt: skip
    verdict = rules.enter(board, target, held, work)
    after = {**held, target.id: held[target.id].plus(work)}
    over = [meter for meter in rules.meters(target, after[target.id]) if meter.over]
    wip = sum(each.total for stage, each in after.items() if board.is_committed(stage))
    conwip = board.conwip is not None and board.is_committed(target.id) and wip > board.conwip
    if isinstance(verdict, Refused):
        assert over or conwip
        assert verdict.by_limit
    else:
        assert not conwip
        # The other count of the stage may have been passed before; this card adds nothing to it.
        grew = work is Work.UNATTENDED and target.unattended is not None
        assert not [m for m in over if target.unattended is None or bool(m.name) is grew]


def board_of(*stages: Stage, conwip: int | None = None) -> Board:
    return Board(id="b", key="b", name="b", conwip=conwip, stages=stages)


TRAIN = Stage(id="t", name="Training", committed=True, limit=1, unattended=2)


def test_attended_and_unattended_cards_have_slots_of_their_own() -> None:
    board = board_of(TRAIN)
    full = {"t": Load(1, 1)}
    assert rules.enter(board, TRAIN, full, Work.UNATTENDED) == Allowed()
    for work in (Work.ATTENDED, Work.WAITING):
        verdict = rules.enter(board, TRAIN, full, work)
        assert isinstance(verdict, Refused)
        assert verdict.reason == "Training is 1/1."
    running = rules.enter(board, TRAIN, {"t": Load(0, 2)}, Work.UNATTENDED)
    assert isinstance(running, Refused)
    assert running.reason == "Training is 2/2 running."


def test_without_slots_for_runs_every_card_counts() -> None:
    stage = Stage(id="s", name="Features", committed=True, limit=2)
    assert isinstance(rules.enter(board_of(stage), stage, {"s": Load(1, 1)}, Work.WAITING), Refused)


def test_a_soft_limit_warns() -> None:
    soft = replace(TRAIN, soft=True)
    verdict = rules.enter(board_of(soft), soft, {"t": Load(1)}, Work.ATTENDED)
    assert verdict == Allowed("Training is 2/1!: over its soft limit now.")


def test_a_soft_stage_does_not_open_the_board_wide_limit() -> None:
    soft = replace(TRAIN, soft=True)
    verdict = rules.enter(board_of(soft, conwip=1), soft, {"t": Load(1)}, Work.ATTENDED)
    assert isinstance(verdict, Refused)
    assert "1/1 cards in progress (CONWIP)" in verdict.reason


def test_conwip_counts_only_what_is_committed_and_lets_it_move_on() -> None:
    ready, done = Stage(id="r", name="Ready"), Stage(id="d", name="Done")
    one, two = (Stage(id=i, name=i, committed=True) for i in "12")
    board = board_of(ready, one, two, done, conwip=2)
    held = {"r": Load(5), "1": Load(1), "2": Load(1), "d": Load(9)}
    assert isinstance(rules.enter(board, one, held, Work.ATTENDED, from_stage="r"), Refused)
    assert isinstance(rules.enter(board, one, held, Work.ATTENDED), Refused)
    assert rules.enter(board, ready, held, Work.ATTENDED) == Allowed()
    assert rules.enter(board, one, {**held, "2": Load()}, Work.ATTENDED) == Allowed()
    assert rules.enter(board, two, held, Work.ATTENDED, from_stage="1") == Allowed()


def test_a_refusal_becomes_the_error_that_an_override_can_pass() -> None:
    with pytest.raises(LimitReached) as limit:
        rules.required(Refused("full.", "wait", by_limit=True))
    assert limit.value.exit_code == 1
    with pytest.raises(RuleRefused) as rule:
        rules.required(Refused("no.", "ask"))
    assert not isinstance(rule.value, LimitReached)
    assert rules.required(Allowed("careful")).warning == "careful"


@given(boards(soft=False), st.data())
def test_changing_places_never_makes_an_excess_worse(board: Board, data) -> None:
    sizes = st.integers(0, 4)
    before, after = (
        {s.id: Load(data.draw(sizes), data.draw(sizes)) for s in board.stages} for _ in range(2)
    )
    passed = []
    for stage in board.stages:
        was, now = rules.meters(stage, before[stage.id]), rules.meters(stage, after[stage.id])
        passed += [n.over and n.count > w.count for w, n in zip(was, now, strict=True)]
    wip = [
        sum(each.total for stage, each in held.items() if board.is_committed(stage))
        for held in (before, after)
    ]
    passed.append(board.conwip is not None and wip[1] > board.conwip and wip[1] > wip[0])
    verdict = rules.grown(board, before, after)
    assert isinstance(verdict, Refused) is any(passed)


@pytest.mark.parametrize(
    ("before", "after", "refused"), [(4, 5, True), (4, 4, False), (4, 3, False)]
)
def test_a_board_that_is_over_its_limit_may_only_shrink(before, after, refused) -> None:
    committed = Stage(id="t", name="Training", committed=True)
    board = replace(board_of(committed), conwip=2)
    verdict = rules.grown(board, {"t": Load(before)}, {"t": Load(after)})
    assert isinstance(verdict, Refused) is refused


@pytest.mark.parametrize("kind", StageKind)
def test_what_was_learned_rests_in_a_queue_past_delivery_alone(kind: StageKind) -> None:
    last = Stage(id="m", name="Monitoring", kind=kind)
    board = board_of(Stage(id="t", name="Training", committed=True), last)
    assert rules.resting_place(board, Outcome.SHIPPED) == last
    learned = rules.resting_place(board, Outcome.LEARNED)
    assert learned == (last if kind is StageKind.QUEUE else None)
    assert rules.resting_place(board, Outcome.DISCARDED) is None


def test_growing_over_a_soft_limit_warns() -> None:
    soft = replace(TRAIN, soft=True)
    warning = "Training is 9/2! running: over its soft limit now."
    assert rules.grown(board_of(soft), {}, {"t": Load(0, 9)}) == Allowed(warning)
    assert rules.grown(board_of(soft), {"t": Load(9, 9)}, {"t": Load(8, 9)}) == Allowed()


def stages(flags: str) -> tuple[Stage, ...]:
    return tuple(Stage(id=str(n), name=f"S{n}", committed=f == "c") for n, f in enumerate(flags))


@pytest.mark.parametrize("flags", ["c", "-c-", "cc", "--ccc", "ccc--"])
def test_committed_stages_that_follow_each_other_are_accepted(flags: str) -> None:
    assert rules.arrange(stages(flags)) == Allowed()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("", "No stage would be committed"),
        ("--", "No stage would be committed"),
        ("c-c", "S1 is not committed"),
        ("-cc--c-", "S3 is not committed"),
    ],
)
def test_a_gap_or_nothing_committed_is_refused(flags: str, reason: str) -> None:
    verdict = rules.arrange(stages(flags))
    assert isinstance(verdict, Refused)
    assert reason in verdict.reason
    assert not verdict.by_limit


@pytest.mark.parametrize(("cards", "words"), [(1, "1 card stands"), (2, "2 cards stand")])
def test_a_stage_with_cards_stays(cards: int, words: str) -> None:
    board = board_of(*stages("-c"))
    verdict = rules.remove_stage(board, board.stages[0], cards)
    assert isinstance(verdict, Refused)
    assert words in verdict.reason


def test_the_only_stage_stays() -> None:
    board = board_of(*stages("c"))
    assert isinstance(rules.remove_stage(board, board.stages[0], 0), Refused)
    assert rules.remove_stage(board_of(*stages("-c")), board.stages[0], 0) == Allowed()


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("wanted", Outcome)
def test_what_stops_without_an_answer_is_named_after_commitment(
    wanted: Outcome, started: bool
) -> None:
    given_up = Outcome.ABANDONED if started else Outcome.DISCARDED
    stops = wanted in (Outcome.ABANDONED, Outcome.DISCARDED)
    assert rules.outcome_for(wanted, committed=started) is (given_up if stops else wanted)


def test_a_meter_reads_like_the_head_of_a_stage() -> None:
    assert [str(m) for m in rules.meters(TRAIN, Load(2, 1))] == ["2/1!", "1/2 running"]
    assert str(rules.Meter(3, None)) == "3"
    assert rules.Meter(2, 2).full
    assert not rules.Meter(0, None).full


@given(boards(), st.data())
def test_each_limit_that_was_outgrown_is_told(board: Board, data) -> None:
    sizes = st.integers(0, 4)
    before, after = (
        {s.id: Load(data.draw(sizes), data.draw(sizes)) for s in board.stages} for _ in range(2)
    )
    expected = []
    for stage in board.stages:
        was, now = rules.meters(stage, before[stage.id]), rules.meters(stage, after[stage.id])
        for then, meter in zip(was, now, strict=True):
            if meter.limit is not None and meter.count > meter.limit and meter.count > then.count:
                expected.append(f"{stage.name} is {meter.count}/{meter.limit}!")
    wip = [
        sum(each.total for stage, each in held.items() if board.is_committed(stage))
        for held in (before, after)
    ]
    if board.conwip is not None and wip[1] > board.conwip and wip[1] > wip[0]:
        expected.append(f"The board has {wip[1]}/{board.conwip}! cards")
    told = list(rules.outgrown(board, before, after))
    assert len(told) == len(expected)
    for sentence, begin in zip(told, expected, strict=True):
        assert sentence.startswith(begin)
        assert sentence.endswith("over its limit now.")


def test_a_limit_on_runs_that_was_outgrown_is_named() -> None:
    assert list(rules.outgrown(board_of(TRAIN), {}, {"t": Load(2, 3)})) == [
        "Training is 2/1!: over its limit now.", "Training is 3/2! running: over its limit now.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "limit", "full", "over", "shown"),
    [
        (0, None, False, False, "0"), (9, None, False, False, "9"), (0, 0, True, False, "0/0"),
        (1, 0, False, True, "1/0!"), (1, 2, False, False, "1/2"), (2, 2, True, False, "2/2"),
        (3, 2, False, True, "3/2!"),
    ],
)  # fmt: skip
def test_a_meter_is_full_at_its_limit_and_over_it_beyond(count, limit, full, over, shown) -> None:
    meter = rules.Meter(count, limit)
    assert (meter.full, meter.over, str(meter)) == (full, over, shown)
    assert str(rules.Meter(count, limit, "running")) == f"{shown} running"


def test_a_load_counts_its_cards() -> None:
    assert Load() == Load(0, 0)
    assert (Load(2, 1).total, Load(2).total) == (3, 2)
    assert Load(2, 1).plus(Work.ATTENDED) == Load(2, 1).plus(Work.WAITING) == Load(3, 1)
    assert Load(2, 1).plus(Work.UNATTENDED) == Load(2, 2)
    assert Load(2, 1).plus(Work.UNATTENDED, -1) == Load(2, 0)
    assert Load(2, 1).plus(Work.ATTENDED, -2) == Load(0, 1)


@pytest.mark.parametrize(
    ("by_limit", "unticked", "passable"),
    [(False, {}, False), (True, {}, True), (False, {"g1": ("x",)}, True),
     (True, {"g1": ("x",)}, True)],
)  # fmt: skip
def test_an_override_passes_limits_and_gates_alone(by_limit, unticked, passable) -> None:
    assert Refused("no.", "ask", by_limit, unticked).passable is passable


def test_two_cards_change_places_where_each_frees_the_slot_that_the_other_takes() -> None:
    ready = Stage(id="r", name="Ready", limit=1)
    board = board_of(ready, TRAIN)
    here = face(1, "r", "a", "x", 0, "", "")
    there = face(2, "t", "a", "y", 0, "", "")
    running = there._replace(work="unattended")
    assert rules.swap(board, {"r": Load(1), "t": Load(1)}, here, there) == Allowed()
    # The slot of a run is not the one that a card in hand needs.
    full = rules.swap(board, {"r": Load(1), "t": Load(1, 1)}, here, running)
    assert isinstance(full, Refused)
    assert full.reason == "Training would be 2/1!, over its limit."
    assert rules.swap(board, {"r": Load(1), "t": Load(0, 1)}, here, running) == Allowed()
    assert rules.swap(board, {"r": Load(4), "t": Load(3)}, here, there) == Allowed(), "not worse"


@pytest.mark.parametrize(
    ("slots", "before", "after", "same"),
    [
        (None, Work.ATTENDED, Work.UNATTENDED, True), (2, Work.ATTENDED, Work.UNATTENDED, False),
        (2, Work.UNATTENDED, Work.WAITING, False), (2, Work.ATTENDED, Work.WAITING, True),
        (2, Work.UNATTENDED, Work.UNATTENDED, True), (0, Work.ATTENDED, Work.UNATTENDED, False),
    ],
)  # fmt: skip
def test_a_card_keeps_its_slot_unless_runs_are_counted_apart(slots, before, after, same) -> None:
    assert rules.same_slot(replace(TRAIN, unattended=slots), before, after) is same


@pytest.mark.parametrize(
    ("slots", "work", "then"),
    [(None, "unattended", "attended"), (0, "unattended", "unattended"), (2, "waiting", "waiting"),
     (None, "waiting", "waiting"), (2, "unattended", "unattended")],
)  # fmt: skip
def test_work_goes_on_unattended_only_where_runs_are_counted(slots, work, then) -> None:
    assert rules.work_in(replace(TRAIN, unattended=slots), work) == then


@pytest.mark.parametrize(
    ("conwip", "before", "after", "told"),
    [(None, 0, 9, False), (3, 2, 3, False), (3, 3, 4, True), (3, 4, 4, False), (3, 5, 4, False),
     (3, 4, 5, True), (0, 0, 1, True), (0, 0, 0, False)],
)  # fmt: skip
def test_the_limit_of_the_board_is_told_where_it_was_passed_further(
    conwip, before, after, told
) -> None:
    board = board_of(TRAIN, conwip=conwip)
    said = rules.over_conwip(board, before, after)
    assert said.startswith(f"The board has {after}/{conwip}! cards") if told else said == ""


def test_a_refusal_counts_the_cards_that_sleep_in_the_way() -> None:
    one, two, done = (
        Stage(id="1", name="One", committed=True, limit=2),
        Stage(id="2", name="Two", committed=True), Stage(id="d", name="Done"),
    )  # fmt: skip
    board = board_of(one, two, done, conwip=4)
    asleep = {"1": 1, "2": 2, "d": 5}

    def reason(stage: Stage, loads: dict[str, Load], asleep: dict[str, int] | None) -> str:
        verdict = rules.enter(board, stage, loads, Work.ATTENDED, asleep=asleep)
        assert isinstance(verdict, Refused)
        return verdict.reason

    assert reason(one, {"1": Load(2)}, asleep) == "One is 2/2, 1 of them snoozed."
    assert reason(one, {"1": Load(2)}, {"2": 2}) == reason(one, {"1": Load(2)}, None)
    board_full = {"1": Load(1), "2": Load(3)}
    said = "The board has 4/4 cards in progress (CONWIP)"
    assert reason(two, board_full, asleep) == f"{said}, 3 of them snoozed."
    assert reason(two, board_full, None) == f"{said}."


def test_broken_guards_close_the_stage_of_evaluation_alone() -> None:
    stages = (
        Stage("d", "Data"), Stage("t", "Training"), Stage("e", "Validation"), Stage("r", "Rollout"),
    )  # fmt: skip
    board = board_of(*stages)
    broken = ("p95 61, not <=50", "fpr 2, not <=1")
    for came_from, to, closed in (
        ("d", 2, False), ("t", 2, False), ("t", 3, True), ("e", 3, True), ("r", 4, False),
        ("e", 0, False),
    ):  # fmt: skip
        verdict = rules.leave(board, "g1", came_from, to, (), broken)
        assert isinstance(verdict, Refused) == closed, (came_from, to)
    verdict = rules.leave(board, "g1", "e", 3, (), broken)
    assert isinstance(verdict, Refused)
    assert verdict.reason == (
        "g1 leaves Validation with 2 broken guards: p95 61, not <=50; fpr 2, not <=1."
    )
    assert (verdict.passable, verdict.closed_for("g1")) == (True, {"broken": broken})
    assert isinstance(rules.leave(board, "g1", "e", 3, ()), Allowed)
    unsure = ("p95 48, and <=50 lies within the spread",)
    assert rules.leave(board, "g1", "e", 3, (), (), unsure) == Allowed(
        "g1 leaves Validation with an open guard: p95 48, and <=50 lies within the spread."
    )
    assert rules.leave(board, "g1", "d", 2, (), (), unsure) == Allowed()
    plain = board_of(Stage("do", "Doing"))
    assert isinstance(rules.leave(plain, "g1", "do", 1, (), broken), Refused), "it has no other"
