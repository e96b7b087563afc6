"""The runs of this machine by the folders they were started in."""

import os
from pathlib import Path

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.likely_runs import local_runs, newest_command_in, newest_working_folders
from mlkanban.runs.model.inbox import LocalRun

STARTED = "2026-03-01T10:00:00Z"


def begun(data: Path, at: int, cwd: str, *argv: str) -> RunFolder:
    folder = RunFolder(data / "runs" / f"20260301-10000{at}-0123abcd")
    folder.make()
    folder.write_start({"card": "v3", "cwd": cwd, "started": STARTED, "argv": list(argv)})
    return folder


def test_a_run_without_an_end_went_on_to_its_last_sign_of_life(tmp_path: Path) -> None:
    ended, lost = begun(tmp_path, 0, "/a"), begun(tmp_path, 1, "/b")
    ended.write_end({"exit": 0, "ended": "2026-03-01T11:00:00Z"})
    os.utime(lost.start_file, (1772359200, 1772359200))
    assert local_runs(tmp_path) == [
        LocalRun(lost.id, "v3", "/b", STARTED, "2026-03-01T10:01:00.000000Z"),
        LocalRun(ended.id, "v3", "/a", STARTED, "2026-03-01T11:00:00Z"),
    ]


def test_the_newest_command_in_a_folder(tmp_path: Path) -> None:
    begun(tmp_path, 0, "/a", "old/bin/python")
    begun(tmp_path, 1, "/a", "new/bin/python")
    begun(tmp_path, 2, "/b", "other/bin/python")
    assert newest_command_in(tmp_path, Path("/a")) == ["new/bin/python"]
    assert [*newest_command_in(tmp_path, Path("/none"))] == []


def test_the_folders_of_the_newest_runs_each_once(tmp_path: Path) -> None:
    runs = [LocalRun(str(at), "v3", f"/{at // 2}", STARTED, STARTED) for at in range(60)]
    assert newest_working_folders(runs) == [Path(f"/{at}") for at in range(20)]
