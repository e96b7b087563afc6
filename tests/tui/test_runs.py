"""Runs on an open board: what becomes of them is seen without a key, and r shows them all."""

import contextlib
import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from mlkanban.config import Settings
from mlkanban.core.events import Change
from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here, process
from mlkanban.runs.model.run import PREFIX, Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.tui.screens.runs import RunsScreen
from tests.tools import needs
from tests.tui.page import NOW, SMALL, opened

TITLE = "logistic baseline"
ID = "20260320-080000-0000000a"


def forged(data: Path, ref: str, run: str = ID, **changes: Any) -> RunFolder:
    """The folder of a run that was started elsewhere, so that it cannot be seen from here."""
    folder = RunFolder(data / "runs" / run)
    folder.make()
    place = here()
    record: Any = {
        "card": ref, "argv": ["python", "train.py", "--lr", "3e-4"], "host": "gpu2",
        "boot_id": place.boot_id, "pid_ns": place.pid_ns, "commit": "a1b2c3d4e5", "dirty": True,
        "made": instant(NOW - timedelta(hours=3)), "started": instant(NOW - timedelta(hours=3)),
        **changes,
    }  # fmt: skip
    folder.write_start(record)
    return folder


def ends(folder: RunFolder, exit: int, err: str = "", out: str = "") -> None:
    folder.err.write_text(err)
    folder.out.write_text(out)
    folder.write_end({"exit": exit, "ended": instant(NOW - timedelta(hours=1))})


