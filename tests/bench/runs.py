"""What it costs to start a job by way of the board, and to write through it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench import programs
from tests.bench.table import Row, against

MB = 100


def rows(home: Path, libraries: str, repetitions: int) -> Iterator[Row]:
    """The wrapper against what it cannot do without, and against the bare command."""
    mlk = [str(programs.BIN / "mlkanban"), "--home", str(home)]
    listed = subprocess.run([*mlk, "--json", "list"], capture_output=True, check=True).stdout
    card = str(json.loads(listed)["data"][0]["id"])
    start = [*mlk, "run", card, "--override", "measured", "--"]
    write = ["head", "-c", str(MB * 1_000_000), "/dev/zero"]
    out = home / "bare.log"
    timed = partial(partial, programs.run_command, home)
    # Apart: what is written much of goes to the disk before the little that has to be there.
    nothing, needed = programs.interleaved(
        repetitions, [timed(*start, "true"), timed(sys.executable, "-c", libraries)]
    )
    much, bare = programs.interleaved(
        repetitions,
        [timed(*start, *write), timed("sh", "-c", f"{' '.join(write)} > {out}; cat {out}")],
    )
    for log in (home / "runs").glob("*/out.log"):
        os.truncate(log, 0)
    yield against("run -- true / its libraries", _ms(nothing), _ms(needed), "ms", 1.6)
    yield against(f"run, {MB} MB of output / to a file and shown", _ms(much), _ms(bare), "ms", 2)


def _ms(seconds: list[float]) -> float:
    return 1000 * median(seconds)
