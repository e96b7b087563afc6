"""A file that grows is read line by line, each line once."""

import os
from pathlib import Path

import pytest

from mlkanban.growing_file import GrowingFile


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "out.log"
    file.touch()
    return file


def append(file: Path, text: str) -> None:
    with file.open("a") as target:
        target.write(text)


def test_lines_come_once_and_whole(log: Path) -> None:
    growing = GrowingFile(log)
    assert growing.read() == ([], False)
    append(log, "one\ntwo\nthr")
    assert growing.read() == (["one", "two"], False)
    assert growing.read() == ([], False)
    append(log, "ee\rfour\r\nlast")
    assert [line for line in growing.read().lines if line] == ["three", "four"]
    assert growing.read(over=True) == (["last"], False)
    assert growing.read(over=True) == ([], False)


def test_only_lines_with_some_bytes(log: Path) -> None:
    append(log, "x" * 3_000_000 + "\nme: a me: b\nno\rme: c\r\n me: d\nme: e")
    growing = GrowingFile(log)
    assert growing.read(b"me:").lines == ["me: a me: b", "me: c", " me: d"]
    assert growing.read(b"me:", over=True).lines == ["me: e"]


@pytest.mark.parametrize("after", ["new\n", "new and longer than the one before\n"])
def test_a_truncated_file_is_read_from_its_start(log: Path, after: str) -> None:
    growing = GrowingFile(log)
    append(log, "one, two, three\n")
    assert growing.read().lines == ["one, two, three"]
    log.write_text(after)
    assert growing.read() == ([after.strip()], True)


def test_another_file_in_its_place_is_read_from_its_start(log: Path, tmp_path: Path) -> None:
    growing = GrowingFile(log)
    append(log, "one\n")
    growing.read()
    other = tmp_path / "other"
    other.write_text("one\ntwo\n")
    other.rename(log)
    assert growing.read() == (["one", "two"], True)


def test_what_is_no_file_has_no_lines_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert GrowingFile(tmp_path / "fifo").read() == ([], False)
    with pytest.raises(FileNotFoundError):
        GrowingFile(tmp_path / "none").read()


def test_a_line_without_an_end_takes_no_more_memory_than_a_chunk(log: Path) -> None:
    growing = GrowingFile(log)
    append(log, "y" * 5_000_000)
    assert len(growing.read(b"x").lines) == 0
    append(log, "\nx\n")
    assert growing.read(b"x").lines == ["x"]


def test_lines_with_any_of_several_marks_come_in_their_order(log: Path) -> None:
    append(log, "b: 1\nno\na: 2 b: 3\n\nb: 4\ra: 5\na: 6\n")
    assert GrowingFile(log).read(b"a:", b"b:").lines == [
        "b: 1", "a: 2 b: 3", "b: 4", "a: 5", "a: 6",
    ]  # fmt: skip
