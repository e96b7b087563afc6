"""Who is next: without processes and without a store, whose answers a fake gives."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mlkanban.errors import LimitReached, MlkanbanError, NotFound, RuleRefused, UsageProblem
from mlkanban.runs.model.run import Run
from mlkanban.runs.queue import turns as module
from mlkanban.runs.queue.entries import QueuedRun
from mlkanban.runs.queue.gpus import Gpu, Gpus
from mlkanban.runs.queue.turns import Turns
from mlkanban.service import Service
from tests.runs.queue.waiting_runs import NOW, run_id, waits


class Runs:
    """The use cases of runs, as far as turns ask them. The stage of a card is its first letter, and
    `slots` says how many runs each takes."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.priority: dict[str, str] = {}
        self.refused: set[str] = set()
        self.placed: set[str] = set()
        self.no_new_cards = False
        self.asked: list[str] = []
        self.known: dict[str, list[int]] = {}

    def priorities(self, cards: Iterable[str]) -> dict[str, str]:
        return {card: self.priority.get(card, "normal") for card in cards}

    def stage_of_runs(self, card: str) -> tuple[str, bool]:
        return card[:1], card in self.placed

    def start_queued(self, card: str, override: str, claim: Callable[[], object]) -> None:
        self.asked.append(card)
        if card in self.refused:
            raise RuleRefused("A gate is closed.")
        if not self.slots.get(card[:1], 0) or (self.no_new_cards and card not in self.placed):
            raise LimitReached("full")
        if claim() is not None:
            self.slots[card[:1]] -= 1

    def card_called(self, ref: str) -> object:
        card = ref.lower()
        return SimpleNamespace(id=card, ref=card) if card in ("a1", "b1", "c1") else None

    def of_card(self, ref: str) -> list[Run]:
        return [Run(run_id(at)) for at in self.known.get(ref, ())]

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield


class Queue:
    def __init__(self, data: Path) -> None:
        self.data, self.runs = data, Runs()
        self.turns = Turns(data, cast(Service, type("Store", (), {"runs": self.runs})))

    def waits(self, at: int, card: str, **start: Any) -> None:
        waits(self.data, at, card, **start)

    def waiting(self) -> list[int]:
        return [int(run.folder.id[-1], 16) for run in self.turns.waiting(NOW)]

    def advance(self) -> list[int]:
        return [int(run[-1], 16) for run in self.turns.advance(NOW)]

    def run(self, at: int) -> QueuedRun:
        return next(run for run in self.turns.waiting(NOW) if run.folder.id == run_id(at))


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(module, "wake", lambda folder: None)
    return Queue(tmp_path)


def has_gpus(monkeypatch: pytest.MonkeyPatch, count: int, *busy: int) -> None:
    gpus = [Gpu(number, f"GPU-{number}") for number in range(count)]
    answer = Gpus(gpus, {f"GPU-{number}" for number in busy})
    monkeypatch.setattr(module, "machine_gpus", lambda: answer)


def test_priority_comes_first_then_who_came_first(queue: Queue) -> None:
    queue.runs.priority["a2"] = "high"
    for at, card in ((1, "a1"), (2, "a2"), (3, "a3")):
        queue.waits(at, card)
    assert queue.waiting() == [2, 1, 3]
    queue.runs.slots["a"] = 2
    assert queue.advance() == [2, 1]
    assert queue.waiting() == [3]


def test_a_full_stage_is_asked_once_and_others_go_on(queue: Queue) -> None:
    for at, card in ((1, "a1"), (2, "a2"), (3, "b1")):
        queue.waits(at, card)
    queue.runs.slots["b"] = 1
    assert queue.advance() == [3]
    assert queue.runs.asked == ["a1", "b1"]


def test_where_no_more_cards_fit_those_that_are_there_go_on(queue: Queue) -> None:
    for at, card in ((1, "a1"), (2, "a2"), (3, "a3")):
        queue.waits(at, card)
    queue.runs.slots["a"], queue.runs.placed, queue.runs.no_new_cards = 9, {"a3"}, True
    assert queue.advance() == [3]
    assert queue.runs.asked == ["a1", "a3"]


def test_a_card_that_may_not_start_holds_nobody_up(queue: Queue) -> None:
    queue.waits(1, "a1")
    queue.waits(2, "a2")
    queue.runs.slots["a"] = 1
    queue.runs.refused = {"a1"}
    assert queue.advance() == [2]


def test_a_run_that_is_held_back_is_overtaken_and_starts_when_released(queue: Queue) -> None:
    queue.waits(1, "a1")
    queue.waits(2, "a2")
    queue.turns.hold([queue.run(1)], "ada", NOW)
    queue.runs.slots["a"] = 1
    assert queue.turns.turn_of([run_id(2)], NOW) == "Its turn is 1 of 1."
    assert queue.turns.turn_of([run_id(1)], NOW) == (
        "It is held back: it has no turn until it is released."
    )
    assert queue.advance() == [2]
    queue.runs.slots["a"] = 1
    assert queue.advance() == []
    queue.turns.hold([queue.run(1)], "", NOW)
    assert queue.waiting() == []
    assert queue.turns.turn_of([run_id(1)], NOW) == "Its turn has come: it starts."


def test_an_order_given_by_hand_stays(queue: Queue) -> None:
    for at in (1, 2, 3):
        queue.waits(at, "a")
    queue.turns.shift([queue.run(3)], NOW, earlier=True)
    assert queue.waiting() == [1, 3, 2]
    assert queue.turns.turn_of([run_id(3)], NOW) == "Its turn is 2 of 3."
    queue.turns.shift([queue.run(1)], NOW, earlier=False)
    assert queue.waiting() == [3, 1, 2]


