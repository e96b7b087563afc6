"""The log file: what the program did while nobody watched, and how that went.

Background syncs, backups, hooks, reads of trackers and the programs that are called write here,
through the `logging` of the standard library. MLKANBAN_LOG says from which level on: debug, info
(the default) or warning. Commands that have nothing to tell never load `logging`.
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
"""Of the file; as much again is kept in the one before, `mlkanban.log.1`."""
_ROOT = "mlkanban"
_path: Path | None = None


def level() -> str:
    """The level in force; UsageProblem when MLKANBAN_LOG names none."""
    asked = os.environ.get("MLKANBAN_LOG", "").lower() or "info"
    if asked not in LEVELS:
        raise UsageProblem(
            f"MLKANBAN_LOG={display(asked)} is no level.", f"Levels: {', '.join(LEVELS)}."
        )
    return asked


def write_to(path: Path) -> None:
    """Name the file of this process; it is opened with the first line."""
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
    import logging
    from logging.handlers import RotatingFileHandler

    class CleanLines(logging.Formatter):
        """One line for each record: what others wrote in it must not act on a terminal."""

        def format(self, record: logging.LogRecord) -> str:
            return display(super().format(record))

    class Quiet(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
            """A log that cannot be written must not end or litter what it tells of; `doctor`
            says so instead."""

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = Quiet(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
    form = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s[%(process)d] %(message)s"
    handler.setFormatter(CleanLines(form, datefmt="%Y-%m-%d %H:%M:%S"))
    return handler
