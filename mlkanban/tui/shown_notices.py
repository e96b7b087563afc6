"""Notices that are shown once for a board, on how it is shown."""

from pathlib import Path

from mlkanban.board_file import read_of_board, write_of_board

_NAME = "told.json"
ONLY_MODELS = "delivered cards that are no models in use"


def was_shown(folder: Path, board_id: str, notice: str) -> bool:
    """Whether the notice was shown for a board. `folder` is that of the store."""
    shown = read_of_board(folder / _NAME, board_id)
    return isinstance(shown, list) and notice in shown


def remember_shown(folder: Path, board_id: str, notice: str) -> None:
    """Remember that the notice was shown. OSError where the file cannot be written."""
    shown = read_of_board(folder / _NAME, board_id)
    known = shown if isinstance(shown, list) else []
    write_of_board(folder / _NAME, board_id, [*known, notice])
