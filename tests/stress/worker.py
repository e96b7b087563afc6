"""The processes of the stress tests: `python -m tests.stress.worker JOB FOLDER ...`.

A job says "ready" when all is imported, then waits for a line, so that several start at once.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.board import Outcome
from mlkanban.core.names import find_stage
from mlkanban.errors import LimitReached, MlkanbanError
from mlkanban.service import Service
from mlkanban.service.transaction import load_what_writing_needs


def say(*words: object) -> None:
    """Write a line at once: a kill comes before it or after it."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def ready() -> None:
    say("ready")
    sys.stdin.readline()


def opened(folder: Path, actor: str = "") -> Service:
    return Service.open(folder, actor=actor or str(os.getpid()), clock=lambda: datetime.now(UTC))


def write(folder: Path, count: str, actor: str) -> None:
    """Write `count` cards, as fast as it goes, from the first look at the store."""
    ready()
    service = opened(folder, actor)
    board = service.boards.find()
    for number in range(int(count)):
        service.cards.add(board.id, f"{actor}-{number}")
    service.close()


def start(folder: Path) -> None:
    """Open a store that is perhaps not there yet, and write one event."""
    ready()
    service = opened(folder)
    service.boards.create(f"board {os.getpid()}", "plain", "UTC")
    say(service.path.stat().st_ino)
    service.close()


def race(folder: Path, stage: str) -> None:
    """Try to move each card named on standard input to the stage; say how it went."""
    service = opened(folder)
    stage_id = find_stage(service.boards.find(), stage).id
    say("ready")
    for line in sys.stdin:
        try:
            service.cards.move([line.strip()], stage_id)
            say("in")
        except LimitReached:
            say("full")


# Kills: the job forks from a process that has imported everything but opened nothing.


