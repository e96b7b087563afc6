"""Ids of runs come from other machines too: none of them leads out of the folder of the runs."""

from pathlib import Path

import pytest

from mlkanban.errors import UsageProblem
from mlkanban.runs.local.folder import RunFolder, find_run, folders_of

REAL = "20260301-101010-0a0b0c0d"


def test_only_an_id_of_ours_names_a_folder(tmp_path: Path) -> None:
    ids = [REAL, f"../../{REAL}", f"/etc/{REAL}", "mlflow:abc", "..", "", f"{REAL}\n"]
    assert [folder.path for folder in folders_of(tmp_path, ids)] == [tmp_path / "runs" / REAL]


def test_the_beginning_of_a_short_id_names_a_run(tmp_path: Path) -> None:
    for name in (REAL, "20260301-101010-0b0b0c0d"):
        RunFolder(tmp_path / "runs" / name).make()
    for part in (REAL, "0a0b", "0a0b0c0d"):
        assert find_run(tmp_path, part).id == REAL
    with pytest.raises(UsageProblem):
        find_run(tmp_path, "0")
