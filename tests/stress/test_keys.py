"""No sequence of keys ends, blanks or deafens the board, at whatever pace it comes.

MLKANBAN_STRESS=full presses 100,000 keys; MLKANBAN_SEED=N begins with another seed.
"""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.stress.keys import Board, Dead, MakeBoard, Packet, Packets, fewest, press
from tests.stress.sizes import size

pytestmark = [pytest.mark.slow, pytest.mark.terminal]

FIRST = int(os.environ.get("MLKANBAN_SEED", "1"))
SEEDS = range(FIRST, FIRST + size(every_day=2, full=25))
KEYS = size(every_day=1000, full=4000)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_board_lives(seed: int, tmp_path: Path) -> None:
    board = MakeBoard(tmp_path)()
    try:
        press(board, seed, KEYS, every=80, make=MakeBoard(tmp_path))
    finally:
        board.close()


def test_a_seed_always_presses_the_same_keys() -> None:
    first, second = Packets(7), Packets(7)
    assert [next(first) for _ in range(500)] == [next(second) for _ in range(500)]


def test_an_end_is_found_and_brought_down_to_the_packet_that_did_it(tmp_path: Path) -> None:
    packets = [Packet(b"j"), Packet(b"Q", pause=0.1)]
    assert fewest(MakeBoard(tmp_path), packets) == packets[1:]


@pytest.mark.parametrize("status", [-signal.SIGINT, 130])
def test_ctrl_c_while_a_board_that_was_left_ends_is_no_failure(tmp_path: Path, status: int) -> None:
    _end(tmp_path, status, leftovers=[])


@pytest.mark.parametrize(("status", "leftovers"), [(130, ["alternate screen"]), (1, [])])
def test_any_other_end_is_a_failure(tmp_path: Path, status: int, leftovers: list[str]) -> None:
    with pytest.raises(Dead, match=f"it ended with {status}"):
        _end(tmp_path, status, leftovers)


def _end(folder: Path, status: int, leftovers: list[str]) -> None:
    """A board ends with a status, after a key that leaves it."""
    ended = SimpleNamespace(
        exit_status=status, raw=b"\x1b[?1049l", send=lambda data: None, wait=lambda: status,
        leftovers=lambda: leftovers,
    )  # fmt: skip
    board = Board({"MLKANBAN_HOME": str(folder)}, folder)
    board._start = lambda: ended  # type: ignore[assignment, return-value]
    board.send(Packet(b"q"))
