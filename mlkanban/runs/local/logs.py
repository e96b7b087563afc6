"""Show the output of a run as a terminal would leave it: progress bars in their last state. It is
only text: nothing in a log may act on the terminal."""

from __future__ import annotations

import codecs
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlkanban.cells import shortened
from mlkanban.errors import NotFound, StoreProblem
from mlkanban.files import open_plain
from mlkanban.growing_file import TAIL_BYTES
from mlkanban.runs.local.folder import RunFolder, runs_folder, tail
from mlkanban.runs.local.inspect import judged, logs
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import Clock
from mlkanban.runs.model.failure import ESCAPES, LONGEST_LINE, LOOKED_AT
from mlkanban.runs.model.run_ids import ID, split_task
from mlkanban.runs.model.terminal_lines import REACH, TerminalLines, screen_lines
from mlkanban.streams import write_all
from mlkanban.text import display, display_lines

_CHUNK_BYTES = 1 << 16
_LOOK_SECONDS = 0.2
_BAR_SECONDS = 10.0
"""Seconds between two states of a line that is drawn again and again, where each is a line of its
own."""
_LINE = re.compile(rb"[^\r\n]*[\r\n]")
_PAGED_FIRST, _PAGED_LAST = 8_000_000, 32_000_000
"""Bytes of the beginning and of the end of a log that a pager gets."""


class _LogSource:
    """A growing log, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._tail = b""

    def read(self) -> bytes | None:
        """The next piece, b'' where there is none yet; None when the log has begun anew."""
        if self._file is None:
            try:
                self._file = open_plain(self.path)
            except OSError:
                return b""
        overwritten = self._is_overwritten(self._file)
        chunk = b"" if overwritten else self._file.read(_CHUNK_BYTES)
        if overwritten or (not chunk and self._is_replaced(self._file)):
            self._file.close()
            self._file, self._tail = None, b""
            return None
        self._tail = (self._tail + chunk)[-TAIL_BYTES:]
        return chunk

    def _is_overwritten(self, file: BinaryIO) -> bool:
        """Whether the log was truncated, and perhaps written to again since: a job that is put back
        into the queue begins its log again."""
        many = len(self._tail)
        return os.pread(file.fileno(), many, file.tell() - many) != self._tail

    def _is_replaced(self, file: BinaryIO) -> bool:
        """Whether another log was put into the place of this one."""
        try:
            return not os.path.samestat(self.path.stat(), os.fstat(file.fileno()))
        except OSError:
            return False


class _LiveLine:
    """The last line of logs that grow, drawn again on a terminal as it changes."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._shown = ""

    def clear(self) -> None:
        if self._shown:
            write_all(self._target, b"\r" + b" " * len(self._shown) + b"\r")
            self._shown = ""

    def show(self, text: str) -> None:
        text = shortened(display(text[-_CHUNK_BYTES:]).replace("\t", " "), _columns() - 1)
        if text != self._shown:
            self.clear()
            write_all(self._target, text.encode(errors="replace"))
            # As many blanks as it may have cells.
            self._shown = text if text.isascii() else text + " " * (_columns() - 1 - len(text))


def _columns() -> int:
    return max(20, shutil.get_terminal_size().columns)


