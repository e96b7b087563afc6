"""What a learning curve costs that follows a run: bytes to the terminal each time it is drawn."""

import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean

from tests.bench import programs
from tests.bench.table import Row, within
from tests.terminal import Terminal

_ROUNDS = 40
_QUIET, _REDRAWN = 0.3, 60.0
"""A picture is there when the program has been quiet for so long; it comes every two seconds, on a
machine with other work later."""
_KB = 1_000


def rows(home: Path) -> Iterator[Row]:
    """The page of runs, with a run that goes on and one that is over: an epoch more each time, with
    the last lines of the log below."""
    mlk = [str(programs.BIN / "mlkanban"), "--home", str(home)]

    def answer(*words: str) -> list[dict[str, str]]:
        printed = subprocess.run([*mlk, "--json", *words], capture_output=True, check=True).stdout
        data = json.loads(printed)["data"]
        return data if isinstance(data, list) else [data]

    card = answer("list")[0]["id"]
    subprocess.run(
        [*mlk, "edit", card, "--metric", "auc>=.95", "--baseline", ".9"], check=True,
        capture_output=True,
    )  # fmt: skip
    start = [*mlk, "run", card, "--override", "measured"]
    finished = home / "finished.log"
    _append(finished, range(1, 41), 0.945)
    for words in (["--", "cat", str(finished)], ["--detach", "--", "sleep", "900"]):
        subprocess.run([*start, *words], check=True, capture_output=True)
    going_on = home / "runs" / answer("runs", card)[0]["id"]
    log = going_on / "out.log"
    _append(log, range(1, 25), 0.94)
    try:
        with programs.board(home) as terminal:
            programs.settled(terminal)
            _open_runs(terminal, card)
            terminal.wait_for("by step", _REDRAWN)
            sizes = []
            for epoch in range(25, 25 + _ROUNDS):
                terminal.settle(_QUIET)
                mark = terminal.mark()
                _append(log, [epoch], 0.94)
                terminal.wait_for(f"(step {100 * epoch})", _REDRAWN)
                terminal.settle(_QUIET)
                sizes.append(terminal.bytes_since(mark))
    finally:
        job = json.loads((going_on / "start.json").read_text())["child"]["pid"]
        os.killpg(job, signal.SIGTERM)
        deadline = time.monotonic() + _REDRAWN
        while not (going_on / "end.json").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    yield within("live learning curve, on average", mean(sizes) / _KB, "KB", 2)
    yield within("... the dearest time", max(sizes) / _KB, "KB", 2)


def _append(log: Path, epochs: Iterable[int], reached: float) -> None:
    with log.open("a") as file:
        for epoch in epochs:
            value = reached - 0.08 * math.exp(-epoch / 12) + 0.002 * (epoch * 7 % 5 - 2)
            file.write(f"mlkanban: step={100 * epoch} epoch={epoch} auc={value:.5f}\n")


def _open_runs(terminal: Terminal, card: str) -> None:
    """Find the card on the board, and open the page of its runs."""
    terminal.send(":")
    terminal.wait_for("A command or a card", _REDRAWN)
    terminal.send(card)
    terminal.wait_for(lambda text: "── commands" not in text, _REDRAWN)
    terminal.send("\r")
    terminal.wait_for(lambda text: "Esc close" not in text, _REDRAWN)
    terminal.send("r")
