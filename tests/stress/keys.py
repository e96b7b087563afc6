"""Somebody who presses anything at any pace, in a real terminal, and looks whether the board lives.

`python -m tests.stress.keys SEED KEYS` does so by hand. The same seed sends the same packets, but
how they meet the program depends on the machine.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban import demo
from mlkanban.service import Service
from mlkanban.tui.commands import COMMANDS
from tests.terminal import DOWN, END, HOME, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, UP, Terminal

ROOT = Path(__file__).parents[2]
_PLACES = {
    "down": DOWN, "up": UP, "left": LEFT, "right": RIGHT, "pageup": PAGE_UP,
    "pagedown": PAGE_DOWN, "home": HOME, "end": END, "enter": "\r", "space": " ", "tab": "\t",
    "shift+down": "\x1b[1;2B", "shift+up": "\x1b[1;2A", "shift+left": "\x1b[1;2D",
    "shift+right": "\x1b[1;2C", "f1": "\x1bOP", "ctrl+p": "\x10",
}  # fmt: skip
_LEAVING = "Q"
_COMMANDS = sorted(
    {
        _PLACES.get(key, key)
        for command in COMMANDS
        for key in command.keys
        if len(key) < 3 or key in _PLACES
    }
    - {_LEAVING}
)
_OTHERS = [
    "\x1b",
    "\x07",
    "\t",
    "\x7f",
    "\x03",
    "\r",
    "\x1b[Z",
    "\x1b[3~",
    "\x1b[15~",
    "\x1b[27;5;9~",
]
_SCREENS = [
    "R",
    "gp",
    "i",
    "s",
    "B",
    "?",
    "r",
    "gc",
    "gu",
    "gj",
    "gt",
    "e",
    "\r",
    ":",
    "N",
    "m",
    "/",
    "n",
]
_WORDS = ["a title", "tag:gpu", "größe", "日本", "\u202e", "5d", "undo", "val_auc>=0.9", "х" * 90]
_BAD = [
    b"\xe9a",
    b"\x80",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x82",
]
_REPORTS = [
    "\x1b[97;5:3u", "\x1b[97;5:1u", "\x1b[1114112;5u", "\x1b[55296u", "\x1b[97;;55296u",
    "\x1b[99~", "\x1b[?62;4c", "\x1b[>0;276;0c", "\x1b[0n", "\x1b[24;80R", "\x1b[I", "\x1b[O",
    "\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1b]52;c;aGVsbG8=\x07", "\x1bP1$r0m\x1b\\",
    "\x1b[?2026;2$y", "\x1b[?2048;1$y", "\x1b[48;0;0;0;0t", "\x1b[48;9;9;999999;9t",
    "\x1b[8;1;1t", "\x1b[M !!", "\x1b[<0;0;0M", "\x1b[<0;99999;99999M", "\x1b[<65;-1;-5M",
    "\x1b[1090::110;;1090u", "\x1b[", "\x1b]", "\x1b[20", "\x1b[201~", "\x1b_G1;OK\x1b\\",
    "\x1b[1;2", "\x1b[999999999999999999999999u", "\x1b[:;:u", "\x1b[97;99999u",
]  # fmt: skip
_LOOK = (100, 60)
_LIVE = "Help  "
"""What the help of every screen says."""


class Packet(NamedTuple):
    """Bytes that arrive together; or another size of the terminal, and no bytes."""

    data: bytes = b""
    size: tuple[int, int] | None = None
    pause: float = 0.0
    keys: int = 1

    def __str__(self) -> str:
        if self.size is not None:
            return f"a terminal of {self.size[0]}x{self.size[1]}"
        more = f" and {len(self.data) - 99} more" if len(self.data) > 99 else ""
        return f"{self.data[:99]!r}{more}, then {self.pause} s"


class Dead(AssertionError):
    """The board ended, crashed, or answers no more."""


class Packets:
    """Packets without end, the same for every seed."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def __iter__(self) -> "Packets":
        return self

    def __next__(self) -> Packet:
        dice = self._dice
        make = dice.choices(
            [self._keys, self._escape, self._screen, self._text, self._paste, self._bad,
             self._report, self._mouse, self._resize],
            [40, 10, 15, 8, 3, 5, 8, 6, 5],
        )[0]  # fmt: skip
        pause = dice.choice((0.0, 0.0, 0.01, 0.03, 0.12))
        return make()._replace(pause=pause)

    def _one(self) -> str:
        return self._dice.choice(_COMMANDS if self._dice.random() < 0.8 else _OTHERS)

    def _some(self, most: int) -> list[str]:
        return [self._one() for _ in range(self._dice.randint(1, most))]

    def _keys(self) -> Packet:
        keys = self._some(8)
        return Packet("".join(keys).encode(), keys=len(keys))

    def _escape(self) -> Packet:
        first = self._dice.choice(("\x1b", "\x1b", "\x07", "\r", "q", ":"))
        keys = [first, *self._some(3)]
        return Packet("".join(keys).encode(), keys=len(keys))

    def _screen(self) -> Packet:
        keys = [self._dice.choice(_SCREENS), *(self._some(2) if self._dice.random() < 0.5 else [])]
        return Packet("".join(keys).encode(), keys=len(keys))

    def _text(self) -> Packet:
        text = self._dice.choice(_WORDS)
        end = self._dice.choice(("\r", "\r\r", "\x1b", "\t", "\x1bt", ""))
        return Packet((text + end).encode(), keys=len(text + end))

    def _paste(self) -> Packet:
        text = self._dice.choice(("one line", "two\rlines", "\x1b[31mred\x1b[0m" * 9, "x" * 50_000))
        end = self._dice.choice(("\x1b[201~", "\x1b[201~", "", "\x1b[20"))
        return Packet(f"\x1b[200~{text}{end}".encode())

    def _bad(self) -> Packet:
        keys = self._some(2)
        return Packet("".join(keys).encode() + self._dice.choice(_BAD), keys=len(keys) + 1)

    def _report(self) -> Packet:
        keys = self._some(2)
        return Packet((self._dice.choice(_REPORTS) + "".join(keys)).encode(), keys=len(keys) + 1)

    def _mouse(self) -> Packet:
        dice = self._dice
        x, y = dice.randint(1, 120), dice.randint(1, 50)
        button = dice.choice((0, 0, 2, 32, 35, 64, 65))
        moved = f"\x1b[<32;{dice.randint(1, 120)};{dice.randint(1, 50)}M" * dice.randint(0, 2)
        return Packet(f"\x1b[<{button};{x};{y}M{moved}\x1b[<{button};{x};{y}m".encode(), keys=2)

    def _resize(self) -> Packet:
        dice = self._dice
        least = dice.choice((1, 1, 10, 60))
        return Packet(size=(dice.randint(least, least + 100), dice.randint(1, 50)))


