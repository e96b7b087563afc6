"""The queue: the runs of all cards that execute or wait, in the order of their turns."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import fitted, page_title, paragraph, rule
from mlkanban.display.queue_lines import queue_details, queue_grid, slots_line
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.queue.listing import QueueRow, queue_rows
from mlkanban.text import cell_text, quantity
from mlkanban.tui.commands import QUEUE, STATUS
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.run_turns import RunTurns, waits_here
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.widgets.lines import ListLines

_LOOK_SECONDS = 2.0
"""Seconds between two looks at the queue: an order that somebody changed is no change of the
board."""
_NO_RUNS = "No run executes or waits. Queue one in a shell: mlkanban run --queue CARD -- COMMAND"


class QueueScreen(ListScreen):
    WHERE: ClassVar[str] = QUEUE

    def __init__(self) -> None:
        super().__init__()
        self.command_objects = (
            RunTurns(self, self._runs_here, self.board_changed, called=self._called),
        )
        self.status.keys_stay_whole = True
        self._rows: list[QueueRow] | None = None
        self._page = ListLines(ascii=self.host.ascii, id="queue")

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()
        self.set_interval(_LOOK_SECONDS, self._look)

    def on_resize(self) -> None:
        self.draw()

    @property
    def length(self) -> int:
        return len(self._rows or ())

    def _runs_here(self) -> Sequence[Run]:
        return [self._rows[self.row].run] if self._rows else []

    def _called(self, run: Run) -> str:
        """What a run is called in a message: by its card, which stands in its line."""
        refs = (row.ref for row in self._rows or () if row.run.id == run.id)
        return f"the run of {next(refs, run.id)}"

    def _look(self) -> None:
        if self.is_active and not self.ask.asking:
            self.only_newest("queue", self.board_changed)

    async def board_changed(self) -> None:
        """Read the queue again; the run under the cursor stays there."""
        data, board, now = self.host.places.data, self.board.id, self.host.now()
        here = [run.id for run in self._runs_here()]
        rows = await self.fetch(lambda service: queue_rows(data, service, board, now))
        if rows is None or not self.ready:
            return
        self._rows = rows
        ids = [row.run.id for row in rows]
        self.go(ids.index(here[0]) if here and here[0] in ids else self.row)

    def draw(self) -> None:
        if not self.ready or self._rows is None:
            return
        width, glyphs, rows = self.list_width, self.host.glyphs, self._rows
        waiting = [row.run for row in rows if row.run.state is RunState.QUEUED]
        held = sum(run.held_back for run in waiting)
        about = cell_text(self.board.name)
        count = quantity(len(waiting), "run waits", "runs wait")
        if held:
            count += f" ({held} held)"
        title = page_title("Queue", about, width, glyphs, right=[Piece(count, "dim")])
        model = self.host.model
        counting = [
            at for at, stage in enumerate(self.board.stages) if stage.unattended is not None
        ]
        slots = [Piece(" ", "text"), *slots_line([model.header(at) for at in counting], glyphs)]
        head: list[Line] = [title, fitted(slots, width, glyphs)]
        self.status.offer(self._hints_here())
        if not rows:
            lines = paragraph(_NO_RUNS, "dim", width - 2, glyphs)
            head += [[], *([Piece(" ", "text"), *line] for line in lines)]
            self.show_list(self._page, head, 0, lambda at: [], 0)
            return
        grid = queue_grid(
            [(row.ref, row.title, row.run, row.turn_text) for row in rows],
            self.host.now(),
            width - 2,
            glyphs,
        )
        self.show_list(
            self._page,
            [*head, [Piece(" ", "text"), *grid.head]],
            len(rows),
            lambda at: [Piece(" ", "text"), *grid.row(at)],
            self.row,
            details=self._details,
        )

    def _details(self, width: int) -> list[Line]:
        """What is known of the run under the cursor."""
        assert self._rows
        row, glyphs = self._rows[self.row], self.host.glyphs
        title = [Piece(f"{row.ref} ", "title"), Piece(cell_text(row.title), "text")]
        return [
            rule(fitted(title, width - 6, glyphs), width, glyphs),
            *queue_details(row.run, width, glyphs),
        ]

    def _hints_here(self) -> list[KeyHint]:
        """The reminders of keys that do something for the run under the cursor."""
        run = next(iter(self._runs_here()), None)
        idle = {"queue.open", "run.stop"} if run is None else set()
        if run is None or not waits_here(run):
            idle |= {"run.hold", "run.earlier", "run.later"}
        hints = self.hints([name for name in STATUS[QUEUE] if name not in idle])
        if run is not None and waits_here(run):
            hints = [h._replace(word="take out") if h.command == "run.stop" else h for h in hints]
        if run is not None and run.held_back:
            hints = [h._replace(word="release") if h.command == "run.hold" else h for h in hints]
        return hints

    def do_queue_open(self) -> None:
        """Show the run among those of its card."""
        if self._rows:
            row = self._rows[self.row]
            self.open("runs", row.ref, row.title, row.run.id)
