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


def study(path: Path, trials: int, card: str = "") -> Path:
    """A database of Optuna 5 with one study, "lr search": of its trials the first is the best."""
    conn = sqlite3.connect(path)
    conn.executescript(
        """
        CREATE TABLE studies (study_id, study_name);
        CREATE TABLE study_directions (study_id, direction, objective);
        CREATE TABLE study_user_attributes (study_id, key, value_json);
        CREATE TABLE trials (trial_id, number, study_id, state, datetime_start, datetime_complete);
        CREATE TABLE trial_values (trial_id, objective, value);
        CREATE TABLE trial_params (trial_id, param_name, param_value, distribution_json);
        CREATE TABLE trial_user_attributes (trial_id, key, value_json);
        CREATE TABLE version_info (library_version);
        INSERT INTO studies VALUES (1, 'lr search');
        INSERT INTO study_directions VALUES (1, 'MAXIMIZE', 0);
        INSERT INTO version_info VALUES ('5.0.0');
        """
    )
    if card:
        tag = (1, "mlkanban.card", f'"{card}"')
        conn.execute("INSERT INTO study_user_attributes VALUES (?, ?, ?)", tag)
    for n in range(trials):
        at = f"2026-03-0{1 + n // 86400} {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000000"
        conn.execute("INSERT INTO trials VALUES (?, ?, 1, 'COMPLETE', ?, ?)", (n, n, at, at))
        conn.execute("INSERT INTO trial_values VALUES (?, 0, ?)", (n, 0.95 - n / 100_000))
        for name, value in (("lr", 1e-5 * (n + 1)), ("dropout", 0.1 * (n % 5))):
            conn.execute("INSERT INTO trial_params VALUES (?, ?, ?, '')", (n, name, value))
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
