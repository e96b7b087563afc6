import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlkanban.service import Service
from tests.stress import faults

ROOT = Path(__file__).parents[2]

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a job of the worker; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start_one(
        job: str, *given: object, before: tuple[str, ...] = (), module: str = "worker"
    ) -> "subprocess.Popen[str]":
        command = [*before, sys.executable, "-m", f"tests.stress.{module}", job, *map(str, given)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        return process

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A store with a plain board, open in this process too."""
    service = Service.open(tmp_path / "data", actor="test", clock=lambda: datetime.now(UTC))
    service.boards.create("Stress", "ml", "UTC")
    yield service
    service.close()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> faults.Tell:
    """Tell how often a fault was tried and how much was lost, for the table of faults."""

    def told(fault: str, tries: int, lost: int) -> None:
        assert lost == 0
        record_property(faults.NAME, faults.row(fault, tries, lost))

    return told
