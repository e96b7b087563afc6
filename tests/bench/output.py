"""What the output of a job costs: the processor time of all that mlkanban runs beside the job, in
relation to what the job needs to write it."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import programs
from tests.bench.table import Row, against

MB = 100
_SUBREAPER = 36
"""prctl: processes that lose their parent become children of this one."""
JOB = f"""
import resource, sys
line = "2026-12-01 12:00:00 epoch 3 step %07d loss 0.4217 lr 3e-4 images/s 1803.5\\n"
for at in range({MB}_000_000 // len(line % 0)):
    sys.stdout.write(line % at)
sys.stdout.flush()
used = resource.getrusage(resource.RUSAGE_SELF)
open(sys.argv[1], "w").write(str(used.ru_utime + used.ru_stime))
"""


class Used(NamedTuple):
    """Processor time in seconds, of mlkanban and of the job."""

    ours: float
    job: float


def rows(home: Path, repetitions: int) -> Iterator[Row]:
    """The cost of writing much, less that of starting a job that writes nothing."""
    if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) != 0:
        return  # another system: what is left behind cannot be counted
    mlk = [str(programs.BIN / "mlkanban"), "--home", str(home)]
    listed = subprocess.run([*mlk, "--json", "list"], capture_output=True, check=True).stdout
    card = str(json.loads(listed)["data"][0]["id"])
    start = [*mlk, "run", card, "--override", "measured", "--"]
    script, times = home / "job.py", home / "job.cpu"
    script.write_text(JOB)
    times.write_text("0")
    much = [*start, sys.executable, str(script), str(times)]

    def loud() -> Used:
        total = _processor_time(much, home)
        job = float(times.read_text())
        return Used(total - job, job)

    def quiet() -> Used:
        return Used(_processor_time([*start, "true"], home), 0)

    loud_ones, quiet_ones = programs.interleaved(repetitions, [loud, quiet])
    for log in (home / "runs").glob("*/out.log"):
        os.truncate(log, 0)
    ours = median(used.ours for used in loud_ones) - median(used.ours for used in quiet_ones)
    job = median(used.job for used in loud_ones)
    yield against(f"CPU beside a job that writes {MB} MB / job", 1000 * ours, 1000 * job, "ms", 0.5)


def _processor_time(command: list[str], home: Path) -> float:
    """Seconds that a command and everything it leaves behind use, until all of it has ended."""
    subprocess.Popen(command, env={"HOME": str(home)}, cwd=home, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)  # fmt: skip
    seconds = 0.0
    while True:
        try:
            _, _, used = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += used.ru_utime + used.ru_stime
