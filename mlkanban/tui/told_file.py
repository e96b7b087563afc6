"""What a person was told once about how boards are shown."""

from pathlib import Path

from mlkanban.board_file import read_of_board, write_of_board

_NAME = "told.json"
PUT_AWAY = "delivered cards that are no models in use"


def was_told(folder: Path, board_id: str, what: str) -> bool:
    """Whether it was told of a board. `folder` is that of the store."""
    told = read_of_board(folder / _NAME, board_id)
    return isinstance(told, list) and what in told


def keep_told(folder: Path, board_id: str, what: str) -> None:
    """Keep that it was told. OSError where the file cannot be written."""
    told = read_of_board(folder / _NAME, board_id)
    known = told if isinstance(told, list) else []
    write_of_board(folder / _NAME, board_id, [*known, what])
