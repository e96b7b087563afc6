"""Is all well here? The terminal, the settings, the store and its disk, with a plain verdict."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import click

from mlkanban.access import refusal
from mlkanban.cli.person import login_name
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.clock import local_timezone, now, odd_timezone
from mlkanban.config import Settings
from mlkanban.editor import documents
from mlkanban.errors import UNREADABLE, BadInput, MlkanbanError, NotFound
from mlkanban.glyphs import terminal_glyphs
from mlkanban.hooks import find_hooks
from mlkanban.machine import machine
from mlkanban.paths import places, working_folder
from mlkanban.runs.local import surroundings
from mlkanban.runs.local.folder import RunFolder, run_ids, runs_folder
from mlkanban.runs.local.likely_runs import local_runs, newest_working_folders
from mlkanban.runs.local.log_size import log_bytes, longest, over_limit
from mlkanban.runs.local.surroundings import without_watch
from mlkanban.runs.model.metric_lines import is_of_tracker, unread_text
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.time_limits import COMMAND_SECONDS
from mlkanban.runs.trackers.places import count_all, usual
from mlkanban.text import quantity, short_name
from mlkanban.tui import pager
from mlkanban.tui.commands import keymap

if TYPE_CHECKING:
    from mlkanban.service import Service
    from mlkanban.service.backups import BackupState
    from mlkanban.service.integrity import Findings

_CARDS_NAMED = 5
_LITTLE_SPACE = 100_000_000
_LATE = timedelta(days=1)
"""How long changes may go without a backup before that is a problem."""
_SLOW_ESCAPE = 100
"""Milliseconds that tmux may hold Esc back before it is worth a word."""
_BACK = "See: mlkanban backup list; restore one: mlkanban restore NAME"
_FIX = "mlkanban doctor --fix"
_OLD = timedelta(days=7)
_MOST_UNREAD = 3
_MOST_DAMAGED = 3
_MUCH_LOG = 100_000_000
"""Bytes of logs that are worth a word."""


Verdict = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, the verdict, what is the case, and what to do about it."""

    what: str
    verdict: Verdict
    text: str
    hint: str = ""


@click.command()
@click.option("--deep", is_flag=True, help="Read the whole store and replay its log.")
@click.option(
    "--fix", is_flag=True, help="Check everything, and repair what can safely be repaired."
)
@pass_session
def doctor(session: Session, deep: bool, fix: bool) -> None:
    """Check the terminal, the settings and the store.

    Without --fix nothing is changed. The exit code is 4 when there is a problem.
    """
    unread = _unread_settings(session)
    repaired, unrepaired = _repair(session) if fix else ([], [])
    checks = [
        *terminal_checks(os.environ, sys.stdout.encoding or ""),
        *_tmux(os.environ),
        *_notifications(session, os.environ),
        *_programs(),
        *_time_zone(),
        *(unread or _keys(session)),
        *_hooks(),
        *_store(session),
        *_log(),
        *_trackers(session),
        *run_checks(session),
        *(_deep(session) if deep or fix else ()),
        *unrepaired,
    ]
    problems = sum(check.verdict == "problem" for check in checks)

    def lines() -> Iterator[str]:
        for sentence in repaired:
            yield f"repaired  {session.clean(sentence)}"
        for check in checks:
            mark = {"ok": "ok  ", "note": "note", "problem": "BAD "}[check.verdict]
            yield f"{mark}  {check.what:<10} {session.clean(check.text)}"
            if check.hint:
                yield f"{'':17}{session.clean(check.hint)}"
        yield ""
        yield (
            "All is well."
            if not problems
            else f"{problems} problem{'' if problems == 1 else 's'} to fix."
        )

    session.answer(
        "doctor",
        lambda: {
            "problems": problems,
            "checks": [_check_data(check) for check in checks],
            "mended": repaired,
        },
        lines,
    )
    if problems:
        raise click.exceptions.Exit(4)


def _check_data(check: Check) -> dict[str, str]:
    values = asdict(check)
    return {"said" if name == "text" else name: value for name, value in values.items()}


def _log() -> Iterator[Check]:
    """Where the log is, and how the last thing went that went wrong."""
    path = places().log
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        yield Check("log", "problem", f"{path} cannot be read: {error.strerror}")
        return
    if not os.access(path, os.W_OK):
        yield Check("log", "problem", f"{path} cannot be written: nothing is logged",
                    f"Repair it: chmod u+rw {shlex.quote(str(path))}")  # fmt: skip
        return
    warnings = [line for line in lines if " WARNING " in line]
    counts = f"{path}: {quantity(len(lines), 'line')}, {quantity(len(warnings), 'warning')}"
    yield Check("log", "ok", counts, f"The last one: {warnings[-1][:160]}" if warnings else "")


