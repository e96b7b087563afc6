"""doctor: what is the case, in plain words, and nothing changed."""

import os

import pytest

from mlkanban.cli.doctor import terminal_checks


def verdicts(data):
    return {check["what"]: check["verdict"] for check in data["checks"]}


def test_a_healthy_store(board) -> None:
    board.card("a")
    data = board.data("doctor")
    assert data["problems"] == 0
    assert verdicts(data)["store"] == "ok"
    answer = board("doctor")
    assert answer.code == 0
    assert "All is well." in answer.out
    assert "boards 1" in answer.out


def test_before_the_first_board(mlk) -> None:
    answer = mlk("doctor")
    assert answer.code == 0
    assert "mlkanban init NAME" in answer.out


def test_modes_that_let_others_read(board, home) -> None:
    store = next(os.path.join(home["MLKANBAN_HOME"], name)
                 for name in os.listdir(home["MLKANBAN_HOME"]) if name == "board.db")  # fmt: skip
    os.chmod(store, 0o644)
    answer = board("doctor")
    assert answer.code == 4
    assert f"chmod 600 {store}" in answer.out
    assert "1 problem to mend." in answer.out
    assert os.stat(store).st_mode & 0o777 == 0o644, "nothing is changed"


def test_a_damaged_store_is_called_that(board, home) -> None:
    store = os.path.join(home["MLKANBAN_HOME"], "board.db")
    with open(store, "r+b") as file:
        file.write(b"this is no store")
    answer = board("doctor")
    assert answer.code == 4
    assert "BAD   store" in answer.out


@pytest.mark.parametrize(
    ("env", "encoding", "what", "verdict"),
    [
        ({"TERM": "dumb"}, "utf-8", "terminal", "note"),
        ({"TERM": "xterm"}, "utf-8", "colours", "note"),
        ({"TERM": "xterm-256color"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm"}, "ascii", "characters", "note"),
        ({"TERM": "xterm"}, "UTF-8", "characters", "ok"),
    ],
)
def test_the_terminal(env, encoding, what, verdict) -> None:
    assert {check.what: check.verdict for check in terminal_checks(env, encoding)}[what] == verdict
