"""Files that are there whole or not at all."""

import os
import threading
from pathlib import Path

import pytest

from mlkanban.files import be_private, write_whole, writing_named


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


def named(file: Path, text: str = "new") -> None:
    with writing_named(file) as out:
        out.write(text)


def test_a_named_file_keeps_its_mode_and_a_new_one_is_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        be_private()
        shared, new = tmp_path / "shared", tmp_path / "new"
        shared.write_text("old")
        shared.chmod(0o664)
        named(shared)
        named(new)
    finally:
        os.umask(before)
    assert [file.stat().st_mode & 0o777 for file in (shared, new)] == [0o664, 0o600]
    assert shared.read_text() == new.read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["new", "shared"]


def test_a_named_link_stays_and_leads_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, target in (("there", "folder/old"), ("not yet", "folder/new")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "folder/old").write_text("old")
    named(tmp_path / "there")
    named(tmp_path / "not yet")
    assert all((tmp_path / name).is_symlink() for name in ("there", "not yet"))
    assert [(tmp_path / "folder" / name).read_text() for name in ("old", "new")] == ["new"] * 2


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    named(pipe)
    reader.join(10)
    assert (read, pipe.is_fifo()) == (["new"], True)
    near, far = os.pipe()
    named(Path(f"/proc/self/fd/{far}"))
    os.close(far)
    assert os.read(near, 10) == b"new"
    os.close(near)


@pytest.mark.parametrize("name", ["n" * 255, "n" * 256, "folder"])
def test_a_named_file_that_cannot_be_written_changes_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / name
    if len(name) == 255:
        named(file)
        assert file.read_text() == "new"
        file.unlink()
    else:
        with pytest.raises(OSError, match=r"too long|Is a directory"):
            named(file)
    assert os.listdir(tmp_path) == ["folder"]


def test_a_named_file_that_fails_half_way_is_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_text("old")

    def half() -> None:
        with writing_named(file) as out:
            out.write("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half()
    assert (file.read_text(), os.listdir(tmp_path)) == ("old", ["page"])
