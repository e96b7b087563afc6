"""Starting a run again from the screen, after a question: the job may take hours."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlkanban.errors import MlkanbanError, RuleRefused, UsageProblem
from mlkanban.hints import sentences
from mlkanban.runs.local.commits import changes_since
from mlkanban.runs.local.folder import find_run
from mlkanban.runs.local.rerun_command import rerun_command
from mlkanban.text import cell_text
from mlkanban.tui.store_thread import beside
from mlkanban.tui.widgets.menu import NOTHING, Option

if TYPE_CHECKING:
    from mlkanban.runs.model.run import Run
    from mlkanban.tui.command_screen import CommandScreen

_SECONDS = 60.0
_LONGEST = 300


async def rerun(screen: CommandScreen, run: Run) -> None:
    """Ask, then start the command of a run again, with other parameters where those are given. The
    job is started by a process of its own, as from a shell."""
    if screen.host.demo:
        screen.status.show("The demo starts no jobs.")
        return
    try:
        folder = find_run(screen.host.places.data, run.id)
        start = rerun_command(folder)
        code = await beside(lambda: changes_since(folder, start.where))
        words: list[str] = []
        while True:
            command = shlex.join(start.command(words) if words else start.argv)
            if len(command) > _LONGEST:
                command = f"{command[:_LONGEST]} ..."
            key = await screen.ask.choose(
                cell_text(f"Run again in {start.where}: {command}  ({sentences(code)})"),
                [Option("y", "start it"), Option("e", "other parameters"), Option("n", "leave it")],
                at=NOTHING,
            )
            if key != "e":
                break
            words = await _other_parameters(screen, words)
        if key != "y":
            return
        start.command(words)  # refused before anything is started
        started = await _started(screen, run.id, words)
    except MlkanbanError as error:
        screen.show_error(error)
        return
    if started.run:
        await screen.host.look_at_runs()
        what = "is in the queue" if started.queued else "started"
        screen.status.show(f"Run {started.run} {what}.")


async def _other_parameters(screen: CommandScreen, words: Sequence[str]) -> list[str]:
    """Parameters as they would stand in a shell; those given before where nothing is typed."""
    typed = await screen.ask.text("Parameters (--lr 3e-4)", shlex.join(words), verb="takes them")
    screen.refocus()
    if typed is None:
        return list(words)
    try:
        return shlex.split(typed)
    except ValueError as error:
        raise UsageProblem(f"A quote is missing: {error}.") from None


class _Answer(NamedTuple):
    """What became of a run: its id, or '' and why not; `refused` where a rule of the board says no,
    which a reason overrides and the queue waits for."""

    run: str = ""
    refused: bool = False
    problem: str = ""
    queued: bool = False


async def _started(screen: CommandScreen, run: str, words: Sequence[str]) -> _Answer:
    """The run that was started or queued; none where the person left it at a full stage."""
    answer = await beside(lambda: _rerun(run, words))
    if answer.refused:
        options = [
            Option("w", "queue it"), Option("o", "start it all the same"), Option("n", "leave it"),
        ]  # fmt: skip
        match await screen.ask.choose(answer.problem, options, at=NOTHING):
            case "w":
                answer = await beside(lambda: _rerun(run, words, queue=True))
            case "o":
                reason = await screen.ask.text("Reason", verb="starts it")
                screen.refocus()
                if not reason or not reason.strip():
                    return _Answer()
                answer = await beside(lambda: _rerun(run, words, override=reason))
            case _:
                return _Answer()
    if answer.problem:
        raise MlkanbanError(answer.problem)
    return answer


def _rerun(run: str, words: Sequence[str], *, override: str = "", queue: bool = False) -> _Answer:
    """Start or queue a run again. A process of its own does it: it forks, and no process may that
    has threads, as this one."""
    how = ["--queue" if queue else "--detach", *(["--override", override] if override else [])]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mlkanban", "--json", "rerun", run, *how, "--", *words],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        data = json.loads(done.stdout)["data"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        return _Answer(problem=f"The run was not started again: {error}")
    if done.returncode:
        refused = done.returncode == RuleRefused.exit_code
        return _Answer(refused=refused, problem=str(data["message"]))
    return _Answer(str(data["id"]), queued=queue)
