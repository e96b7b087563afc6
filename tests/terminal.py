"""A real program in a real pseudo-terminal: keys in, screen and bytes out.

It answers what a plain terminal answers (cursor position, device attributes) and nothing else.
"""

import contextlib
import copy
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
ENTER, ESCAPE, TAB, BACKSPACE = "\r", "\x1b", "\t", "\x7f"
PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"

# The shell opens the terminal by name as the leader of a new session, which makes it the
# controlling one (SIGWINCH, SIGHUP, /dev/tty) without Python code between fork and exec.
_LAUNCH = 'tty=$1; shift; exec "$@" <>"$tty" >&0 2>&1'

# What pyte would draw as text or take for something else: CSI with the private marks < = >,
# "CSI ? ... m", intermediates such as $, colon parameters; and DCS, SOS, PM, APC strings.
_BEYOND_PYTE = re.compile(
    rb"\x1b\[[<=>][0-?]*[ -/]*[@-~]"
    rb"|\x1b\[\?[0-?]*m"
    rb"|\x1b\[[0-?]*[ -/]+[@-~]"
    rb"|\x1b\[[0-9;]*:[0-?]*[@-~]"
    rb"|\x1b[PX^_][^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[PX^_][^\x1b]*\x1b?)?\Z")

_MODES = {
    b"25": "cursor hidden",
    b"1000": "mouse clicks",
    b"1002": "mouse drags",
    b"1003": "mouse moves",
    b"1004": "focus reports",
    b"1006": "mouse in SGR",
    b"1015": "mouse in urxvt",
    b"1016": "mouse in pixels",
    b"1049": "alternate screen",
    b"2004": "bracketed paste",
    b"2026": "synchronised output",
    b"2048": "size reports",
}
_SET_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY_KEYS = re.compile(rb"\x1b\[([<>])[0-9]*u")


def visible(cell: pyte.screens.Char) -> tuple[object, ...]:
    """What can be seen of a cell: of a blank no more than its ground and lines."""
    if cell.data in (" ", "") and not (cell.reverse or cell.underscore or cell.strikethrough):
        return (cell.data, cell.bg)
    return tuple(cell)