class _Rendered:
    """Copies a log to a stream, line by line as a terminal would leave them. Where it `follows` the
    log without a `live` line, one that is drawn again and again comes now and then."""

    def __init__(
        self, path: Path, target: int, live: _LiveLine | None, reach: int, *, follows: bool
    ) -> None:
        self._source = _LogSource(path)
        self._target = target
        self._live = live
        self._reach = reach
        self._states = follows and live is None
        self._shown_at, self._shown = float("-inf"), ""
        self._begin()

    def _begin(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines = TerminalLines(self._reach)

    def more(self, *, last: bool = False) -> bool:
        """Copy what is final; returns whether there was anything. At the `last` look, copy what is
        left, too."""
        chunk = self._source.read()
        if chunk is None:
            self._print(self._lines.rest(), end="\n")
            self._begin()
            _note(self._source.path, self._live)
            return True
        final = self._lines.feed(self._decoder.decode(chunk)) if chunk else []
        if last and not chunk:
            rest = self._lines.rest()
            if rest[-1] != self._shown or len(rest) > 1:
                self._print(rest, end="")
            self._begin()
        elif final or (chunk and self._live):
            if final:
                # The last state of a bar may stand there already.
                final = final[1:] if self._shown and final[0] == self._shown else final
                self._shown = ""
            self._print(final, end="\n")
            if self._live:
                self._live.show(self._lines.rest()[-1])
        if chunk and self._states:
            self._show_state(drawn_again=b"\r" in chunk.replace(b"\r\n", b""))
        return bool(chunk)

    def _show_state(self, *, drawn_again: bool) -> None:
        """Print the last line as it stands, if it was drawn again and is not finished."""
        state = self._lines.rest()[-1]
        if not drawn_again or state in ("", self._shown):
            return
        if time.monotonic() - self._shown_at >= _BAR_SECONDS:
            self._print([state], end="\n")
            self._shown_at, self._shown = time.monotonic(), state

    def _print(self, lines: Sequence[str], end: str) -> None:
        if self._live:
            self._live.clear()
        text = "\n".join(lines)
        if text or len(lines) > 1:
            write_all(self._target, (display_lines(text) + end).encode(errors="replace"))


class _Raw:
    """Copies a log to a stream as it is; to a terminal without what would act on it."""

    def __init__(self, path: Path, target: int) -> None:
        self._source = _LogSource(path)
        self._target = target
        self._plain = os.isatty(target)
        self._rest = b""

    def more(self, *, last: bool = False) -> bool:
        """Copy what is new; returns whether there was anything."""
        chunk = self._source.read()
        if chunk is None:
            write_all(self._target, self._rest)
            self._rest = b""
            _note(self._source.path, None)
            return True
        if not self._plain:
            write_all(self._target, chunk)
            return bool(chunk)
        text = self._rest + chunk
        end = len(text) if (last and not chunk) or len(text) > 2 * _CHUNK_BYTES else 0
        for line in _LINE.finditer(text):
            end = max(end, line.end())
        self._rest = text[end:]
        for part in re.split(rb"([\r\n])", text[:end]):
            shown = part if part in (b"\r", b"\n") else _harmless(part)
            write_all(self._target, shown)
        return bool(chunk)


def copy_logs(
    folder: RunFolder, clock: Clock, *, follow: bool, raw: bool = False, task: int | None = None
) -> None:
    """Copy both logs, or those of a `task` of an array, to stdout and stderr; with `follow`, until
    the run has ended."""
    sys.stdout.flush()
    start = folder.start()
    out, err = logs(folder, start, task)
    if not follow and not any(os.access(log, os.R_OK) for log in (*out, *err)):
        raise NotFound(
            f"No log of run {folder.id} can be read here.",
            f"It is to be in {', '.join(map(str, out or err))}."
            if out or err
            else "SLURM does not say where the job writes to, or it has not started yet.",
        )
    pairs = [(log, 1) for log in out] + [(log, 2) for log in err if log not in out]
    copies: list[_Raw] | list[_Rendered]
    if raw:
        copies = [_Raw(log, target) for log, target in pairs]
    else:
        live = next((_LiveLine(target) for target in (1, 2) if os.isatty(target)), None)
        reach = 0 if follow else REACH
        copies = [
            _Rendered(
                log, target, live if follow and os.isatty(target) else None, reach, follows=follow
            )
            for log, target in pairs
        ]
    while True:
        # Looked at before the last is copied: what was written before the end is there.
        over = not follow or judged(folder, folder.start(), here(), clock()).state.ended
        for copy in copies:
            while copy.more(last=over):
                pass
        if over:
            return
        time.sleep(_LOOK_SECONDS)


def _note(path: Path, live: _LiveLine | None) -> None:
    if live:
        live.clear()
    note = f"mlkanban: {path.name} was truncated or replaced; it starts over.\n"
    write_all(2, display_lines(note).encode(errors="replace"))


class Written(NamedTuple):
    """The last lines of a run on stdout and on stderr, without control sequences."""

    out: list[str]
    err: list[str]


def last_written(data: Path, run_id: str) -> Written:
    """The last output of a run; nothing where its logs are not here. For an array of jobs, that of
    the last task."""
    run, task = split_task(run_id)
    if not ID.fullmatch(run):
        return Written([], [])
    folder = RunFolder(runs_folder(data) / run)
    out, err = logs(folder, folder.start(), task)
    alone = [log for log in err if log not in out]
    return Written(*(_last_lines(files[-1]) if files else [] for files in (out, alone)))


def log_ends(folder: RunFolder, task: int | None, most: int) -> Written:
    """The lines of the ends of the logs of a run, of at most so many bytes of each, as a terminal
    would leave them."""
    out, err = logs(folder, folder.start(), task)
    alone = [log for log in err if log not in out]
    return Written(
        *(
            [line for log in files for line in screen_lines(tail(log, most))]
            for files in (out, alone)
        )
    )


def _last_lines(log: Path) -> list[str]:
    lines = (line.rstrip() for line in screen_lines(tail(log)))
    return [line[:LONGEST_LINE] for line in lines if line][-LOOKED_AT:]


def render(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Write logs into a folder as a terminal would leave them; of a huge one its beginning and its
    end. Returns the files, one for each log that is there and not empty."""
    made: list[Path] = []
    try:
        for source in sources:
            if source.is_file() and source.stat().st_size:
                name = (
                    source.name
                    if folder / source.name not in made
                    else f"{len(made)}-{source.name}"
                )
                made.append(folder / name)
                with made[-1].open("w", encoding="utf-8", errors="replace") as target:
                    target.writelines(_paged(source))
    except OSError as error:
        raise StoreProblem(
            f"The log cannot be prepared for the pager: {error.strerror}.",
            "Make room, or set TMPDIR.",
        ) from error
    return made


def _paged(log: Path) -> Iterator[str]:
    with open_plain(log) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _PAGED_FIRST + _PAGED_LAST:
            yield from _screen(file, size)
            return
        yield from _screen(file, _PAGED_FIRST)
        left_out = (size - _PAGED_FIRST - _PAGED_LAST) / 1e6
        yield f"\n[mlkanban: {left_out:,.0f} MB are left out here; `mlkanban logs` prints them]\n"
        file.seek(-_PAGED_LAST, os.SEEK_END)
        yield from _screen(file, _PAGED_LAST)


def _screen(file: BinaryIO, most: int) -> Iterator[str]:
    decoder, lines = codecs.getincrementaldecoder("utf-8")("replace"), TerminalLines(REACH)
    while most > 0 and (chunk := file.read(min(_CHUNK_BYTES, most))):
        most -= len(chunk)
        yield from (f"{display_lines(line)}\n" for line in lines.feed(decoder.decode(chunk)))
    yield display_lines("\n".join(lines.rest()))


def _harmless(raw: bytes) -> bytes:
    text = ESCAPES.sub("", raw.decode(errors="replace"))
    return display_lines(text).encode(errors="replace")
