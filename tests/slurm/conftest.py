import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.jobs import Job
from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real SLURM of one node; without its packages these tests are skipped."""
    if why := missing():
        pytest.skip(f"SLURM cannot be started: {why}")
    # One at a time, however many workers run these tests: a host is one node.
    with Path(tempfile.gettempdir(), "mlkanban-test-slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Cluster(tmp_path_factory.mktemp("slurm"))
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def job(cluster: Cluster, home: dict[str, str], tmp_path: Path) -> Iterator[Job]:
    """Somebody with one card, on a host where jobs are submitted."""
    made = Job(
        home | cluster.env | {"PATH": f"{cluster.env['PATH']}:{os.environ['PATH']}"}, tmp_path
    )
    made.mlk("stages", "limit", "Training", "none", "--unattended", "9")
    yield made
    made.clean()
