"""The page of the queue, and turns of runs that are changed from the screen."""

import os
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here, process
from mlkanban.runs.model.state import RunState
from tests.tui.page import Page, clock, opened
from tests.tui.test_runs import TITLE, forged

OTHER = "calibrate probabilities"


def run_id(at: int) -> str:
    return f"20260320-0800{at:02}-0000000{at:x}"


def queued(data: Path, ref: str, at: int, **more: Any) -> RunFolder:
    """A run that waits, number `at` of those that came; this process waits for it."""
    (data / "queue").mkdir(exist_ok=True)
    (data / "queue" / run_id(at)).touch()
    waits = {"started": "", "queue": {"waiter": process(os.getpid())._asdict()}}
    return forged(data, ref, run_id(at), host=here().host, **{**waits, **more})


def turns(board: Page) -> list[str]:
    """The turn and the card of each line of the queue."""
    rows = [line[:24].split() for line in board.lines()[3:]]
    return [f"{row[0]} {row[3]}" for row in rows if len(row) > 3 and row[0].isdecimal()]


async def test_all_runs_stand_in_the_order_of_their_turns(small: Path) -> None:
    async with opened(small, size=(100, 30)) as board:
        first, second = board.ref(TITLE), board.ref(OTHER)
        forged(small, second, run_id(9), argv=["python", "running.py"])
        for at, ref in ((1, first), (2, second), (3, first)):
            queued(small, ref, at)
        await board.app.run_watch.look_now()
        head = next(line for line in board.lines() if "Training" in line)
        await board.press("queue")
        await board.until(lambda: turns(board) == [f"1 {first}", f"2 {second}", f"3 {first}"])
        assert "3 runs wait" in board.lines()[0]
        counts = board.lines()[1].partition("Training")[2].strip()
        assert counts == "1/1 ►1/2 •3"
        assert counts in head
        assert any("running.py" in line for line in board.lines())
        await board.press("cursor.bottom", "run.earlier")
        await board.until(lambda: turns(board)[1] == f"2 {first}")
        assert board.messages("Its turn")[-1] == "Its turn is 2 of 3."
        await board.press("run.hold")
        await board.until(lambda: turns(board) == [f"1 {first}", f"2 {second}"])
        assert board.messages("It is held")[-1] == (
            "It is held back: it has no turn until it is released."
        )
        assert "3 runs wait (1 held)" in board.lines()[0]
        assert board.lines()[1].rstrip().endswith("•3 (1 held)")
        assert any(line.split()[:3] == ["•", "held", first] for line in board.lines())
        words = {hint.command: hint.word for hint in board.screen.status.hints}
        assert (words["run.hold"], words["run.stop"]) == ("release", "take out")
        assert board.lines()[-1].split()[-2:] == ["q", "back"]
        assert "b release" in board.lines()[-1], "the answer stands above the keys"
        assert "X take out" in board.lines()[-1]
        await board.press("run.stop")
        assert f"Take run {run_id(3)} out of the queue?" in board.question()
        await board.keys("y")
        await board.until(lambda: len(turns(board)) == 2)
        await board.press("cursor.top", "run.later")
        unseen = f"Whether the run of {second} goes on cannot be seen from here: its turn stays"
        assert board.messages(unseen)
        await board.press("cursor.bottom", "queue.open")
        await board.until(lambda: f"Runs  {second}" in board.lines()[0])
        assert run_id(2) in board.text(), "the cursor is on the run"
        await board.press("back")
        assert "Queue" in board.lines()[0]


async def test_an_empty_queue_says_how_to_fill_it(small: Path) -> None:
    async with opened(small) as board:
        await board.keys(":")
        await board.type("queue")
        await board.keys("enter")
        await board.until(lambda: "mlkanban run --queue CARD" in board.text())
        assert board.lines()[1].rstrip().endswith("Training 1/1 ►0/2")


async def test_a_line_of_several_runs_is_held_and_shifted_as_a_whole(small: Path) -> None:
    async with opened(small, size=(120, 40)) as board:
        first, second = board.ref(TITLE), board.ref(OTHER)
        queued(small, second, 1)
        for at in (2, 3, 4):
            argv = ["python", "t.py", "--lr", "1e-3", "--seed", str(at)]
            queued(small, first, at, argv=argv)
        queued(small, first, 5, argv=["python", "t.py", "--lr", "1e-4", "--seed", "1"])
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs")
        await board.until(lambda: any("3 queued" in line for line in board.lines()))
        line = next(at for at, text in enumerate(board.lines()[3:]) if "3 queued" in text)
        for _ in range(line):
            await board.press("cursor.down")
        assert "b hold back" in board.status()
        await board.press("run.hold")
        await board.until(lambda: bool(board.messages("3 runs are held back.")))
        assert any("3 held" in line for line in board.lines())
        assert any("• 1 queued" in line and "• 3 held" in line for line in board.lines()[:2])
        held = [RunFolder(small / "runs" / run_id(at)).start()["queue"] for at in (2, 3, 4, 5)]
        assert [bool(queue.get("held")) for queue in held] == [True, True, True, False]
        assert {hint.command: hint.word for hint in board.screen.status.hints}["run.hold"] == (
            "release"
        )
        await board.press("run.earlier")
        await board.until((small / "queue" / ".order.json").exists)
        await board.press("run.hold")
        await board.until(lambda: bool(board.messages("3 runs have turns from 1 to 3 of 5.")))


async def test_a_run_that_started_meanwhile_is_not_stopped_for_the_queue(small: Path) -> None:
    async with opened(small, size=(120, 40)) as board:
        folder = queued(small, board.ref(TITLE), 1)
        await board.app.run_watch.look_now()
        await board.press("queue")
        await board.until(lambda: len(turns(board)) == 1)
        await board.press("run.stop")
        child: Any = process(os.getpid())._asdict()
        folder.write_start({**folder.start(), "started": instant(clock()), "child": child})
        await board.keys("y")
        await board.until(lambda: bool(board.messages(f"Run {run_id(1)} runs already")))
        assert not folder.stop_asked_by()


async def test_a_job_that_waits_in_slurm_has_no_turn_here(small: Path) -> None:
    async with opened(small, size=(120, 40)) as board:
        ref = board.ref(TITLE)
        queued(small, ref, 1)
        folder = forged(small, ref, run_id(2), slurm={"job": "7"}, started="")
        folder.write_scheduler({"state": RunState.QUEUED, "evidence": "squeue says PENDING"})
        await board.app.run_watch.look_now()
        await board.press("queue")
        await board.until(lambda: "2 runs wait" in board.lines()[0])
        assert board.lines()[1].rstrip().endswith("\u25ba0/2 \u20222")
        assert turns(board) == [f"1 {ref}"]
        assert any(line.split()[:4] == ["slurm", "•", "queued", ref] for line in board.lines())
        await board.press("cursor.bottom", "run.earlier")
        told = f"The run of {ref} waits in SLURM, which decides its turn. X cancels it."
        assert board.messages(told)
