"""Three replicas with clocks of their own that do and exchange anything in any order."""

import os
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from mlkanban.core.models import BlockReason
from mlkanban.errors import MlkanbanError
from mlkanban.exchange.transports.folder import Folder
from mlkanban.store import log, migrations
from tests.service.exchanging import files, meet, shown
from tests.service.people import START, Clock, Person


class Replicas(RuleBasedStateMachine):
    """Three stores with clocks of their own that meet now and then, each with some of the others.

    Whatever they did, when everybody has met everybody their boards are the same, and so are the
    tables that the whole log makes anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        root = Path(self._folder.name)
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
        for made in self.places:
            meet(made, *self.people)

    @rule(
        who=st.integers(0, 2), what=st.sampled_from(
            ("add", "title", "tag", "untag", "move", "note", "block", "done", "archive", "undo",
             "redo", "rename the stage", "settle")
        ),
        card=st.integers(0, 5), number=st.integers(0, 5), ticks=st.integers(0, 3),
    )  # fmt: skip
    def acts(self, who: int, what: str, card: int, number: int, ticks: int) -> None:
        person = self.people[who]
        person.clock.now -= timedelta(seconds=20 * ticks)
        refs = sorted(f.ref for f in person.boards.snapshot(person.board_id).faces) or ["none"]
        one, stages = refs[card % len(refs)], person.board.stages
        stage = stages[number % len(stages)]
        cards, settling = person.cards, person.service.settling
        todo = {
            "add": lambda: cards.add(person.board_id, f"n{number}"),
            "title": lambda: cards.edit([one], {"title": f"t{number}"}),
            "tag": lambda: cards.edit([one], add={"tags": ["x"]}),
            "untag": lambda: cards.edit([one], remove={"tags": ["x"]}),
            "move": lambda: cards.move([one], stage.id, override="so"),
            "note": lambda: cards.note([one], "n"),
            "block": lambda: cards.block([one], BlockReason.BUG),
            "done": lambda: cards.archive([one]),
            "archive": lambda: cards.restore([one]),
            "undo": person.undoes,
            "redo": lambda: person.undoing.redo(person.board_id),
            "rename the stage": lambda: person.boards.edit_stage(
                person.board_id, stage.id, {"name": f"S{number}"}
            ),
            "settle": lambda: [
                settling.settle(u.name, u.field, take=bool(number % 2), override="so")
                for u in settling.all()[:1]
            ],
        }  # fmt: skip
        with suppress(MlkanbanError):
            todo[what]()

    @rule(who=st.integers(0, 2), where=st.integers(0, 1))
    def exchanges(self, who: int, where: int) -> None:
        self.people[who].service.sync.exchange(Folder(self.places[where]))

    @rule(where=st.integers(0, 1), which=st.integers(0, 20))
    def a_file_is_lost_for_now(self, where: int, which: int) -> None:
        """It comes back when everybody meets, or somebody who has its events writes it again."""
        found = files(self.places[where])
        if found:
            found[which % len(found)].unlink()

    def teardown(self) -> None:
        try:
            place = Path(self._folder.name) / "everybody"
            place.mkdir()
            meet(place, *self.people)
            first, *others = map(shown, self.people)
            for other in others:
                assert other == first
            for person in self.people:
                with person.service._desk.store.writing() as conn:
                    migrations.recreate_projections(conn)
                    log.rebuild(conn)
                assert shown(person) == first
                assert log.broken_link(person.service._desk.store.conn) == ""
        finally:
            for person in self.people:
                person.service.close()
            self._folder.cleanup()


_LONG = bool(os.environ.get("MLKANBAN_LONG_TESTS"))
TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(
    max_examples=300 if _LONG else 12, stateful_step_count=50 if _LONG else 25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
