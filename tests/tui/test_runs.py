"""Runs on an open board: what becomes of them is seen without a key, and r shows them all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from mlkanban.core.instants import instant
from mlkanban.runs.folder import RunFolder
from mlkanban.runs.processes import here
from tests.tui.page import NOW, opened

TITLE = "logistic baseline"
ID = "20260320-080000-0000000a"


def forged(data: Path, ref: str, run: str = ID, **changes: Any) -> RunFolder:
    """The folder of a run that was started elsewhere, so that it cannot be seen from here."""
    folder = RunFolder(data / "runs" / run)
    folder.make()
    place = here()
    folder.write_start(
        {
            "card": ref, "argv": ["python", "train.py", "--lr", "3e-4"], "host": "gpu2",
            "boot_id": place.boot_id, "pid_ns": place.pid_ns, "commit": "a1b2c3d4e5", "dirty": True,
            "made": instant(NOW - timedelta(hours=3)), "started": instant(NOW - timedelta(hours=3)),
            **changes,
        }
    )  # fmt: skip
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
    from mlkanban.runs import intake

    looked: list[str] = []
    report = intake.report

    def noting(folder: RunFolder, *more: Any) -> Any:
        looked.append(folder.id)
        return report(folder, *more)

    monkeypatch.setattr(intake, "report", noting)
    async with opened(small) as board:
        ends(forged(small, board.ref(TITLE)), 0)
        await board.until(lambda: bool(looked))
        await board.app.run_watch.look()
        await board.app.run_watch.look()
        assert looked == [ID]