@contextlib.contextmanager
def _signals_that_work() -> Iterator[None]:
    """A program inherits what is ignored, as Ctrl+c and the hangup are where tests run in the
    background or under nohup; whoever sits at a terminal has both."""
    ignored = [
        number
        for number in (signal.SIGINT, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


class Terminal:
    """`env` is all the program sees, besides PATH, LANG, TERM and COLORTERM, which it may replace.

    The clock readings `started` and `last_output` are those of `time.monotonic()`.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        size: tuple[int, int] = (80, 24),
        cwd: Path | None = None,
    ) -> None:
        columns, rows = size
        self._screen = _Screen(columns, rows, self._answer)
        self._stream = pyte.ByteStream(self._screen)
        self._raw = bytearray()
        self._parsed = 0
        self._ended = False
        self._usage: tuple[float, int] = (0.0, 0)
        self._peak_rss = 0
        self._nobody = -1
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self._attributes = termios.tcgetattr(slave)
        self.started = self.last_output = self._last_input = time.monotonic()
        with _signals_that_work():
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _LAUNCH, "sh", os.ttyname(slave), *map(str, command)],
                env={
                    "PATH": os.environ["PATH"],
                    "LANG": "C.UTF-8",
                    "TERM": "xterm-256color",
                    "COLORTERM": "truecolor",
                    **env,
                },
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        # Held open until the end: a last close would throw away the terminal's attributes.
        self._slave = slave

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.exit_status is None:
            self.terminate(signal.SIGKILL)
        os.close(self._slave)
        os.close(self._master)
        if self._nobody >= 0:
            os.close(self._nobody)

    # The person in front of it

    def send(self, keys: str | bytes) -> None:
        self._last_input = time.monotonic()
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            self._read(0)
            if select.select([], [self._master], [], 1)[1]:
                data = data[os.write(self._master, data[:1024]) :]
            elif self.exit_status is not None:
                return  # nobody takes them any more

    def resize(self, columns: int, rows: int) -> None:
        self._read(0)
        self._last_input = time.monotonic()
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def rest(self, seconds: float) -> None:
        """Press nothing for a while; what the program writes is read."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self.exit_status is None:
            self._read(min(left, 0.05))

    def skip(self) -> None:
        """Look at nothing of what was drawn until now: it takes longer than drawing it."""
        self.mark()
        self._parsed = max(self._parsed, self._raw.rfind(b"\x1b"))
        self._stream = pyte.ByteStream(self._screen)
        self._screen.erase_in_display(2)

    def notify(self, number: signal.Signals) -> None:
        """Send the program a signal that it survives."""
        self._last_input = time.monotonic()
        os.kill(self._process.pid, number)

    def write_over(self, text: str) -> None:
        """What another program writes to the terminal, as wall does."""
        os.write(self._slave, text.encode())

    def hang_up(self) -> None:
        """Cut the line, as when an SSH connection drops."""
        os.close(self._master)
        self._master, self._nobody = os.pipe()

    def lines(self) -> list[str]:
        self._parse()
        return [line.rstrip() for line in self._screen.display]

    def cells(self) -> list[tuple[object, ...]]:
        """What can be seen of each cell, row by row."""
        self._parse()
        screen = self._screen
        return [
            visible(screen.buffer[y][x]) for y in range(screen.lines) for x in range(screen.columns)
        ]

    def reversed_rows(self) -> set[int]:
        """The rows with something in reverse video."""
        self._parse()
        rows = self._screen.buffer
        return {y for y in range(self._screen.lines) if any(c.reverse for c in rows[y].values())}

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    # Waiting

    def wait_for(self, wanted: str | Callable[[str], object], timeout: float = 10) -> None:
        """Until the screen shows a text or satisfies a condition."""
        holds = wanted if callable(wanted) else lambda text: wanted in text
        deadline = time.monotonic() + timeout
        while not holds(self.text):
            if time.monotonic() > deadline or (self.exit_status is not None and not self._read(0)):
                raise AssertionError(f"{wanted!r} did not appear; the screen is:\n{self.text}")
            self._read(0.05)

    def settle(self, quiet: float = 0.15, timeout: float = 10) -> None:
        """Until the program has written something, and nothing more for `quiet` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            now = time.monotonic()
            rest = max(self.last_output, self._last_input) + quiet - now
            if self._raw and rest <= 0:
                return
            if now > deadline:
                raise AssertionError(f"no rest in {timeout} s; the screen is:\n{self.text}")
            if self.exit_status is not None and not self._read(0):
                return
            self._read(max(rest, 0.01) if self._raw else 0.05)

    def wait(self, timeout: float = 10) -> int:
        """Until the program has ended; its exit status, negative for a signal."""
        deadline = time.monotonic() + timeout
        while self.exit_status is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"still running; the screen is:\n{self.text}")
            self._read(0.02)
        while self._read(0):
            pass
        assert self.exit_status is not None
        return self.exit_status

    def terminate(self, number: signal.Signals = signal.SIGTERM, timeout: float = 10) -> int:
        if self.exit_status is None:
            os.kill(self._process.pid, number)
        return self.wait(timeout)

    @property
    def exit_status(self) -> int | None:
        if not self._ended:
            self._sample()
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._ended = True
                self._usage = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
                self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode

    # What it wrote and what it cost

    @property
    def raw(self) -> bytes:
        self._read(0)
        return bytes(self._raw)

    def mark(self) -> int:
        """A place in the output, for `bytes_since`."""
        self._read(0)
        return len(self._raw)

    def bytes_since(self, mark: int) -> int:
        return self.mark() - mark

    def leftovers(self) -> list[str]:
        """What the program has changed about the terminal and not put back."""
        raw = self.raw
        state = {b"25": b"h"}
        for numbers, final in _SET_MODE.findall(raw):
            state |= dict.fromkeys(numbers.split(b";"), final)
        left = [
            name
            for number, name in _MODES.items()
            if state.get(number, b"l") == (b"l" if number == b"25" else b"h")
        ]
        pushed = _KITTY_KEYS.findall(raw)
        if pushed.count(b">") > pushed.count(b"<"):
            left.append("kitty keyboard")
        if termios.tcgetattr(self._slave) != self._attributes:
            left.append("line discipline")
        return left

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        """CPU time of the program so far, all its threads, user and system."""
        if self.exit_status is not None:
            return self._usage[0]
        # Linux: the clock of another process, in nanoseconds; /proc counts in hundredths.
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def peak_rss(self) -> int:
        """Most bytes of memory at one time, as last seen before the end."""
        self._sample()
        return self._peak_rss

    # Machinery

    def _read(self, wait: float) -> bool:
        """Takes what is there within `wait` seconds; whether there was anything."""
        found = False
        while select.select([self._master], [], [], 0 if found else wait)[0]:
            self._raw += os.read(self._master, 65536)
            self.last_output = time.monotonic()
            found = True
        return found

    def _parse(self) -> None:
        # Only when somebody looks: pyte is slow, and must not slow the program down.
        self._read(0)
        end = len(self._raw)
        unfinished = _UNFINISHED.search(self._raw, self._parsed)
        if unfinished:
            end = unfinished.start()
        data = bytes(self._raw[self._parsed : end])
        self._parsed = end
        self._stream.feed(_BEYOND_PYTE.sub(b"", data))

    def _answer(self, data: str) -> None:
        if not self._ended:
            os.write(self._master, data.encode())

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _sample(self) -> None:
        # Not ru_maxrss: it starts from the memory of the process that forked.
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        if peak:
            self._peak_rss = max(self._peak_rss, int(peak[1]) * 1024)


class _Screen(pyte.Screen):
    """A pyte screen that answers the program and has an alternate screen."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._answer = answer
        self._main: Any = None
        super().__init__(columns, rows)

    def write_process_input(self, data: str) -> None:
        self._answer(data)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and 1049 in modes and self._main is None:
            self._main = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and 1049 in modes and self._main is not None:
            (self.buffer, self.cursor), self._main = self._main, None
        super().reset_mode(*modes, **kwargs)
