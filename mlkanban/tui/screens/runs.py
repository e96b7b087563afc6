"""The runs of a card by configuration, the runs of one of them, and what is known of the run under
the cursor."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.timer import Timer

from mlkanban.core.metrics import MetricFields, has_direction
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.curve_lines import LEAST_HEIGHT, UNDER_CURSOR
from mlkanban.display.grid import Grid
from mlkanban.display.lines import as_many_as_fit, joined, page_title, paragraph, rule
from mlkanban.display.run_lines import (
    LETTERS,
    MARK_ROLES,
    RunPageContext,
    budget_line,
    comparison_lines,
    configuration_grid,
    count_text,
    counts_line,
    detail_lines,
    importance_lines,
    importance_title,
    mean_line,
    remark_lines,
    run_grid,
    standing_counts,
    target_line,
    verdict_lines,
    written_lines,
)
from mlkanban.display.table import first_in_sight
from mlkanban.errors import BadQuery, MlkanbanError, NotFound
from mlkanban.runs.local.commits import difference
from mlkanban.runs.local.folder import find_run, folders_of
from mlkanban.runs.local.inspect import logs
from mlkanban.runs.local.log_size import longest, over_limit
from mlkanban.runs.local.logs import Written, last_written, render
from mlkanban.runs.local.orphans import OrphanProcess, orphan_processes
from mlkanban.runs.model.launch_words import NO_DIFFERENCE
from mlkanban.runs.model.overview import (
    MOST_DRAWN,
    ConfigurationRuns,
    Order,
    arrays_apart,
    in_order,
    overview,
    run_counts,
    run_parameters,
    telling_differences,
    worth_watching,
)
from mlkanban.runs.model.results import Results, outer_runs
from mlkanban.runs.model.run import Run, parents_of
from mlkanban.runs.model.run_ids import split_task
from mlkanban.runs.model.run_query import run_matcher
from mlkanban.runs.model.state import RunStanding, RunState
from mlkanban.runs.model.tracker_run import not_ours
from mlkanban.runs.model.usage import Spending
from mlkanban.text import cell_text, display, quantity, short_name
from mlkanban.tui.commands import RUNS, STATUS
from mlkanban.tui.external_editor import ExternalEditor
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.learning_curves import Chosen, LearningCurves
from mlkanban.tui.pager import page_files, page_text
from mlkanban.tui.rerun import rerun
from mlkanban.tui.run_turns import RunTurns, waits_here
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.store_thread import beside
from mlkanban.tui.widgets.lines import ListLines

_LOG_SECONDS = 2.0
"""Seconds between two looks at what a run that goes on writes."""
_REST_SECONDS = 0.3
"""After so long on a line its curve is drawn."""
_LEAST_BELOW = ((40, 13), (30, 9), (22, 6), (14, 4))
"""From how many lines of a screen on how many at least tell of the run under the cursor."""
_CURVES = ((54, 21, 11), (40, 13, 9), (30, 10, 5), (22, 8, 5))
"""From how many lines on learning curves have how many at most, and how many tell of a run then."""
_ROWS_KEPT = 4
"""Lines of the list that learning curves leave."""


class RunsScreen(ListScreen):
    """A list of configurations, or, once one is opened, of its runs. With a single configuration
    there are only its runs."""

    WHERE: ClassVar[str] = RUNS

    def __init__(self, ref: str, title: str, run: str = "") -> None:
        """The runs of a card, with the cursor on the one with the id `run` where that is given."""
        super().__init__()
        self._wanted = run
        self._editor = ExternalEditor(self)
        self._ref, self._title = ref, title
        self._read = False
        self._runs: list[Run] = []
        self._all: list[ConfigurationRuns] = []
        self._rows: list[ConfigurationRuns] = []
        self._opened = ""
        self._order = Order.METRIC
        self._query = ""
        self._parameters = False
        self._left: dict[str, list[OrphanProcess]] = {}
        self._results: Results | None = None
        self._spent: Spending | None = None
        self._metric: Mapping[str, Any] | None = None
        self._guards: Sequence[MetricFields] = ()
        self._marks: list[str] = []
        self._marked: list[str] = []
        self._curves = LearningCurves(self, self._draw_anew)
        self.status.keys_stay_whole = True
        turns = RunTurns(self, self._runs_here, self.board_changed, self._left_here)
        self.command_objects = (self._curves, turns)
        self._rest: Timer | None = None
        self._written = ("", Written([], []))
        self._large: dict[str, int] = {}
        self._differs = NO_DIFFERENCE
        self._outer: frozenset[str] = frozenset()
        self._counts = run_counts([])
        self._standings = standing_counts([])
        self._going_on: list[Run] = []
        self._places: dict[str, int] = {}
        self._rows_by_key: dict[str, ConfigurationRuns] = {}
        self._grids: dict[object, Grid] = {}
        self._words: dict[int, tuple[list[Line], list[Line]]] = {}

    def compose(self) -> ComposeResult:
        yield ListLines(ascii=self.host.ascii, id="runs")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self.board_changed())
        self.set_interval(_LOG_SECONDS, self._look_at_log)

    def on_resize(self) -> None:
        self.draw()

    # What is listed

    @property
    def _inside(self) -> ConfigurationRuns | None:
        """The configuration whose runs are listed, None where configurations are."""
        if len(self._all) == 1 and self._rows:
            return self._rows[0]
        return self._rows_by_key.get(self._opened)

    @property
    def length(self) -> int:
        return len(self._inside.runs) if self._inside else len(self._rows)

    @property
    def _run_here(self) -> Run:
        """The run that commands are about: of a configuration the one that goes on, else the
        newest."""
        if inside := self._inside:
            return inside.runs[self.row]
        runs = self._rows[self.row].runs
        return next((run for run in runs if not run.state.ended), runs[0])

    def _runs_here(self) -> list[Run]:
        """The runs of the line under the cursor, first the one that it stands for."""
        if not self.length:
            return []
        if self._inside:
            return [self._run_here]
        others = (run for run in self._rows[self.row].runs if run.id != self._run_here.id)
        return [self._run_here, *others]

    def _left_here(self, run: Run) -> int:
        """How many processes are alive that a run left over."""
        return len(self._left.get(run.id, []))

    async def board_changed(self) -> None:
        """Read the runs again; what is under the cursor stays there."""
        try:
            read = await self.host.store_thread.call(lambda s: s.runs.with_results(self._ref))
        except NotFound:
            if self.is_active:
                self.close()
                self.host.show_message(f"{self._ref} is no more.")
            return
        except MlkanbanError as error:
            self.show_error(error)
            return
        left = await beside(lambda: self._left_over(read.runs))
        runs = arrays_apart(read.runs, self.host.settings.repeats)
        here = self._key
        self._read = True
        self._runs, self._left = runs, left
        self._results, self._spent, self._guards = read.results, read.spending, read.guards
        self._metric = metric = read.metric
        name = str((metric or {}).get("name") or "")
        self._differs = telling_differences(runs, name, self.host.settings.repeats)
        self._words.clear()
        self._outer = outer_runs(runs, parents_of(runs))
        self._all = overview(runs, read.results, self.host.settings.repeats)
        self._counts = run_counts(runs, self._all)
        self._standings = standing_counts(runs, self._outer)
        self._going_on = [run for run in runs if not run.state.ended]
        self._places = {run.id: at for at, run in enumerate(runs)}
        keys = {row.key for row in self._all}
        self._marks = [key for key in self._marks if key in keys]
        ids = {run.id for run in runs}
        self._marked = [run for run in self._marked if run in ids]
        self._curves.expect(runs)
        self._arrange(self._open_wanted() or here)
        self._read_log()
        self._read_curves()

    def _open_wanted(self) -> str:
        """What the cursor is to be on at first, '' for nothing: the run that was asked for, whose
        configuration is opened, or that configuration where it has no other run."""
        wanted, self._wanted = self._wanted, ""
        for row in self._all:
            if any(run.id == wanted for run in row.runs):
                if len(self._all) > 1 and len(row.runs) == 1:
                    return row.key
                self._opened = row.key
                return wanted
        return ""

    @property
    def _key(self) -> str:
        """What is under the cursor, to find it again."""
        if not self.length:
            return ""
        return self._run_here.id if self._inside else self._rows[self.row].key

    def _arrange(self, here: str) -> None:
        """List what the query finds, in order, with the cursor on what it was on."""
        rows = self._all
        if self._query:
            matches = run_matcher(self._query, self._runs)
            found = {run.id for run in self._runs if matches(run)}
            rows = [row.only(found) for row in rows if any(run.id in found for run in row.runs)]
        order = self._order if self._results or self._order is not Order.METRIC else Order.NEWEST
        lower = self._results is not None and self._results.lower
        self._rows = in_order(rows, order, self.host.now(), lower=lower)
        self._rows_by_key = {row.key: row for row in self._rows}
        self._grids.clear()
        inside = self._inside
        keys = [run.id for run in inside.runs] if inside else [row.key for row in self._rows]
        self.row = keys.index(here) if here in keys else max(0, min(self.row, len(keys) - 1))
        self.draw()

    def go(self, row: int) -> None:
        super().go(row)
        self._read_log()
        if self._rest is not None:
            self._rest.stop()
        # A picture takes as long as several keys.
        self._rest = self.set_timer(_REST_SECONDS, self._rested)

    def _rested(self) -> None:
        """Draw the curve of what the cursor rests on, where nothing is marked."""
        self._rest = None
        if self.is_active and not (self._marked if self._inside else self._marks):
            self._read_curves()

    @property
    def _curve_here(self) -> Run | None:
        """The run whose curve stands for what is under the cursor; None for nothing."""
        if not self.length:
            return None
        return self._run_here if self._inside else _standing_for(self._rows[self.row])

    # The log of the run under the cursor

    def _look_at_log(self) -> None:
        if self.is_active and self.length and not self._run_here.state.ended:
            self._read_log()
        if self.is_active and self._going_on:
            self._read_curves()
            self._draw_anew()  # how long they have run

    def _read_log(self) -> None:
        if self.length:
            self.only_newest("log", partial(self._log, self._run_here.id))

    async def _log(self, run_id: str) -> None:
        """Show what a run wrote last, beside the keys: its files may lie on a slow disk."""
        data, limit = self.host.places.data, self.host.settings.log_limit
        going_on = [run.id for run in self._going_on if not run.job]
        read, sizes = await beside(
            lambda: (
                last_written(data, run_id),
                {folder.id: longest(folder) for folder in folders_of(data, going_on)},
            )
        )
        large = {run: size for run, size in sizes.items() if over_limit(size, limit)}
        drawn = self._written_by(run_id)
        self._written = (run_id, read)
        if large != self._large:
            self._large = large
            self._draw_anew()
        elif read != drawn:
            self.draw()

    def _written_by(self, run_id: str) -> Written:
        """What a run wrote last, as far as that was read."""
        return self._written[1] if self._written[0] == run_id else Written([], [])

    # Learning curves

    def _read_curves(self) -> None:
        self.only_newest(
            "curves",
            partial(
                self._curves.read,
                self._runs,
                self._chosen(),
                self._metric,
                results=self._results,
                rows=self._all,
            ),
        )

    def _chosen(self) -> list[Chosen]:
        """Whose curves are drawn: of what is marked, else of the runs that tell most. A
        configuration is told by its run that goes on, or the newest with a result."""
        if self._inside:
            marked = [self._runs[self._places[run]] for run in self._marked]
        else:
            rows = {row.key: row for row in self._all}
            marked = [_standing_for(rows[key]) for key in self._marks]
        if not marked:
            chosen = [Chosen(*one) for one in worth_watching(self._runs, self._results)]
            here = self._curve_here
            if here is None or any(one.run.id == here.id for one in chosen):
                return chosen
            return [*chosen[: MOST_DRAWN - 1], Chosen(here, UNDER_CURSOR)]
        return [
            Chosen(run, letter, role)
            for run, letter, role in zip(marked, LETTERS, MARK_ROLES, strict=False)
        ]

    def _draw_anew(self) -> None:
        self._grids.clear()
        self.draw()

    def _curve_lines(self, width: int, height: int) -> list[Line]:
        """A rule, and the learning curves in so many lines; none where those are too few."""
        if height < LEAST_HEIGHT:
            return []
        title = self._curves.title
        if marks := self._marked if self._inside else self._marks:
            marked = f" {self.host.glyphs.marked} {len(marks)} marked"
            title = [*title, Piece(marked, "mark")]
        lines = self._curves.lines(width - 2, height)
        lines = [[Piece(" ", "text"), *line] for line in lines]
        return [rule(title, width, self.host.glyphs), *lines, *([[]] * (height - len(lines)))]

    # Drawing

    def draw(self) -> None:
        if not self.ready:
            return
        width, height = self.size.width, self.size.height - 1
        glyphs = self.host.glyphs
        if not self._read:
            reading: list[Line] = [self._title_line(width), [Piece(" Reading the runs", "dim")]]
            self.query_one("#runs", ListLines).show([*reading, *([[]] * (height - 2))])
            return
        context = RunPageContext(
            self._results, self._metric, ZoneInfo(self.board.timezone), self.host.now(), glyphs,
            self._curves.latest, self._large, self._guards,
        )  # fmt: skip
        lines = [self._title_line(width), self._summary_line(context, width)]
        cursor, self.rows_in_sight = -1, {}
        if not self.length:
            idle = ("run.filter",) if self._runs else ()
            self.status.offer(self.hints((*idle, "help", "back")))
            text = (
                f"No run matches {display(self._query)}: "
                + with_keys("{run.filter} changes the filter.", self.host.commands)
                if self._runs
                else f"No runs yet. Start one in a shell: mlkanban run {self._ref} -- COMMAND"
            )
            lines += [
                [],
                *(
                    [Piece(" ", "text"), *line]
                    for line in paragraph(text, "dim", width - 2, glyphs)
                ),
            ]
        else:
            self.status.offer(self._hints_here())
            grid = self._grid(context, width - 2)
            least = next((many for rows, many in _LEAST_BELOW if height + 1 >= rows), 0)
            room = height - len(lines) - 1 - least
            below = self._together(context, width - 2, room - self.length)
            curves: list[Line] = []
            if self._curves.there:
                _, high, few = next((one for one in _CURVES if height >= one[0] - 1), (0, 0, least))
                room += least - few
                kept = min(self.length, _ROWS_KEPT) + len(below) + 1
                curves = self._curve_lines(width, min(high, room - kept))
                least = few if curves else least
                room = height - len(lines) - 1 - least - len(curves)
            room = max(1, room - len(below))
            first = first_in_sight(self.row, room, self.length)
            shown = range(first, min(self.length, first + room))
            cursor = len(lines) + 1 + self.row - first
            self.rows_in_sight = dict(enumerate(shown, len(lines) + 1))
            lines += [[Piece(" ", "text"), *grid.head]]
            lines += [[Piece(" ", "text"), *grid.row(at)] for at in shown]
            lines += [[Piece(" ", "text"), *line] for line in below]
            lines += curves
            if least:
                lines.append(self._rule(width, self.length - len(shown)))
                room = height - len(lines)
                lines += (
                    self._importance(context, width - 2, room)
                    if self._parameters
                    else self._about(context, width - 2, room)
                )
        lines = [*lines[:height], *([[]] * (height - len(lines)))]
        self.query_one("#runs", ListLines).show(lines, cursor)

    def _grid(self, context: RunPageContext, width: int) -> Grid:
        """The list, whose lines are made when they are in sight; a key that only moves the cursor
        finds it made."""
        inside = self._inside
        key = (width, inside and inside.key, *self._marked, *self._marks)
        if key not in self._grids:
            self._grids[key] = (
                run_grid(
                    inside.runs,
                    run_parameters(inside.runs, self._metric, self.host.settings.repeats),
                    context, width, marks=self._marked, marking=True,
                )
                if inside
                else configuration_grid(
                    self._rows, context, width, marks=self._marks, marking=True
                )
            )  # fmt: skip
        return self._grids[key]

    def _title_line(self, width: int) -> Line:
        inside, glyphs, counts = self._inside, self.host.glyphs, self._counts
        if inside is not None and len(self._all) > 1:
            many = sum(run.id not in self._outer for run in inside.runs)
            what = f"{many} of {quantity(counts.runs, counts.word)}" if many else "outer run"
        else:
            what = count_text(counts)
        about = f"{self._ref}  {cell_text(self._title)}"
        return page_title("Runs", about, width, glyphs, right=[Piece(what, "dim")])

    def _summary_line(self, context: RunPageContext, width: int) -> Line:
        """The target, what the list is sorted by, how many runs go on and failed, the filter."""
        glyphs = context.glyphs
        parts = target_line(context)
        if inside := self._inside:
            if len(self._all) > 1:
                parts.insert(0, [Piece(cell_text(inside.name) or "this configuration", "title")])
            if inside.result is not None and inside.result.n > 1:
                parts.append(mean_line(inside.result, context))
        elif len(self._rows) > 1:
            by = {Order.METRIC: context.name, Order.NEWEST: "newest"}.get(self._order, self._order)
            if self._order is Order.METRIC and self._results is None:
                by = "newest"
            text = f"{cell_text(by)} {glyphs.sorted}"
            parts.append([Piece("sorted by ", "dim"), Piece(text, "focus")])
        if counts := counts_line(self._standings, glyphs, words=width >= 100):
            parts.append(counts)
        if self._query:
            parts.insert(0, [Piece("/ ", "focus"), Piece(cell_text(self._query), "focus")])
        line, many = as_many_as_fit(parts, width - 2)
        return [Piece(" ", "text"), *(line if many else joined(parts[:1]))]

    def _together(self, context: RunPageContext, width: int, room: int) -> list[Line]:
        """What all runs say together; in little room, only the verdict and the budget."""
        if width not in self._words:
            repeats = self.host.settings.repeats
            self._words[width] = (
                verdict_lines(context, width),
                remark_lines(self._runs, context, width, repeats, self._spent, self._all),
            )
        verdict, remarks = self._words[width]
        if room > len(verdict) + len(remarks) or self.size.height >= 40:
            return [[], *verdict, *remarks] if verdict or remarks else []
        return [*verdict[:2], *([budget_line(self._spent)] if self._spent else [])]

    def _rule(self, width: int, more: int) -> Line:
        """A rule with the state of the run that is told of below, and how much more there is to
        list."""
        run, glyphs = self._run_here, self.host.glyphs
        right = [Piece(f"{glyphs.more_down} {more} more", "dim")] if more else None
        if self._parameters:
            return rule([Piece(importance_title(self._all), "title")], width, glyphs, right)
        name = f"{run.id} on {short_name(run.host)}" if run.host else run.id
        # What was started in a run uses those of that.
        gpus = "" if run.gpus is None or run.parent else f", {quantity(run.gpus, 'gpu')}"
        role = "alarm" if run.standing is RunStanding.FAILED else "title"
        title = [
            Piece(f"{cell_text(run.word)} ", role), Piece(cell_text(name) + gpus, "dim"),
        ]  # fmt: skip
        return rule(title, width, glyphs, right)

    def _about(self, context: RunPageContext, width: int, room: int) -> list[Line]:
        """What the configuration under the cursor says, what is known of the run there, and what it
        wrote last."""
        run = self._curves.with_unread(self._run_here)
        differs = self._differs.row(self._places[run.id])
        repeats = self.host.settings.repeats
        row = self._inside or self._rows[self.row]
        lines = comparison_lines(row.result, context, width) if row.result else []
        lines += detail_lines(run, width, context.glyphs, differs, repeats)
        lines += self._left_lines(run)
        read = self._written_by(run.id)
        lines = lines[:room]
        lines += written_lines(read.out, read.err or run.last, room - len(lines))
        return [[Piece(" ", "text"), *line] for line in lines]

    def _importance(self, context: RunPageContext, width: int, room: int) -> list[Line]:
        lines = importance_lines(self._all, width, room, context.glyphs)
        return [[Piece(" ", "text"), *line] for line in lines]

    def _left_over(self, runs: list[Run]) -> dict[str, list[OrphanProcess]]:
        ended = (run.id for run in runs if run.state.ended)
        return orphan_processes(folders_of(self.host.places.data, ended))

    def _left_lines(self, run: Run) -> list[Line]:
        left = self._left.get(run.id, [])
        if text := over_limit(self._large.get(run.id, 0), self.host.settings.log_limit):
            return [[Piece(text, "alarm")]]
        if not left:
            return []
        return [
            [],
            [Piece("left over, still alive (X ends them)", "alarm")],
            *(
                [Piece(f"  {orphan.process.pid:>8}  {cell_text(orphan.command)}", "text")]
                for orphan in left
            ),
        ]

    # Commands

    async def do_run_log(self) -> None:
        """Open the runs of a configuration; leave the terminal to a pager with what a run wrote."""
        if not self.length:
            return
        if self._inside is None and len(self._rows[self.row].runs) > 1:
            self._opened = self._rows[self.row].key
            self.go(0)
            self._read_curves()
            return
        if self._is_not_ours():
            return
        try:
            run, task = split_task(self._run_here.id)
            folder = find_run(self.host.places.data, run)
            files = logs(folder, folder.start(), task)
            found = dict.fromkeys(log for stream in files for log in stream)
            with tempfile.TemporaryDirectory(prefix="mlkanban-") as pages:
                written = await beside(lambda: render([*found], Path(pages)))
                if not written:
                    self.status.show("It has written nothing (yet).")
                    return
                self._editor.hand_over(partial(page_files, [str(log) for log in written]))
        except MlkanbanError as error:
            self.show_error(error)

    def do_back(self) -> None:
        """From the runs of a configuration back to all configurations, else back."""
        if self._opened and self._inside and len(self._all) > 1:
            key, self._opened = self._opened, ""
            self._arrange(key)
            self._read_log()
            self._read_curves()
        else:
            super().do_back()

    def _is_not_ours(self) -> bool:
        """Whether only a tracker knows the run under the cursor; then that is said."""
        run = self._run_here
        if run.state is RunState.TRACKED:
            self.status.show(not_ours(run.id, run.where))
        return run.state is RunState.TRACKED

    def _hints_here(self) -> list[KeyHint]:
        """The reminders of keys that do something for what is under the cursor."""
        run = self._run_here
        several = self._inside is None and len(self._rows[self.row].runs) > 1
        idle = {"run.stop"} if run.state.ended and not self._left.get(run.id) else set()
        if self._run_before is None:
            idle.add("run.diff")
        if run.state is RunState.TRACKED:
            idle |= set() if several else {"run.log"}
            idle |= {"run.again"} if run.commit else {"run.again", "run.diff"}
        if self._inside:
            idle.add("run.sort")
        waiting = [run for run in self._runs_here() if waits_here(run)]
        if not waiting:
            idle |= {"run.hold", "run.earlier", "run.later"}
        names = [name for name in STATUS[RUNS] if name not in idle]
        hints = self.hints(names)
        if waiting and all(run.held_back for run in waiting):
            hints = [h._replace(word="release") if h.command == "run.hold" else h for h in hints]
        if several:
            hints = [h._replace(word="its runs") if h.command == "run.log" else h for h in hints]
        return hints

    def do_run_mark(self) -> None:
        """Mark what is under the cursor, or unmark it: up to four runs, or configurations."""
        if not self.length:
            return
        marks, key = (self._marked if self._inside else self._marks), self._key
        if key in marks:
            marks.remove(key)
        elif len(marks) == len(LETTERS):
            self.status.show(f"{len(LETTERS)} are marked: Space on one of them unmarks it.")
            return
        else:
            marks.append(key)
        self.draw()
        self._read_curves()

    def do_run_parameters(self) -> None:
        """Show how much each parameter tells, or again what is known of the run."""
        self._parameters = not self._parameters
        self.draw()

    def do_run_best(self) -> None:
        """Put the cursor on the best configuration, or on the best run among those listed."""
        found, inside = self._results, self._inside
        if found is None:
            self.status.show("No run has a value of the card's metric.")
            return
        if not has_direction(found.metric):
            self.status.show("The card does not say which values are better.")
            return
        if found.best is None:
            self.status.show("Every configuration breaks a guard: none is the best.")
            return
        if inside is None:
            ids = {run.id for run in found.best.runs}
            best = [
                at
                for at, row in enumerate(self._rows)
                if row.result and row.result.runs[0].id in ids
            ]
        else:
            values = [run for run in inside.runs if run.is_result and found.name in run.metrics]
            first = found.best_among(values)
            best = [inside.runs.index(first)] if first is not None else []
        if best:
            self.go(best[0])
        else:
            self.status.show("The best one is not listed.")

    def do_run_sort(self) -> None:
        """Sort the configurations by the next of the orders."""
        if not self.length:
            return
        if self._inside:
            self.status.show("Only configurations are sorted, not their runs.", passing=True)
            return
        orders = [order for order in Order if self._results or order is not Order.METRIC]
        at = orders.index(self._order) if self._order in orders else 0
        self._order = orders[(at + 1) % len(orders)]
        self._arrange(self._key)

    async def do_run_filter(self) -> None:
        """Ask for a query and list only runs that match; an empty one lists all."""
        text: str | None = self._query
        while (text := await self.ask.text("Runs", text or "", verb="filters")) is not None:
            try:
                run_matcher(text, self._runs)
            except BadQuery as error:
                self.show_error(error)
                continue
            self._query = text.strip()
            break
        self.refocus()
        if text is not None:
            self.status.clear()
            self._arrange(self._key)
            self._read_log()

    async def do_run_diff(self) -> None:
        """Show what changed in the code from the marked run, or the one before, to this one."""
        if not self.length:
            return
        run, before = self._run_here, self._run_before
        if before is None:
            self.status.show("There is no run before this one. Space marks another one.")
            return
        self.status.show("Asking git ...")
        changes = await beside(lambda: difference(self.host.places.data, before, run))
        self.status.clear()
        if changes.before == changes.after:
            self.status.show(changes.text)
        else:
            self._editor.hand_over(partial(page_text, changes.text, ".diff"))

    @property
    def _run_before(self) -> Run | None:
        """The run that the one under the cursor is compared with: the marked one, else the one that
        was started before it."""
        run = self._run_here
        marked = next((other for other in self._marked_runs if other.id != run.id), None)
        after = self._places[run.id] + 1
        return marked or next(iter(self._runs[after : after + 1]), None)

    @property
    def _marked_runs(self) -> list[Run]:
        """The runs that this one is compared with: those marked last first, of configurations the
        newest run."""
        if self._inside:
            return [self._runs[self._places[run]] for run in reversed(self._marked)]
        rows = {row.key: row for row in self._all if row.key in self._marks}
        return [rows[key].runs[0] for key in reversed(self._marks)]

    async def do_run_again(self) -> None:
        """Ask, then start the run under the cursor again."""
        if self.length and not self._is_not_ours():
            await rerun(self, self._run_here)


def _standing_for(row: ConfigurationRuns) -> Run:
    """The run whose curve stands for a configuration."""
    going_on = (run for run in row.runs if not run.state.ended)
    results = (run for run in row.runs if run.is_result)
    return next(going_on, None) or next(results, row.runs[0])
