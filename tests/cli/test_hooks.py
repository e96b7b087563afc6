"""Hooks at the command line."""

import json
import sys
from pathlib import Path

import pytest

from mlkanban.runs.local.folder import RunFolder


@pytest.fixture
def hook(home, tmp_path: Path):
    folder = Path(home["MLKANBAN_HOME"]) / "hooks"
    folder.mkdir(mode=0o700)

    def write(name: str, text: str) -> Path:
        file = folder / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o700)
        return file

    return write


def test_a_hook_runs_after_the_answer_and_never_fails_the_command(board, hook, tmp_path) -> None:
    hook("on-move", f"cat > {tmp_path}/told; exit 7")
    card = board.card("a")
    answer = board("--json", "move", card, "Ready")
    assert answer.code == 0
    assert answer.object["data"]["cards"][0]["stage"] == "Ready"
    assert "The hook on-move did not work: exit code 7." in answer.err
    told = json.loads((tmp_path / "told").read_text())
    assert told["cards"] == [
        {"id": card, "uuid": told["cards"][0]["uuid"], "title": "a", "from": "Ideas", "to": "Ready"}
    ]


def test_no_hook_runs_for_what_comes_from_a_file_or_is_undone(board, hook, tmp_path) -> None:
    hook("on-move", f"echo x >> {tmp_path}/told")
    card = board.card("a")
    page = tmp_path / "board.md"
    board("export", "markdown", "--out", str(page))
    before = page.read_text()
    board("move", card, "Ready")
    assert (tmp_path / "told").read_text() == "x\n"
    board("undo")
    page.write_text(before.replace("stage: Ideas", "stage: Ready").replace("## Ideas", "## Ready"))
    assert board("import", "markdown", str(page), "--yes").code == 0
    assert board.data("show", card)["stage"] == "Ready"
    assert (tmp_path / "told").read_text() == "x\n"


def test_doctor_shows_the_hooks(board, hook) -> None:
    file = hook("on-done", "exit 0")
    answer = board("doctor")
    assert answer.code == 0
    assert f"on-done: {file}" in answer.out
    file.chmod(0o777)
    answer = board("doctor")
    assert answer.code == 4
    assert "on-done is not run:" in answer.out


def test_what_a_hook_does_itself_runs_no_hook(shell, home, hook, tmp_path) -> None:
    shell("init", "Fraud")
    card = shell("--json", "add", "a").data["id"]
    mlkanban = f"PYTHONPATH={Path(__file__).parents[2]} {sys.executable} -m mlkanban"
    hook(
        "on-move", f"echo x >> {tmp_path}/told; {mlkanban} move {card} Features 2> {tmp_path}/said"
    )
    assert shell("move", card, "Ready").code == 0
    assert shell("--json", "show", card).data["stage"] == "Features"
    assert (tmp_path / "told").read_text() == "x\n"


def test_the_end_of_a_run_is_told_whoever_takes_it_in(board, hook, home, tmp_path) -> None:
    hook("on-run-end", f"cat >> {tmp_path}/told")
    card = board.card("a")
    title = "x\x1b]0;t\x07"
    board("edit", card, "--title", title)
    folder = RunFolder(Path(home["MLKANBAN_HOME"]) / "runs/20260320-080000-0000000a")
    folder.make()
    folder.write_start(
        {"card": card, "argv": ["t"], "made": "2026-03-20T08:00:00Z", "host": "gpu2"}
    )
    board("note", card, "while it runs")
    assert not (tmp_path / "told").exists()
    folder.err.write_text("ValueError: $(touch x)\n")
    folder.write_end({"exit": 1, "ended": "2026-03-20T09:00:00Z"})
    board("list")  # which only reads
    assert not (tmp_path / "told").exists()
    board("note", card, "after it")
    told = json.loads((tmp_path / "told").read_text())
    assert (told["kind"], told["actor"], told["cards"][0]["title"]) == (
        "on-run-end", f"run:{folder.id}", title,
    )  # fmt: skip
    assert told["cards"][0]["blocked"]["reason"] == "bug"
    run = told["run"]
    assert (run["id"], run["state"], run["exit"], run["why"], run["command"]) == (
        folder.id, "failed", 1, "exit 1", ["t"],
    )  # fmt: skip
    assert run["last_lines"] == ["ValueError: $(touch x)"]
    board("note", card, "once only")
    assert json.loads((tmp_path / "told").read_text()) == told


def test_a_hook_is_called_when_a_model_comes_to_alert(board, hook, tmp_path) -> None:
    hook("on-alert", f"cat >> {tmp_path}/told; echo >> {tmp_path}/told")
    card = board.card("a")
    board("done", card, "--outcome", "shipped", "--model", "fraud", "--version", "2")
    for value in ("0.1", "0.3", "0.4", "0.1", "0.5"):
        board("alert", card, "--metric", f"psi={value}", "--threshold", "0.2")
    first, second = map(json.loads, (tmp_path / "told").read_text().splitlines())
    assert (first["kind"], first["model"], first["version"], first["owner"]) == (
        "on-alert", "fraud", "2", None,
    )  # fmt: skip
    assert [reading["value"] for reading in first["readings"]] == [0.3]
    assert [reading["value"] for reading in second["readings"]] == [0.5]
    assert first["cards"][0]["id"] == card
