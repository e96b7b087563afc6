from collections.abc import Iterator

import pytest

from tests.runs.jobs import Job
from tests.runs.queue.queues import Queue
from tests.stress.conftest import tell

__all__ = ["queue", "tell"]


@pytest.fixture
def queue(job: Job) -> Iterator[Queue]:
    """A board with two slots for runs, and what waits for them; at the end all of it is killed."""
    job.mlk("stages", "limit", "Training", "9", "--unattended", "2")
    made = Queue(job)
    yield made
    made.clean()
