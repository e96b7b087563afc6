"""A full disk and places that may not be written: clear words, and nothing is lost."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stress.conftest import Start

pytestmark = pytest.mark.slow

# In a mount namespace of its own: the disk is gone with the process.
SMALL_DISK = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount -t tmpfs -o size=600k none "$0" && exec "$@"',
)


def may_mount(folder: Path) -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*SMALL_DISK, folder, "true"], capture_output=True).returncode == 0


def test_a_full_disk_refuses_in_words_and_keeps_what_was_written(
    start: Start, tmp_path: Path
) -> None:
    if not may_mount(tmp_path):
        pytest.skip("mounting a small disk is not permitted here")
    job = start("full_disk", tmp_path, before=(*SMALL_DISK, str(tmp_path)))
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    said = json.loads(out)
    assert said["added"], "the disk was full too early to prove anything"
    for words in (said["words"], said["again"]):
        assert words.startswith("StoreProblem: The store ")
        assert f"cannot be written: the disk is full on {tmp_path}/data." in words
        assert "Nothing was written" in words
    assert sorted(said["there"]) == sorted(said["added"])
    assert sorted(said["then"]) == sorted(said["added"] + said["after"])
    assert said["first_start"].startswith("StoreProblem: ")
    assert "full" in said["first_start"] or "No space left" in said["first_start"]
    assert said["left"] == [], "a first start that failed leaves nothing behind"


def test_a_disk_that_became_read_only_is_called_that(start: Start, tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("mounting a small disk is not permitted here")
    job = start("read_only_disk", tmp_path, before=(*SMALL_DISK, str(tmp_path)))
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    said = json.loads(out)
    for words in said["said"]:
        assert "cannot be written: it is mounted read-only" in words
    assert len(said["said"]) == 2
    assert said["there"] == [said["first"]]


def test_files_that_may_not_grow_are_said_to_be_that(start: Start, tmp_path: Path) -> None:
    job = start("small_files", tmp_path)
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    said = json.loads(out)
    assert said["words"].startswith("StoreProblem: The store ")
    assert "files may not grow any more (ulimit -f)" in said["words"]
    assert sorted(said["there"]) == sorted(said["added"])
    assert sorted(said["then"]) == sorted([*said["added"], said["after"]])


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """A folder that somebody who is not root can reach."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_what_may_not_be_written_is_said_and_left_alone(
    start: Start, anybodys_folder: Path
) -> None:
    job = start("permissions", anybodys_folder)
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    told = json.loads(out)
    said, first = told["said"], told["first"]
    assert said["folder, reading"] == said["file, reading"] == [first]
    for name, words in {
        "folder": "cannot be written: Permission denied",
        "folder, opened anew": "cannot be written: Permission denied",
        "no store in a closed folder": "Permission denied",
        "file": "the file is read-only for you",
        "file nobody may read": "cannot be read: it is not readable for you",
        "file nobody may read, writing": "cannot be read: it is not readable for you",
        "folder nobody may enter": "cannot be reached: Permission denied",
    }.items():
        assert said[name].startswith("StoreProblem: "), name
        assert words in said[name], name
    assert said["in the end"].endswith("added to To do.")
    assert len(told["there"]) == 2
