"""The files of the queue: who is in it, in which order, and how a run of it is named."""

from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.inspect import judged
from mlkanban.runs.local.intake import report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.state import Judgement, RunState
from mlkanban.runs.queue import entries
from mlkanban.runs.queue.entries import QueueFiles
from tests.runs.queue.waiting_runs import NOW, run_id, waits


def listed(files: QueueFiles) -> list[str]:
    return [run.folder.id for run in files.runs(NOW)]


def test_runs_are_listed_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    for at in (2, 1, 3):
        waits(tmp_path, at)
    runs = QueueFiles(tmp_path).runs(NOW)
    assert [run.folder.id for run in runs] == [run_id(at) for at in (1, 2, 3)]
    assert all(run.waits and not run.was_lost and not run.held_by for run in runs)


def test_a_run_whose_process_is_gone_lost_its_place(tmp_path: Path) -> None:
    waits(tmp_path, 1, boot_id="another boot")
    [run] = QueueFiles(tmp_path).runs(NOW)
    assert (run.waits, run.was_lost) == (False, True)


def test_what_is_over_is_swept_away_and_what_was_lost_stays(tmp_path: Path) -> None:
    waits(tmp_path, 1).write_stop({"by": "ada", "at": ""})
    waits(tmp_path, 2, boot_id="another boot")
    waits(tmp_path, 3)
    files = QueueFiles(tmp_path)
    assert listed(files) == [run_id(2), run_id(3)]
    files.sweep(NOW)
    assert sorted(file.name for file in (tmp_path / "queue").iterdir()) == [run_id(2), run_id(3)]


def test_a_run_that_comes_while_others_are_swept_away_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits(tmp_path, 1).write_stop({"by": "ada", "at": ""})
    files = QueueFiles(tmp_path)

    def one_comes_meanwhile(*seen: Any) -> Judgement:
        monkeypatch.undo()
        waits(tmp_path, 2)
        return judged(*seen)

    monkeypatch.setattr(entries, "judged", one_comes_meanwhile)
    files.sweep(NOW)
    assert [file.name for file in (tmp_path / "queue").iterdir()] == [run_id(2)]


def test_a_folder_that_is_gone_and_one_of_no_queue_are_no_runs(tmp_path: Path) -> None:
    waits(tmp_path, 1, queue=None)
    QueueFiles(tmp_path).add(run_id(2))
    assert listed(QueueFiles(tmp_path)) == []


def test_an_order_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    files = QueueFiles(tmp_path)
    assert files.order() == []
    waits(tmp_path, 1)
    files.write_order(["b", "a"])
    assert files.order() == ["b", "a"]
    (tmp_path / "queue" / ".order.json").write_text('{"a"')
    assert files.order() == []


def test_a_run_whose_turn_came_while_it_was_looked_at_is_not_lost(tmp_path: Path) -> None:
    """The process that waited has gone by then, and start.json as it was read names it still."""
    folder = waits(tmp_path, 1, "v1")
    read = folder.start()
    read["queue"]["waiter"] = {"pid": 2**22 + 1, "start": "x"}
    folder.write_start({**read, "started": instant(NOW)})
    assert judged(folder, read, here(), NOW).state is RunState.STARTING
    report = report_of(folder, read, here(), NOW)
    assert report is not None
    assert (report.run.state, report.run.started) == (RunState.STARTING, instant(NOW))
    folder.write_start(read)
    assert judged(folder, read, here(), NOW).state is RunState.LOST
