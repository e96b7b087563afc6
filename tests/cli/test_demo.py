import tempfile
from pathlib import Path


def test_the_demo_prints_the_board_and_its_cycle_times(shell, home, tmp_path) -> None:
    (tmp_path / "tmp").mkdir()
    shown = shell("demo", env={"TMPDIR": str(tmp_path / "tmp"), "MLKANBAN_BOARD": "mine"})
    assert shown.code == 0, shown.err
    assert "5 Training  1/1 attended + 2/2 running" in shown.out
    assert "█" in shown.out
    assert "85 % of finished cards took " in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list(Path(home["MLKANBAN_HOME"]).iterdir()) == []


def test_the_demo_in_json_is_one_object(mlk, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    data = mlk.data("demo")
    assert len(data["cards"]) > 20
    assert len(data["stages"]) == 8
