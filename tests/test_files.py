"""Files that are there whole or not at all."""

import os
from pathlib import Path

import pytest

from mlkanban.files import write_whole


def test_a_file_takes_the_place_of_another_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "one"
    write_whole(file, b"before")
    write_whole(file, b"after")
    assert file.read_bytes() == b"after"
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["one"]


def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "one"
    write_whole(file, b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"after")
    assert file.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["one"]
