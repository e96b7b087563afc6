"""Freeing the room of old logs: what is shown first, what goes, what stays and why."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mlkanban.clock import now
from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here
from tests.cli.conftest import Person

LOG = b"".join(b"line %06d\n" % at for at in range(20_000))


class Jobs:
    """Runs of a card that have ended, as their folders tell."""

    def __init__(self, home: dict[str, str], board: Person) -> None:
        self.data = Path(home["MLKANBAN_HOME"])
        self.board = board
        self.card = board.card("a", "--metric", "auc>=0.9")

    def ran(self, day: str, metric: float, **end: Any) -> RunFolder:
        folder = RunFolder(self.data / "runs" / f"{day.replace('-', '')}-080000-0000000a")
        folder.make()
        at = f"{day}T08:00:00.000000Z"
        made: Any = {"card": self.card, "argv": ["t", day], "made": at, "started": at}
        folder.write_start(made | asdict(here()))
        folder.out.write_bytes(LOG + b"mlkanban: auc=%.2f\n" % metric + LOG)
        record: Any = {"exit": 0, "ended": f"{day}T09:00:00.000000Z"} | end
        folder.write_end(record)
        return folder


@pytest.fixture
def jobs(home: dict[str, str], board: Person) -> Jobs:
    return Jobs(home, board)


def test_old_logs_are_shown_then_freed_and_what_counts_stays(jobs: Jobs) -> None:
    best, old, newest = (
        jobs.ran(day, metric)
        for day, metric in (("2026-01-01", 0.95), ("2026-01-02", 0.7), ("2026-01-03", 0.8))
    )
    recent = jobs.ran(f"{now():%Y-%m-%d}"[:8] + "01", 0.5, ended=instant(now()))
    size = len(old.out.read_bytes())
    before = jobs.board.data("runs", jobs.card)
    dry = jobs.board("--json", "runs", "prune", "--keep-last", "2")
    assert dry.data["done"] is False
    assert dry.data["freed"] == size
    assert {run["id"]: run["kept"] for run in dry.data["runs"]} == {
        best.id: "the best of its card", old.id: None,
        newest.id: "among the newest of its card", recent.id: "too new",
    }  # fmt: skip
    assert old.out.stat().st_size == size
    shown = jobs.board("runs", "prune", "--keep-last", "2")
    assert "0.5 MB would be freed. Nothing was done yet: --yes does it." in shown.err
    assert "stays: the best of its card" in shown.out
    done = jobs.board("runs", "prune", "--keep-last", "2", "--yes")
    assert "0.5 MB freed. 1.4 MB of other logs stay." in done.err
    text = old.out.read_bytes()
    assert len(text) < 5_000
    assert b"\nmlkanban: auc=0.70\n" in text
    assert [f.out.stat().st_size for f in (best, newest, recent)] == [size] * 3
    # Nothing that is known of the runs is lost.
    after = jobs.board.data("runs", jobs.card)
    assert [run["metrics"] for run in after] == [run["metrics"] for run in before]
    assert next(run["log_bytes"] for run in after if run["id"] == old.id) == len(text)
    again = jobs.board("--json", "runs", "prune", "--keep-last", "2", "--yes")
    assert again.data["freed"] == 0
    assert old.id not in json.dumps(again.data)


def test_the_best_go_only_when_they_are_asked_for(jobs: Jobs) -> None:
    best = jobs.ran("2026-01-01", 0.95)
    jobs.ran("2026-01-02", 0.7)
    assert jobs.board("runs", "prune", "--yes").code == 0
    assert best.out.stat().st_size > 100_000
    assert jobs.board("runs", "prune", "--yes", "--best").code == 0
    assert best.out.stat().st_size < 5_000


def test_runs_of_a_model_in_use_stay(jobs: Jobs) -> None:
    in_use = jobs.ran("2026-01-01", 0.91)
    jobs.ran("2026-01-02", 0.92)
    jobs.board("list")
    jobs.board("done", jobs.card, "--outcome", "shipped", "--override", "x")
    shown = jobs.board("--json", "runs", "prune", "--keep-last", "0")
    assert {run["kept"] for run in shown.data["runs"]} == {
        "of a model in use", "the best of its card",
    }  # fmt: skip
    assert in_use.out.stat().st_size > 100_000


def test_a_run_of_a_card_is_still_listed_beside_the_command(jobs: Jobs) -> None:
    jobs.ran("2026-01-01", 0.95)
    assert len(jobs.board.data("runs", jobs.card)) == len(jobs.board.data("runs")) == 1
    assert jobs.board("runs", jobs.card, "--chart").code == 0
    assert jobs.board("runs", jobs.card, "x").code == 2
    assert jobs.board("runs", "prun").code == 3
    assert jobs.board("runs", "prune", "--older-than", "soon").code == 2
    assert jobs.board("runs", "prune", "--older-than", "4w").code == 0


def test_a_log_over_the_limit_is_named_while_it_grows_and_cut_when_the_end_is_taken_in(
    jobs: Jobs,
) -> None:
    (jobs.data / "config.toml").write_text("log_limit_mb = 0.1\n")
    folder = jobs.ran("2026-01-01", 0.95)
    end = (folder.path / "end.json").read_bytes()
    (folder.path / "end.json").unlink()
    folder.write_start(folder.start() | {"host": "gpu2"})
    note = f"Run {folder.id}: a log of 0.5 MB, over the limit of 0.1 MB, loses its middle"
    assert note in jobs.board("runs").out
    assert f"run {folder.id}: a log of" in jobs.board("doctor").out
    folder.write_start(folder.start() | {"host": here().host})
    (folder.path / "end.json").write_bytes(end)
    jobs.board("list")
    assert folder.out.stat().st_size > 100_000
    taken_in = jobs.board("note", jobs.card, "which takes in")
    assert f"Run {folder.id}: its log of 0.5 MB loses its middle" in taken_in.err
    assert jobs.board("list").err == ""
    assert folder.out.stat().st_size < 100_000
    assert jobs.board.data("runs")[0]["metrics"] == {"auc": 0.95}
    assert "over the limit" not in jobs.board("runs").out
