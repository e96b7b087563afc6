"""Runs of trackers that belong to no card: one line each, one key each."""

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mlkanban.core.triage import TriageView
from mlkanban.runs.model.inbox import LocalRun
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.trackers import places
from mlkanban.runs.trackers.tracker import KnownRuns
from mlkanban.runs.use_cases.tracker_links import Links, Synced
from mlkanban.tui.commands import BY_NAME
from tests.runs.trackers.files import database, folder, logs
from tests.tui.page import SMALL, Page, opened


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of an experiment, where the board is opened."""
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    return made


def many(path: Path, count: int) -> Path:
    """A database with so many more runs of the experiment."""
    conn = sqlite3.connect(database("m3", path))
    conn.row_factory = sqlite3.Row
    one = dict(conn.execute("SELECT * FROM runs LIMIT 1").fetchone())
    for at in range(count):
        one |= {"run_uuid": f"r{at}", "name": f"run {at}", "start_time": 1 + at}
        conn.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(one))})", [*one.values()])
    conn.commit()
    conn.close()
    return path


def here(page: Page) -> str:
    return next(line.strip("█ ") for line in page.lines() if line.startswith("█"))


def head(page: Page, listed: str = "unlinked") -> str:
    """How many runs the first line counts, where it is about these."""
    start = f" Inbox  {listed} runs "
    first = next(iter(page.list_lines()), "")
    return first.removeprefix(start).strip() if first.startswith(start) else first


async def test_a_run_is_linked_to_the_card_that_is_found_by_typing(small: Path, work: Path) -> None:
    folder(work / "mlruns")
    async with opened(small, size=SMALL) as page:
        await page.press("unlinked")
        assert head(page) == "3 runs"
        assert here(page).startswith("- MLflow, focal loss")
        await page.keys("j", "j", "j")
        assert here(page).startswith("seed 1")
        assert "lr 0.01" in page.text()
        await page.press("unlinked.link")
        await page.type("a")
        assert "cards have that" in page.question()
        await page.keys("enter")
        assert page.question(), "asked again: nobody guesses"
        await page.answer("LOGISTIC base")
        ref = page.ref("logistic baseline")
        await page.until(lambda: f"linked to {ref}" in page.status())
        assert head(page) == "2 runs"
        with page.store() as service:
            [run] = service.runs.of_card(ref)
        assert dict(run.metrics) == {"val_auc": 0.917}
        await page.press("undo")
        assert head(page) == "3 runs"


async def test_a_card_is_made_of_a_run(small: Path, work: Path) -> None:
    database("o5", work / "optuna.db")
    async with opened(small) as page:
        await page.press("unlinked")
        await page.keys("j")
        assert here(page).startswith("sweep 2")
        await page.press("unlinked.new")
        assert page.typed() == "sweep 2"
        await page.answer("deeper trees")
        assert "deeper trees" in page.stage("Ideas").cards()
        await page.press("back")
        assert not page.screen.ask.asking
        await page.press("undo")
        assert "deeper trees" not in page.stage("Ideas").cards()


async def test_a_run_and_an_experiment_are_ignored_and_come_back(small: Path, work: Path) -> None:
    database("o5", work / "optuna.db")
    folder(work / "mlruns")
    async with opened(small) as page:
        await page.press("unlinked")
        await page.keys("j", "x")
        assert head(page) == "5 runs   1 ignored"
        await page.press("cursor.bottom")
        assert "seed 1" in here(page)
        await page.keys("gg")
        await page.keys("x")
        assert head(page) == "3 runs   3 ignored"
        await page.press("unlinked.ignored")
        assert head(page, "ignored") == "3 runs   3 unlinked"
        assert "MLflow" not in page.text()
        await page.keys("x")
        assert head(page, "ignored") == "0 runs   6 unlinked"
        assert "F goes back to the runs" in page.text()
        await page.press("undo", "unlinked.ignored")
        assert head(page) == "3 runs   3 ignored"


async def test_thousands_of_runs_are_one_line_until_it_is_opened(small: Path, work: Path) -> None:
    many(work / "mlflow.db", 3000)
    async with opened(small, size=SMALL) as page:
        await page.press("unlinked")
        assert here(page).startswith("+ MLflow, focal loss")
        assert "3,003 runs" in here(page)
        await page.press("unlinked.new")
        assert "Enter opens the experiment" in page.status()
        await page.press("unlinked.open", "cursor.down", "cursor.down", "cursor.down")
        assert here(page).startswith("seed 1"), "begun last"
        await page.press("cursor.down")
        assert here(page).startswith("run 2999")
        await page.press("cursor.bottom")
        assert here(page).startswith("run 0 ")
        await page.press("unlinked.open")
        assert here(page).startswith("+ MLflow")


async def test_reading_says_how_far_it_is_and_leaving_gives_it_up(
    small: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(work / "mlruns")
    going_on, ended = threading.Event(), threading.Event()
    real, read_on = places.read_all, []

    def slowly(
        paths: list[Path], told: Callable[[int, Path], None], known: KnownRuns
    ) -> places.TrackerRuns:
        try:
            told(41, paths[0])
            going_on.wait(20)
            told(42, paths[0])
            read_on.append(paths)
            return real(paths, told)
        finally:
            ended.set()

    monkeypatch.setattr(places, "read_all", slowly)
    async with opened(small) as page:
        page.send("g", "u")
        await page.until(lambda: "Reading mlruns: 41 runs" in page.text())
        page.send("q")
        await page.until(lambda: page.screen is page.board_screen)
        await page.settled()  # a screen ends its work a little after it is left
        going_on.set()
        await page.until(ended.is_set)
        assert read_on == []
        await page.press("unlinked")
        assert read_on
        assert head(page) == "3 runs"
        await page.press("back")
        going_on.clear()
        page.send("g", "u")
        await page.until(lambda: head(page) == "3 runs")
        await page.until(lambda: "Reading mlruns: 41 runs" in page.text())
        going_on.set()
        await page.settled()


async def test_no_key_waits_for_runs_that_are_linked(
    small: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database("o5", work / "optuna.db")
    going_on, real = threading.Event(), Links.sync

    def slowly(
        links: Links, told: Sequence[Tracked], progress: Callable[[int, int], None]
    ) -> Synced:
        while not going_on.wait(0.05):
            progress(3, 1000)
        return real(links, told, progress)

    async with opened(small) as page:
        await page.press("unlinked")
        ref = page.ref("logistic baseline")
        with page.store() as service:
            database("m3", work / "mlflow.db", service.runs.label(ref))
        monkeypatch.setattr(Links, "sync", slowly)
        page.send(BY_NAME["unlinked.read"].keys[0])
        await page.until(lambda: "Linking 3 of 1,000 runs" in page.text())
        page.send("x")
        await page.until(lambda: head(page) == "0 runs   3 ignored")
        going_on.set()
        await page.until(lambda: head(page) == "2 runs   3 ignored")
        with page.store() as service:
            assert [run.name for run in service.runs.of_card(ref)] == ["seed 1"]


async def test_without_a_tracker_it_says_where_to_name_one(small: Path) -> None:
    async with opened(small, triage=(TriageView.UNLINKED, None)) as page:
        assert page.text().count("No run of a tracker was found.") == 1
        assert page.text().count("The setting trackers") == 1
        assert page.status().split("   ")[0] == "S read again", "no run could be linked or ignored"
        await page.keys("L", "n", "x", "enter", "j", "k", "gg", "G")
        await page.press("back")
        assert page.screen is page.board_screen


async def test_a_limit_that_the_screen_has_not_is_told_of(small: Path, work: Path) -> None:
    folder(work / "mlruns")
    async with opened(small, triage=(TriageView.UNLINKED, 1)) as page:
        assert head(page) == "3 runs"
        assert "Here all are listed: --limit is for the printed list." in page.status()


async def test_what_a_tracker_says_is_text_and_no_more(small: Path, work: Path) -> None:
    path = database("m3", work / "mlflow.db")
    conn = sqlite3.connect(path)
    conn.execute("UPDATE runs SET name = ?", ("\x1b[31m[b]x\n" * 40,))
    conn.execute(
        "UPDATE experiments SET name = ? WHERE name = 'focal loss'", ("\u202e[/]\x07" * 60,)
    )
    conn.commit()
    conn.close()
    async with opened(small, size=(40, 10)) as page:
        await page.press("unlinked")
        assert not set(page.text()) & set("\x1b\x07\u202e")
        await page.keys("j")
        await page.press("unlinked.new")
        await page.keys("enter")
        assert any(title.startswith("\ufffd[31m[b]x") for title in page.stage("Ideas").cards())


async def test_a_folder_that_is_gone_ends_nothing(
    small: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as page:
        work.rmdir()
        await page.press("unlinked")
        await page.until(lambda: "does not exist any more" in page.text())
        monkeypatch.chdir(small)
        await page.press("unlinked.read")
        assert "No run of a tracker was found." in page.text()


async def test_a_job_of_slurm_is_linked(
    small: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    line = f"4242_[2-5]|PENDING|Priority|1796086752|N/A|N/A|(null)|{work}"
    for name, script in (
        ("squeue", f"case \"$*\" in *%F*) echo '4242|sweep';; *) echo '{line}';; esac"),
        ("sacct", "exit 1"), ("scontrol", "exit 1"),
    ):  # fmt: skip
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    async with opened(small, size=SMALL) as page:
        await page.press("unlinked")
        await page.until(lambda: head(page) == "1 run")
        assert here(page).startswith("- SLURM, sweep")
        await page.press("unlinked.new")
        assert "link it" in page.status()
        await page.press("unlinked.link")
        await page.answer("LOGISTIC base")
        ref = page.ref("logistic baseline")
        await page.until(lambda: f"Job 4242 is a run of {ref} now" in page.status())
        assert head(page) == "0 runs"
        await page.until(lambda: bool(_runs_of(page, ref)))
        assert _runs_of(page, ref) == ["SLURM job 4242"]


def _runs_of(page: Page, ref: str) -> list[str]:
    with page.store() as service:
        return [run.job for run in service.runs.of_card(ref)]


async def test_a_whole_experiment_is_linked_from_its_line(small: Path, work: Path) -> None:
    database("o5", work / "optuna.db")
    folder(work / "mlruns")
    async with opened(small, size=SMALL) as page:
        await page.press("unlinked")
        assert here(page).startswith("- Optuna, sweep")
        await page.press("unlinked.link")
        assert "Optuna, sweep: 3 runs" in page.question()
        await page.answer("logistic base")
        ref = page.ref("logistic baseline")
        await page.until(lambda: head(page) == "3 runs")
        with page.store() as service:
            assert len(service.runs.of_card(ref)) == 3
        await page.press("undo")
        assert head(page) == "6 runs"


async def test_the_card_of_the_run_in_which_it_was_written_is_suggested(
    small: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs(work / "runs" / "a")
    async with opened(small) as page:
        ref = page.ref("logistic baseline")
        run = LocalRun(
            "20260101-000000-0123abcd", ref, str(work), "2026-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z",
        )  # fmt: skip
        monkeypatch.setattr("mlkanban.tui.tracker_reader.local_runs", lambda data: [run])
        await page.press("unlinked")
        await page.keys("j")
        assert f"run 0123abcd of {ref}" in page.text()
        await page.press("unlinked.link")
        assert ref in page.question()
        await page.keys("enter")
        await page.until(lambda: f"linked to {ref}" in page.status())
