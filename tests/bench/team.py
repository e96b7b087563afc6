"""A team at work at once over one PostgreSQL server: does everybody come to the same boards, is
anything lost, how soon do others see a change, how many bytes does it cost?

    PYTHONPATH=. python tests/bench/team.py [PEOPLE [ACTIONS [limits]]]

Each person is a process with a store of its own. The second one works offline until all others are
done, the third one is killed in the middle and goes on, and the server crashes once and is started
again. With `limits` those of the board hold for the whole team at once. How long moves take, which
ask for a slot, is measured in both cases.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from mlkanban.errors import RuleRefused, StoreProblem
from mlkanban.sync.transports.postgresql import PostgreSQL
from mlkanban.sync.transports.turns import take_turn
from tests.service.exchanging import shown
from tests.service.people import Person
from tests.sync.postgres import Server, missing
from tests.sync.proxy import Proxy

OFFLINE, KILLED = 1, 2
PAUSE_SECONDS = 0.5
"""The longest pause between two actions of a person."""


def main() -> None:
    given = [arg for arg in sys.argv[1:] if arg != "limits"]
    people, actions = (*map(int, given), *(10, 200)[len(given) :])
    if why := missing():
        sys.exit(f"PostgreSQL cannot be started: {why}")
    folder = Path(tempfile.mkdtemp(prefix="mlkanban-team-"))
    folder.chmod(0o755)
    server = Server(folder / "server")
    try:
        server.start()
        run(folder, server, people, actions)
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop("immediate")
        shutil.rmtree(folder)


def run(folder: Path, server: Server, people: int, actions: int) -> None:
    names = [f"p{number}" for number in range(people)]
    for name in names:
        server.sql("postgres", f"CREATE ROLE {name} LOGIN")
    server.database("board", names[0])
    with Proxy(server.port) as line:
        first = PostgreSQL(server.address("board", names[0]))
        first.prepare(names[1:])
        somebody = person(folder, names[0])
        somebody.starts("plain")
        somebody.boards.edit(somebody.board_id, {"team_limits": "limits" in sys.argv})
        somebody.adds(*map(str, range(20)))
        somebody.service.sync.exchange(first)
        somebody.service.close()
        addresses = [server.address("board", name, line.port) for name in names]
        began = time.monotonic()
        processes = [
            start(folder, name, address, actions, offline=number == OFFLINE)
            for number, (name, address) in enumerate(zip(names, addresses, strict=True))
        ]
        others = [number for number in range(people) if number not in (OFFLINE, KILLED)]
        until(lambda: all(done(folder, names[number]) > actions // 3 for number in others))
        if people > KILLED:
            processes[KILLED].send_signal(signal.SIGKILL)
            processes[KILLED].wait()
            processes[KILLED] = start(folder, names[KILLED], addresses[KILLED], actions)
        until(lambda: all(done(folder, names[number]) > actions // 2 for number in others))
        server.stop("immediate")
        server.start()
        for number, process in enumerate(processes):
            if number != OFFLINE:
                process.wait()
        (folder / "online").touch()
        for process in processes:
            assert process.wait() == 0
        took = time.monotonic() - began
        for _ in range(2):
            for name, address in zip(names, addresses, strict=True):
                one = person(folder, name)
                one.service.sync.exchange(PostgreSQL(address))
                one.service.close()
        report(folder, server, names, took, line)


def report(folder: Path, server: Server, names: list[str], took: float, line: Proxy) -> None:
    written: dict[str, float] = {}
    delays: list[float] = []
    refused = failed = 0
    alone: set[str] = set()
    for number, name in enumerate(names):
        own = {e["id"]: e["at"] for e in log(folder, name) if e["what"] == "wrote"}
        written |= own
        alone |= own.keys() if number == OFFLINE else set()
        refused += sum(e["what"] == "refused" for e in log(folder, name))
        failed += sum(e["what"] == "failed" for e in log(folder, name))
    counted = written.keys() - alone
    online = [name for number, name in enumerate(names) if number != OFFLINE]
    for name in online:
        delays += [
            entry["at"] - written[entry["id"]]
            for entry in log(folder, name)
            if entry["what"] == "took" and entry["id"] in counted
        ]
    moves = [e["seconds"] for name in online for e in log(folder, name) if e["what"] == "moved"]
    by_themselves = sum(e["what"] == "alone" for name in names for e in log(folder, name))
    boards, events = [], set(written)
    for name in names:
        one = person(folder, name)
        there = {row[0] for row in one.service._context.store.conn.execute("SELECT id FROM event")}
        assert events <= there, f"{name} lacks {len(events - there)} of {len(events)}"
        boards.append(shown(one))
        one.service.close()
    assert all(board == boards[0] for board in boards), "the boards differ"
    late = sum(delay > 1 for delay in delays) / len(delays)
    cuts = quantiles(delays, n=100)
    size = server.sql("board", "SELECT pg_total_relation_size('mlkanban.event')")
    count = int(server.sql("board", "SELECT count(*) FROM mlkanban.event"))
    print(
        f"{len(names)} people, {len(written)} acknowledged events ({len(alone)} of them offline), "
        f"{refused} actions refused by rules, {failed} exchanges failed, {took:.0f} s\n"
        f"all boards equal, nothing lost\n"
        f"others' changes: n = {len(delays)}, median {median(delays):.2f} s, "
        f"90 % {cuts[89]:.2f} s, 99 % {cuts[98]:.2f} s, {late:.1%} after more than 1 s "
        "(what was written without a server is in it, not what was written or read offline)\n"
        f"moves: n = {len(moves)}, median {1000 * median(moves):.0f} ms, "
        f"90 % {1000 * quantiles(moves, n=10)[8]:.0f} ms; {by_themselves} checked limits alone\n"
        f"bytes: {line.sent / count:,.0f} sent and {line.received / count:,.0f} received per event "
        f"by all together; table and index {int(size) / count:,.0f} per event; load {load()}"
    )


def load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def start(
    folder: Path, name: str, address: str, actions: int, *, offline: bool = False
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, "--person", str(folder), name, address, str(actions),
         str(int(offline))]
    )  # fmt: skip


def person(folder: Path, name: str) -> Person:
    clock = lambda: datetime.now(UTC)  # noqa: E731
    made = Person(folder / name, name, clock, take_turn=take_turn)  # type: ignore[arg-type]
    if boards := made.boards.all():
        made.board_id = boards[0].id
    return made


def log(folder: Path, name: str) -> list[dict[str, Any]]:
    with suppress(FileNotFoundError):
        lines = (folder / f"{name}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]
    return []


def done(folder: Path, name: str) -> int:
    return sum(entry["what"] == "acted" for entry in log(folder, name))


def until(holds) -> None:
    while not holds():
        time.sleep(0.5)


class Worker:
    """One person: acts, sends, and takes in when the database calls."""

    def __init__(self, folder: Path, name: str, address: str) -> None:
        self.folder, self.name = folder, name
        self.way = PostgreSQL(address, stays=True)
        self.one = person(folder, name)
        self.chance = random.Random(f"{name} {os.getpid()}")
        self.wake, _ = os.pipe()
        beside = self.one.service.path.parent / "sync"
        beside.mkdir(exist_ok=True)
        beside.joinpath("remote").write_text(address)
        self.file = (folder / f"{name}.log").open("a", buffering=1)
        self.seen = self.cursor()

    def note(self, what: str, **fields: object) -> None:
        self.file.write(json.dumps({"what": what, "at": time.time(), **fields}) + "\n")

    def cursor(self) -> int:
        return int(self.one.service.boards.cursor())

    def new(self, what: str) -> None:
        conn = self.one.service._context.store.conn
        rows = conn.execute("SELECT seq, id FROM event WHERE seq > ?", [self.seen]).fetchall()
        for seq, event in rows:
            self.seen = max(self.seen, seq)
            self.note(what, id=event)

    def exchange(self) -> None:
        try:
            report = self.one.service.sync.exchange(self.way)
        except StoreProblem as error:
            self.note("failed", text=str(error))
        else:
            self.new("took")
            for notice in report.notices:
                self.note("notice", text=notice)

    def act(self) -> None:
        one, chance = self.one, self.chance
        try:
            refs = [face.ref for face in one.boards.snapshot(one.board_id).faces]
            kind = chance.random()
            if kind < 0.2 or not refs:
                one.adds(f"{self.name} {chance.random()}")
            elif kind < 0.6:
                ref, to = chance.choice(refs), chance.choice(one.board.stages).name
                began = time.monotonic()
                try:
                    one.moves(ref, to=to)
                finally:
                    self.note("moved", seconds=time.monotonic() - began)
            else:
                one.cards.edit([chance.choice(refs)], {"title": f"{self.name} {chance.random()}"})
        except (RuleRefused, StoreProblem):
            self.note("refused")
        for notice in one.service.take_notices():
            self.note("alone" if "this machine alone" in notice else "notice", text=notice)
        self.new("wrote")
        self.note("acted")

    def listen(self, seconds: float) -> None:
        """Take in what comes, for some time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.way.wait(self.wake, left)
            if self.way.heard or self.way.closed:
                self.exchange()
                if self.way.closed:
                    time.sleep(min(left, 0.2))


def work(folder: Path, name: str, address: str, actions: int, *, offline: bool) -> None:
    worker = Worker(folder, name, address)
    worker.exchange()
    worker.one = person(folder, name)
    if offline:
        worker.way.close()
        (worker.one.service.path.parent / "sync" / "remote").unlink()
    for _ in range(done(folder, name), actions):
        worker.act()
        if offline:
            time.sleep(worker.chance.random() * PAUSE_SECONDS)
        else:
            worker.exchange()
            worker.listen(worker.chance.random() * PAUSE_SECONDS)
    while offline and not (folder / "online").exists():
        time.sleep(0.2)
    while worker.way.closed:
        worker.exchange()
    worker.exchange()
    worker.way.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--person"]:
        where, who, address, actions, offline = sys.argv[2:]
        with suppress(KeyboardInterrupt):
            work(Path(where), who, address, int(actions), offline=bool(int(offline)))
    else:
        main()
