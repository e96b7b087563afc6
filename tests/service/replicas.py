"""Three replicas with clocks of their own that do and exchange anything in any order."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from mlkanban.core.board import BlockReason
from mlkanban.core.events import Change
from mlkanban.errors import MlkanbanError
from mlkanban.exchange.event_log import EventLog, read_log
from mlkanban.exchange.event_map import read_map
from mlkanban.service import Service, restore
from mlkanban.store import log, migrations
from mlkanban.sync.transports.folder import Folder
from tests.exchange.maps import TWO_STAGES
from tests.service.exchanging import files, meet, shown
from tests.service.killing import killed
from tests.service.people import START, Clock, Person

# A power cut is no part of this, and nothing has to wait for a disk there.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
WHO = st.integers(0, 2)
WHERE = st.integers(0, 1)
WHAT = st.sampled_from(
    ("add", "title", "tag", "untag", "move", "note", "block", "archive", "bring back", "undo",
     "redo", "rename the stage", "settle")
)  # fmt: skip
CARD = st.integers(0, 3)
NUMBER = st.integers(0, 3)
ROWS = st.integers(1, 4)
KILL = st.integers(1, 120)
LINES = (
    "case,at,state", "a,2026-01-01T08:00:00Z,new", "b,2026-01-02T08:00:00Z,new",
    "a,2026-01-03T08:00:00Z,closed", "c,2026-01-04T08:00:00Z,new",
)  # fmt: skip


class Replicas(RuleBasedStateMachine):
    """Three stores with clocks of their own that meet now and then, each with some of the others.

    What somebody does is seen at once; what a killed process began is not there at all. Whatever
    they did, when everybody has met everybody their boards are the same, nothing that was on one
    of them is lost, and the tables are those that the whole log makes anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self._root = root = Path(self._folder.name)
        self.places = [root / "one", root / "two"]
        for made in self.places:
            made.mkdir()
        self.people = [
            Person(root / name, name, Clock(START + timedelta(minutes=skew)))
            for name, skew in (("ada", 0), ("bob", -600), ("cy", 45))
        ]
        self.people[0].starts("plain")
        self.people[0].adds("one", "two", tags=["x"])
        for person in self.people:
            person.board_id = self.people[0].board_id
        meet(self.places[0], *self.people)
        self.backups: list[list[Path]] = [[], [], []]
        self.late: dict[Path, bytes] = {}

    @rule(deeds=st.lists(st.tuples(WHO, WHAT, CARD, NUMBER), min_size=1, max_size=6))
    def act(self, deeds: list[tuple[int, str, int, int]]) -> None:
        for deed in deeds:
            self._acts(*deed)

    def _acts(self, who: int, what: str, card: int, number: int) -> None:
        person = self.people[who]
        person.clock.now -= timedelta(seconds=20 * number)
        refs = sorted(f.ref for f in person.boards.snapshot(person.board_id).faces) or ["none"]
        one, stages = refs[card % len(refs)], person.board.stages
        stage = stages[number % len(stages)]
        cards, conflicts = person.cards, person.service.conflicts
        todo = {
            "add": lambda: cards.add(person.board_id, f"n{number}"),
            "title": lambda: cards.edit([one], {"title": f"t{number}"}),
            "tag": lambda: cards.edit([one], add={"tags": ["x"]}),
            "untag": lambda: cards.edit([one], remove={"tags": ["x"]}),
            "move": lambda: cards.move([one], stage.id, override="so"),
            "note": lambda: cards.note([one], "n"),
            "block": lambda: cards.block([one], BlockReason.BUG),
            "archive": lambda: cards.archive([one]),
            "bring back": lambda: cards.restore([one]),
            "undo": person.undoes,
            "redo": lambda: person.undoing.redo(person.board_id),
            "rename the stage": lambda: person.boards.edit_stage(
                person.board_id, stage.id, {"name": f"S{number}"}
            ),
            "settle": lambda: [
                conflicts.resolve(u.name, u.field, take=bool(number % 2), override="so")
                for u in conflicts.all()[:1]
            ],
        }  # fmt: skip
        done = {
            "title": lambda: cards.get(one).title == f"t{number}",
            "tag": lambda: "x" in cards.get(one).tags,
            "untag": lambda: "x" not in cards.get(one).tags,
            "move": lambda: cards.get(one).stage == stage.id,
            "archive": lambda: cards.get(one).archived,
            "bring back": lambda: not cards.get(one).archived,
        }
        with suppress(MlkanbanError):
            todo[what]()
            assert done.get(what, lambda: True)(), f"{what} was done and is not seen"

    @rule(what=st.sampled_from(("title", "move", "rename the stage")), card=CARD, number=NUMBER)
    def two_act_at_the_same_moment(self, what: str, card: int, number: int) -> None:
        ada, _, cy = self.people
        ada.clock.now = cy.clock.now = max(ada.clock.now, cy.clock.now)
        self._acts(0, what, card, number)
        cy.clock.now += timedelta(seconds=20)
        self._acts(2, what, card, number + 1)

    @rule(who=WHO, where=WHERE)
    def exchanges(self, who: int, where: int) -> None:
        self.people[who].service.sync.exchange(Folder(self.places[where]))

    @rule(who=WHO, where=WHERE)
    def sends_files_that_come_in_another_order(self, who: int, where: int) -> None:
        self.exchanges(who, where)
        for number in range(2):
            before = set(files(self.places[where]))
            self._acts(who, "add", 0, number)
            self.exchanges(who, where)
            if not number:
                for file in set(files(self.places[where])) - before:
                    self.late[file] = file.read_bytes()
        for file in self.late:
            file.unlink(missing_ok=True)

    @rule()
    def late_files_come(self) -> None:
        for file, content in self.late.items():
            file.write_bytes(content)
        self.late.clear()

    @rule(where=WHERE, which=st.integers(0, 20))
    def a_file_is_lost(self, where: int, which: int) -> None:
        """Who has its events writes it again, or all meet in the end."""
        found = files(self.places[where])
        if found:
            found[which % len(found)].unlink()

    @rule(who=WHO, where=WHERE, at=KILL)
    def is_killed_while_taking_in(self, who: int, where: int, at: int) -> None:
        for one in {0, 1, 2} - {who}:
            self._acts(one, "add", 0, 0)
            self.exchanges(one, where)
        self._killed(who, at, partial(_exchange, self.places[where]))

    @rule(who=WHO, rows=ROWS)
    def imports(self, who: int, rows: int) -> None:
        with suppress(MlkanbanError):
            self.people[who].service.history.bring_in(self._log(rows).changes())

    @rule(who=WHO, rows=ROWS, at=KILL)
    def is_killed_while_importing(self, who: int, rows: int, at: int) -> None:
        changes = list(self._log(rows).changes())
        self._killed(who, at, partial(_bring_in, changes))

    @rule(who=WHO)
    def backs_up(self, who: int) -> None:
        self.backups[who].append(self.people[who].service.backups.make())

    @rule(who=WHO, where=WHERE, which=st.integers(0, 3))
    def sends_and_goes_back_to_a_backup(self, who: int, where: int, which: int) -> None:
        """What was not sent is lost by that, and the store goes on as a new replica."""
        if not self.backups[who]:
            self.backs_up(who)
        self._acts(who, "add", 0, 0)
        self.exchanges(who, where)
        with self._away(who) as data:
            restore.restore(data, self.backups[who][which % len(self.backups[who])])
        self._acts(who, "add", 0, 1)

    def teardown(self) -> None:
        try:
            self._everybody_meets()
        finally:
            for person in self.people:
                person.service.close()
            self._folder.cleanup()

    def _everybody_meets(self) -> None:
        before = set().union(*map(_events, self.people))
        place = self._root / "everybody"
        place.mkdir()
        meet(place, *self.people)
        first, *others = map(shown, self.people)
        for other in others:
            assert _differing(first, other) == []
        for person in self.people:
            assert _events(person) == before
            with person.service._context.store.writing() as conn:
                migrations.recreate_projections(conn)
                log.rebuild(conn)
            assert _differing(first, shown(person)) == []
            assert log.broken_link(person.service._context.store.conn) == ""

    @contextmanager
    def _away(self, who: int) -> Iterator[Path]:
        """The folder of somebody's store while it is closed here."""
        person = self.people[who]
        person.service.close()
        data = person.service.path.parent
        try:
            yield data
        finally:
            self.people[who] = Person(data, person.service.actor, person.clock)
            self.people[who].board_id = person.board_id

    def _killed(self, who: int, at: int, work: Callable[[Service], object]) -> None:
        """Do something in a process that is killed, and again in one that is not."""
        before = _events(self.people[who])
        with self._away(who) as data:
            killed(data, self.people[who].clock, at, work)
        after = _events(self.people[who])
        with suppress(MlkanbanError):
            work(self.people[who].service)
        assert after in (before, _events(self.people[who])), "part of a transaction was written"

    def _log(self, rows: int) -> EventLog:
        """The first rows of a log that everybody may bring in."""
        (self._root / "map.toml").write_text(TWO_STAGES)
        (self._root / "log.csv").write_text("\n".join(LINES[: rows + 1]))
        return read_log(self._root / "log.csv", read_map(self._root / "map.toml"))


def _exchange(place: Path, service: Service) -> None:
    service.sync.exchange(Folder(place))


def _bring_in(changes: list[Change], service: Service) -> None:
    service.history.bring_in(changes)


def _differing(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[Any]:
    """The rows that only one of two stores shows."""
    return [
        (table, row)
        for table in one
        for row in [
            r for r in one[table] + other[table] if one[table].count(r) != other[table].count(r)
        ]
    ]


def _events(person: Person) -> set[tuple[str, int]]:
    """What the log of somebody holds: replicas and numbers."""
    conn = person.service._context.store.conn
    return {(row[0], row[1]) for row in conn.execute("SELECT replica, rseq FROM event").fetchall()}
