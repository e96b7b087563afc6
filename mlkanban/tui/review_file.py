"""The day on which the next review of each board is due, as it was known last: at the next start
the title line says so at once."""

from datetime import date
from pathlib import Path

from mlkanban.board_file import read_of_board, write_of_board

_NAME = "review.json"


def read_review_day(folder: Path, board_id: str) -> date | None:
    """The day of the next review of a board, None where none is known. `folder` is that of the
    store."""
    kept = read_of_board(folder / _NAME, board_id)
    try:
        return date.fromisoformat(kept) if isinstance(kept, str) else None
    except ValueError:
        return None


def write_review_day(folder: Path, board_id: str, day: date | None) -> None:
    """Keep it for the next start. OSError where the file cannot be written."""
    write_of_board(folder / _NAME, board_id, day.isoformat() if day else "")
