"""The files that `make_fixtures.py` made with the real tools, put where a test wants them."""

import gzip
import hashlib
import shutil
import sqlite3
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"


def database(tool: str, path: Path, card: str = "t1") -> Path:
    """A database as that tool wrote it, with the tagged run tagged with `card`."""
    text = gzip.decompress((FIXTURES / f"{tool}.sql.gz").read_bytes()).decode()
    conn = sqlite3.connect(path)
    conn.executescript(text)
    tags = "tags SET value" if tool.startswith("m") else "trial_user_attributes SET value_json"
    value = card if tool.startswith("m") else f'"{card}"'
    conn.execute(f"UPDATE {tags} = ? WHERE key = 'mlkanban.card'", (value,))
    conn.commit()
    conn.close()
    return path


def folder(path: Path) -> Path:
    """A folder of files as MLflow 2.22 wrote it."""
    shutil.copytree(FIXTURES / "m2-mlruns", path)
    return path


def logs(path: Path, tool: str = "tb", end: str = "1") -> Path:
    """A folder with an event file as `tool` wrote it."""
    path.mkdir(parents=True, exist_ok=True)
    whole = gzip.decompress((FIXTURES / f"{tool}.tfevents.gz").read_bytes())
    (path / f"events.out.tfevents.{end}").write_bytes(whole)
    return path


WANDB_RUNS = sorted(FIXTURES.glob("offline-run-*.json"))
"""What the real wandb printed of a run that finished, one that failed, and one that was killed."""


def wandb(path: Path, bin: Path, answer: str = 'cat "$5.json"') -> Path:
    """A folder as W&B leaves it, and in `bin` a program that answers as the real one did."""
    for printed in WANDB_RUNS:
        run = path / printed.stem
        run.mkdir(parents=True)
        (run / f"run-{run.name[-8:]}.wandb").touch()
        shutil.copy(printed, path)
    bin.mkdir(exist_ok=True)
    program = bin / "wandb"
    want = '[ "$*" = "leet inspect --summary --json $5" ] || exit 2'
    program.write_text(f"#!/bin/sh\n{want}\n{answer}\n")
    program.chmod(0o755)
    return path


def state(path: Path) -> dict[str, tuple[str, int]]:
    """What is in the files below a folder, and when they were written."""
    return {
        str(file): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
