"""The log file: what the program did in the background, and how it went.

Background syncs, backups, hooks, reads of trackers and called programs write here through the
standard library's `logging`. MLKANBAN_LOG sets the level: debug, info (the default) or warning.
Commands without anything to log never load `logging`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.errors import UsageProblem
from mlkanban.text import display

if TYPE_CHECKING:
    import logging

LEVELS = ("debug", "info", "warning")
MAX_BYTES = 500_000
"""Bytes of the file; as many again are kept in the previous file, `mlkanban.log.1`."""
_ROOT = "mlkanban"
_path: Path | None = None


def level() -> str:
    """The level in force; UsageProblem when MLKANBAN_LOG names none."""
    name = os.environ.get("MLKANBAN_LOG", "").lower() or "info"
    if name not in LEVELS:
        raise UsageProblem(
            f"MLKANBAN_LOG={display(name)} is no level.", f"Levels: {', '.join(LEVELS)}."
        )
    return name


def write_to(path: Path) -> None:
    """Set the log file of this process; it is opened with the first line."""
    global _path
    level()
    _path = path


def logger(area: str) -> logging.Logger:
    """The logger of `sync`, `backup`, `hook`, `tracker` or `program`; silent until a surface has
    called `write_to`."""
    import logging  # 5 ms that `add` and `move` need not wait for

    root = logging.getLogger(_ROOT)
    name = str(_path)
    if not any(handler.name == name for handler in root.handlers):
        root.handlers = [_handler(_path) if _path is not None else logging.NullHandler()]
        root.handlers[0].name = name
        root.setLevel(level().upper())
        root.propagate = False
    return root.getChild(area)


def _handler(path: Path) -> logging.Handler:
    # As above, and sockets with it.
    import logging
    from logging.handlers import RotatingFileHandler

    class CleanLines(logging.Formatter):
        """One line for each record: text from elsewhere must not act on a terminal."""

        def format(self, record: logging.LogRecord) -> str:
            return display(super().format(record))

    class Quiet(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
            """Ignore a log that cannot be written: it must not end or litter what it reports on;
            `doctor` reports it."""

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = Quiet(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
    form = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s[%(process)d] %(message)s"
    handler.setFormatter(CleanLines(form, datefmt="%Y-%m-%d %H:%M:%S"))
    return handler
