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

Each row is a fault, how often it was tried, and how many acknowledged changes were lost, files
damaged or sentences missing after it. `make faults` tries them all and writes this file; `make
test` tries each of them a few times. Measured with Python {python} and SQLite {sqlite}.

| fault | tries | lost | test |
|---|---:|---:|---|
"""


def row(fault: str, tries: int, lost: int) -> str:
    return json.dumps([fault, tries, lost])


def written(report: Path) -> str:
    """FAULTS.md of a report; ValueError when a test did not pass."""
    lines = []
    for case in ElementTree.parse(report).iter("testcase"):
        test = f"{case.get('classname', '').split('.')[-1]}::{case.get('name', '').split('[')[0]}"
        for outcome in ("failure", "error", "skipped"):
            if (found := case.find(outcome)) is not None:
                raise ValueError(f"{test}: {outcome}: {found.get('message')}")
        for told in case.iter("property"):
            if told.get("name") == NAME:
                fault, tries, lost = json.loads(told.get("value", ""))
                lines.append(f"| {fault} | {tries:,} | {lost:,} | `{test}` |\n")
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return _HEAD.format(**versions) + "".join(lines)


if __name__ == "__main__":
    TABLE.write_text(written(Path(sys.argv[1])), encoding="utf-8")
