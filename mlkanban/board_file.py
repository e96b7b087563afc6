"""What is kept of how boards were looked at, in files beside the store of this machine: it is no
part of their history, and no other machine hears of it."""

import json
from pathlib import Path
from typing import Any

from mlkanban import log
from mlkanban.files import open_plain, write_whole

_MOST_BYTES = 16_000_000


def read_of_board(file: Path, board_id: str) -> Any:
    """What the file keeps of a board, as JSON has it; None for nothing."""
    return _boards(file).get(board_id)


def write_of_board(file: Path, board_id: str, value: Any) -> None:
    """Keep it for the next start. OSError where the file cannot be written."""
    write_whole(file, json.dumps({**_boards(file), board_id: value}).encode())


def _boards(file: Path) -> dict[str, Any]:
    try:
        with open_plain(file) as opened:
            boards = json.loads(opened.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # a board is shown without it, too
        log.logger("program").warning("%s cannot be read: %s", file, error)
        return {}
    return boards if isinstance(boards, dict) else {}