def _repair(session: Session) -> tuple[list[str], list[Check]]:
    """Repair what can be repaired without risk; returns the repairs, and why others failed."""
    repaired, failed = _repair_records()
    try:
        with session.service(write=True) as service:
            repaired += service.repair(_findings(session, service))
    except NotFound:
        pass  # said of the store already
    except MlkanbanError as error:
        failed.append(Check("mending", "problem", error.message, error.hint))
    return repaired, failed


def _repair_records() -> tuple[list[str], list[Check]]:
    repaired: list[str] = []
    failed: list[Check] = []
    for folder, parts in _damaged_records():
        try:
            folder.drop_unreadable_parts()
        except OSError as error:
            why = f"{folder.path} cannot be written: {error.strerror}"
            failed.append(Check("mending", "problem", why))
        else:
            repaired.append(f"run {folder.id}: {parts} removed, which could not be read")
    return repaired, failed


def _damaged_records() -> Iterator[tuple[RunFolder, str]]:
    """The folders of runs with records of which parts are left out, and these in words."""
    for name in run_ids(runs_folder(places().data)):
        folder = RunFolder(runs_folder(places().data) / name)
        if parts := folder.unreadable_parts():
            yield folder, "; ".join(f"{', '.join(some)} of {file}" for file, some in parts.items())


def _records() -> Iterator[Check]:
    """The newest runs with records that are damaged: a job can write into its folder."""
    damaged = [*_damaged_records()][::-1]
    for folder, parts in damaged[:_MOST_DAMAGED]:
        yield Check("records", "problem", f"{folder.path}: {parts} cannot be read and is left out",
                    f"Remove it: {_FIX}")  # fmt: skip
    if more := len(damaged[_MOST_DAMAGED:]):
        yield Check("records", "problem", f"and {quantity(more, 'run')} more", _FIX)


def _deep(session: Session) -> Iterator[Check]:
    with contextlib.ExitStack() as stack:
        try:
            service = stack.enter_context(session.service(as_is=True))
        except MlkanbanError:
            return  # said of the store already
        try:
            yield from deep_checks(_findings(session, service))
        except MlkanbanError as error:
            yield Check("deep look", "problem", error.message, error.hint)


def _findings(session: Session, service: Service) -> Findings:
    """The findings of a check of the store, which takes its time on a long log."""
    with counting_line(session) as show:
        return service.check_integrity(show)


def terminal_checks(env: Mapping[str, str], encoding: str) -> Iterator[Check]:
    """What the environment says about colours and characters."""
    term = env.get("TERM", "")
    if term in ("", "dumb"):
        yield Check(
            "terminal",
            "note",
            f"TERM={term or 'not set'}: the board cannot be drawn here.",
            "The commands work; for the board use a terminal that can move its cursor.",
        )
    else:
        yield Check("terminal", "ok", f"TERM={term}")
    if "NO_COLOR" in env:
        yield Check("colours", "ok", "none, as NO_COLOR asks")
    elif env.get("COLORTERM") in ("truecolor", "24bit"):
        yield Check("colours", "ok", "16 million")
    elif "256color" in term:
        yield Check("colours", "ok", "256 (ssh does not pass COLORTERM on)")
    else:
        yield Check("colours", "note", "16", "The board starts with the theme `terminal`.")
    drawn = terminal_glyphs(env, ascii=False).characters
    if drawn == "ascii":
        yield Check("characters", "ok", "ASCII, as the locale says")
    elif drawn == "linux":
        yield Check("characters", "ok", "those of the Linux console")
    elif "utf" not in encoding.lower():
        yield Check("characters", "note", f"{encoding or 'unknown'}, not UTF-8",
                    "MLKANBAN_ASCII=1 draws with ASCII alone.")  # fmt: skip
    else:
        yield Check("characters", "ok", encoding)


def _tmux_option(flags: str, name: str) -> str:
    return subprocess.run(
        ["tmux", "show-options", flags, name],
        capture_output=True, text=True, timeout=2, check=True,
    ).stdout.strip()  # fmt: skip


