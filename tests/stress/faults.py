"""The table of faults: tests tell what they tried and what was lost, `make faults` writes it.

`python -m tests.stress.faults REPORT` turns the JUnit report of a run into FAULTS.md.
"""

import json
import platform
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

TABLE = Path(__file__).with_name("FAULTS.md")
NAME = "fault"
"""The property of a test's report that holds a row."""

Tell = Callable[[str, int, int], None]

_HEAD = """\
# Faults, tried

Each row is a fault, how often it was tried, and after how many tries an acknowledged change was
lost, a file was damaged, or the sentence that says what to do was missing. `make faults` tries them
all and writes this file; `make test` tries each of them a few times, and fails when a row is
missing. Measured on Linux with Python {python} and SQLite {sqlite}.

With the settings that SQLite has by itself (`synchronous=FULL`) the simulated power cuts do lose
acknowledged changes; a test sees to it that they would be found.

| fault | tries | lost | test |
|---|---:|---:|---|
"""


def row(fault: str, tries: int, lost: int) -> str:
    return json.dumps([fault, tries, lost])


def written(report: Path) -> str:
    """FAULTS.md of a report, in which every test passed."""
    rows = []
    for case in ElementTree.parse(report).iter("testcase"):
        test = f"{case.get('classname', '').split('.')[-1]}::{case.get('name', '').split('[')[0]}"
        for outcome in ("failure", "error", "skipped"):
            if (found := case.find(outcome)) is not None:
                raise SystemExit(f"No table: {test}: {outcome}: {found.get('message')}")
        for told in case.iter("property"):
            if told.get("name") == NAME:
                rows.append((test, *json.loads(told.get("value", ""))))
    lines = [
        f"| {fault} | {tries:,} | {lost:,} | `{test}` |\n"
        for test, fault, tries, lost in sorted(rows)
    ]
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return _HEAD.format(**versions) + "".join(lines)


if __name__ == "__main__":
    TABLE.write_text(written(Path(sys.argv[1])), encoding="utf-8")
