import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlkanban.service import Service
from tests.stress.checks import assert_whole
from tests.stress.conftest import Start
from tests.stress.faults import Tell
from tests.stress.sizes import size

pytestmark = pytest.mark.slow

WRITERS = size(20, 500)
STARTS = size(15, 300)
STARTS_FROM_EXEC = size(10, 200)
CUTS = size(4, 100)


def test_what_was_acknowledged_survives_a_kill(
    start: Start, service: Service, tmp_path: Path, tell: Tell
) -> None:
    job = start("writers_killed", tmp_path / "data", WRITERS, "seed")
    said, errors = job.communicate(timeout=1200)
    assert (errors, job.returncode) == ("", 0)
    *acknowledged, last = [line.split(" ") for line in said.splitlines()]
    hot = int(last[1])
    assert last[0] == "hot"
    assert hot > 0, "no kill came in the middle of a write"
    faces = {face.ref: face for face in service.boards.snapshot(service.boards.find().id).faces}
    stages = [stage.id for stage in service.boards.find().stages]
    done: dict[str, str] = {}
    for what, ref in acknowledged:
        done[ref] = what
    for ref, what in done.items():
        assert ref in faces, f"{ref} was acknowledged and is gone"
        if what != "added":
            assert faces[ref].title == f"this is {ref}"
        # The next step may have been written and not acknowledged, never the other way round.
        allowed = {"moved": stages[:2], "undone": stages[:1]}.get(what, stages[:2])
        assert faces[ref].stage in allowed
    surplus = len(faces) - len(done)
    assert 0 <= surplus <= WRITERS, "at most one unacknowledged card per kill"
    print(f"acknowledged: {len(acknowledged)}, hot journals: {hot}, surplus cards: {surplus}")
    assert_whole(service)
    tell("kill -9 of a writer", WRITERS, 0)


def test_a_start_that_is_killed_does_not_stop_the_next(
    start: Start, tmp_path: Path, tell: Tell
) -> None:
    job = start("starts_killed", tmp_path, STARTS, "seed")
    said, errors = job.communicate(timeout=1200)
    assert errors == ""
    *trouble, early = said.splitlines()
    assert trouble == []
    assert int(early.split()[1]) > 0, "no kill came before the store was open"
    print(early)
    tell("kill -9 of a first start, in its first 50 ms", STARTS, 0)


def test_a_kill_at_any_time_from_the_start_of_the_program(
    start: Start, tmp_path: Path, tell: Tell
) -> None:
    began = time.monotonic()
    whole = start("start", tmp_path / "other")
    whole.communicate("go\n", timeout=60)
    longest = time.monotonic() - began
    chance = random.Random(7)
    for number in range(STARTS_FROM_EXEC):
        data = tmp_path / str(number)
        process = start("start", data)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.5, 1) * longest)
        process.kill()
        process.communicate()
        service = Service.open(data, actor="test", clock=lambda: datetime.now(UTC))
        service.boards.create("Next", "plain", "UTC")
        assert_whole(service)
        service.close()
    tell("kill -9 of a program that starts, at any time", STARTS_FROM_EXEC, 0)


CASES = {
    "migration": "kill -9 in an update of the store",
    "backup": "kill -9 in a backup",
    "import": "kill -9 in an import",
    "rebuild": "kill -9 while tables are made anew from the log",
    "restore": "kill -9 in a restore",
    "restore-over-damage": "kill -9 in a restore over a damaged store",
    "segments": "kill -9 in an exchange with another replica",
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_cut_off_leaves_all_whole(
    start: Start, tmp_path: Path, tell: Tell, case: str
) -> None:
    job = start(case, tmp_path, CUTS, "seed", module="cutting")
    out, errors = job.communicate(timeout=1200)
    assert errors == ""
    said = json.loads(out)
    assert said["wrong"] == []
    assert said["cut"] > 0, "no kill came before the end"
    print(said)
    tell(CASES[case], CUTS, len(said["wrong"]))
