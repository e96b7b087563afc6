"""The runs of a card: its attempts, what is known of each, and how that is known."""

import asyncio
import os
import shlex
import shutil
import subprocess
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.charts.face import shortened
from mlkanban.charts.runs_page import figure_lines, run_details, run_rows
from mlkanban.core.runs.model import Run
from mlkanban.errors import MlkanbanError, NotFound, UsageProblem
from mlkanban.runs.folder import folders_of
from mlkanban.runs.left_over import LeftOver, left_over
from mlkanban.text import display
from mlkanban.tui.commands import RUNS
from mlkanban.tui.screens.editing import EditorScreen
from mlkanban.tui.screens.lists import ListScreen
from mlkanban.tui.widgets.ask import Option

_MOST = 0.5
"""Of the height, for the list."""


class RunsScreen(EditorScreen, ListScreen):
    WHERE: ClassVar[str] = RUNS

    def __init__(self, ref: str, title: str) -> None:
        super().__init__()
        self._ref, self._title = ref, title
        self._runs: list[Run] = []
        self._left: dict[str, list[LeftOver]] = {}
        self._metric: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="runs")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    def on_resize(self) -> None:
        self.draw()

    @property
    def length(self) -> int:
        return len(self._runs)

    async def board_changed(self) -> None:
        """Read the runs again; the one under the cursor stays there."""
        try:
            found, card = await self.board_app.backstage.call(
                lambda s: (s.runs.of_card(self._ref), s.cards.get(self._ref))
            )
        except NotFound:
            if self.is_active:
                self.app.pop_screen()
                self.board_app.say(f"{self._ref} is no more.")
            return
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)
            return
        left = await asyncio.to_thread(self._left_over, found)
        here = self._runs[self.row].id if self._runs else ""
        self._runs, self._left = found, left
        self._metric = card.metric.model_dump() if card.metric else None
        ids = [run.id for run in found]
        self.row = ids.index(here) if here in ids else 0
        self.draw()

    def draw(self) -> None:
        if not self.ready:
            return
        width, height = self.size.width - 2, self.size.height - 1
        lines = [f"Runs of {self._ref}  {display(self._title)}", ""]
        if not self._runs:
            lines += ["None yet. Start one in a shell:", f"  mlkanban run {self._ref} -- COMMAND"]
        else:
            board, now = self.board_app.model.board, self.board_app.now()
            zone = ZoneInfo(board.timezone)
            head, *rows = run_rows(self._runs, zone, now)
            said = figure_lines(self._runs, self._metric, zone, now, ascii=self.board_app.ascii)
            room = max(1, min(len(rows), int(height * _MOST) - 3))
            lines += [
                f"  {head}",
                *self.in_sight(rows, room),
                *(f"  {line}" for line in said),
                "",
                *run_details(self._runs[self.row], width),
                *self._left_lines(),
            ]
        shown = "\n".join(shortened(line, width) for line in lines[:height])
        self.query_one("#runs", Static).update(Content(self.plain(shown)))

    def _left_over(self, runs: list[Run]) -> dict[str, list[LeftOver]]:
        ended = (run.id for run in runs if run.state.ended)
        return left_over(folders_of(self.board_app.places.data, ended))

    def _left_lines(self) -> list[str]:
        left = self._left.get(self._runs[self.row].id, [])
        if not left:
            return []
        shown = [f"  {one.process.pid:>8}  {display(one.command)}" for one in left]
        return ["", "left over, still alive (X ends them)", *shown]

    def do_run_log(self) -> None:
        """Leave the terminal to a pager with what the run wrote."""
        if not self._runs:
            return
        from mlkanban.runs.intake import find
        from mlkanban.runs.looking import logs

        try:
            folder = find(self.board_app.places.data, self._runs[self.row].id)
            found = dict.fromkeys(log for files in logs(folder, folder.start()) for log in files)
            written = [log for log in found if log.exists() and log.stat().st_size]
            if not written:
                self.status.say("It has written nothing (yet).")
                return
            self.hand_over(partial(_page, [str(log) for log in written]))
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)

    async def do_run_stop(self) -> None:
        """Ask, then stop the run under the cursor."""
        if not self._runs:
            return
        run = self._runs[self.row]
        left = len(self._left.get(run.id, []))
        if run.state.ended and not left:
            self.status.say("It has ended.")
            return
        what = f"run {run.id}"
        if run.state.ended:
            what = f"{left} left-over process{'' if left == 1 else 'es'} of {what}"
        options = [Option("y", "stop it"), Option("n", "leave it")]
        if await self.ask.choose(f"Stop {what}?", options) != "y":
            return
        from mlkanban.runs.intake import find
        from mlkanban.runs.stopping import stop_run

        try:
            folder = find(self.board_app.places.data, run.id)
            self.status.say("Asked it to stop; after 5 s it is made to.")
            person = await self.board_app.backstage.call(lambda service: service.actor)
            stopped = await asyncio.to_thread(stop_run, folder, person, self.board_app.now)
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)
            return
        if not stopped:
            self.status.say(f"It does not run here. It was started on {display(run.host)}.")
            return
        await self.board_app.run_watch.look()
        await self.board_changed()
        self.status.say("Stopped.")


def _page(logs: list[str]) -> None:
    """Show files in the person's pager: $PAGER, else less or more."""
    try:
        words = shlex.split(os.environ.get("PAGER", ""))
    except ValueError:
        words = []
    if not words:
        words = [found for found in map(shutil.which, ("less", "more")) if found][:1]
    if not words:
        raise UsageProblem("There is no pager here.", "Name one: export PAGER=...")
    try:
        subprocess.run([*words, *logs], check=False)
    except OSError as error:
        raise UsageProblem(
            f"The pager {display(words[0])} cannot be started: {error.strerror}.",
            "Name another one: export PAGER=...",
        ) from error
