"""The use cases: the only way to the store for the command line and the screen."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.service.boards import Boards, FirstLook, Snapshot, Update
from mlkanban.service.consequences import Conditions, health_after_end, one_version_in_use
from mlkanban.service.transaction import Clock, Context, Done, TakeTurn
from mlkanban.store import database, repository
from mlkanban.store.location import file_system, on_network, store_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlkanban.runs.use_cases.card_runs import Runs
    from mlkanban.runs.use_cases.tracker_links import Links
    from mlkanban.service.ab_tests import AbTests
    from mlkanban.service.backups import Backups
    from mlkanban.service.cards import Cards
    from mlkanban.service.charter import Charter
    from mlkanban.service.checklists import Checklists
    from mlkanban.service.conflicts import Conflicts
    from mlkanban.service.documents import Documents
    from mlkanban.service.duplicates import Duplicates
    from mlkanban.service.exports import Exports
    from mlkanban.service.history import History
    from mlkanban.service.hook_events import HookEvent
    from mlkanban.service.integrity import Findings
    from mlkanban.service.issue_import import IssueImport
    from mlkanban.service.log_import import LogImport
    from mlkanban.service.models_in_use import ModelsInUse
    from mlkanban.service.plan import Planning
    from mlkanban.service.portfolio import Portfolio
    from mlkanban.service.preview import Previews
    from mlkanban.service.redaction import Redacting
    from mlkanban.service.report import Reports
    from mlkanban.service.retraining import Retraining
    from mlkanban.service.review import Reviews
    from mlkanban.service.search import Search
    from mlkanban.service.transfer import Transfers
    from mlkanban.service.triage import Triage
    from mlkanban.service.undo import Undoing
    from mlkanban.service.views import Views
    from mlkanban.service.worth import CardWorths
    from mlkanban.sync.exchange import Sync

_CONSEQUENCES = (health_after_end, one_version_in_use)
"""What follows from events on every way that writes them."""

_STEPS = 5_000
"""So many steps SQLite works on, some hundred rows, until it asks whether to give way."""

__all__ = ["Done", "FirstLook", "Service", "Snapshot", "Update"]


class Service:
    """An open store and its use cases, for one thread. Every action is one transaction: it happens
    completely, or an error says why not."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.boards = Boards(context)
        self.conditions = Conditions(context)

    @cached_property
    def cards(self) -> Cards:
        from mlkanban.service.cards import Cards  # the board is read without what writes

        return Cards(self._context)

    @cached_property
    def transfers(self) -> Transfers:
        from mlkanban.service.transfer import Transfers  # as above, and done rarely

        return Transfers(self._context)

    @cached_property
    def checklists(self) -> Checklists:
        from mlkanban.service.checklists import Checklists  # as above

        return Checklists(self._context)

    @cached_property
    def history(self) -> History:
        from mlkanban.service.history import History  # with imports, which few commands do

        return History(self._context)

    @cached_property
    def exports(self) -> Exports:
        from mlkanban.service.exports import Exports  # as above

        return Exports(self._context)

    @cached_property
    def redacting(self) -> Redacting:
        from mlkanban.service.redaction import Redacting  # done rarely

        return Redacting(self._context)

    @cached_property
    def issue_import(self) -> IssueImport:
        from mlkanban.service.issue_import import IssueImport  # as above

        return IssueImport(self._context)

    @cached_property
    def log_import(self) -> LogImport:
        from mlkanban.service.log_import import LogImport  # as above

        return LogImport(self._context)

    @cached_property
    def undoing(self) -> Undoing:
        from mlkanban.service.undo import Undoing  # as with cards

        return Undoing(self._context)

    @cached_property
    def views(self) -> Views:
        from mlkanban.service.views import Views  # saved by few commands

        return Views(self._context)

    @cached_property
    def planning(self) -> Planning:
        from mlkanban.service.plan import Planning  # with numbers, which the board does without

        return Planning(self._context, self.cards, self.history)

    @cached_property
    def portfolio(self) -> Portfolio:
        from mlkanban.service.portfolio import Portfolio  # as above

        return Portfolio(self._context, self.history)

    @cached_property
    def worth(self) -> CardWorths:
        from mlkanban.service.worth import CardWorths  # few boards have a profit curve

        return CardWorths(self.boards, self.cards, self.charter, self.runs)

    @cached_property
    def reports(self) -> Reports:
        from mlkanban.service.report import Reports  # as above

        return Reports(
            self._context, self.boards,  self.charter, self.history, self.portfolio,
            self.reviews, self.models, self.worth,
        )  # fmt: skip

    @cached_property
    def backups(self) -> Backups:
        from mlkanban.service.backups import Backups  # rarely due

        return Backups(self._context)

    @cached_property
    def charter(self) -> Charter:
        # Markdown, which the board does without at its start.
        from mlkanban.service.charter import Charter

        return Charter(self._context)

    @cached_property
    def documents(self) -> Documents:
        from mlkanban.service.documents import Documents  # the board is read without texts

        return Documents(self._context)

    @cached_property
    def duplicates(self) -> Duplicates:
        from mlkanban.service.duplicates import Duplicates  # with runs, which go along

        return Duplicates(self._context)

    @cached_property
    def search(self) -> Search:
        from mlkanban.service.search import Search  # the board is there before anything is found

        return Search(self._context)

    @cached_property
    def previews(self) -> Previews:
        from mlkanban.service.preview import Previews  # after the board is on the screen

        return Previews(self._context)

    @cached_property
    def triage(self) -> Triage:
        from mlkanban.service.triage import Triage  # not every look at the board is one

        return Triage(self._context, self.history, self.planning)

    @cached_property
    def reviews(self) -> Reviews:
        from mlkanban.service.review import Reviews  # as above

        return Reviews(self._context, self.history, self.planning)

    @cached_property
    def retraining(self) -> Retraining:
        from mlkanban.service.retraining import Retraining  # few boards have models in use

        return Retraining(self._context)

    @cached_property
    def ab_tests(self) -> AbTests:
        from mlkanban.service.ab_tests import AbTests  # as above

        return AbTests(self._context)

    @cached_property
    def models(self) -> ModelsInUse:
        from mlkanban.service.models_in_use import ModelsInUse  # as above

        return ModelsInUse(self._context)

    @cached_property
    def conflicts(self) -> Conflicts:
        from mlkanban.service.conflicts import Conflicts  # only what was merged needs it

        return Conflicts(self._context)

    @cached_property
    def sync(self) -> Sync:
        from mlkanban.sync.exchange import Sync  # as above

        return Sync(self._context)

    @cached_property
    def links(self) -> Links:
        from mlkanban.runs.use_cases.tracker_links import Links  # few boards have runs

        return Links(self._context)

    @cached_property
    def runs(self) -> Runs:
        from mlkanban.runs.use_cases.card_runs import Runs  # as above

        return Runs(self._context)

    @classmethod
    def open(
        cls,
        data: Path,
        *,
        actor: str,
        clock: Clock,
        write: bool = True,
        make: bool = True,
        timeout: float = 30,
        config: Path | None = None,
        repeats: Repeats = DEFAULT,
        take_turn: TakeTurn | None = None,
    ) -> Service:
        """Open the store below the data folder `data`, for writing or for reading.

        For writing, a missing store is created unless `make` is False; otherwise a missing store is
        NotFound. StoreProblem says what is wrong with a store. Below `config`, outside the store,
        is recorded how far the store has written. `repeats` says which runs are averaged, and
        `take_turn` takes turns with a team.
        """
        path = store_path(data)
        if write:
            store = database.open_for_writing(path, timeout=timeout, make=make)
        else:
            store = database.open_for_reading(path, timeout=timeout)
        store.conn.repeats = repeats
        marks = config / "marks" if config is not None else None
        return cls(Context(store, actor, clock, _CONSEQUENCES, marks=marks, take_turn=take_turn))

    def take_hook_events(self) -> list[HookEvent]:
        """The actions of this person since the last call, for hooks."""
        if not self._context.new_events:
            return []
        # Only a person with hooks waits for it.
        from mlkanban.service.hook_events import take

        return take(self._context)

    def take_notices(self) -> list[str]:
        """Notices about the store for the person since the last call."""
        return self._context.take_notices()

    def check_integrity(self, progress: Callable[[str, str], None] = lambda *_: None) -> Findings:
        """Check the integrity of the store and its files; `progress` is called with what is being
        done, and how far it is."""
        from mlkanban.service.integrity import check  # every table and index: for doctor alone

        return check(self._context, self.sqlite_version, progress)

    def strays(self) -> list[tuple[str, str]]:
        """Cards that the work of two machines left where nobody looks for them, each in a sentence,
        with what to do about it."""
        from mlkanban.store.strays import strays  # for doctor alone

        with self._context.store.reading() as conn:
            return [(stray, str(way)) for stray, way in strays(conn)]

    def malformed(self) -> dict[str, int]:
        """How many events of the log are malformed and do not count, by the host that wrote
        them."""
        from mlkanban.store import inert  # for doctor alone

        with self._context.store.reading() as conn:
            return inert.counts(conn)

    def boards_without_stages(self) -> list[tuple[str, str]]:
        """(name, host that wrote it) of the boards that are not listed for lack of stages."""
        with self._context.store.reading() as conn:
            return repository.boards_without_stages(conn)

    def repair(self, findings: Findings) -> list[str]:
        """Repair the findings that can be repaired without risk; returns a sentence for each
        repair."""
        from mlkanban.service.integrity import repair  # for doctor alone

        return repair(self._context, findings)

    @property
    def path(self) -> Path:
        return self._context.store.path

    @property
    def actor(self) -> str:
        """Who acts."""
        return self._context.actor

    @property
    def file_system(self) -> str:
        """The type of the file system the store is on; '' when it is unknown."""
        return file_system(self.path)

    @property
    def on_network(self) -> bool:
        """Whether the store is on a network file system, where queries cost more."""
        return on_network(self.path)

    @property
    def sqlite_version(self) -> str:
        """The version of the SQLite library in use."""
        return database.library_version()

    @property
    def read_only(self) -> str:
        """Why nothing can be written; '' when it can."""
        return self._context.store.read_only

    @property
    def write_problem(self) -> str:
        """Why even a command that writes could not write; '' when it could."""
        return "" if self.read_only == database.READS else self.read_only

    @property
    def writes(self) -> bool:
        """Whether a write is under way; any thread may ask."""
        return self._context.store.writes

    def call_while_working(self, gives_up: Callable[[], bool]) -> None:
        """From now on call this every some steps of SQLite, which reads or writes: it may pause
        there, and where it says so what is under way is given up, StoreProblem."""
        self._context.store.conn.set_progress_handler(gives_up, _STEPS)

    def copy_giving_way(self, gives_way: Callable[[], bool]) -> None:
        """From now on give up a backup, StoreBusy, as soon as `gives_way` says so."""
        self._context.store.conn.gives_way = gives_way

    def check_in_place(self) -> None:
        """StoreProblem when the store was removed or replaced while it was open."""
        self._context.store.check_in_place()

    def forbid_writing(self, reason: str) -> None:
        """Refuse every write from now on, with this reason."""
        self._context.store.read_only = reason

    def in_memory(self) -> Service:
        """A copy of the store in memory: changes to the copy are written nowhere."""
        store = self._context.store.in_memory()
        return Service(Context(store, self.actor, self._context.clock, _CONSEQUENCES))

    def close(self) -> None:
        self._context.store.close()
