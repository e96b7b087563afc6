"""Which stages of each board a person folded or unfolded, in a file beside the store of this
machine: how a board is looked at is no part of its history, and no other machine hears of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlkanban import log
from mlkanban.files import write_whole

_NAME = "folds.json"


def read_folds(folder: Path, board_id: str) -> dict[str, bool]:
    """Whether stages of a board are folded, by their ids; those that nobody folded or unfolded are
    not among them. `folder` is that of the store."""
    folds = _boards(folder / _NAME).get(board_id)
    folds = folds if isinstance(folds, dict) else {}
    return {stage: folded for stage, folded in folds.items() if isinstance(folded, bool)}


def write_folds(folder: Path, board_id: str, folds: Mapping[str, bool]) -> None:
    """Keep them for the next start. OSError where the file cannot be written."""
    file = folder / _NAME
    boards = {**_boards(file), board_id: dict(folds)}
    write_whole(file, json.dumps(boards).encode())


def _boards(file: Path) -> dict[str, Any]:
    try:
        boards = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # a board is shown without its folds, too
        log.logger("program").warning("%s cannot be read: %s", file, error)
        return {}
    return boards if isinstance(boards, dict) else {}
