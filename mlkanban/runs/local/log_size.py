"""The size of the logs of runs: what is too long loses its middle after the end, and old logs
are shortened to what is worth keeping. Never while a process has the log open."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from mlkanban.files import open_plain, sweep
from mlkanban.growing_file import lines_containing
from mlkanban.log import logger
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here, open_for_writing, scope_in
from mlkanban.runs.model.hydra_log import SIGN
from mlkanban.runs.model.metric_lines import LONGEST_LINE, MARK

MB = 1_000_000
_CHUNK = 1 << 20
_LAST_KEPT = 4_000
"""Bytes of the end that stay of an old log: what a page shows of it."""
_LAST_METRICS = 100
"""Lines of metrics that are never thinned out."""
_JOBS = SIGN.encode()
"""What is in the lines that say whose values follow."""
_METRICS_KEPT = 1_000_000
"""Bytes of lines of metrics that stay of an old log."""


def log_bytes(folder: RunFolder) -> int:
    """Bytes that the logs of a run take."""
    size = 0
    for log in (folder.out, folder.err):
        with suppress(OSError):
            size += log.stat().st_size
    return size


def longest(folder: RunFolder) -> int:
    """Bytes of the longer one of the logs of a run."""
    return max((size for log in (folder.out, folder.err) if (size := _size(log))), default=0)


def over_limit(size: int, limit: int) -> str:
    """What becomes of a log over the limit that grows, in words; '' for any other."""
    if not limit or size <= limit:
        return ""
    return (
        f"a log of {megabytes(size)}, over the limit of {megabytes(limit)}, "
        "loses its middle when the run has ended"
    )


def megabytes(size: int) -> str:
    """A size in MB: `0.4 MB`, `312 MB`."""
    return f"{size / MB:,.1f} MB" if size < 10 * MB else f"{size / MB:,.0f} MB"


def may_be_shortened(folder: RunFolder) -> bool:
    """Whether the run is over and no process can still write its logs, as far as that can be seen
    from here."""
    start, place = folder.start(), here()
    at = scope_in(start, place)
    if not (folder.end() or folder.rc() is not None) or at.host != place.host:
        return False
    if at.boot_id and place.boot_id and at.boot_id != place.boot_id:
        return True  # its processes ended with the machine
    if at.pid_ns != place.pid_ns:
        return False
    writers = open_for_writing([folder.out, folder.err])
    return writers is not None and not writers


def keep_limit(
    folders: Iterable[RunFolder],
    limit: int,
    now: datetime,
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Take out the middle of the logs over the limit (bytes; 0 for none) of runs that have ended.
    The first quarter and the last half of the limit stay, and of the middle the lines of metrics.
    `tell` is given a sentence before each, which takes as long as to read the log. What fails is
    logged."""
    for folder in folders if limit else ():
        if (size := longest(folder)) > limit and may_be_shortened(folder):
            tell(
                f"Run {folder.id}: its log of {megabytes(size)} loses its middle, for it is over "
                f"the limit of {megabytes(limit)} (log_limit_mb) ..."
            )
            for log in (folder.out, folder.err):
                if _size(log) > limit:
                    _logged(log, folder.id, limit // 4, limit // 2, limit // 4, now)


def free(folder: RunFolder, now: datetime) -> int:
    """Shorten the logs of an old run to their lines of metrics and their end; the bytes freed."""
    if not may_be_shortened(folder):
        return 0
    before = log_bytes(folder)
    for log in (folder.out, folder.err):
        if _size(log) > _worth_freeing(log):
            _logged(log, folder.id, 0, _LAST_KEPT, _METRICS_KEPT, now)
    return before - log_bytes(folder)


def freeable(folder: RunFolder) -> int:
    """About how many bytes of the logs of a run can be freed."""
    return sum(_size(log) for log in (folder.out, folder.err) if _size(log) > _worth_freeing(log))


def _worth_freeing(log: Path) -> int:
    """From how many bytes on a log is worth freeing: not one that was freed before."""
    with suppress(OSError), open_plain(log) as file:
        if file.read(len(_NOTE)) == _NOTE:
            return _METRICS_KEPT + 2 * _LAST_KEPT
    return 2 * _LAST_KEPT


_NOTE = b"[mlkanban: "
_NOTE_ROOM = 200


def _logged(log: Path, run: str, first: int, last: int, metrics: int, now: datetime) -> None:
    try:
        before = _size(log)
        shorten(log, first=first, last=last, metrics=metrics, now=now)
        logger("logs").info("%s of %s: %d of %d bytes stay", log.name, run, _size(log), before)
    except OSError as error:
        logger("logs").warning("%s of %s is not shortened: %s", log.name, run, error.strerror)


def shorten(log: Path, *, first: int, last: int, metrics: int, now: datetime) -> None:
    """Replace the middle of a log by a line that says what is missing, and by its lines of metrics
    (of more than `metrics` bytes of them evenly many). `first` and `last` are the bytes that stay
    at most, up to whole lines. OSError where that cannot be done: the log is as before then."""
    with open_plain(log, follow=False) as source:
        status = os.fstat(source.fileno())
        if status.st_size <= first + last:
            return
        begin = _line_end_before(source, first)
        end = _line_end_after(source, status.st_size - last, status.st_size)
        sizes = [len(line) + 1 for line in _metric_lines(source, begin, end)]
        budget = max(1, metrics - sum(sizes[-_LAST_METRICS:]) - _NOTE_ROOM)
        every = max(1, -(-sum(sizes[:-_LAST_METRICS]) // budget))
        sweep(log.parent, f".{log.name}-*.tmp", now.timestamp())
        draft = log.with_name(f".{log.name}-{os.getpid()}-{os.urandom(4).hex()}.tmp")
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        try:
            with open(os.open(draft, flags, stat.S_IMODE(status.st_mode)), "wb") as target:
                _copy(source, target, 0, begin)
                note = f"{megabytes(end - begin)} of output were left out here on {now:%Y-%m-%d}"
                kept = "" if not sizes else "; the lines of metrics among it follow"
                some = "" if every == 1 else f", one in {every}"
                target.write(_NOTE + f"{note}{kept}{some}]\n".encode())
                for at, line in enumerate(_metric_lines(source, begin, end)):
                    # The last ones are what a run ends with.
                    if at % every == 0 or at >= len(sizes) - _LAST_METRICS or _JOBS in line:
                        target.write(line + b"\n")
                _copy(source, target, end, status.st_size)
                target.flush()
                os.fsync(target.fileno())
            # Its time says when the run gave its last sign of life.
            os.utime(draft, ns=(status.st_atime_ns, status.st_mtime_ns))
            if os.stat(log).st_size != status.st_size:
                raise OSError(0, "somebody writes into it")
            os.replace(draft, log)
        finally:
            draft.unlink(missing_ok=True)


def _size(log: Path) -> int:
    with suppress(OSError):
        return log.stat().st_size
    return 0


def _line_end_before(source: BinaryIO, place: int) -> int:
    """The end of the last line that ends at a place or before it; the place itself within a line
    longer than what is looked at."""
    begin = max(0, place - _CHUNK)
    source.seek(begin)
    text = source.read(place - begin)
    end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
    return begin + end if end else place


def _line_end_after(source: BinaryIO, place: int, size: int) -> int:
    """The beginning of the first whole line at a place or after it."""
    source.seek(place)
    text = source.read(min(_CHUNK, size - place))
    ends = [end for end in (text.find(b"\n"), text.find(b"\r")) if 0 <= end < len(text) - 1]
    return place + min(ends) + 1 if ends else place


def _metric_lines(source: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """The lines of metrics between two places."""
    rest, place = b"", begin
    while place < end:
        source.seek(place)
        chunk = source.read(min(_CHUNK, end - place))
        if not chunk:
            return
        place += len(chunk)
        text = rest + chunk
        whole = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        rest = text[whole:] if place < end else b""
        if len(rest) > LONGEST_LINE:
            rest = b"x" * (LONGEST_LINE + 1)  # too long, however it ends
        for line in lines_containing(text[:whole] if place < end else text, MARK.encode(), _JOBS):
            if len(line) <= LONGEST_LINE:
                yield line


def _copy(source: BinaryIO, target: BinaryIO, begin: int, end: int) -> None:
    source.seek(begin)
    while begin < end and (chunk := source.read(min(_CHUNK, end - begin))):
        target.write(chunk)
        begin += len(chunk)
