"""Ids of runs come from other machines too: none of them leads out of the folder of the runs."""

from pathlib import Path

from mlkanban.runs.local.folder import folders_of

REAL = "20260301-101010-0a0b0c0d"


def test_only_an_id_of_ours_names_a_folder(tmp_path: Path) -> None:
    ids = [REAL, f"../../{REAL}", f"/etc/{REAL}", "mlflow:abc", "..", "", f"{REAL}\n"]
    assert [folder.path for folder in folders_of(tmp_path, ids)] == [tmp_path / "runs" / REAL]
