"""The program as the command line starts it, with one thing broken: `starter.py crash`."""

import os
import sys

from mlkanban.cli import main
from mlkanban.tui.app import BoardApp


async def broken(self: BoardApp) -> None:
    raise RuntimeError("a planted crash")


if os.environ.get("BROKEN") == "catch_up":
    BoardApp.catch_up = broken  # type: ignore[method-assign]  # the planted crash
sys.exit(main())