def _tmux(env: Mapping[str, str]) -> Iterator[Check]:
    if "TMUX" not in env:
        return
    try:
        delay = int(_tmux_option("-gsv", "escape-time"))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        yield Check("tmux", "note", f"its escape-time cannot be asked: {error}")
        return
    if delay > _SLOW_ESCAPE:
        yield Check("tmux", "note", f"holds Esc back for {delay} ms; Ctrl+g cancels at once",
                    "For a quick Esc: set -sg escape-time 10 in ~/.tmux.conf")  # fmt: skip
    else:
        yield Check("tmux", "ok", f"holds Esc back for {delay} ms")


def _notifications(session: Session, env: Mapping[str, str]) -> Iterator[Check]:
    """Whether tmux passes on what calls the person when a run ends."""
    if "TMUX" not in env or not session.settings.notify.startswith("osc"):
        return
    try:
        passed_on = _tmux_option("-gqv", "allow-passthrough")
    except (OSError, subprocess.SubprocessError) as error:
        yield Check("notify", "note", f"tmux cannot be asked about it: {error}")
        return
    if passed_on in ("on", "all"):
        yield Check("notify", "ok", f"{session.settings.notify}, which tmux passes on")
    else:
        yield Check("notify", "note", f"tmux keeps {session.settings.notify} back",
                    "Pass it on: set -g allow-passthrough on in ~/.tmux.conf")  # fmt: skip


_USES = {
    "git": "sync with a repository and the code of runs need it; sync --dir PATH does not",
    "ssh": "sync with a repository on another machine needs it",
}
"""Programs of others, and what goes without them."""


def _programs() -> Iterator[Check]:
    for name, use in _USES.items():
        if path := shutil.which(name):
            yield Check(name, "ok", path)
        else:
            yield Check(name, "note", f"is not installed: {use}")
    for name, command in (("editor", documents.command), ("pager", pager.command)):
        try:
            words = command()
        except MlkanbanError as error:
            yield Check(name, "note", error.message, error.hint)
            continue
        if shutil.which(words[0]):
            yield Check(name, "ok", " ".join(words))
        else:
            yield Check(name, "note", f"{words[0]} is not installed",
                        f"Name another one: export {name.upper()}=...")  # fmt: skip


def _time_zone() -> Iterator[Check]:
    if odd := odd_timezone():
        yield Check("time zone", "note", odd,
                    "Correct TZ, or set one for new boards: timezone in config.toml")  # fmt: skip
    else:
        yield Check("time zone", "ok", local_timezone())


def _unread_settings(session: Session) -> list[Check]:
    """What is wrong with the settings, if they cannot be read; the rest is checked with those that
    hold where nothing is set."""
    try:
        session.settings  # noqa: B018 - read here for the first time
    except BadInput as error:
        session.settings = Settings()
        return [Check("settings", "problem", error.message, error.hint)]
    return []


def _keys(session: Session) -> Iterator[Check]:
    _, problems = keymap(session.settings.keys)
    yield from (Check("keys", "problem", problem) for problem in problems)
    if not problems:
        yield Check("keys", "ok", "every key has one meaning")


def _hooks() -> Iterator[Check]:
    for hook in find_hooks(places().config):
        if hook.problem:
            yield Check("hook", "problem", f"{hook.name} is not run: {hook.problem}")
        else:
            yield Check("hook", "ok", f"{hook.name}: {hook.path}")