async def test_an_open_board_follows_a_run(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        folder = forged(small, ref)
        await board.until(lambda: TITLE in board.stage("Training").cards())
        await board.until(lambda: f"{ref}: run {ID} started." in board.status())
        ends(folder, 0)
        await board.until(lambda: TITLE in board.stage("Evaluation").cards())
        await board.until(lambda: "It is in Evaluation now." in board.status())


async def test_an_idle_board_does_not_read_folders_in_vain(small: Path, monkeypatch: Any) -> None:
    from mlkanban.runs.local import intake
    from mlkanban.runs.local.inspect import report

    looked: list[str] = []

    def noting(folder: RunFolder, *more: Any) -> Any:
        looked.append(folder.id)
        return report(folder, *more)

    monkeypatch.setattr(intake, "report", noting)
    async with opened(small) as board:
        ends(forged(small, board.ref(TITLE)), 0)
        await board.until(lambda: bool(looked))
        await board.app.run_watch.look_now()
        await board.app.run_watch.look_now()
        assert looked == [ID]


async def test_r_shows_the_attempts_and_why_the_last_one_died(small: Path) -> None:
    for size in ((80, 24), (160, 45)):
        async with opened(small, size=size) as board:
            ref = board.ref(TITLE)
            if not (small / "runs").exists():
                first = forged(small, ref)
                ends(first, 0, out="mlkanban: auc=0.917\n")
                second = forged(small, ref, ID.replace("08", "09"))
                error = "Traceback\n\x1b[31mtorch.cuda.OutOfMemoryError: CUDA out of memory\x1b[0m"
                ends(second, 1, err=error)
            await board.app.run_watch.look_now()
            await board.go_to(TITLE)
            await board.press("runs")
            text = board.text()
            assert f"Runs  {ref}  {TITLE}" in text
            assert "out of GPU memory (exit 1)" in text
            assert ".917" in next(line for line in board.lines() if "finished" in line)
            assert "its supervisor wrote how it ended" in text
            assert "python train.py --lr 3e-4" in text
            assert "a1b2c3d4e5 with changes" in text
            assert "  torch.cuda.OutOfMemoryError: CUDA out of memory" in text
            await board.press("cursor.down")
            assert "OutOfMemoryError" not in board.text()
            await board.press("back")
            assert board.screen is board.board_screen


async def test_enter_opens_what_it_wrote_in_the_pager(
    small: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f'#!/bin/sh\ncat "$@" > {tmp_path}/read\n')
    pager.chmod(0o755)
    monkeypatch.setenv("PAGER", f"{pager}")
    async with opened(small) as board:
        monkeypatch.setattr(board.app, "suspend", contextlib.nullcontext)
        ends(forged(small, board.ref(TITLE)), 1, err="to stderr\n", out="to stdout\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs", "run.log")
        assert (tmp_path / "read").read_text() == "to stdout\nto stderr\n"


async def test_a_narrow_terminal_names_the_key_that_stops_a_run_that_goes_on(small: Path) -> None:
    async with opened(small, size=SMALL) as board:
        forged(small, board.ref(TITLE))
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs")
        assert board.status().startswith("Enter log   X stop   Space mark")
        assert "D changed code" not in board.status(), "there is no run before it"


async def test_stopping_asks_first_and_only_stops_what_runs_here(small: Path) -> None:
    async with opened(small) as board:
        forged(small, board.ref(TITLE))
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs", "run.stop")
        assert f"Run {ID} goes on: stop it?" in board.question()
        await board.keys("n")
        assert not (small / "runs" / ID / "stop.json").exists()
        await board.press("run.stop")
        await board.keys("y")
        await board.until(lambda: "It was started on gpu2" in board.status())


async def test_the_card_page_lists_its_runs(small: Path) -> None:
    async with opened(small) as board:
        ends(forged(small, board.ref(TITLE)), 3)
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.open")
        row = next(line for line in board.lines() if "failed" in line and "03-20" in line)
        assert "exit 3" in row


async def test_z_r_snoozes_until_the_run_ends(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("calibrate probabilities")
        await board.press("card.snooze")
        assert "until its run ends" not in board.question()
        await board.keys("q")
        folder = forged(small, board.ref(TITLE))
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.snooze")
        assert "until its run ends" in board.question()
        await board.keys("r")
        assert TITLE not in board.stage("Training").cards()
        ends(folder, 0)
        await board.app.run_watch.look_now()
        assert TITLE in board.stage("Evaluation").cards()


async def test_what_a_run_left_behind_is_shown_and_stopped_after_a_question(small: Path) -> None:
    async with opened(small) as board:
        left = subprocess.Popen(["sleep", "300"], env=os.environ | {"MLKANBAN_RUN": ID})
        try:
            place = here()
            gone = process(left.pid)._replace(pid=2**22 + 1)
            folder = forged(
                small, board.ref(TITLE), host=place.host, child=gone._asdict(), session=1
            )
            ends(folder, 0)
            await board.app.run_watch.look_now()
            await board.go_to(TITLE)
            await board.press("runs")
            await board.until(lambda: "left over, still alive" in board.text())
            assert f"{left.pid}  sleep 300" in board.text()
            await board.press("run.stop")
            assert "Stop 1 left-over process of run" in board.text()
            assert left.poll() is None
            await board.pilot.press("y")
            await board.until(lambda: left.poll() is not None)
            await board.until(lambda: "left over" not in board.text())
        finally:
            left.kill()
            left.wait()


async def test_a_slurm_that_hangs_leaves_the_board_alone(
    small: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("squeue", "sacct"):
        (programs / name).write_text(f"#!/bin/sh\necho x >> {tmp_path}/asked\nexec sleep 5\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    async with opened(small) as board:
        forged(small, board.ref(TITLE), slurm={"job": "12", "submit": 1})
        await board.until(lambda: (tmp_path / "asked").exists())
        await board.go_to(TITLE)
        await board.press("runs")
        assert "queued" in board.text()
        assert "SLURM job 12" in board.text()
        assert (tmp_path / "asked").read_text() == "x\n"


async def test_the_runs_of_a_card_are_summed_up(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        await board.app.store_thread.call(
            lambda s: s.cards.edit([ref], {"metric": {"name": "auc", "target": 0.9}})
        )
        for run, value in ((ID, 0.93), (ID[:-1] + "b", 0.94)):
            ends(forged(small, ref, run, gpus=2), 0, out=f"mlkanban: auc={value}\n")
        await board.app.run_watch.look_now()
        board.app.push_screen(RunsScreen(ref, TITLE))
        await board.until(lambda: "mean .935 ±.007 of 2" in board.text())
        assert "supported  ≥.9 is reached by more than the spread" in board.text()
        assert "used 8 gpu-h" in board.text()


async def test_the_face_says_how_long_a_run_goes_on(small: Path, monkeypatch: Any) -> None:
    async with opened(small) as board:
        folder = forged(small, board.ref(TITLE), gpus=2)
        folder.beat()
        await board.until(lambda: "►3h?" in board.text())
        later = NOW + timedelta(hours=2)
        monkeypatch.setattr(board.app, "now", lambda: later)
        await board.until(lambda: "►5h?" in board.text())
        ends(folder, 0, out="mlkanban: auc=0.917\n")
        await board.until(lambda: ".917→≥.92" in board.text())
        assert "►" not in board.text().replace("►0/2", "").replace("►1/2", "")


async def test_attempts_stand_side_by_side_with_what_differs_and_the_best(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        await board.app.store_thread.call(
            lambda s: s.cards.edit([ref], {"metric": {"name": "auc", "target": 0.9}})
        )
        for at, (lr, value) in enumerate((("3e-4", 0.93), ("1e-3", 0.94), ("1e-2", 0.91))):
            argv = ["python", "train.py", "--lr", lr, "--seed", "1"]
            folder = forged(small, ref, f"{ID[:-1]}{at}", argv=argv)
            ends(folder, 0, out=f"mlkanban: auc={value}\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs")
        assert "3 runs in 3 configurations" in board.lines()[0]
        head = board.lines()[2]
        assert head.split()[:5] == ["n", "auc", "target", "lr", "time"]
        assert "difference" in head
        at = head.index("lr")
        column = slice(at - 2, at + 2)
        assert [line[column] for line in board.lines()[3:6]] == ["1e-3", "3e-4", "1e-2"]
        assert "differs   lr 1e-3" in board.text()
        await board.press("run.sort")
        assert [line[column] for line in board.lines()[3:6]] == ["1e-2", "1e-3", "3e-4"]


async def test_a_sweep_is_listed_by_configuration_and_filtered(small: Path) -> None:
    async with opened(small, size=(120, 35)) as board:
        ref = board.ref(TITLE)
        for at in range(60):
            lr, layers = ("1e-3", "1e-4")[at % 2], str(at % 15)
            state = RunState.FAILED if at == 7 else RunState.FINISHED
            run = Run(
                f"r{at:02}", state, why="out of memory (exit 1)" if at == 7 else "",
                argv=("t", f"lr={lr}", f"layers={layers}", f"seed={at // 30}"), commit="abc",
                started=instant(NOW - timedelta(hours=100 - at)), ended=instant(NOW),
                metrics={} if at == 7 else {"auc": 0.8 + 0.1 * (lr == "1e-3") + at / 1e4},
            )  # fmt: skip
            values = {PREFIX + run.id: run.to_field()}
            with board.store() as bob:
                bob.history.bring_in(
                    [Change("card.edited", board.app.model.board.id,
                            card=bob.cards.get(ref).id, set=values, at=instant(NOW))]
                )  # fmt: skip
        await board.app.catch_up()
        await board.go_to(TITLE)
        await board.press("runs")
        assert "60 runs in 30 configurations" in board.lines()[0]
        assert "▼" in board.lines()[1]
        head = board.lines()[2].split()
        assert head.index("lr") < head.index("layers"), "what tells most comes first"
        assert "1e-3" in board.lines()[3]
        await board.press("run.mark", "cursor.down", "run.mark")
        assert [line[1] for line in board.lines()[3:5]] == ["a", "b"]
        await board.press("cursor.bottom")
        assert "1e-4" in board.text()
        await board.press("run.filter")
        await board.answer("state:failed")
        assert "✗ out of memory (exit 1)" in board.lines()[3]
        await board.press("run.filter")
        await board.answer("lr<1e-3 layers:3")
        assert "layers" in board.lines()[2]
        assert "1e-4" in board.lines()[3]
        assert not any("1e-3" in line.partition(" vs ")[0] for line in board.lines()[3:5])
        await board.press("run.filter")
        await board.answer("lrr:3")
        assert "The runs have no lrr" in board.text()
        assert "Did you mean lr?" in board.text()
        await board.keys("ctrl+g")
        await board.press("run.filter")
        await board.answer("")
        await board.press("cursor.top", "run.log")
        assert "2 of 60 runs" in board.lines()[0]
        assert "mean" in board.lines()[1]
        await board.press("back")
        assert "60 runs in 30 configurations" in board.lines()[0]
        await board.press("back")
        assert board.screen is board.board_screen


async def test_the_end_of_the_log_is_shown_and_followed_while_it_runs(small: Path) -> None:
    async with opened(small) as board:
        folder = forged(small, board.ref(TITLE))
        folder.out.write_text("epoch 1\n\x1b[31mepoch 2\x1b[0m\n 10%|#  | 1/10\r 40%|#### | 4/10")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs")
        await board.until(lambda: "  epoch 2" in board.text())
        assert " 40%|#### | 4/10" in board.text()
        assert "10%" not in board.text()
        with folder.out.open("a") as log:
            log.write("".join(f"step {n}\n" for n in range(99)))
        folder.err.write_text("a warning\n")
        await board.until(lambda: "  step 98" in board.text())
        await board.until(lambda: "  a warning" in board.text())


async def test_the_code_of_two_attempts_is_compared_in_the_pager(
    small: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    needs("git")

    def git(*args: str) -> str:
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@y", *args]
        done = subprocess.run(command, cwd=code, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    pager, code = tmp_path / "pager", tmp_path / "code"
    pager.write_text(f'#!/bin/sh\ncat "$@" > {tmp_path}/read\n')
    pager.chmod(0o755)
    monkeypatch.setenv("PAGER", f"{pager}")
    code.mkdir()
    git("init", "--quiet")
    async with opened(small) as board:
        monkeypatch.setattr(board.app, "suspend", contextlib.nullcontext)
        for at in range(3):
            (code / "lr").write_text(f"lr {at}\n")
            git("add", "lr")
            git("commit", "--quiet", "--message", "x")
            commit = git("rev-parse", "HEAD")
            ends(forged(small, board.ref(TITLE), f"{ID[:-1]}{at}", commit=commit, cwd=str(code)), 0)
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs", "run.diff")
        await board.until((tmp_path / "read").exists)
        assert "-lr 1\n+lr 2" in (tmp_path / "read").read_text()
        await board.press("cursor.bottom", "run.diff")
        assert "There is no run before this one." in board.status()
        await board.press("run.mark", "cursor.top")
        assert any(line.startswith(" a  ") for line in board.lines())
        (tmp_path / "read").unlink()
        await board.press("run.diff")
        await board.until((tmp_path / "read").exists)
        assert "-lr 0\n+lr 2" in (tmp_path / "read").read_text()
        code.rename(tmp_path / "moved")
        await board.press("run.diff")
        await board.until(lambda: "where it ran is no more" in board.status())


async def test_the_filter_follows_what_becomes_of_runs(small: Path) -> None:
    async with opened(small) as board:
        folder = forged(small, board.ref(TITLE))
        await board.app.run_watch.look_now()
        await board.press("filter")
        await board.answer("run:unknown")
        await board.until(lambda: "  1 of " in board.lines()[0])
        assert board.current() == TITLE
        ends(folder, 1)
        await board.app.run_watch.look_now()
        await board.until(lambda: "  0 of " in board.lines()[0])
        await board.press("filter")
        await board.answer("run:failed")
        await board.until(lambda: "  1 of " in board.lines()[0])


async def test_runs_that_leave_it_open_propose_nothing(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        ends(forged(small, ref), 0, out="mlkanban: auc=0.93\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.finish")
        assert "runs say" not in board.question()
        await board.keys("l")
        assert board.typed() == ""
        await board.keys("enter")
        with board.store() as service:
            assert service.cards.get(ref).outcome == "learned"


async def test_at_the_end_of_a_card_its_runs_propose_a_verdict(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        for number, reached in enumerate((0.93, 0.94)):
            run = ID.replace("0000000a", f"0000000{number}")
            ends(forged(small, ref, run), 0, out=f"mlkanban: auc={reached}\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.finish")
        assert f"{ref}, whose runs say supported, ends as:" in board.question()
        await board.keys("s")
        assert f"Verdict on {ref}, shipped  (Enter finishes" in board.question()
        assert board.typed() == "supported: auc 0.935 ± 0.007 (2 runs)"
        await board.keys("ctrl+g")
        with board.store() as service:
            assert service.cards.get(ref).outcome is None, "given up"
        await board.press("card.finish")
        await board.keys("s")
        await board.type(", by a hair")
        typed = "supported: auc 0.935 ± 0.007 (2 runs), by a hair"
        assert board.typed() == typed, "what is proposed stays"
        await board.keys("enter")
        with board.store() as service:
            card = service.cards.get(ref)
        stored = "supported: auc 0.935 +- 0.007 (2 runs), by a hair"
        assert (card.outcome, card.verdict) == ("shipped", stored), "as anybody can type it"
        await board.press("undo")
        with board.store() as service:
            assert service.cards.get(ref).verdict == ""


async def test_a_verdict_that_contradicts_the_outcome_is_not_proposed(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        for number, reached in enumerate((0.93, 0.94)):
            run = ID.replace("0000000a", f"0000000{number}")
            ends(forged(small, ref, run), 0, out=f"mlkanban: auc={reached}\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.finish")
        await board.keys("l")
        assert "learned, though its runs say supported" in board.question()
        assert board.typed() == ""
        await board.keys("escape")
        await board.press("card.finish")
        await board.keys("p")
        assert "though" not in board.question(), "superseded says nothing of the target"
        assert board.typed() == ""


async def test_the_proposal_names_the_configuration_that_it_rests_on(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        for number, (lr, reached) in enumerate([(1, 0.93), (1, 0.94), (2, 0.5)]):
            run = ID.replace("0000000a", f"0000000{number}")
            folder = forged(small, ref, run, argv=["t", f"lr={lr}", f"seed={number}"])
            ends(folder, 0, out=f"mlkanban: auc={reached}\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("card.finish")
        assert "whose runs say supported by lr 1: .935 ±.007 (2 runs)," in board.question()
        await board.keys("ctrl+g")
        await board.until(lambda: "last .5" in board.text())
        await board.press("triage")
        for _ in range(9):
            if TITLE in board.text():
                break
            await board.press("triage.skip")
        shown = " ".join(board.text().split())
        assert "its runs say supported by lr 1: .935 ±.007 (2 runs)" in shown


async def test_a_budget_is_shown_and_warned_of_where_a_card_is_looked_at(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        ends(forged(small, ref, gpus=2), 0)
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)

        async def budgeted(written: str) -> None:
            await board.app.store_thread.call(lambda s: s.cards.edit([ref], {"budget": written}))

        for budget, told, share in (
            ("40 gpu-h", "4 of 40 gpu-h", "10 %"),
            ("5 gpu-h", "4 of 5 gpu-h", "80 %"),
            ("1 run", "1 of 1 run", "100 %"),
        ):
            await budgeted(budget)
            await board.press("card.open")
            line = next(line for line in board.lines() if "budget" in line)
            assert told in line
            assert share in line
            await board.press("back", "runs")
            line = next(line for line in board.lines() if "budget" in line)
            assert told in line
            assert ("! " in line) == (share != "10 %")
            await board.press("back")
        await board.press("mark.toggle", "triage")
        line = next(line for line in board.lines() if "budget" in line)
        assert "1 of 1 run" in line
        assert line.rstrip().endswith(" 100 %")


async def test_a_run_of_a_tracker_is_neither_stopped_nor_read_here(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        ends(forged(small, ref), 0)
        await board.app.run_watch.look_now()
        trial = Tracked("optuna:s/1", says="RUNNING", where="/data/optuna.db", tags={})
        await board.app.store_thread.call(lambda s: s.links.link(ref, trial))
        await board.go_to(TITLE)
        await board.press("runs")
        await board.until(lambda: "? running" in board.text())
        assert isinstance(board.screen, RunsScreen)
        at = [row.key for row in board.screen._rows].index("optuna:s/1")
        board.screen.go(1 - at)
        assert "log" in board.status()
        assert "stop run" not in board.status(), "it has ended"
        board.screen.go(at)
        assert "Enter" not in board.status()
        assert "stop run" not in board.status()
        for command in ("run.stop", "run.log"):
            await board.press(command)
            said = " ".join(" ".join(board.lines()[-3:]).split())
            assert (
                "Optuna keeps its own log (/data/optuna.db); this board did not start it and cannot"
                " stop it." in said
            )


async def test_a_run_starts_again_after_a_question_with_other_parameters(
    small: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(small))
    code = tmp_path / "code"
    code.mkdir()
    async with opened(small) as board:
        ref = board.ref(TITLE)
        folder = forged(
            small, ref, argv=["sh", "t.sh", "--lr", "1"], cwd=str(code), redacted=False, commit=""
        )
        (code / "t.sh").write_text("echo $* > ran\n")
        ends(folder, 0)
        await board.until(lambda: TITLE in board.stage("Evaluation").cards())
        await board.go_to(TITLE)
        await board.press("runs")
        await board.keys("A")
        await board.until(lambda: "Run again in" in board.text())
        assert "sh t.sh --lr 1" in board.text()
        await board.keys("q")
        await board.keys("A")
        await board.until(lambda: "Run again in" in board.text())
        await board.keys("e")
        await board.type("--lr 2")
        await board.keys("enter")
        await board.until(lambda: "sh t.sh --lr 2" in board.text())
        assert len(list((small / "runs").glob("2*"))) == 1
        await board.keys("y")
        await board.until((code / "ran").exists)
        await board.until(
            lambda: any(text.endswith(" started.") for text in board.messages("Run "))
        )
        assert (code / "ran").read_text() == "--lr 2\n"
        assert len(list((small / "runs").glob("2*"))) == 2


async def test_at_a_full_stage_a_run_is_queued_instead(small: Path, monkeypatch: Any) -> None:
    asked: list[list[str]] = []

    def done(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(words[words.index("rerun") :])
        full = "--queue" not in words
        data = {"message": "Training is full (2/2)."} if full else {"id": "r1"}
        return subprocess.CompletedProcess(words, int(full), json.dumps({"data": data}), "")

    async with opened(small, size=(120, 40)) as board:
        ends(forged(small, board.ref(TITLE), argv=["t"], cwd=str(small), redacted=False), 1)
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs", "run.again")
        await board.until(lambda: "Run again in" in board.text())
        with monkeypatch.context() as patch:
            patch.setattr("mlkanban.tui.rerun.subprocess.run", done)
            await board.keys("y")
            await board.until(lambda: "Training is full" in board.question())
            await board.keys("w")
            await board.until(lambda: bool(board.messages("Run r1 is in the queue.")))
    assert asked == [["rerun", ID, how, "--"] for how in ("--detach", "--queue")]


async def test_the_newest_run_of_a_card_starts_again_from_its_page(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref(TITLE)
        await board.go_to(TITLE)
        await board.press("card.open")
        await board.keys("A")
        await board.until(lambda: f"{ref} has no run that could be" in board.status())
        ends(forged(small, ref, argv=["t", "--token", "***"], cwd=str(small)), 1)
        await board.app.run_watch.look_now()
        await board.keys("A")
        await board.until(lambda: "t --token '***'" in board.text())
        await board.keys("y")
        await board.until(lambda: "held a secret" in board.status())


async def test_a_log_that_grows_over_the_limit_is_named(small: Path) -> None:
    async with opened(small, settings=Settings(log_limit_mb=0.1)) as board:
        folder = forged(small, board.ref(TITLE))
        folder.err.write_bytes(b"x" * 99 * 4_000)
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        await board.press("runs")
        await board.until(lambda: "a log of 0.4 MB, over the limit of 0.1 MB" in board.text())
        ends(folder, 0, out="short\n")
        await board.app.run_watch.look_now()
        await board.until(lambda: "over the limit" not in board.text())


async def test_a_guard_stands_where_a_release_leaves_it_on_every_page(small: Path) -> None:
    async with opened(small, size=(160, 45)) as board:
        ref = board.ref(TITLE)
        fields = {"metric": {"name": "auc", "target": 0.9}, "guards": "p95<=50 fpr<=1"}
        await board.app.store_thread.call(lambda s: s.cards.edit([ref], fields))
        tried = (("1e-3", 1, 0.94, 48), ("3e-4", 1, 0.92, 61), ("3e-4", 2, 0.93, 60))
        for at, (lr, seed, auc, p95) in enumerate(tried):
            argv = ["python", "train.py", "--lr", lr, "--seed", str(seed)]
            folder = forged(small, ref, f"{ID[:-1]}{at}", argv=argv)
            ends(folder, 0, out=f"mlkanban: auc={auc} p95={p95}\n")
        await board.app.run_watch.look_now()
        await board.go_to(TITLE)
        assert "✗ p95" not in board.text(), "what a release takes holds it"
        assert "last .925" in board.text()
        await board.press("runs")
        assert "guard p95 ≤50   guard fpr ≤1" in board.lines()[1]
        assert "p95 ≤50" in board.lines()[2]
        assert "48 ✓" in board.lines()[3]
        assert "60.5 ✗" in board.lines()[4]
        assert "not measured" in board.lines()[4]
        assert "≥.9 is reached by lr 3e-4, but p95 is 60.5 ±.7, not ≤50, and fpr was not" in (
            " ".join(board.text().split())
        )
        await board.press("back")
        await board.press("card.open")
        shown = " ".join(board.text().split())
        assert "48 → ≤50 ✓ held" in shown
        assert "≤1 not measured" in shown
        assert "last .925" in shown, "as on the face: another configuration is judged"
        assert "tried last mean .925 ±.007 of 2 vs lr 1e-3 -.015" in shown


async def test_a_run_of_the_queue_has_its_turn_changed_and_is_dropped(small: Path) -> None:
    other = "20260320-080001-0000000b"
    place = here()
    waits = {
        "host": place.host, "started": "", "queue": {"waiter": process(os.getpid())._asdict()},
    }  # fmt: skip
    (small / "queue").mkdir()
    async with opened(small, size=(160, 45)) as board:
        head = next(line for line in board.lines() if "Training" in line)
        assert "•" not in head
        for run, title in ((ID, TITLE), (other, "calibrate probabilities")):
            (small / "queue" / run).touch()
            forged(small, board.ref(title), run, **waits)
        await board.app.run_watch.look_now()
        head = next(line for line in board.lines() if "Training" in line)
        assert " •2" in head
        await board.go_to(TITLE)
        await board.press("runs")
        assert any("• queued" in line for line in board.lines())
        hints = board.status()
        assert "b hold back" in hints
        assert "K earlier" in hints
        assert "J later" in hints
        for command, told in (
            ("run.later", "Its turn is 2 of 2."),
            ("run.earlier", "Its turn is 1 of 2."),
            ("run.hold", "It is held back: it has no turn until it is released."),
        ):
            await board.press(command)
            await board.until(lambda: board.messages("It")[-1:] == [told])  # noqa: B023
        assert any("held back by" in line for line in board.lines())
        assert any("• held" in line for line in board.lines())
        words = {hint.command: hint.word for hint in board.screen.status.hints}
        assert words["run.hold"] == "release"
        await board.press("run.hold")
        await board.until(lambda: board.messages("Its turn")[-1] == "Its turn is 1 of 2.")
        await board.press("run.stop")
        assert f"Take run {ID} out of the queue?" in board.question()
        await board.keys("y")
        await board.until(lambda: bool(board.messages(f"Run {ID} is out of the queue.")))
        assert any("never started" in line for line in board.lines())
        await board.press("run.later")
        await board.until(lambda: bool(board.messages(f"Run {ID} has ended: it waits no more.")))


async def test_the_best_trial_is_found_and_parameters_are_ranked(small: Path) -> None:
    async with opened(small, size=(80, 24)) as board:
        ref = board.ref(TITLE)
        trials = [
            Tracked(
                f"optuna:s/{n}", experiment="s", says="COMPLETE", where="/o.db",
                started=f"2026-03-19T09:{n:02}:00.000000Z", metrics={"auc": 0.9 - n / 1000},
                params={"lr": f"{n}", "opt": "ab"[n % 2]},
            )
            for n in range(40)
        ]  # fmt: skip
        await board.app.store_thread.call(lambda s: s.links.link_experiment(ref, trials))
        await board.app.catch_up()
        await board.go_to(TITLE)
        await board.press("runs")
        assert isinstance(board.screen, RunsScreen)
        await board.press("run.sort")
        await board.press("cursor.page-down")
        await board.press("run.best")
        assert board.screen.row == 39, "newest first: the best trial was the first"
        await board.press("run.parameters")
        assert "share of rank variance, n 40" in board.text()
        assert "rho -1.00" in board.text()
        assert "proves no cause" in board.text()


async def test_a_search_is_drawn_over_its_trials_and_over_each_parameter(small: Path) -> None:
    async with opened(small, size=(120, 45)) as board:
        ref = board.ref(TITLE)
        trials = [
            Tracked(
                f"optuna:s/{n}", experiment="s", says="COMPLETE", where="/o.db", direction=">=",
                started=f"2026-03-19T09:{n:02}:00.000000Z",
                metrics={"auc": -50.0 if n == 0 else 0.9 - n / 1000},
                params={"lr": f"{10 ** (n / 10 - 4):g}", "opt": "ab"[n % 2]},
            )
            for n in range(40)
        ]  # fmt: skip
        await board.app.store_thread.call(lambda s: s.links.link_experiment(ref, trials))
        await board.app.catch_up()
        await board.go_to(TITLE)
        await board.press("runs")
        await board.until(lambda: "auc by trial" in board.text())
        assert "1 of 40 values (-50) lies outside the picture: | shows all" in board.text()
        await board.press("curve.range")
        assert "outside the picture" not in board.text()
        await board.press("curve.range")
        await board.press("curve.axis")
        assert "auc by lr (log scale)" in board.text()
        await board.press("curve.axis")
        assert "auc by opt" in board.text()
        await board.press("curve.axis")
        assert "hyper-parameters by auc" in board.text()
        await board.press("curve.axis")
        assert "auc by trial" in board.text()
