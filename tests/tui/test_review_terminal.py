"""Two reviews in a row in a real terminal: the program itself, stopped in the middle of the second
one, and what the store has after."""

import sys
from pathlib import Path

import pytest

from mlkanban import clock
from mlkanban.core.board import Outcome
from mlkanban.core.review import Result, Review
from mlkanban.service import Service
from tests.terminal import Terminal
from tests.tui.boards import started

pytestmark = pytest.mark.terminal

PROGRAM = [sys.executable, "-m", "mlkanban", "review"]


@pytest.fixture
def env(home: dict[str, str]) -> dict[str, str]:
    """Somebody with three ideas and two risks."""
    ada = started(Path(home["MLKANBAN_HOME"]))
    ada.adds("order of payments", "graph of devices", "night shifts")
    ada.service.charter.set(ada.board_id, "rhythm", "14d")
    ada.service.charter.set(ada.board_id, "risks", "- drift\n- labels come late")
    ada.service.close()
    return home | {"TERM": "xterm-256color"}


def service(env: dict[str, str]) -> Service:
    return Service.open(Path(env["MLKANBAN_HOME"]), actor="ada", clock=clock.now)


def held(env: dict[str, str]) -> list[Review]:
    opened = service(env)
    try:
        return opened.reviews.ended(opened.boards.find().id)
    finally:
        opened.close()


def press(terminal: Terminal, *steps: tuple[str, str]) -> None:
    """Wait for a text, and press a key then."""
    for text, key in steps:
        terminal.wait_for(text)
        terminal.send(key)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
def test_two_reviews_in_a_row(env: dict[str, str], size: tuple[int, int]) -> None:
    with Terminal(PROGRAM, env=env, size=size) as terminal:
        press(
            terminal,
            ("Review  1 of 3", "1"), ("labels come late", "1"), ("What is promised", " "),
            ("1 marked", " "), ("2 marked", "P"), ("Review 1 ended: 2 cards promised", "Q"),
        )  # fmt: skip
        assert terminal.wait() == 0
    assert [review.promised for review in held(env)] == [("v1", "v2")]
    between = service(env)
    between.cards.finish(["v1"], Outcome.LEARNED, verdict="order helps")
    between.close()
    with Terminal(PROGRAM, env=env, size=size) as terminal:
        press(
            terminal,
            ("2 planned, 1 done, v2 open", "1"), ("order helps", "1"),
            ("Review  3 of 5", "q"), ("Review: 2 topics left, gw goes on.", "Q"),
        )  # fmt: skip
        assert terminal.wait() == 0
    assert len(held(env)) == 1
    with Terminal(PROGRAM, env=env, size=size) as terminal:
        press(
            terminal,
            ("Review  3 of 5", "1"), ("labels come late", "1"), ("What is promised", "P"),
            ("Review 2 ended: nothing promised", "Q"),
        )  # fmt: skip
        assert terminal.wait() == 0
    [_, second] = held(env)
    assert [(came.card, came.result) for came in second.came] == [
        ("v1", Result.DONE), ("v2", Result.OPEN),
    ]  # fmt: skip
    assert [answer.answer for answer in second.answers] == ["seen", "stands", "still", "still"]
