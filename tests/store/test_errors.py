"""What the system refuses SQLite, in words: it says itself only `disk I/O error` for most of it."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from mlkanban.errors import StoreProblem
from mlkanban.store import errors
from tests.service.people import Person


def io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    return error


WORDS = {
    errno.EDQUOT: "your disk quota is used up",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "it is mounted read-only",
}


@pytest.mark.parametrize("number", WORDS)
def test_why_nothing_can_be_written_is_asked_of_the_place_itself(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", refuse)
    said = errors.explain(io_error(), path)
    assert said.message == f"The store {path} cannot be written: {WORDS[number]} on {path.parent}."
    said = errors.not_backed_up(io_error(), path, tmp_path / "draft")
    assert said.message == f"No backup can be written to {tmp_path}: {WORDS[number]} on {tmp_path}."
    assert not list(path.parent.glob(".probe-*"))


def test_what_cannot_be_asked_is_said_as_it_came(path: Path) -> None:
    assert "cannot be written: disk I/O error." in errors.explain(io_error(), path).message


def test_an_error_that_is_kept_does_not_keep_the_store_locked(ada: Person) -> None:
    """Wherever it is kept, its traceback has the cursor that was being read."""
    with ada.service._context.store.writing() as conn:
        conn.execute("UPDATE card SET entered_at = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreProblem) as kept:
        ada.boards.snapshot(ada.board_id)
    ada.service.close()
    other = sqlite3.connect(ada.service.path, timeout=0)
    with other:
        other.execute("UPDATE card SET entered_at = 0")
    other.close()
    assert kept
