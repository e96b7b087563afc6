"""Where a store exchanges its events: the remote that `sync init` chose, which is kept beside the
store and never merged, and the folder that the hosts of one home share."""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import monotonic

from mlkanban.errors import MlkanbanError, StoreBusy, StoreProblem, UsageProblem
from mlkanban.files import write_whole
from mlkanban.hints import hint
from mlkanban.log import logger
from mlkanban.service import Service
from mlkanban.sync.exchange import Progress, Report, Transport
from mlkanban.sync.transports.folder import Folder, explained
from mlkanban.sync.transports.git import Git
from mlkanban.sync.transports.postgresql import PostgreSQL, is_address


def shared(service: Service) -> Folder | None:
    """The folder that the stores of several hosts share; None on a local disk."""
    if not service.on_network:
        return None
    return folder_at(service, service.path.parent.parent)


def folder_at(service: Service, place: Path) -> Folder:
    """The folder at a place."""
    name = zlib.crc32(os.fsencode(os.path.realpath(place)))
    return Folder(place, _folder(service) / f"seen-{name:08x}.json")


def remote(service: Service) -> str:
    """The repository or database chosen by `sync init`, '' for none."""
    try:
        return _setting(service).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StoreProblem(f"{_setting(service)} cannot be read: {error.strerror}.") from error


def choose(service: Service, address: str) -> None:
    """Choose the repository or database to exchange with from now on."""
    setting = _folder(service) / "remote"
    with explained(setting):
        write_whole(setting, f"{address}\n".encode())


def place_at(service: Service, address: str) -> Git | PostgreSQL:
    """The repository, or the database, at an address."""
    return PostgreSQL(address) if is_address(address) else repository(service, address)


def repository(service: Service, address: str) -> Git:
    """The repository at an address, used through the clone beside the store."""
    address = address.strip()
    if not address.isprintable() or address[:1] in ("", "-"):  # which git took for an option
        raise UsageProblem(f"{address!r} is no repository.", "Give a path, or HOST:PATH.")
    here = os.path.expanduser(address)
    place = os.path.realpath(here) if os.path.exists(here) else address
    return Git(place, _folder(service) / "clone")


def transports(service: Service) -> list[Transport]:
    """All transports this store uses by itself; UsageProblem when there is none."""
    ways: list[Transport] = []
    if (beside := shared(service)) is not None:
        ways.append(beside)
    if address := remote(service):
        ways.append(place_at(service, address))
    if not ways:
        raise UsageProblem(
            "No place to exchange changes with was chosen yet.",
            hint("Choose one: {sync init REMOTE}, or sync --dir PATH"),
        )
    return ways


def live(service: Service, way: PostgreSQL | None = None) -> PostgreSQL | None:
    """The database that an open board stays connected to, `way` as long as no other one is chosen;
    None where the store has none."""
    address = remote(service)
    if way is not None:
        if way.remote == address:
            return way
        way.close()
    return PostgreSQL(address, stays=True) if is_address(address) else None


def meet(service: Service) -> Report | None:
    """Exchange with the other hosts of this home; None where it has none, or while another
    process does it."""
    beside = shared(service)
    if beside is not None:
        with contextlib.suppress(StoreBusy):
            return exchange(service, [beside])
    return None


def exchange(
    service: Service, ways: Sequence[Transport], progress: Progress = lambda _: None
) -> Report:
    """Exchange over each of the transports; StoreBusy while another process exchanges."""
    with _alone(_folder(service)):
        report = Report()
        for way in ways:
            result = _logged(way, partial(service.sync.exchange, way, progress))
            for host, count in result.hosts.items():
                report.hosts[host] = report.hosts.get(host, 0) + count
            report.sent += result.sent
            report.passed_over += result.passed_over
            report.conflicts = result.conflicts
            report.notices += [notice for notice in result.notices if notice not in report.notices]
        return report


def join(
    service: Service, way: Git | PostgreSQL, *, share: bool, progress: Progress = lambda _: None
) -> Report:
    """Exchange for the first time with a place where others have boards, and choose it."""
    with _alone(_folder(service)):
        report = _logged(
            way, lambda: service.sync.join(way, way.remote, share=share, progress=progress)
        )
        choose(service, way.remote)
        return report


def _logged(way: Transport, exchanging: Callable[[], Report]) -> Report:
    log, kind, begun = logger("sync"), type(way).__name__.lower(), monotonic()
    try:
        report = exchanging()
    except MlkanbanError as error:
        log.warning("%s failed after %.1f s: %s", kind, monotonic() - begun, error)
        raise
    seconds, taken = monotonic() - begun, sum(report.hosts.values())
    # The folder of one home is looked into every minute.
    write = log.info if taken or report.sent else log.debug
    write("%s: %d events sent, %d taken in, %.1f s", kind, report.sent, taken, seconds)
    for notice in report.notices:
        log.warning("%s: %s", kind, notice)
    return report


def _folder(service: Service) -> Path:
    folder = service.path.parent / "sync"
    with explained(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _setting(service: Service) -> Path:
    return service.path.parent / "sync" / "remote"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        with explained(folder):
            file = stack.enter_context(open(folder / "lock", "w", encoding="ascii"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusy("Another sync is under way here.", "Try again in a moment.") from error
        yield
