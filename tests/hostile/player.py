"""Command lines of the real program one after the other in this terminal; screens close again.

Arguments: a JSON file with the lines, and a file for their exit codes.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from mlkanban.cli.program import run
from mlkanban.tui.app import BoardApp
from mlkanban.tui.docs_app import DocsApp
from tests.tui.page import Page


async def look_and_leave(app: BoardApp, pilot: Pilot[Any]) -> None:
    await Page(app, pilot, app.places.data).settled()
    app.exit()


def looked_at(app: BoardApp) -> None:
    App.run(app, auto_pilot=lambda pilot: look_and_leave(app, pilot))


async def read_and_leave(pilot: Pilot[Any]) -> None:
    await pilot.pause()
    pilot.app.exit()


def read(app: DocsApp) -> None:
    App.run(app, auto_pilot=read_and_leave)


if __name__ == "__main__":
    DocsApp.run = read  # type: ignore[method-assign,assignment]
    BoardApp.run = looked_at  # type: ignore[method-assign,assignment]  # driven by a pilot
    lines, told = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    codes = []
    for line in lines:
        codes.append(run([word.replace("{pid}", str(os.getpid())) for word in line]))
        print(f"-- {len(codes)} --", flush=True)
        told.write_text(json.dumps(codes))
