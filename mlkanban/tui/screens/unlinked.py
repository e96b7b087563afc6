"""The runs of trackers that belong to no card yet: link one, make a card of it, or ignore it."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult

from mlkanban.cells import shortened
from mlkanban.core.names import matching_cards
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.inbox_lines import (
    experiment_details,
    experiment_line,
    run_details,
    run_line,
)
from mlkanban.display.lines import page_title, paragraph, rule
from mlkanban.errors import MlkanbanError
from mlkanban.hints import sentences
from mlkanban.runs.model.inbox import Experiment, experiments
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.slurm.time_limits import PATIENT_SECONDS
from mlkanban.runs.slurm.unlinked_jobs import link_job
from mlkanban.text import display, quantity
from mlkanban.tui.commands import UNLINKED
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.number_worker import GivenUp
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.store_thread import beside
from mlkanban.tui.tracker_reader import TrackerReader
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import ListLines

_READING = "reading"
_NO_RUNS = (
    "No run of a tracker was found.",
    "mlkanban reads runs of MLflow, Optuna, W&B and TensorBoard in the folder that it is started "
    "in. The setting trackers names other files and folders.",
)
_NONE_LEFT = (
    "Every run belongs to a card, or is ignored.",
    "Runs that come later are found when the trackers are read again.",
)
_NONE_IGNORED = (
    "No run is ignored.",
    "{unlinked.ignored} goes back to the runs that belong to no card yet.",
)
_READABLE = 76
"""Lines of text are no longer."""
_KEYS_WITHOUT_RUNS = ("unlinked.read", "unlinked.ignored", "help", "back")
_FEW = 5
"""An experiment with so many runs is open from the start."""
_MOST_NAMED = 3
_UNLIMITED = "Here all are listed: --limit is for the printed list."


class UnlinkedScreen(ListScreen):
    """A heading for each experiment, which opens; below it its runs, the newest first."""

    WHERE: ClassVar[str] = UNLINKED

    def __init__(self, *, limited: bool = False) -> None:
        """`limited` when a limit was asked for: that there is none here is said."""
        super().__init__()
        self.command_objects = (UndoCommands(self),)
        self._limited = limited
        self._experiments: list[Experiment] = []
        self._toggled: set[str] = set()
        self._rows: list[tuple[Experiment, Tracked | None]] = []
        self._ignored = False
        self._others = self._elsewhere = 0
        self._metrics: frozenset[str] = frozenset()
        self._page = ListLines(ascii=self.host.ascii, id="unlinked")

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        """What is known from the last time is there at once."""
        await self.board_changed()
        self.do_unlinked_read()

    def on_resize(self) -> None:
        self.draw()

    @property
    def _known(self) -> bool:
        """Whether trackers were read."""
        return self.host.tracked is not None

    @property
    def length(self) -> int:
        return len(self._rows)

    # Reading

    def do_unlinked_read(self) -> None:
        """Read the trackers beside the keys; leaving the screen gives it up."""
        self.status.show("Reading trackers ...")
        self.only_newest(_READING, self._read)

    async def _read(self) -> None:
        reading = TrackerReader(self.host, self._so_far)
        try:
            tracker_runs = await reading.read()
        except GivenUp:
            return
        except MlkanbanError as error:
            self.show_error(error)
            return
        except OSError as error:
            self.status.show(str(error), warning=True)
            return
        finally:
            reading.give_up()
        self.host.tracked = tracker_runs.runs
        await self.board_changed()
        if tracker_runs.problems:
            message: str = sentences(tracker_runs.problems)
        elif not tracker_runs.places:
            message = ""  # the page says so
        else:
            places = (
                f"{len(tracker_runs.places)} place{'' if len(tracker_runs.places) == 1 else 's'}"
            )
            message = f"{quantity(len(tracker_runs.runs), 'run')} read from {places}."
        remarks = [message, _UNLIMITED if self._limited else ""]
        self.status.clear()
        if text := " ".join(filter(None, remarks)):
            self.status.show(text, warning=bool(tracker_runs.problems))

    def _so_far(self, text: str) -> None:
        if self.ready:
            self.status.show(text)

    async def board_changed(self) -> None:
        """Sort the runs again; the line under the cursor stays, or the one after it."""
        tracked = self.host.tracked or ()
        inbox = await self.fetch(lambda service: service.links.inbox(tracked))
        if inbox is None or not self.ready:
            return
        listed, others = inbox.unlinked, inbox.ignored
        if self._ignored:
            listed, others = others, listed
        self._experiments, self._others = experiments(listed), len(others)
        self._elsewhere, self._metrics = len(inbox.of_other_stores), inbox.metrics
        self._lay_out()

    def _lay_out(self) -> None:
        here = self._here()
        self._rows = []
        for experiment in self._experiments:
            self._rows.append((experiment, None))
            if self._opened(experiment):
                self._rows += [(experiment, run) for run in experiment.runs]
        names = [_name(row) for row in self._rows]
        self.go(names.index(here) if here in names else self.row)

    def _opened(self, experiment: Experiment) -> bool:
        return (len(experiment.runs) <= _FEW) != (experiment.group in self._toggled)

    def _here(self) -> tuple[str, str] | None:
        return _name(self._rows[self.row]) if self.row < len(self._rows) else None

    # Showing

    def draw(self) -> None:
        if not self.ready:
            return
        width, glyphs = self.list_width, self.host.glyphs
        about = "ignored runs" if self._ignored else "unlinked runs"
        count = [Piece(self._count(), "dim")] if self._known else []
        lines = [page_title("Inbox", about, width, glyphs, right=count), []]
        self.status.offer(self.hints(() if self._rows else _KEYS_WITHOUT_RUNS))
        if not self._rows:
            self.show_list(self._page, [*lines, *self._nothing()], 0, lambda at: [], 0)
            return
        zone = ZoneInfo(self.board.timezone)

        def line(at: int) -> Line:
            (experiment, run), here = self._rows[at], at == self.row
            if run is not None:
                return run_line(run, zone, width, glyphs, here=here, metrics=self._metrics)
            opened = self._opened(experiment)
            return experiment_line(experiment, width, glyphs, opened=opened, here=here)

        self.show_list(self._page, lines, len(self._rows), line, self.row, details=self._details)

    def _nothing(self) -> list[Line]:
        """Why there is no run, and what to do."""
        if not self._known:
            return []
        usual = _NONE_LEFT if self.host.tracked else _NO_RUNS
        room = min(_READABLE, self.size.width - 2)
        first, more = _NONE_IGNORED if self._ignored else usual
        lines = paragraph(first, "text", room, self.host.glyphs)
        more = with_keys(more, self.host.commands)
        lines += [[], *paragraph(more, "dim", room, self.host.glyphs)]
        return [[Piece(" ", "text"), *line] for line in lines]

    def _count(self) -> str:
        """How many runs are listed, and how many others there are."""
        count = sum(len(experiment.runs) for experiment in self._experiments)
        other = "unlinked" if self._ignored else "ignored"
        counts = {other: self._others, "of other stores": self._elsewhere}
        others = "".join(f"   {many:,} {what}" for what, many in counts.items() if many)
        return f"{quantity(count, 'run')}{others}"

    def _details(self, width: int) -> list[Line]:
        """What is known of the run under the cursor, or of its experiment."""
        experiment, run = self._rows[self.row]
        glyphs = self.host.glyphs
        if run is not None:
            title, known = "run", run_details(run, width, glyphs)
        else:
            title, known = "experiment", experiment_details(experiment, width, glyphs)
        return [rule([Piece(title, "dim")], width, glyphs), *known]

    # Deciding

    def do_unlinked_open(self) -> None:
        """Open or close the experiment, from any of its lines."""
        if self._rows:
            experiment = self._rows[self.row][0]
            self._toggled ^= {experiment.group}
            self.row = self._rows.index((experiment, None))
            self._lay_out()

    async def do_unlinked_link(self) -> None:
        """Link the run, or on its heading the experiment with the runs that are to come."""
        if not self._rows:
            return
        experiment, run = self._rows[self.row]
        first = experiment.runs[0]
        if run is None and (first.kind == "slurm" or not first.experiment):
            run = self._run_here()
            if run is None:
                return
        likely = {one.within_card for one in ([run] if run else experiment.runs)}
        ref = await self._which_card(
            run.title if run else experiment.described, likely.pop() if len(likely) == 1 else ""
        )
        if ref is None:
            return
        if run is None:
            await self.write(lambda service: service.links.link_experiment(ref, experiment.runs))
        elif run.kind == "slurm":
            await self._link_job(run, ref)
        else:
            await self.write(lambda service: service.links.link(ref, run))

    async def _link_job(self, run: Tracked, ref: str) -> None:
        """Make a job of SLURM a run of a card; SLURM is asked beside the keys."""
        label = await self.fetch(lambda service: service.runs.label(ref))
        if label is None:
            return
        data, now, number = self.host.places.data, self.host.now(), run.ref.partition(":")[2]
        self.status.show("Asking SLURM ...")
        made = await beside(lambda: link_job(data, number, label, now, PATIENT_SECONDS))
        if not made:
            self.status.show(f"Job {number} is a run already, or SLURM does not know it any more.")
            return
        self.host.tracked = [one for one in self.host.tracked or () if one.ref != run.ref]
        await self.host.look_at_runs()
        await self.board_changed()
        self.status.show(f"Job {number} is a run of {ref} now; SLURM is asked how it goes.")

    async def do_unlinked_new(self) -> None:
        run = self._run_here()
        if run is None:
            return
        if run.kind == "slurm":
            self.status.show("A job needs a card that there is: add one on the board, and link it.")
            return
        board = self.board
        await self.ask_and_write(
            f"New card for {display(run.ref)}",
            display(run.title),
            lambda service, text: service.links.new_card(board.id, text, run),
            form=f"card for {run.ref}",
        )

    async def do_unlinked_ignore(self) -> None:
        """The run, or on its heading the experiment; what is ignored is listed again."""
        if not self._rows:
            return
        experiment, run = self._rows[self.row]
        board = self.board
        await self.write(
            lambda service: (
                service.links.heed([run] if run else experiment.runs)
                if self._ignored
                else service.links.ignore(
                    board.id, run or experiment.runs[0], all_of_it=run is None
                )
            )
        )

    async def do_unlinked_ignored(self) -> None:
        self._ignored = not self._ignored
        self.row = 0
        await self.board_changed()

    def _run_here(self) -> Tracked | None:
        """The run under the cursor, or the only one of its experiment; says so when it is none."""
        if not self._rows:
            return None
        experiment, run = self._rows[self.row]
        if run is None and len(experiment.runs) == 1:
            return experiment.runs[0]
        if run is None:
            self.status.show("Choose one of its runs: Enter opens the experiment.")
        return run

    async def _which_card(self, what: str, likely: str = "") -> str | None:
        """The id of the card that is typed, or that has the words typed in its title; a `likely`
        one is suggested."""
        label, typed = f"Link {display(what)} to which card? Id or words", ""
        while True:
            text = await self.ask.text(
                label, likely, typed=typed, verb="links", preview=self._understood, suggested=True
            )
            self.refocus()
            if text is None or not text.strip():
                return None
            matching = matching_cards(self.host.model.faces.values(), text)
            if len(matching) == 1:
                return matching[0].ref
            typed = text
            self.status.show(self._understood(text))

    def _understood(self, text: str) -> str:
        """The card that is meant by what is typed."""
        if not text.strip():
            return ""
        matching = matching_cards(self.host.model.faces.values(), text)
        if len(matching) == 1:
            title = shortened(display(matching[0].title), 40, self.host.glyphs.cut)
            return f"{matching[0].ref} {title}"
        if not matching:
            return "No card has that."
        refs = ", ".join(face.ref for face in matching[:_MOST_NAMED])
        return (
            f"{len(matching)} cards have that: {refs}{' ..' if len(matching) > _MOST_NAMED else ''}"
        )


def _name(row: tuple[Experiment, Tracked | None]) -> tuple[str, str]:
    """Names a line, whatever else there is."""
    experiment, run = row
    return experiment.group, run.ref if run is not None else ""
