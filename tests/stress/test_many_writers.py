import subprocess
from pathlib import Path

import pytest

from mlkanban.core.names import find_stage
from mlkanban.service import Service
from tests.stress.checks import assert_whole
from tests.stress.conftest import Start
from tests.stress.faults import Tell
from tests.stress.sizes import size

pytestmark = pytest.mark.slow

PROCESSES = 8
WRITES = size(100, 500)
RACES = size(60, 1000)
STARTS = 6


def go(processes: list["subprocess.Popen[str]"]) -> None:
    """Let them all run at once."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def test_many_processes_write_and_nothing_is_lost(
    start: Start, service: Service, tmp_path: Path, tell: Tell
) -> None:
    writers = [start("write", tmp_path / "data", WRITES, f"w{n}") for n in range(PROCESSES)]
    go(writers)
    ended = [(w.communicate(timeout=300)[1], w.returncode) for w in writers]
    assert ended == [("", 0)] * PROCESSES
    counts = service._context.store.conn.execute(
        "SELECT actor, count(*) FROM event WHERE kind = 'card.created' GROUP BY actor"
    ).fetchall()
    assert sorted(counts) == [(f"w{n}", WRITES) for n in range(PROCESSES)]
    faces = service.boards.snapshot(service.boards.find().id).faces
    assert len({face.ref for face in faces}) == len(faces) == PROCESSES * WRITES
    titles = {f"w{n}-{number}" for n in range(PROCESSES) for number in range(WRITES)}
    assert {face.title for face in faces} == titles
    assert_whole(service)
    tell("8 processes write at once", PROCESSES * WRITES, PROCESSES * WRITES - len(faces))


def test_two_processes_race_for_the_last_place(
    start: Start, service: Service, tmp_path: Path, tell: Tell
) -> None:
    board = service.boards.find()
    stage = find_stage(board, "Deployment").id
    racers = [start("race", tmp_path / "data", "Deployment") for _ in range(2)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    wins = [0, 0]
    for _ in range(RACES):
        cards = [service.cards.add(board.id, "a card").cards[0].ref for _ in racers]
        for racer, ref in zip(racers, cards, strict=True):
            assert racer.stdin is not None
            racer.stdin.write(f"{ref}\n")
            racer.stdin.flush()
        said = [racer.stdout.readline().strip() for racer in racers if racer.stdout]
        assert sorted(said) == ["full", "in"]
        wins[said.index("in")] += 1
        assert service.boards.loads(board.id)[stage].total == 1
        service.cards.archive([cards[said.index("in")]])
    print(f"won: {wins}")
    assert_whole(service)
    tell("2 processes race for the last place of a stage", RACES, 0)


def test_several_first_starts_make_one_store(start: Start, tmp_path: Path, tell: Tell) -> None:
    data = tmp_path / "new"
    starters = [start("start", data) for _ in range(STARTS)]
    go(starters)
    said = [starter.communicate(timeout=60) for starter in starters]
    assert [errors for _, errors in said] == [""] * STARTS
    assert len({inode for inode, _ in said}) == 1
    assert [path.name for path in data.iterdir()] == ["board.db"]
    service = Service.open(data, actor="test", clock=lambda: pytest.fail("no"), write=False)
    assert len(service.boards.all()) == STARTS
    service.close()
    tell("6 first starts at once", STARTS, STARTS - len(said))