def killed(work: Callable[[], None], seconds: float) -> bool:
    """Whether `work` was cut off by a kill -9 that came after `seconds`."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def writers_killed(folder: Path, rounds: str, seed: str) -> None:
    """Writers that are killed one after the other; they print what was acknowledged.

    At the end: how many left a journal that the next one had to roll back.
    """
    chance, hot = random.Random(seed), 0

    def work() -> None:
        service = opened(folder, "writer")
        board = service.boards.find()
        ready_stage = board.stages[1].id
        while True:
            [card] = service.cards.add(board.id, "a card").cards
            say("added", card.ref)
            service.cards.edit([card.ref], {"title": f"this is {card.ref}"})
            say("edited", card.ref)
            service.cards.move([card.ref], ready_stage, override="stress")
            say("moved", card.ref)
            service.undoing.undo(board.id)
            say("undone", card.ref)

    load_what_writing_needs()  # else the short lives of the writers would be spent on it
    for _ in range(int(rounds)):
        killed(work, chance.uniform(0.005, 0.08))
        hot += (folder / "board.db-journal").exists()
    say("hot", hot)


def starts_killed(folder: Path, rounds: str, seed: str) -> None:
    """First starts that are killed within 50 ms; after each, the next start must work.

    Prints how many were cut off before their store was open, and every trouble of a next start.
    """
    chance, early = random.Random(seed), 0
    for number in range(int(rounds)):
        data = folder / str(number)
        telling, told = os.pipe()

        def work(data: Path = data, told: int = told) -> None:
            opened(data).close()
            os.write(told, b"open")
            time.sleep(1)

        # Squared: most of the kills come where the work is, in the first milliseconds.
        killed(work, 0.05 * chance.random() ** 2)
        os.close(told)
        early += os.read(telling, 4) != b"open"
        os.close(telling)
        next_start(data)
    say("early", early)


def next_start(data: Path) -> None:
    child = os.fork()
    if not child:
        try:
            service = opened(data)
            service.boards.create("Next", "plain", "UTC")
            seen = [path.name for path in data.iterdir() if not path.name.startswith(".")]
            if seen != ["board.db"]:
                raise MlkanbanError(f"there is more than the store: {seen}")
        except BaseException as error:
            say("trouble", data.name, type(error).__name__, error)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


# Disks and permissions


def adds_until_refused(service: Service, board: str, most: int = 2000) -> tuple[list[str], str]:
    """The cards acknowledged, and the words of the refusal."""
    added: list[str] = []
    for _ in range(most):
        try:
            added.append(service.cards.add(board, "x" * 2000).cards[0].ref)
        except MlkanbanError as error:
            return added, f"{type(error).__name__}: {error}"
    return added, "never refused"


def refs(folder: Path) -> list[str]:
    service = Service.open(folder, actor="reader", clock=lambda: datetime.now(UTC), write=False)
    found = [face.ref for face in service.boards.snapshot(service.boards.find().id).faces]
    service.close()
    return found


def full_disk(disk: Path) -> None:
    """Write on a small disk until it is full, then make room and go on."""
    folder, filler = disk / "data", disk / "filler"
    service = opened(folder)
    board = service.boards.create("Full", "plain", "UTC").id
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    filler.write_bytes(b"\0" * (free - 200_000))
    added, words = adds_until_refused(service, board)
    again = adds_until_refused(service, board, 1)[1]
    there = refs(folder)
    with filler.open("r+b") as file:
        file.truncate(0)
    after = [service.cards.add(board, "after").cards[0].ref for _ in range(3)]
    service.cards.finish([after[0]], Outcome.SHIPPED)
    fresh = disk / "fresh"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    try:
        opened(fresh)
        first_start = "worked"
    except MlkanbanError as error:
        first_start = f"{type(error).__name__}: {error}"
    left = sorted(path.name for path in fresh.glob("*"))
    print(
        json.dumps(
            {
                "added": added, "words": words, "again": again, "there": there, "after": after,
                "then": refs(folder), "first_start": first_start, "left": left,
            }
        )
    )  # fmt: skip


def permissions(folder: Path) -> None:
    """Meet a store and folders that may not be written, as somebody who is not root."""
    warm = opened(folder / "warm")  # imports everything while everything can be read
    board = warm.boards.create("Warm", "plain", "UTC").id
    warm.cards.add(board, "x")
    warm.close()
    data = folder / "data"
    for place in (folder, data):
        place.mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(place, 65534, 65534)
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    service = opened(data)
    board = service.boards.create("Mine", "plain", "UTC").id
    [first], _ = adds_until_refused(service, board, 1)
    said: dict[str, object] = {}

    def tried(name: str, what: Callable[[], object]) -> None:
        try:
            said[name] = what()
        except MlkanbanError as error:
            said[name] = f"{type(error).__name__}: {error}"

    file = data / "board.db"
    data.chmod(0o500)
    tried("folder", lambda: adds_until_refused(service, board, 1)[1])
    tried("folder, opened anew", lambda: adds_until_refused(opened(data), board, 1)[1])
    tried("folder, reading", lambda: refs(data))
    tried("no store in a closed folder", lambda: opened(data / "new"))
    data.chmod(0o700)
    file.chmod(0o400)
    tried("file", lambda: adds_until_refused(opened(data), board, 1)[1])
    tried("file, reading", lambda: refs(data))
    file.chmod(0o000)
    tried("file nobody may read", lambda: refs(data))
    tried("file nobody may read, writing", lambda: opened(data))
    file.chmod(0o600)
    data.chmod(0o000)
    tried("folder nobody may enter", lambda: refs(data))
    data.chmod(0o700)
    tried("in the end", lambda: service.cards.add(board, "y").message)
    print(json.dumps({"first": first, "said": said, "there": refs(data)}))


def small_files(folder: Path) -> None:
    """Write until files may not grow any more, as `ulimit -f` and some quotas have it."""
    import resource

    service = opened(folder)
    board = service.boards.create("Small", "plain", "UTC").id
    most = service.path.stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    added, words = adds_until_refused(service, board)
    there = refs(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = service.cards.add(board, "after").cards[0].ref
    print(json.dumps({"added": added, "words": words, "there": there, "then": refs(folder),
                      "after": after}))  # fmt: skip


def read_only_disk(disk: Path) -> None:
    """Meet a disk that became read-only, as one does after an error, and backups on it."""
    import subprocess

    folder = disk / "data"
    service = opened(folder)
    board = service.boards.create("Still", "plain", "UTC").id
    [first], _ = adds_until_refused(service, board, 1)
    service.close()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    service = opened(folder)
    said = [adds_until_refused(service, board, 1)[1]]
    try:
        service.backups.make()
    except MlkanbanError as error:
        said.append(str(error))
    print(json.dumps({"first": first, "said": said, "there": refs(folder)}))


JOBS = (
    read_only_disk,
    write, start, race, writers_killed, starts_killed, full_disk, permissions, small_files,
)  # fmt: skip

if __name__ == "__main__":
    {job.__name__: job for job in JOBS}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
