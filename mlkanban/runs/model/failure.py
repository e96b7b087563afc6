"""Why a run failed, from its exit status and the end of its stderr and stdout."""

import re
import signal
from collections.abc import Sequence
from typing import NamedTuple

from mlkanban.core.board import BlockReason
from mlkanban.patterns import LatePattern, pattern

LOOKED_AT = 50
SHOWN = 10
LONGEST_LINE = 300
ESCAPES = pattern(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[PX^_][^\x1b]*(?:\x1b\\|$)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]"
)
_PROGRESS = pattern(
    r"\d+%\s*\|.*\|"  # tqdm
    r"|^\s*\S*\s*\d+/\d+\s*\[[=>.\-#\s]*\]"  # keras
    # Nothing is tried twice: a line of blanks would take long.
    r"|^\s*+\[?+[#=>\u2588\u2501\-.\s]{8,}+(?:\]\s*+)?\d*\.?\d*%?\s*$"
    r"|\d+(?:\.\d+)?(?:it/s|s/it)\b"
)


class Death(NamedTuple):
    """Why a run died, in a few words, and what that means for its card."""

    why: str
    reason: BlockReason


_ENV, _DATA, _BUG, _QUEUE = (
    BlockReason.ENVIRONMENT, BlockReason.DATA_ACCESS, BlockReason.BUG, BlockReason.COMPUTE_QUEUE,
)  # fmt: skip
_PATTERNS: tuple[tuple[LatePattern, Death], ...] = tuple(
    (pattern(text, re.IGNORECASE | re.MULTILINE), Death(why, reason))
    for text, why, reason in (
        (r"CUDA (error: )?out of memory|torch\.(cuda\.)?OutOfMemoryError|RESOURCE_EXHAUSTED",
         "out of GPU memory", _ENV),
        (r"\bCUDA error|\bNCCL\b.*(error|timeout)|ncclUnhandled|cudnn_status|device-side assert",
         "CUDA or NCCL error", _ENV),
        (r"\bMemoryError\b|Cannot allocate memory|oom-kill|std::bad_alloc",
         "out of memory", _ENV),
        (r"No space left on device|Disk quota exceeded|\bENOSPC\b|\bEDQUOT\b",
         "disk full or over quota", _ENV),
        (r"\bBus error\b|insufficient shared memory|\bshm\b.*(size|full)|/dev/shm",
         "bus error or too little shared memory", _ENV),
        (r"loss\b.{0,40}\bnan\b|\bnan\b.{0,40}\bloss|non-finite loss|contains NaN",
         "loss became NaN", _BUG),
        # What interpreters say of the script that they are to run.
        (r"can't open file .*: \[Errno \d+\]|can't find '__main__' module"
         r"|^(\S*/)?\w*sh: (\d+: )?(cannot|can't) open |Fatal error: cannot open file '"
         r"|Can't open perl script|Error: Cannot find module",
         "the script cannot be opened", _ENV),
        (r"ModuleNotFoundError|ImportError: (No module|cannot import)|exec: .*not found"
         r"|^\S*: No module named ",
         "a module or program is missing", _ENV),
        (r"FileNotFoundError|No such file or directory", "a file is missing", _DATA),
        (r"DUE TO TIME LIMIT|\bPREEMPT|TimeoutError|timed out|Timeout expired",
         "timed out or preempted", _QUEUE),
    )
)  # fmt: skip


def last_lines(text: str) -> list[str]:
    """The last lines of a log as a person would have seen them: the last state of lines drawn
    repeatedly, no escape sequences, no progress bars."""
    lines = []
    for raw in text.replace("\r\n", "\n").split("\n"):
        drawn = [part for part in raw.split("\r") if part.strip()]
        line = ESCAPES.sub("", drawn[-1]).rstrip()[:LONGEST_LINE] if drawn else ""
        if line.strip() and not _PROGRESS.search(line):
            lines.append(line)
    return lines[-LOOKED_AT:]


def death(
    exit: int | None, err: list[str], out: Sequence[str] = (), *, oom: bool | None = False
) -> Death:
    """Why a run failed: a signal, a known pattern in its last lines (stderr first), else its exit
    status. `oom` says whether the system killed processes for lack of memory meanwhile, None where
    it does not count them."""
    if exit == 127:
        return Death("command not found", _ENV)
    if exit == 126:
        return Death("command cannot be executed", _ENV)
    number = exit - 128 if exit is not None and 128 < exit < 128 + 65 else 0
    if number == signal.SIGKILL and oom:
        return Death("killed (signal 9), out of memory suspected", _ENV)
    known = _known("\n".join(err)) or _known("\n".join(out))
    if number:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        what = f"killed by {name}"
        if known:
            return Death(f"{what}, {known.why}", known.reason)
        if number == signal.SIGKILL and oom is None:
            what += "; whether memory ran out cannot be known on this system"
        return Death(what, _ENV)
    if known:
        return Death(f"{known.why} (exit {exit})" if exit is not None else known.why, known.reason)
    if exit is None:
        return Death("exit status unknown", _ENV)
    return Death(f"exit {exit}", _BUG)


def hint_of_death(err: Sequence[str], out: Sequence[str] = ()) -> str:
    """What the last lines of a log say of an end of which nothing else is known; '' for nothing."""
    known = _known("\n".join(err)) or _known("\n".join(out))
    return known.why if known else ""


def _known(text: str) -> Death | None:
    """The known pattern that the last lines of a log match."""
    return next((death for pattern, death in _PATTERNS if pattern.search(text)), None)
