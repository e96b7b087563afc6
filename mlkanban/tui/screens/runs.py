"""The runs of a card: its attempts, what is known of each, and how that is known."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.cells import shortened
from mlkanban.display.run_table import result_lines, run_details, run_rows, written_lines
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.runs.local.commits import difference
from mlkanban.runs.local.folder import find_run, folders_of
from mlkanban.runs.local.inspect import logs
from mlkanban.runs.local.logs import Written, last_written
from mlkanban.runs.local.orphans import OrphanProcess, orphan_processes
from mlkanban.runs.model.parameters import differing
from mlkanban.runs.model.results import Results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState, Stopped
from mlkanban.runs.model.tracker_run import not_ours
from mlkanban.runs.model.usage import Spending
from mlkanban.runs.stop import stop_run
from mlkanban.text import display, short_name
from mlkanban.tui.commands import RUNS, STATUS
from mlkanban.tui.external_editor import ExternalEditor
from mlkanban.tui.pager import page_files, page_text
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.widgets.ask import Option

_MOST = 1 / 3
"""Of the height, for the list."""
_LOG_SECONDS = 2.0
"""Seconds between two looks at what a run that goes on writes."""


class RunsScreen(ListScreen):
    WHERE: ClassVar[str] = RUNS

    def __init__(self, ref: str, title: str) -> None:
        super().__init__()
        self._editor = ExternalEditor(self)
        self._ref, self._title = ref, title
        self._runs: list[Run] = []
        self._left: dict[str, list[OrphanProcess]] = {}
        self._results: Results | None = None
        self._differs: dict[str, tuple[str, ...]] = {}
        self._spent: Spending | None = None
        self._metric: Mapping[str, Any] | None = None
        self._marked = ""
        self._written = ("", Written([], []))

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="runs")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()
        self.set_interval(_LOG_SECONDS, self._look_at_log)

    def on_resize(self) -> None:
        self.draw()

    @property
    def length(self) -> int:
        return len(self._runs)

    async def board_changed(self) -> None:
        """Read the runs again; the one under the cursor stays there."""
        try:
            runs, results, spent, metric = await self.host.store_thread.call(
                lambda s: (
                    s.runs.of_card(self._ref),
                    s.runs.results(self._ref),
                    s.runs.spending(self._ref),
                    s.runs.metric(self._ref),
                )
            )
        except NotFound:
            if self.is_active:
                self.close()
                self.host.show_message(f"{self._ref} is no more.")
            return
        except MlkanbanError as error:
            self.show_error(error)
            return
        left = await asyncio.to_thread(self._left_over, runs)
        here = self._runs[self.row].id if self._runs else ""
        self._runs, self._left = runs, left
        self._results, self._spent, self._metric = results, spent, metric
        self._differs = differing(runs)
        ids = [run.id for run in runs]
        self.row = ids.index(here) if here in ids else 0
        self._marked = self._marked if self._marked in ids else ""
        self.draw()
        self._read_log()

    def go(self, row: int) -> None:
        super().go(row)
        self._read_log()

    def _look_at_log(self) -> None:
        if self.is_active and self._runs and not self._runs[self.row].state.ended:
            self._read_log()

    def _read_log(self) -> None:
        if self._runs:
            self.only_newest("log", partial(self._log, self._runs[self.row].id))

    async def _log(self, run_id: str) -> None:
        """Show what a run wrote last, beside the keys: its files may lie on a slow disk."""
        data = self.host.places.data
        read = (run_id, await asyncio.to_thread(last_written, data, run_id))
        if read != self._written:
            self._written = read
            self.draw()

    def draw(self) -> None:
        if not self.ready:
            return
        width, height = self.size.width - 2, self.size.height - 1
        lines = [f"Runs of {self._ref}  {display(self._title)}", ""]
        if not self._runs:
            lines += ["None yet. Start one in a shell:", f"  mlkanban run {self._ref} -- COMMAND"]
        else:
            board, now = self.board, self.host.now()
            zone = ZoneInfo(board.timezone)
            head, *rows = run_rows(
                self._runs, self._results, zone, now, differs=self._differs, width=width - 3
            )
            rows = [
                f"{'*' if run.id == self._marked else ' '}{row}"
                for run, row in zip(self._runs, rows, strict=True)
            ]
            words = result_lines(
                self._runs, self._results, zone, now, ascii=self.host.ascii,
                spent=self._spent, metric=self._metric, width=width - 3,
            )  # fmt: skip
            room = max(1, min(len(rows), int(height * _MOST) - 2))
            if room < len(rows):
                lines[0] += f"  (run {self.row + 1} of {len(rows)})"
            run = self._runs[self.row]
            self.status.offer(self.hints(self._offered()))
            differs = {name: values[self.row] for name, values in self._differs.items()}
            lines += [
                f"   {head}",
                *self.visible_lines(rows, room),
                *(f"   {line}" for line in words),
                "",
                *run_details(run, width, differs),
                *self._left_lines(),
            ]
            read = self._written[1] if self._written[0] == run.id else Written([], [])
            lines += written_lines(read.out, read.err or run.last, height - len(lines))
        shown = "\n".join(shortened(line, width) for line in lines[:height])
        self.query_one("#runs", Static).update(Content(self.plain(shown)))

    def _left_over(self, runs: list[Run]) -> dict[str, list[OrphanProcess]]:
        ended = (run.id for run in runs if run.state.ended)
        return orphan_processes(folders_of(self.host.places.data, ended))

    def _left_lines(self) -> list[str]:
        left = self._left.get(self._runs[self.row].id, [])
        if not left:
            return []
        shown = [f"  {orphan.process.pid:>8}  {display(orphan.command)}" for orphan in left]
        return ["", "left over, still alive (X ends them)", *shown]

    def do_run_log(self) -> None:
        """Leave the terminal to a pager with what the run wrote."""
        if not self._runs or self._is_not_ours():
            return
        try:
            folder = find_run(self.host.places.data, self._runs[self.row].id)
            found = dict.fromkeys(log for files in logs(folder, folder.start()) for log in files)
            written = [log for log in found if log.exists() and log.stat().st_size]
            if not written:
                self.status.show("It has written nothing (yet).")
                return
            self._editor.hand_over(partial(page_files, [str(log) for log in written]))
        except MlkanbanError as error:
            self.show_error(error)

    def _is_not_ours(self) -> bool:
        """Whether only a tracker knows the run under the cursor; then that is said."""
        run = self._runs[self.row]
        if run.state is RunState.TRACKED:
            self.status.show(not_ours(run.id, run.where))
        return run.state is RunState.TRACKED

    def _offered(self) -> list[str]:
        """The commands of the keys line that do something for the run under the cursor."""
        run = self._runs[self.row]
        idle = {"run.stop"} if run.state.ended and not self._left.get(run.id) else set()
        if run.state is RunState.TRACKED:
            idle |= {"run.log"} if run.commit else {"run.log", "run.diff"}
        return [name for name in STATUS[RUNS] if name not in idle]

    def do_run_mark(self) -> None:
        """Mark the run under the cursor as the one others are compared with, or unmark it."""
        if self._runs:
            here = self._runs[self.row].id
            self._marked = "" if self._marked == here else here
            self.draw()

    async def do_run_diff(self) -> None:
        """Show what changed in the code from the marked run, or the one before, to this one."""
        if not self._runs:
            return
        run = self._runs[self.row]
        before = next((other for other in self._runs if other.id == self._marked != run.id), None)
        before = before or next(iter(self._runs[self.row + 1 :]), None)
        if before is None:
            self.status.show("There is no run before this one. Space marks another one.")
            return
        self.status.show("Asking git ...")
        changes = await asyncio.to_thread(difference, self.host.places.data, before, run)
        self.status.clear()
        if changes.before == changes.after:
            self.status.show(changes.text)
        else:
            self._editor.hand_over(partial(page_text, changes.text, ".diff"))

    async def do_run_stop(self) -> None:
        """Ask, then stop the run under the cursor."""
        if not self._runs or self._is_not_ours():
            return
        run = self._runs[self.row]
        left = len(self._left.get(run.id, []))
        if run.state.ended and not left:
            self.status.show("It has ended.")
            return
        what = f"run {run.id}"
        if run.state.ended:
            what = f"{left} left-over process{'' if left == 1 else 'es'} of {what}"
        options = [Option("y", "stop it"), Option("n", "leave it")]
        if await self.ask.choose(f"Stop {what}?", options) != "y":
            return
        try:
            folder = find_run(self.host.places.data, run.id)
            self.status.show("Asked it to stop; after 5 s it is made to.")
            person = await self.host.store_thread.call(lambda service: service.actor)
            stopped = await asyncio.to_thread(stop_run, folder, person, self.host.now)
        except MlkanbanError as error:
            self.show_error(error)
            return
        if stopped is Stopped.NOTHING:
            self.status.show(f"It does not run here. It was started on {short_name(run.host)}.")
            return
        await self.host.look_at_runs()
        await self.board_changed()
        ended = stopped is Stopped.ENDED
        self.status.show("Stopped." if ended else "scancel was sent: SLURM has not ended it yet.")
