import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlkanban.service import Service
from tests.stress import faults
from tests.stress.sizes import FULL

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
        if not FULL:
            assert f"| {fault} |" in faults.TABLE.read_text(), "not in the table: make faults"

    return told


@dataclass(frozen=True)
class SmallDisk:
    """A disk of a few megabytes that only the processes of `inside` see at `place`, and everybody
    at `reached`. It is gone with the process that holds it."""

    kind: str
    place: Path
    reached: Path
    inside: tuple[str, ...]


@contextmanager
def small_disk(kind: str, folder: Path) -> Iterator[SmallDisk]:
    """A disk of a kind, `tmpfs` or `ext4`; skips where none can be mounted."""
    place, image = folder / "disk", folder / "image"
    place.mkdir()
    mount = f"mount -t tmpfs -o size=6m none {place}"
    if kind == "ext4":
        mount = f"truncate -s 6m {image} && mkfs.ext4 -q -F -m 0 {image} && "
        mount += f"mount -o loop {image} {place}"
    holder = subprocess.Popen(
        ["/bin/sh", "-c", f"exec unshare --mount sh -c '{mount} && echo ready && exec cat'"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"no {kind} can be mounted here: {holder.communicate()[1].strip()}")
        go, there = f'cd {ROOT} && exec "$@"', f"/proc/{holder.pid}"
        # In a chroot the root of the mounts is not the root that is meant.
        inside = (
            "nsenter", f"--mount={there}/ns/mnt", f"--root={there}/root", f"--wd={there}/cwd",
            "sh", "-c", go, "sh",
        )  # fmt: skip
        yield SmallDisk(kind, place, Path(f"/proc/{holder.pid}/root{place}"), inside)
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(request.param, tmp_path) as made:
        yield made