def _store(session: Session) -> Iterator[Check]:
    try:
        with session.service(as_is=True) as service:
            path, kind = service.path, service.file_system
            boards, events = service.boards.all(archived=True), service.boards.cursor()
            problem, network = service.write_problem, service.on_network
            library, state = service.sqlite_version, service.backups.state(now())
            malformed, stageless = service.malformed(), service.boards_without_stages()
            strays = service.strays()
            pending = service.redacting.is_pending
            ahead = service.history.dated_ahead(now())
            used = [model for board in service.boards.all() for model in service.models.all(board)]
    except NotFound:
        yield Check("store", "note", f"there is none yet below {places().data}",
                    "It is made with the first board: mlkanban init NAME")  # fmt: skip
        return
    except MlkanbanError as error:
        yield Check("store", "problem", error.message, error.hint)
        return
    except UNREADABLE as error:
        yield Check("store", "problem", f"what is in it cannot be read: {error}",
                    "Mend it: mlkanban doctor --fix; or: mlkanban restore NAME")  # fmt: skip
        return
    size = path.stat().st_size
    archived = sum(board.archived for board in boards)
    count = f"boards {len(boards)}" + (f" ({archived} archived)" if archived else "")
    yield Check("store", "ok", f"{path}: {count}, events {events:,}, {size / 1e6:.1f} MB")
    if problem:
        yield Check("store", "problem", problem)
    if pending:
        yield Check(
            "redaction", "problem",
            "a removal of text was interrupted: old copies may still hold it",
            "Finish it: mlkanban redact CARD, as before; or mlkanban sync.",
        )  # fmt: skip
    if malformed:
        hosts = ", ".join(
            f"{short_name(host) or '?'} ({count:,})" for host, count in sorted(malformed.items())
        )
        yield Check("events", "note", f"malformed, kept but not counted, by host: {hosts}",
                    "Update mlkanban there. Nothing else is wrong with this store.")  # fmt: skip
    for refs in sorted({tuple(sorted((m.version.face.ref, *m.others))) for m in used if m.others}):
        yield Check("models", "note", f"{' and '.join(refs)} are versions of one model in use",
                    f"Keep one: mlkanban edit {refs[0]} --health retired")  # fmt: skip
    for stray, way in strays:
        yield Check("cards", "note", stray, way)
    if stageless:
        named = ", ".join(
            f"{short_name(name)} (from {short_name(host) or '?'})" for name, host in stageless
        )
        yield Check("boards", "note",
                    f"{quantity(len(stageless), 'board has', 'boards have')} no stages and "
                    f"{'is' if len(stageless) == 1 else 'are'} not listed: {named}",
                    "Update mlkanban here if it is newer there, and sync: with a stage it is "
                    "listed.")  # fmt: skip
    if kind:
        where = "network: each host has its own store" if network else "local"
        yield Check("disk", "ok", f"{kind}, {where}")
    else:
        yield Check("disk", "note", "taken as local: its file system cannot be told here")
    if os.statvfs(path.parent).f_flag & os.ST_RDONLY:
        yield Check("disk", "problem", f"{path.parent} is mounted read-only: nothing is written",
                    "Mount it for writing, or use another place with --home.")  # fmt: skip
    elif any(why := refusal(path, write=True)):
        yield Check("disk", "problem", f"nothing can be changed: {why[0]}", why[1])  # fmt: skip
    free = shutil.disk_usage(path.parent).free
    verdict: Verdict = "ok" if free > _LITTLE_SPACE else "problem"
    yield Check("space", verdict, f"{free / 1e9:.1f} GB free",
                "" if verdict == "ok" else "Make room before you go on.")  # fmt: skip
    for place, wanted in ((path, 0o600), (path.parent, 0o700)):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & 0o077:
            yield Check("modes", "problem", f"{place} can be read by others ({mode:o})",
                        f"chmod {wanted:o} {place}")  # fmt: skip
    yield Check("sqlite", "ok", library)
    yield from _dated_ahead(*ahead)
    yield from _backups(state)


def _dated_ahead(events: int, last: str, refs: list[str]) -> Iterator[Check]:
    if events:
        what = quantity(events, "event is", "events are")
        cards = f" (cards {', '.join(refs[:_CARDS_NAMED])})" if refs else ""
        yield Check("clock", "note",
                    f"{what} dated in the future, up to {last[:10]}{cards}: a clock was ahead",
                    "Until then their cards are 0 days old; what is done now is dated now.",
                    )  # fmt: skip


def _backups(state: BackupState) -> Iterator[Check]:
    newest, since, changed, ahead = state
    if ahead:
        yield Check("backups", "note",
                    f"{ahead} are dated ahead: a clock was wrong when they were made",
                    "They do not count as the newest. Remove those you do not need.")  # fmt: skip
    if newest is None:
        yield Check("backup", "note", "there is none yet", "Make one: mlkanban backup")
        return
    line = f"{newest.path.name}, events since: {'unknown' if since is None else f'{since:,}'}"
    late = changed - newest.made > _LATE and since != 0
    yield Check("backup", "problem" if late else "ok", line,
                "No automatic backup for a day. Make one, and see what it says: mlkanban backup"
                if late else "")  # fmt: skip


