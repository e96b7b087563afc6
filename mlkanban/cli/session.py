"""One call of the program: what was asked for globally, the store behind it, and how it answers."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import click

from mlkanban import clock, log
from mlkanban.cli.person import login_name
from mlkanban.core.actors import agent_actor
from mlkanban.errors import BadInput, MlkanbanError, NotFound
from mlkanban.glyphs import Glyphs, terminal_glyphs
from mlkanban.paths import places
from mlkanban.records import record
from mlkanban.streams import give_up
from mlkanban.text import ascii_only, display, quantity

if TYPE_CHECKING:
    from mlkanban.config import Settings
    from mlkanban.core.board import Board
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.local.intake import Intake
    from mlkanban.service import Done, Service
    from mlkanban.service.hook_events import HookEvent

NAMES = ("mlkanban", "mlk")
"""What the program is called as."""
SCHEMA = 1


@record
class Session:
    json: bool = False
    board_key: str = ""
    hooks: bool = True
    """Whether what the command does is told to hooks; not what comes from a file."""
    acted: bool = field(default=False, init=False)
    """Whether something was done that calling the command again would do twice."""
    unprinted: tuple[OSError, str] | None = field(default=None, init=False)
    """Why the answer could not be printed, and the answer."""
    run_news: list[str] = field(default_factory=list, init=False)
    """What was said of runs that were taken in."""
    _problems: set[str] = field(default_factory=set, init=False)
    _wrote: bool = field(default=False, init=False)
    _hook_events: list[HookEvent] = field(default_factory=list, init=False)
    _ended_runs: list[RunFolder] = field(default_factory=list, init=False)
    _unread_ends: list[RunFolder] = field(default_factory=list, init=False)

    @cached_property
    def settings(self) -> Settings:
        # TOML and what it is checked with: help and the names of commands do without settings.
        from mlkanban.config import load

        return load()

    @property
    def actor(self) -> str:
        """Who acts, for the log: the name in the settings, or else the login, or the agent that
        acts for that person. Settings that cannot be read are reported where they are needed, and
        stop no job."""
        with contextlib.suppress(BadInput):
            person = self.settings.name or login_name()
            return agent_actor(agent, person) if (agent := self.settings.agent) else person
        return login_name()

    @cached_property
    def glyphs(self) -> Glyphs:
        return terminal_glyphs(os.environ, ascii=self.settings.ascii)

    @contextlib.contextmanager
    def service(
        self,
        *,
        write: bool = False,
        make: bool = False,
        as_is: bool = False,
        timeout: float = 30,
    ) -> Iterator[Service]:
        """The store of this person, open while the block runs; `make` it where there is none. One
        that others hold is waited for `timeout` seconds.

        What runs did that nobody took in yet is taken in before a command that writes, and shown by
        one that reads, which writes nothing; with `as_is` that sees what the file has."""
        # Store and use cases, half of what a command loads: help and usage errors do without.
        from mlkanban.service import Service
        from mlkanban.sync.transports.turns import take_turn

        settings = self.settings  # a mistake there is reported before anything is written
        where = places()
        log.write_to(where.log)
        service = Service.open(
            where.data,
            actor=self.actor,
            clock=clock.now,
            write=write,
            make=make,
            timeout=timeout,
            config=where.config,
            repeats=settings.repeats,
            take_turn=partial(take_turn, show_wait=self._show_wait) if write else None,
        )
        try:
            if write and service.read_only:
                raise MlkanbanError(service.read_only, "Nothing was written.")
            if write:
                self.take_in_runs(service)
            elif not as_is:
                service = self._with_runs(service)
            before = service.boards.cursor() if write else 0
            try:
                yield service
            finally:
                self.acted |= write and service.boards.cursor() > before
            if write:
                self._wrote = True
                self.take_in_runs(service)
                self._lift_blocks(service)
                self._meet_other_hosts(service)
                self._hook_events += service.take_hook_events()
        finally:
            for notice in service.take_notices():
                self.show_message(notice)
            service.close()

    def _show_wait(self, text: str) -> None:
        """Show on a line of stderr what is waited for, where somebody looks; '' takes it away."""
        if self.json or not sys.stderr.isatty():
            return
        import shutil  # 2 ms, for what is seldom shown

        room = shutil.get_terminal_size().columns - 1
        click.echo(f"\r{' ' * room}\r{self.clean(text)[:room]}", nl=False, err=True)

    def bring_up_to_date(self, timeout: float = 30) -> None:
        """Take in what became of runs, where there is anything, before the store is read as it is;
        where that cannot be, it is said."""
        try:
            with self.service(as_is=True, timeout=timeout) as service:
                if self._intake is None or service.write_problem:
                    return
                if not self._intake.not_taken_in(service, clock.now()):
                    return
            with self.service(write=True, timeout=timeout):
                pass  # which takes in
            self.read_end_values()
        except NotFound:
            raise
        except MlkanbanError as error:
            self.show_problem(error)

    @cached_property
    def _intake(self) -> Intake | None:
        if not (data := places().data).joinpath("runs").is_dir():
            return None
        # Jobs and processes: only a home where something ever ran waits for them.
        from mlkanban.runs.local.intake import Intake

        return Intake(data)

    def take_in_runs(self, service: Service) -> None:
        """What became of the runs of cards, as `_lift_blocks` does it."""
        if self._intake is None:
            return
        try:
            done = self._intake.take_in(service, clock.now())
        except MlkanbanError as error:
            self.show_problem(error, "What became of runs was not taken in")
        else:
            if done.message:
                self.show_message(done.message)
                self.run_news.append(done.message)
        ended = self._intake.take_ended()
        self._ended_runs += ended
        self._unread_ends += ended

    def _with_runs(self, service: Service) -> Service:
        """The board as it is with what became of runs: a copy in memory, where that is not taken
        in yet."""
        if self._intake is None or service.write_problem:
            return service
        try:
            reports = self._intake.not_taken_in(service, clock.now())
            if not reports:
                return service
            # As the intake: only a home where something ever ran waits for it.
            from mlkanban.runs.local.folder import RunFolder, runs_folder

            copy = service.in_memory()
            try:
                copy.runs.take_in(reports)
                folders = runs_folder(places().data)
                self._take_in_end_values(
                    copy, [RunFolder(folders / r.run.id) for r in reports if r.run.state.ended]
                )
            except BaseException:
                copy.close()
                raise
        except MlkanbanError as error:
            self.show_problem(error, "What became of runs is not shown")
            return service
        service.close()
        copy.forbid_writing("This command only reads.")
        return copy

    def _lift_blocks(self, service: Service) -> None:
        """What a command brought about or time has. The command itself is done by then: if this
        cannot be, it is said, and whoever comes next does it."""
        try:
            lifted = service.conditions.lift()
        except MlkanbanError as error:
            self.show_problem(error, "Blocks that are over were not lifted")
        else:
            if lifted.changed:
                self.show_message(lifted.message)

    def _meet_other_hosts(self, service: Service) -> None:
        """On a network home, as `_lift_blocks` does it. At every write, for nobody knows whether
        another follows that would send this one too."""
        if not service.on_network:
            return
        # git, folders and merging: only a network home waits for them.
        from mlkanban.sync.transports.remotes import meet

        try:
            report = meet(service)
        except MlkanbanError as error:
            self.show_problem(error, "What other hosts did was not taken in")
        else:
            if report is not None and (report.taken or report.notices):
                self.show_message(" ".join([report.message, *report.notices]))

    def afterwards(self) -> None:
        """What waits until the answer is out: hooks, and a backup when one is due."""
        if not self._wrote:
            return
        self._run_hooks()
        self.read_end_values()
        self._keep_log_limit()
        # Loaded when the answer is out already; what only reads never needs it.
        from mlkanban.service.backups import tidy_below, wanted

        moment = clock.now()
        try:
            if wanted(places().data, moment):
                with self.service(as_is=True) as service:
                    service.backups.keep(moment)
                tidy_below(places().data, self.settings.backup_room, briefly=True)
        except MlkanbanError as error:
            self.show_message(f"No backup was made: {error}")

    def read_end_values(self) -> None:
        """Read what trackers have of the runs whose end was taken in."""
        ended, self._unread_ends = self._unread_ends, []
        if not ended:
            return
        try:
            with self.service(write=True, as_is=True) as service:
                self._take_in_end_values(service, ended)
        except MlkanbanError as error:
            self.show_problem(error, "What trackers have of runs that ended was not read")

    def _take_in_end_values(self, service: Service, ended: Sequence[RunFolder]) -> None:
        if not ended:
            return
        # Trackers: only who takes in the end of a run waits for them.
        from mlkanban.runs.end_values import take_in_end_values

        take_in_end_values(service, places().data, ended, os.environ, self.settings.trackers)

    def _keep_log_limit(self) -> None:
        """Take out the middle of logs over the limit, of runs whose end was taken in."""
        ended, self._ended_runs = self._ended_runs, []
        try:
            limit = self.settings.log_limit
        except MlkanbanError:
            return  # said already, by what needs the settings
        if ended and limit:
            # Processes and files of jobs: only who takes in the end of a run waits for them.
            from mlkanban.runs.local.log_size import keep_limit

            keep_limit(ended, limit, clock.now(), self.show_message)

    def keep_for_afterwards(
        self, events: Sequence[HookEvent] = (), ended: Sequence[RunFolder] = ()
    ) -> None:
        """Keep what was written without `service`, and the runs whose end was taken in, until
        hooks are run and logs shortened."""
        self._hook_events += events
        self._ended_runs += ended
        self._unread_ends += ended
        self._wrote |= bool(events or ended)

    def _run_hooks(self) -> None:
        events, self._hook_events = self._hook_events, []
        if not self.hooks or not events or not (places().config / "hooks").is_dir():
            return
        # subprocess: only a person with hooks waits for it.
        from mlkanban.hooks import run

        for problem in run(places().config, events):
            self.show_message(problem)

    def board(self, service: Service, *, taken_back: bool = False) -> Board:
        """The board to work on: --board, MLKANBAN_BOARD, the setting, else the last one used; one
        that was `taken_back` by an undo where that is asked for."""
        key = self.board_key or self.settings.board
        return service.boards.find(key, taken_back=taken_back)

    def board_in_use(self, service: Service) -> str:
        """The long id of the board to work on; '' where there is none."""
        try:
            return self.board(service).id
        except NotFound:
            return ""

    def show_board_in_use(self, service: Service, before: str) -> None:
        """Say which board the next commands are about, where a command changed that."""
        board_id = self.board_in_use(service)
        if board_id and board_id != before:
            key = service.boards.of_id(board_id).key
            self.show_message(f"Commands without --board are about the board {key} now.")

    def answer(
        self,
        kind: str,
        data: Callable[[], Any],
        lines: Callable[[], Iterable[str]] | None = None,
        meta: Callable[[], Any] | None = None,
        *,
        acted: bool = False,
    ) -> None:
        """Print the result: one JSON object, with `meta` about all of its data where there is
        some, or `lines` for people. `acted` when something was done that is no event."""
        self.acted |= acted
        if self.json:
            # ASCII: no control character of a stored text can reach a terminal.
            made = {"schema": SCHEMA, "kind": kind, "data": data()}
            self._print(json.dumps(made | ({"meta": meta()} if meta else {})))
        elif lines is not None and (text := "\n".join(lines())):
            self._print(text)

    def print_bytes(self, content: bytes) -> None:
        """Print what is for another program as it is. Only where stdout is no terminal: it could
        act on one."""
        self._print(content)

    def _print(self, text: str | bytes) -> None:
        """What was done stays done where nobody can read of it; `run` says so in the end."""
        try:
            click.echo(text, nl=isinstance(text, str))
        except OSError as error:
            give_up(sys.stdout)
            self.unprinted = error, text if isinstance(text, str) else ""

    def answer_done(self, kind: str, done: Done, service: Service) -> None:
        """Report what an action did to cards."""
        # Models of cards, which help and usage errors do without.
        from mlkanban.display.card_json import cards_data

        self.answer(
            kind,
            lambda: {
                "cards": cards_data(done.cards, service, clock.now()),
                "message": done.message,
                "warning": done.warning,
            },
        )
        self.show_done(done)

    def show_done(self, done: Done) -> None:
        """Say in words what an action did; a warning in any case."""
        if not self.json:
            self.show_message(done.message)
        if done.warning:
            self.show_message(done.warning)

    def show_message(self, message: str) -> None:
        """A message for the person, on stderr; where nobody can read it, what was done is done."""
        try:
            click.echo(self.clean(message), err=True)
        except OSError:
            give_up(sys.stderr)

    def show_problem(self, error: MlkanbanError, without: str = "") -> None:
        """Say what went wrong beside the answer, once for each error, and what is not done without
        it."""
        text = str(error)
        if text not in self._problems:
            self._problems.add(text)
            self.show_message(f"{without}: {text}" if without else text)

    def show_conflicts(self, conflicts: int) -> None:
        """That conflicts of the board are to be resolved, for people."""
        if conflicts and not self.json:
            self.show_message(f"{quantity(conflicts, 'conflict')} to resolve: mlkanban resolve")

    def fail(self, error: MlkanbanError) -> int:
        """Say what went wrong; the exit code."""
        with contextlib.suppress(OSError):
            for number, line in enumerate(str(error).split("\n")):
                click.echo(("" if number else "mlkanban: ") + display(line), err=True)
            self.answer(
                "error",
                lambda: {
                    "message": error.message,
                    "hint": error.hint,
                    "exit_code": error.exit_code,
                },
            )
            sys.stdout.flush()
        return error.exit_code

    def clean(self, text: str) -> str:
        """Stored text as one line that may be printed."""
        shown = display(text).replace("\t", " ")
        return ascii_only(shown) if self.glyphs.ascii else shown


pass_session = click.make_pass_decorator(Session)
