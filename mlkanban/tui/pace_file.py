"""The pace of each board as it was counted last: at the next start cards are marked old by it at
once, and not only when it is counted again."""

from pathlib import Path
from typing import Any, TypeGuard

from mlkanban.board_file import read_of_board, write_of_board
from mlkanban.flow.pace import Pace

_NAME = "pace.json"


def read_pace(folder: Path, board_id: str) -> Pace | None:
    """The pace of a board, None where it was not counted yet. `folder` is that of the store."""
    kept = read_of_board(folder / _NAME, board_id)
    if not isinstance(kept, dict):
        return None
    stale, sle, counted = (kept.get(name) for name in ("stale", "sle", "counted"))
    if not (_are_days(stale) and _are_days([sle]) and _are_days(counted)):
        return None
    return Pace(tuple(stale), sle, tuple(many or 0 for many in counted))


def write_pace(folder: Path, board_id: str, pace: Pace) -> None:
    """Keep it for the next start. OSError where the file cannot be written."""
    kept = {"stale": pace.stale, "sle": pace.sle, "counted": pace.counted}
    write_of_board(folder / _NAME, board_id, kept)


def _are_days(values: Any) -> TypeGuard[list[int | None]]:
    """Whether these are numbers of days, or None for what is not known."""
    return isinstance(values, list) and all(one is None or type(one) is int for one in values)