def _trackers(session: Session) -> Iterator[Check]:
    """The trackers that sync-runs would read from here; a file that cannot be read is no harm to
    the board."""
    known: list[str] = []
    try:
        with session.service(as_is=True) as service:
            known = service.links.places()
    except (MlkanbanError, *UNREADABLE):
        pass  # said of the store already
    try:
        cwd = working_folder()
    except MlkanbanError as gone:
        yield Check("tracker", "note", gone.message, gone.hint)
        return
    folders = newest_working_folders(local_runs(places().data))
    more = [*session.settings.trackers, *known]
    counts, problems = count_all(usual(cwd, os.environ, more, folders))
    for path, count in counts.items():
        yield Check("tracker", "ok", f"{path}: runs {count:,}")
    for problem in problems:
        yield Check("tracker", "note", problem)


def deep_checks(findings: Findings) -> Iterator[Check]:
    """A line for each thing that was looked at."""
    yield _check("file", findings.damage, "every page is in order", _BACK)
    if not findings.damage:
        yield _check(
            "log", findings.broken and f"event {findings.broken} does not fit its chain of hashes",
            "the chains of hashes are whole", _BACK,
        )  # fmt: skip
    if findings.sound:
        differ = ", ".join(findings.differing)
        yield _check(
            "tables", differ and f"not what the log amounts to: {differ}",
            "what the log amounts to when it is replayed", _FIX,
        )  # fmt: skip
        crowded = len(findings.crowded)
        yield _check(
            "order", crowded and f"stages whose cards share or outgrew their places: {crowded}",
            "every card has a place of its own", _FIX,
        )  # fmt: skip
    for place, wanted in findings.open_modes:
        if place.parent.name == "backups" or place.name == "backups":
            yield Check("modes", "problem", f"{place} can be read by others",
                        f"chmod {wanted:o} {place}, or {_FIX}")  # fmt: skip
    yield _check("writing", findings.not_writable, "4 KiB fit beside the store",
                 "Make room or fix the permissions.")  # fmt: skip
    stopped = "stopped" in findings.locked_by
    if findings.locked_by:
        yield Check("lock", "problem" if stopped else "note", f"held by {findings.locked_by}",
                    "Let it go on (kill -CONT PID) or end it." if stopped else "")  # fmt: skip
    else:
        yield Check("lock", "ok", "nobody holds it")
    if findings.open_in:
        yield Check("open in", "ok", ", ".join(findings.open_in))
    yield _check("journal", findings.library, f"{findings.journal_mode}, with no known defect",
                 "Use a Python with a newer SQLite.")  # fmt: skip
    if findings.future:
        hosts = ", ".join(
            f"{short_name(host)} ({count:,})" for host, count in sorted(findings.future.items())
        )
        yield Check("clock", "note", f"events from the future, by host: {hosts}",
                    "Set the clocks right; what they wrote stays in order.")  # fmt: skip
    else:
        yield Check("clock", "ok", "no event is from the future")
    for why in findings.spoilt.values():
        yield Check("backups", "problem", why, "Others may do; make a new one: mlkanban backup")
    yield from _newest(findings, now())


def _check(what: str, wrong: object, fine: str, hint: str) -> Check:
    if wrong:
        return Check(what, "problem", str(wrong), hint)
    return Check(what, "ok", fine)


def _newest(findings: Findings, at: datetime) -> Iterator[Check]:
    newest = findings.newest
    if newest is None:
        yield Check("backups", "note", "there is none", "Make one: mlkanban backup")
    elif newest.path not in findings.spoilt:
        age = max(at - newest.made, timedelta())
        line = f"the newest is whole, {_ago(age)} old"
        if age > _OLD:
            yield Check("backups", "note", line, "Make another one: mlkanban backup")
        else:
            yield Check("backups", "ok", line)


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=2):
        return f"{int(age.total_seconds() // 60)} min"
    if age < timedelta(days=2):
        return f"{int(age.total_seconds() // 3600)} h"
    return f"{quantity(age.days, 'day')}"