class Board:
    """The program on a store of its own, started again whenever it was left."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env = {**env, "EDITOR": "true", "PAGER": "cat"}
        self._folder = folder
        self._home = Path(env["MLKANBAN_HOME"])
        self._terminal: Terminal | None = None
        self._sent: list[Packet] = []
        self.starts = 0

    def send(self, packet: Packet) -> None:
        terminal = self._terminal or self._start()
        self._sent.append(packet)
        if packet.size is not None:
            terminal.resize(*packet.size)
        elif packet.data:
            terminal.send(packet.data)
        if packet.pause:
            terminal.rest(packet.pause)
        if terminal.exit_status is not None:
            self._ended(terminal)

    def look(self) -> None:
        """Whether it still draws and takes keys: some keys that leave what is open, then help."""
        terminal = self._terminal or self._start()
        terminal.resize(*_LOOK)
        terminal.rest(1.2)  # a paste that was not finished is over by now
        for number, patience in enumerate((0.5, 0.5, 1, 1, 2, 2, 3, 3, 5, 5, 10, 20), 1):
            terminal.skip()
            terminal.resize(_LOOK[0], _LOOK[1] - number)  # all is drawn again
            for _ in range(2):  # a text is only dropped when asked twice
                terminal.send("\x1b")
                terminal.rest(0.25)
            terminal.send("?")
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                terminal.rest(0.1)
                if terminal.exit_status is not None:
                    self._ended(terminal)
                    return
                if _LIVE in terminal.text:
                    self._sent.clear()
                    terminal.send("\x1b")
                    self._no_crash()
                    return
        raise Dead(f"no answer; the screen is:\n{terminal.text}\nat last {terminal.raw[-300:]!r}")

    def _start(self) -> Terminal:
        self.starts += 1
        program = [sys.executable, "-m", "mlkanban"]
        self._terminal = Terminal(program, env=self._env, size=_LOOK, cwd=self._folder)
        # Until then Ctrl+c is a signal.
        # Random keys may have made a board with other stages, which is the one that opens then.
        self._terminal.wait_for(lambda text: "Ideas" in text or "in progress" in text, timeout=60)
        self._terminal.settle(timeout=60)
        self._sent.clear()
        return self._terminal

    def _ended(self, terminal: Terminal) -> None:
        status = terminal.wait()
        said = terminal.raw.decode(errors="replace")
        if status in (-signal.SIGINT, 130) and not terminal.leftovers():
            status = 0  # it was left already, and Ctrl+c came while it ended
        self.close()
        asked = any(key in packet.data for packet in self._sent for key in (b"q", b"\x1b", b"\x07"))
        afterwards = said.rpartition("\x1b[?1049l")[2]  # a run may have shown one
        if status or not asked or "Traceback (most recent call last)" in afterwards:
            raise Dead(f"it ended with {status}: {self._log() or said[-2000:]}")
        self._no_crash()

    def _no_crash(self) -> None:
        if log := self._log():
            raise Dead(log)

    def _log(self) -> str:
        file = self._home / "crash.log"
        return file.read_text()[-4000:] if file.exists() else ""

    def close(self) -> None:
        if self._terminal is not None:
            self._terminal.__exit__(None, None, None)
            self._terminal = None


def press(
    board: Board, seed: int, keys: int, *, every: int = 80, make: "MakeBoard | None" = None
) -> int:
    """Send packets of a seed with so many keys; how many there were. AssertionError with the seed
    and the last packets when the board does not live: with the fewest of them that do it to a new
    board from `make` too, if that can be told."""
    sent = 0
    recent: list[Packet] = []
    try:
        for number, packet in enumerate(Packets(seed), 1):
            recent.append(packet)
            sent += packet.keys
            board.send(packet)
            if number % every == 0 or sent >= keys:
                board.look()
                recent.clear()
            if sent >= keys:
                return sent
    except AssertionError as error:
        few = fewest(make, recent) if make is not None else []
        what = "The fewest packets that do it" if few else "The last packets"
        shown = "\n".join(map(str, few or recent))
        raise AssertionError(
            f"seed {seed}, after {sent} keys: {error}\n{what}:\n{shown}"
        ) from error
    return sent


def fewest(make: "MakeBoard", recent: Sequence[Packet]) -> list[Packet]:
    """The fewest of the last packets that end a new board too; none where they do not."""
    few = list(recent)
    if not _dies(make, few):
        return []
    size = max(1, len(few) // 2)
    while size:
        at = 0
        while at < len(few):
            fewer = few[:at] + few[at + size :]
            if fewer and _dies(make, fewer):
                few = fewer
            else:
                at += size
        size //= 2
    return few


class MakeBoard:
    """Makes boards full of examples, each in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> Board:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        home = folder / "mlkanban"
        home.mkdir(mode=0o700)
        now = datetime.now(UTC)
        service = Service.open(home, actor="ada", clock=lambda: now)
        demo.fill(service, now)
        service.close()
        env = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder), "USER": "ada",
            "MLKANBAN_HOME": str(home), "TZ": "UTC", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        return Board(env, folder)


def _dies(make: MakeBoard, few: Sequence[Packet]) -> bool:
    board = make()
    try:
        for packet in few:
            board.send(packet)
        board.look()
    except AssertionError:
        return True
    finally:
        board.close()
    return False


def main(seed: int, keys: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        board = MakeBoard(Path(folder))()
        begun = time.monotonic()
        try:
            sent = press(board, seed, keys)
        finally:
            board.close()
        print(f"seed {seed}: {sent} keys, {board.starts} starts, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