def test_a_run_that_was_dropped_waits_no_more(queue: Queue) -> None:
    queue.waits(1, "a1")
    run = queue.run(1)
    queue.turns.drop([run], "ada", NOW)
    assert run.folder.stop_asked_by() == "ada"
    assert queue.waiting() == []
    with pytest.raises(RuleRefused, match="was taken out of the queue"):
        queue.turns.hold([run], "ada", NOW)


def test_runs_of_one_line_are_held_shifted_and_dropped_together(queue: Queue) -> None:
    for at in range(1, 6):
        queue.waits(at, "a")
    some = [queue.run(2), queue.run(4)]
    ids = [run.folder.id for run in some]
    queue.turns.hold(some, "ada", NOW)
    assert queue.turns.turn_of(ids, NOW) == "2 runs are held back."
    queue.turns.shift(some, NOW, earlier=True)
    assert queue.waiting() == [2, 1, 4, 3, 5]
    queue.turns.hold([queue.run(2)], "", NOW)
    assert queue.turns.turn_of(ids, NOW) == ("1 run has turn 1 of 4. 1 run is held back.")
    queue.runs.slots["a"] = 1
    assert queue.advance() == [2]
    assert queue.turns.turn_of(ids, NOW) == "1 run starts. 1 run is held back."
    queue.turns.drop(some, "ada", NOW)
    assert queue.waiting() == [1, 3, 5], "the one that started is left alone"
    assert not some[0].folder.stop_asked_by()


def test_a_run_is_named_by_a_piece_of_its_id_or_by_its_card(queue: Queue) -> None:
    for at, card in ((1, "a1"), (2, "b1"), (3, "b1")):
        queue.waits(at, card)
    turns = queue.turns
    assert turns.named(run_id(2), NOW).folder.id == run_id(2)
    assert turns.named(run_id(3)[-4:], NOW).folder.id == run_id(3)
    assert turns.named(run_id(3)[-8:-1] + "3", NOW).folder.id == run_id(3)
    assert turns.named("A1", NOW).folder.id == run_id(1)
    with pytest.raises(UsageProblem, match="could be"):
        turns.named("20260302", NOW)
    with pytest.raises(UsageProblem, match=f"2 runs of b1 wait: {run_id(2)}, {run_id(3)}"):
        turns.named("b1", NOW)
    with pytest.raises(NotFound, match="No run of c1 waits"):
        turns.named("c1", NOW)
    for nobody in ("", "x"):
        with pytest.raises(NotFound):
            turns.named(nobody, NOW)


def test_a_run_that_waits_no_more_says_what_became_of_it(queue: Queue) -> None:
    for at in (1, 2):
        queue.waits(at, f"a{at}")
    queue.runs.slots["a"] = 1
    queue.advance()
    with pytest.raises(RuleRefused, match="runs already: it waits no more") as refused:
        queue.turns.named(run_id(1), NOW)
    assert f"mlkanban stop {run_id(1)}" in str(refused.value)
    queue.runs.known = {"a1": [1]}
    with pytest.raises(RuleRefused, match=f"Run {run_id(1)} runs already"):
        queue.turns.named("a1", NOW)
    queue.turns.drop([queue.run(2)], "ada", NOW)
    with pytest.raises(RuleRefused, match="was taken out of the queue"):
        queue.turns.named(run_id(2)[-8:], NOW)
    with pytest.raises(RuleRefused, match="was taken out of the queue"):
        queue.turns.with_ids([run_id(2)], NOW)


def test_a_run_whose_process_is_not_there_yet_takes_no_slot(queue: Queue) -> None:
    queue.waits(1, "a1", queue={"label": "a1"}, made="2026-03-02T08:59:59.000000Z")
    queue.runs.slots["a"] = 1
    assert queue.waiting() == [1]
    assert queue.advance() == []


def test_no_gpu_is_given_twice(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    has_gpus(monkeypatch, 4, 0)
    queue.runs.slots["a"] = 9
    queue.waits(1, "a1", gpus=2)
    queue.waits(2, "a2", gpus=1)
    assert queue.advance() == [1, 2]
    starts = [(queue.data / "runs" / run_id(at) / "start.json").read_text() for at in (1, 2)]
    assert '"CUDA_VISIBLE_DEVICES": "1,2"' in starts[0]
    assert '"CUDA_VISIBLE_DEVICES": "3"' in starts[1]


def test_nobody_overtakes_a_run_that_waits_for_gpus_but_who_wants_none(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_gpus(monkeypatch, 2, 0)
    queue.runs.slots["a"] = 9
    queue.waits(1, "a1", gpus=2)
    queue.waits(2, "a2", gpus=1)
    queue.waits(3, "a3")
    assert queue.advance() == [3]
    has_gpus(monkeypatch, 2)
    assert queue.advance() == [1]


def test_without_an_answer_of_the_machine_runs_without_gpus_start(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> Gpus:
        raise MlkanbanError("nvidia-smi does not answer.")

    monkeypatch.setattr(module, "machine_gpus", silent)
    queue.runs.slots["a"] = 9
    queue.waits(1, "a1", gpus=1)
    queue.waits(2, "a2")
    assert queue.advance() == [2]


def test_a_lost_run_that_is_queued_again_is_forgotten(queue: Queue) -> None:
    queue.waits(1, "a1", boot_id="another boot")
    queue.waits(2, "a1", boot_id="another boot", argv=["other"])
    queue.waits(3, "a1")
    queue.turns.forget_replaced(queue.run(3).start, NOW)
    assert [run.folder.id for run in queue.turns.lost(NOW)] == [run_id(2)]