def run_checks(session: Session) -> Iterator[Check]:
    """The surroundings of runs, in words."""
    person = login_name()
    kills = surroundings.killed_at_logout()
    if kills and not surroundings.lingers(person):
        yield Check("logout", "note", "systemd ends your processes when you log out, runs too",
                    f"Let them live on: loginctl enable-linger {person}")  # fmt: skip
    elif kills is None and machine().keeps_what_runs_at_logout is None:
        yield Check("logout", "note",
                    "whether runs outlive a logout cannot be known on this system; its sleep pauses"
                    " them",
                    "Keep a Mac awake: mlkanban run CARD -- caffeinate -i COMMAND")  # fmt: skip
    else:
        why = {None: "no systemd here", False: "systemd lets processes be", True: "you linger"}
        yield Check("logout", "ok", f"runs go on when you log out ({why[kills]})")
    yield from _records()
    yield from _watched()
    if unknown := machine().unknown:
        yield Check("machine", "note", f"cannot be known on this system: {'; '.join(unknown)}")
    yield from _logs(session)
    yield from _unread(session)
    gpus = surroundings.gpus()
    if gpus is not None:
        yield Check("gpus", "ok", str(gpus))
    if not client.available():
        return
    if version := client.version(COMMAND_SECONDS):
        yield Check("slurm", "ok", f"{version}: mlkanban sbatch submits jobs")
        yield from _accounting()
    else:
        yield Check("slurm", "note", "its commands are installed, but it does not answer",
                    "See: sinfo")  # fmt: skip


def _accounting() -> Iterator[Check]:
    """What the set-up of a cluster leaves unknown of its jobs, and what helps."""
    try:
        known = client.setup(COMMAND_SECONDS)
    except client.NoAnswer:
        return  # it answered just now, and how jobs end will be asked again
    every = known.listed_for // 60 - 1
    cron = f", or let cron run `mlkanban runs` every {every} min" if every > 0 else ""
    watch = (
        f"Keep the board open, which asks every 30 s{cron}. The accounting of SLURM (slurmdbd)"
        " would keep it."
    )
    if not known.accounts:
        yield Check(
            "slurm", "note", "no accounting: how a job ended is known only while the queue lists it"
            f" ({known.listed_for} s); of one that ended unseen the log alone tells", watch,
        )  # fmt: skip
    elif known.problem:
        yield Check("slurm", "note", f"the accounting does not answer: {known.problem}", watch)
    elif not known.keeps_comments:
        yield Check(
            "slurm", "note",
            "the accounting keeps no comments: a job labelled by hand is found only while the queue"
            " lists it",
            "Submit with `mlkanban sbatch`, or link it: mlkanban link CARD slurm:JOB. The setting"
            " is AccountingStoreFlags=job_comment.",
        )  # fmt: skip


def _watched() -> Iterator[Check]:
    orphans, stale = without_watch(places().data, now())
    if orphans:
        yield Check("runs", "note", f"without a supervisor, still running: {_some(orphans)}",
                    "How they end will be known still. End one: mlkanban stop RUN")  # fmt: skip
    if stale:
        yield Check("runs", "note", f"silent on another host: {_some(stale)}",
                    "Look there: mlkanban runs")  # fmt: skip


def _logs(session: Session) -> Iterator[Check]:
    """The room that logs of runs take, and those that grow over the limit."""
    folder, limit = runs_folder(places().data), session.settings.log_limit
    folders = [RunFolder(folder / name) for name in run_ids(folder)]
    total = sum(map(log_bytes, folders))
    if total > _MUCH_LOG:
        yield Check("logs", "ok", f"{quantity(len(folders), 'run')}, {total / 1e9:.1f} GB",
                    "Free the room of old ones: mlkanban runs prune")  # fmt: skip
    for growing in folders:
        size = longest(growing)
        text = over_limit(size, limit)
        if text and not growing.end() and growing.rc() is None:
            yield Check("logs", "note", f"run {growing.id}: {text}",
                        "The limit is log_limit_mb in config.toml.")  # fmt: skip


def _unread(session: Session) -> Iterator[Check]:
    """The newest runs that reported metrics which are no numbers."""
    try:
        with session.service(as_is=True) as service:
            boards = service.boards.all()
            runs = [entry for board in boards for entry in service.runs.of_board(board.id)]
    except (MlkanbanError, *UNREADABLE):
        return  # said of the store already
    unread: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for ref, run in sorted(runs, key=lambda entry: entry[1].started, reverse=True):
        if run.unread:
            unread.setdefault((ref, run.unread), []).append(run.id)
    for (ref, some), ids in list(unread.items())[:_MOST_UNREAD]:
        hint = "" if all(map(is_of_tracker, some)) else "Write `mlkanban: name=0.91`. "
        named = f"{'run' if len(ids) == 1 else 'runs'} {_some(ids)}"
        yield Check("metrics", "note", f"{ref}, {named}: {unread_text(some)}",
                    f"{hint}See: mlkanban runs {ref}")  # fmt: skip


def _some(runs: list[str]) -> str:
    more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
    return ", ".join(runs[:3]) + more
