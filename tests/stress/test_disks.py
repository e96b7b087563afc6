"""A full disk and places that may not be written: clear words, and nothing is lost."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stress.conftest import SmallDisk, Start
from tests.stress.disks import fill
from tests.stress.faults import Tell
from tests.terminal import Terminal

pytestmark = pytest.mark.slow


def test_a_full_disk_refuses_in_words_and_keeps_what_was_written(
    start: Start, disk: SmallDisk, tell: Tell
) -> None:
    job = start("full_disk", disk.place, before=disk.inside)
    out, errors = job.communicate(timeout=120)
    assert errors == ""
    said = json.loads(out)
    assert said["added"], "the disk was full too early to prove anything"
    for words in (said["words"], said["again"]):
        assert words.startswith("StoreProblem: The store ")
        assert f"cannot be written: the disk is full on {disk.place}/data." in words
        assert "Nothing was written" in words
    assert sorted(said["there"]) == sorted(said["added"])
    assert sorted(said["then"]) == sorted(said["added"] + said["after"])
    assert said["first_start"].startswith("StoreProblem: ")
    assert "full" in said["first_start"] or "No space left" in said["first_start"]
    assert said["left"] == [], "a first start that failed leaves nothing behind"
    tell(f"full disk ({disk.kind}), cards added until it is", len(said["added"]), 0)


FULL_DISK = {
    "add": "cannot be written: the disk is full on {}/data.",
    "backup": "No backup can be written to {}/data/backups: the disk is full on {}/data/backups.",
    "backup elsewhere": "No backup can be written to {}: the disk is full on {}.",
    "import": "cannot be written: the disk is full on {}/data.",
    "sync": "cannot be used: No space left on device.",
    "run": "The folder of the run cannot be made: No space left on device",
    "restore": "cannot be written: the disk is full on {}/data.",
}


def test_every_command_says_that_the_disk_is_full_and_works_when_there_is_room(
    disk: SmallDisk, tmp_path: Path, tell: Tell
) -> None:
    command = [*disk.inside, sys.executable, "-m", "tests.stress.disks", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["reading"], "the cards can be looked at"
    assert said["left"] == [], "what could not be written as a whole is not there"
    assert set(said["full"]) == set(FULL_DISK)
    for name, words in FULL_DISK.items():
        code, _, err = said["full"][name]
        assert code == 4, name
        assert words.format(disk.place, disk.place) in err
    assert {name: code for name, (code, *_) in said["room"].items()} == dict.fromkeys(FULL_DISK, 0)
    for found in ("every page is in order", "chains of hashes are whole", "is replayed"):
        assert found in said["doctor"]
    tell(f"full disk ({disk.kind}), every command that writes", len(FULL_DISK), 0)


def test_the_board_stays_up_on_a_full_disk_and_keeps_what_is_typed(
    disk: SmallDisk, home: dict[str, str], tell: Tell
) -> None:
    data = disk.place / "data"
    making = f"from tests.tui import boards; boards.small_board(boards.Path({str(data)!r}))"
    subprocess.run([*disk.inside, sys.executable, "-c", making], check=True)
    program = [*disk.inside, sys.executable, "-m", "mlkanban"]
    with Terminal(program, env={**home, "MLKANBAN_HOME": str(data)}) as terminal:
        terminal.wait_for("calibrate probabilities", 30)
        terminal.settle()
        fill(disk.reached / "filler")
        terminal.send("nhalf a thought\r")
        terminal.wait_for("disk is full", 30)
        assert "half a thought" in terminal.text
        (disk.reached / "filler").unlink()
        terminal.send("\r")
        terminal.wait_for("added to Ideas", 30)
        terminal.send("Q")
        assert terminal.wait(30) == 0
        assert terminal.leftovers() == []
    tell(f"full disk ({disk.kind}), under the open board", 1, 0)


def test_a_disk_that_became_read_only_is_called_that(
    start: Start, disk: SmallDisk, tell: Tell
) -> None:
    job = start("read_only_disk", disk.place, before=disk.inside)
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    said = json.loads(out)
    writing, backing_up = said["said"]
    assert "cannot be written: it is mounted read-only" in writing
    assert "No backup can be written" in backing_up or "cannot be written" in backing_up
    assert "it is mounted read-only" in backing_up
    assert said["there"] == [said["first"]]
    tell(f"a disk that became read-only ({disk.kind})", 2, 0)


def test_files_that_may_not_grow_are_said_to_be_that(
    start: Start, tmp_path: Path, tell: Tell
) -> None:
    job = start("small_files", tmp_path)
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    said = json.loads(out)
    assert said["words"].startswith("StoreProblem: The store ")
    assert "files may not grow any more (ulimit -f)" in said["words"]
    assert sorted(said["there"]) == sorted(said["added"])
    assert sorted(said["then"]) == sorted([*said["added"], said["after"]])
    tell("files may not grow (RLIMIT_FSIZE), cards added until then", len(said["added"]), 0)


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """A folder that somebody who is not root can reach."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_what_may_not_be_written_is_said_and_left_alone(
    start: Start, anybodys_folder: Path, tell: Tell
) -> None:
    job = start("permissions", anybodys_folder)
    out, errors = job.communicate(timeout=60)
    assert errors == ""
    told, data = json.loads(out), anybodys_folder / "data"
    said, first = told["said"], told["first"]
    assert said["folder, reading"] == said["file, reading"] == [first]
    for name, words in {
        "folder": f"cannot be written: the folder {data} is read-only for you",
        "folder, opened anew": f"cannot be written: the folder {data} is read-only for you",
        "no store in a closed folder": f"the folder {data} is read-only for you",
        "file": f"the file {data}/board.db is read-only for you",
        "file nobody may read": f"cannot be read: the file {data}/board.db keeps you out",
        "file nobody may read, writing": f"cannot be read: the file {data}/board.db keeps you out",
        "folder nobody may enter": f"the folder {data} keeps you out",
    }.items():
        assert said[name].startswith("StoreProblem: "), name
        assert words in said[name], name
    assert said["in the end"].endswith("added to To do.")
    assert len(told["there"]) == 2
    tell("folder or file not writable, as another user", 7, 0)
