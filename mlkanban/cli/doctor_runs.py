"""What `doctor` says about runs: do they survive, who watches over them, what is there for them."""

from __future__ import annotations

from collections.abc import Iterator

from mlkanban.cli.check import Check
from mlkanban.cli.session import Session, login_name
from mlkanban.clock import now
from mlkanban.errors import UNREADABLE, MlkanbanError
from mlkanban.paths import places
from mlkanban.runs.local import processes, surroundings
from mlkanban.runs.local.surroundings import without_watch
from mlkanban.runs.model.metric_lines import is_of_tracker, unread_text
from mlkanban.runs.slurm import client

_MOST_UNREAD = 3
_SLURM_SECONDS = 5.0


def run_checks(session: Session) -> Iterator[Check]:
    """The surroundings of runs, in words."""
    person = login_name()
    kills = surroundings.killed_at_logout()
    if kills and not surroundings.lingers(person):
        yield Check("logout", "note", "systemd ends your processes when you log out, runs too",
                    f"Let them live on: loginctl enable-linger {person}")  # fmt: skip
    else:
        why = {None: "no systemd here", False: "systemd lets processes be", True: "you linger"}
        yield Check("logout", "ok", f"runs go on when you log out ({why[kills]})")
    yield from _watched()
    if not processes.visible():
        yield Check("processes", "note", "there is no /proc: what jobs leave behind is not seen")
    yield from _unread(session)
    gpus = surroundings.gpus()
    if gpus is not None:
        yield Check("gpus", "ok", str(gpus))
    if not client.found():
        return
    if version := client.version(_SLURM_SECONDS):
        yield Check("slurm", "ok", f"{version}: mlkanban sbatch submits jobs")
    else:
        yield Check("slurm", "note", "its commands are installed, but it does not answer",
                    "See: sinfo")  # fmt: skip


def _watched() -> Iterator[Check]:
    orphans, stale = without_watch(places().data, now())
    if orphans:
        yield Check("runs", "note", f"without a supervisor, still running: {_some(orphans)}",
                    "How they end will be known still. End one: mlkanban stop RUN")  # fmt: skip
    if stale:
        yield Check("runs", "note", f"silent on another host: {_some(stale)}",
                    "Look there: mlkanban runs")  # fmt: skip


def _unread(session: Session) -> Iterator[Check]:
    """The newest runs that reported metrics which are no numbers."""
    try:
        with session.service(as_is=True) as service:
            boards = service.boards.all()
            found = [one for board in boards for one in service.runs.of_board(board.id)]
    except (MlkanbanError, *UNREADABLE):
        return  # said of the store already
    unread = [(run.started, ref, run.unread) for ref, run in found if run.unread]
    for _, ref, some in sorted(unread, reverse=True)[:_MOST_UNREAD]:
        hint = "" if all(map(is_of_tracker, some)) else "Write `mlkanban: name=0.91`. "
        yield Check("metrics", "note", f"{ref}: {unread_text(some)}",
                    f"{hint}See: mlkanban runs {ref}")  # fmt: skip


def _some(runs: list[str]) -> str:
    more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
    return ", ".join(runs[:3]) + more
