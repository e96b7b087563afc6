"""A board as one Markdown document: written whole, and read back after somebody edited it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mlkanban.core.board import Board
from mlkanban.core.markdown.board import BoardPage, read_board
from mlkanban.errors import BadMarkdown
from mlkanban.exchange.text_file import bad, read_text
from mlkanban.service import Service


def write_markdown(service: Service, board: Board, file: TextIO) -> int:
    """Write the charter and every card that is not archived; returns how many cards."""
    lines, cards = service.documents.board_page(board.id)
    file.writelines(f"{line}\n" for line in lines)
    return cards


def read_markdown(service: Service, file: Path) -> BoardPage:
    """Read a document; BadInput names the line that cannot be read."""
    text = read_text(file)
    with lines_of(file):
        return read_board(text, service.documents.refs())


@contextlib.contextmanager
def lines_of(file: Path) -> Iterator[None]:
    """Turn errors about a line into errors that name the file, too."""
    try:
        yield
    except BadMarkdown as error:
        raise bad(file, error.line, error.what, error.hint) from error
