"""Writes a store with today's mlkanban, or with another one, for tests of all later versions.

    python -m tests.store.golden.make [CHECKOUT [MORE]]

makes a folder in `stores/` with the store and what the program that wrote it says of it; MORE is
added to its name. A release adds one (`make golden`); what is there is never written again.
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STORES = HERE / "stores"
ROOT = HERE.parents[2]

ODD = "cfg[lr=3e-4] \x1b]52;c;QQ==\x07 \u202e 异常检测 👩‍👩‍👧"
STORY = [
    ["init", "Fraud", "--template", "ml", "--timezone", "Europe/Rome"],
    ["stages", "limit", "Training", "1", "--unattended", "2"],
    ["stages", "add", "Labelling"],
    ["stages", "rename", "Evaluation", "Évaluation [x]"],
    ["add", "logistic", "baseline", "--type", "experiment", "--tag", "gpu", "--tag", "größe"],
    ["edit", "l1", "--priority", "high", "--class", "fixed-date", "--due", "2031-04-01"],
    ["edit", "l1", "--metric", "auc>=0.9", "--baseline", "0.85", "--noise", "0.01"],
    ["edit", "l1", "--hypothesis", "Weights HELP", "--dataset", "s3://fraud/2026-02"],
    ["edit", "l1", "--checklist", "look for leakage", "--checklist", "seeds"],
    ["edit", "l1", "--link", "https://example.org/a?b=c#d"],
    ["note", "l1", "two\nlines\tand a tab"],
    ["add", "clean labels", "--type", "data", "--stage", "Ready", "--note", "first"],
    ["add", ODD, "--needs", "l2", "--parent", "l1"],
    ["add", "drift of the model in use", "--type", "monitoring"],
    ["add", "small model", "--type", "model"],
    ["add", "an idea that goes"],
    ["move", "l1", "Data prep"],
    ["move", "l2", "Data prep"],
    ["block", "l2", "--reason", "labelling", "--note", "waits for Eve", "--until", "card:l1"],
    ["move", "l3", "Features"],
    ["unblock", "l2"],
    ["block", "l3", "--reason", "data-access"],
    ["move", "l1", "Training"],
    ["move", "l2", "Training", "--override", "the paper is due"],
    ["edit", "l4", "--title", "drift", "--work", "waiting"],
    ["undo"],
    ["redo"],
    ["note", "l1", "said too much"],
    ["undo"],
    ["archive", "l6"],
    ["done", "l5", "--outcome", "superseded", "--verdict", "the baseline is enough"],
    ["done", "l2", "--outcome", "shipped"],
    ["archive", "l5"],
    ["archive", "l5", "--restore"],
    ["add", "a list with a gate", "--template", "experiment"],
    ["snooze", "l4", "--until", "2031-05-01"],
    ["charter", "set", "scope", "Fewer false alarms"],
    ["views", "--save", "mine", "-q", "tag:gpu"],
    ["edit", "l1", "--worth", "3/5"],
    ["edit", "l3", "--lineage", "ablation-of:l1"],
    ["edit", "l1", "--tick", "1"],
    ["alert", "l2", "--metric", "psi=0.31", "--threshold", ">0.2"],
    ["run", "l1", "--no-env", "--", "sh", "-c", "echo mlkanban: auc=0.91"],
    ["runs", "l1"],
    ["init", "Second board", "--template", "plain", "--timezone", "UTC"],
    ["--board", "second", "add", "on the other board"],
]
"""A store with a bit of everything; a program passes over what it does not know yet."""

QUESTIONS = [
    ["boards"],
    *(["--board", board, *rest] for board in ("fraud", "second") for rest in (
        ["stages"], ["list", "--all"], ["history"], ["views"], ["charter"], ["runs"],
    )),
    *(["show", f"l{number}"] for number in range(1, 9)),
]  # fmt: skip


def play(
    checkout: Path, home: Path, lines: Sequence[Sequence[str]], at: str, hours: float = 0
) -> list[tuple[int, str, str]]:
    """What the program in a checkout answers to command lines: exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-P", HERE / "play.py"],
        input=json.dumps({"lines": lines, "at": at, "hours": hours}),
        env={
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(checkout),
            "HOME": str(home), "MLKANBAN_HOME": str(home), "LOGNAME": "ada",
        },
        cwd=home, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


def ask(
    checkout: Path, home: Path, questions: Sequence[Sequence[str]], at: str
) -> list[tuple[list[str], Any]]:
    """The questions that a program knows, with the data of its answers."""
    answers = play(checkout, home, [["--json", *question] for question in questions], at)
    return [
        (list(question), json.loads(out)["data"])
        for question, (code, out, _) in zip(questions, answers, strict=True)
        if code == 0
    ]


def make(checkout: Path, more: str = "") -> Path:
    """Write one golden store, named after the program and the shape of its stores; the folder."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        for line, (code, _, err) in zip(
            STORY, play(checkout, home, STORY, at, hours=6), strict=True
        ):
            if code:
                print(f"{' '.join(line)!r}: {err.strip()}")
        said = ask(checkout, home, QUESTIONS, at)
        [[version]] = [data.values() for _, data in ask(checkout, home, [["--version"]], at)]
        path = home / "board.db"
        conn = sqlite3.connect(path)
        conn.execute("UPDATE replica SET machine = 'none', path = '/nowhere', inode = '0'")
        conn.commit()
        conn.execute("VACUUM")
        (schema,) = conn.execute("PRAGMA user_version").fetchone()
        conn.close()
        folder = STORES / f"{version}-schema-{schema}{more}"
        folder.mkdir(parents=True)
        (folder / "board.db.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in said)
    (folder / "said.json").write_text(f'{{"at": "{at}", "said": [\n{lines}\n]}}\n')
    return folder


if __name__ == "__main__":
    print(make(Path(sys.argv[1]) if sys.argv[1:] else ROOT, *sys.argv[2:3]))
