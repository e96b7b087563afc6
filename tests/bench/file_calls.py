"""Calls of a start to the file system, each of which a network home has to answer, by strace."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import minimal, programs
from tests.bench.table import Row, against, within
from tests.terminal import Terminal

_CALLS = {
    "opens": {"open", "openat"},
    "stats": {"stat", "lstat", "fstat", "newfstatat", "statx", "access", "readlink"},
    "reads": {"read", "pread64"},
}
_CALL = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)


def rows(homes: Sequence[Path]) -> Iterator[Row]:
    """Calls of a board of each home until its first picture, against a minimal app."""
    if shutil.which("strace") is None:
        yield Row("calls to the file system at the start", "no strace here")
        return
    least = _calls(programs.MINIMAL, minimal.TEXT, homes[0])
    for home in homes:
        command: list[str | Path] = [programs.BIN / "mlkanban", "--home", home]
        calls = _calls(command, programs.BOARD, home)
        for kind in _CALLS:
            name = f"{kind} at the start, {int(home.name):,} cards / minimal"
            yield against(name, calls[kind], least[kind], "")
    with tempfile.TemporaryDirectory() as folder:
        calls = _calls(
            [programs.BIN / "mlkanban", "--home", folder], "Data Driven Scrum", Path(folder)
        )
    for kind in _CALLS:
        yield within(f"{kind} at the very first start", calls[kind], "")


def _calls(command: Sequence[str | Path], text: str, home: Path) -> Counter[str]:
    with tempfile.NamedTemporaryFile(mode="r", errors="replace") as log:
        traced = ["strace", "-f", "-qq", "-e", "trace=%file,%desc", "-o", log.name, *command]
        with Terminal(traced, env={"HOME": str(home)}, size=programs.SIZE) as terminal:
            programs.settled(terminal, text)
            made = Counter(_CALL.findall(log.read()))
    return Counter({kind: sum(made[name] for name in names) for kind, names in _CALLS.items()})
