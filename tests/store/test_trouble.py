"""What the system refuses SQLite, in words: it says itself only `disk I/O error` for most of it."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from mlkanban.store import trouble


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
    said = trouble.explain(io_error(), path)
    assert said.message == f"The store {path} cannot be written: {WORDS[number]} on {path.parent}."
    said = trouble.not_backed_up(io_error(), path, tmp_path / "draft")
    assert said.message == f"No backup can be written to {tmp_path}: {WORDS[number]} on {tmp_path}."
    assert not list(path.parent.glob(".probe-*"))


def test_what_cannot_be_asked_is_said_as_it_came(path: Path) -> None:
    assert "cannot be written: disk I/O error." in trouble.explain(io_error(), path).message
