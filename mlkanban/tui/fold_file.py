"""Which stages of each board a person folded or unfolded."""

from collections.abc import Mapping
from pathlib import Path

from mlkanban.board_file import read_of_board, write_of_board

_NAME = "folds.json"


def read_folds(folder: Path, board_id: str) -> dict[str, bool]:
    """Whether stages of a board are folded, by their ids; those that nobody folded or unfolded are
    not among them. `folder` is that of the store."""
    folds = read_of_board(folder / _NAME, board_id)
    folds = folds if isinstance(folds, dict) else {}
    return {stage: folded for stage, folded in folds.items() if isinstance(folded, bool)}


def write_folds(folder: Path, board_id: str, folds: Mapping[str, bool]) -> None:
    """Keep them for the next start. OSError where the file cannot be written."""
    write_of_board(folder / _NAME, board_id, dict(folds))
