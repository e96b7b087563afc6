"""What somebody at the command line meets on a full disk: `python -m tests.stress.disks FOLDER`.

FOLDER/disk is a disk of its own, a small one. Prints for each command the exit code and the words,
while the disk is full and after room was made, and what was left lying about.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from mlkanban.cli.program import run
from tests.exchange.maps import TWO_STAGES


def told(*args: str) -> tuple[int, str, str]:
    """The exit code of a command, what it said, and its errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(args)
    return code, out.getvalue(), err.getvalue()


def fill(file: Path) -> None:
    """Take all the room there is, to the last byte."""
    with file.open("wb", buffering=0) as filler:
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size):
                    pass
            with contextlib.suppress(OSError):
                os.fsync(filler.fileno())


def lying_about(data: Path) -> list[str]:
    """What is below the data folder, but for empty places and backups that count as such."""
    found = {str(path.relative_to(data)): path for path in data.rglob("*")}
    usual = {"runs", "sync", "sync/lock"} | {
        name for name in found if name.startswith("backups/board-")
    }
    return sorted(found.keys() - usual)


def main(folder: Path) -> None:
    disk = folder / "disk"
    data = disk / "data"
    os.environ |= {"MLKANBAN_HOME": str(data), "HOME": str(folder), "MLKANBAN_BOARD": "full"}
    (folder / "map.toml").write_text(TWO_STAGES)
    rows = [f"c{n},2026-01-{d:02}T10:00:00Z,{s}\n" for n in range(300)
            for d, s in ((1, "new"), (9, "closed"))]  # fmt: skip
    (folder / "log.csv").write_text("case,at,state\n" + "".join(rows))
    (disk / "place").mkdir()
    assert told("init", "Full", "--timezone", "UTC")[0] == 0
    card = json.loads(told("--json", "add", "first")[1])["data"]["id"]
    assert told("backup", "--to", str(folder / "kept.db"))[0] == 0
    assert told("add", "second")[0] == 0
    commands = {
        "add": ("add", "typed " * 200),
        "backup": ("backup",),
        "backup elsewhere": ("backup", "--to", str(disk / "copy.db")),
        "import": ("import", "events", str(folder / "log.csv"), "--map", str(folder / "map.toml")),
        "sync": ("sync", "--dir", str(disk / "place")),
        "run": ("run", card, "--", "true"),
        "restore": ("restore", str(folder / "kept.db"), "--yes"),
    }
    cards, before = told("list")[1], lying_about(data)
    fill(disk / "filler")
    full = {name: told(*command) for name, command in commands.items()}
    said = {
        "full": full,
        "reading": told("list")[1] == cards,
        "left": [name for name in lying_about(data) if name not in before],
    }
    (disk / "filler").unlink()
    said["room"] = {name: told(*command) for name, command in commands.items()}
    said["doctor"] = told("doctor", "--deep")[1]
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
