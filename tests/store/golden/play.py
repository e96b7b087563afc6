"""Plays command lines to whatever mlkanban is on PYTHONPATH, of any age, on a machine of no name.

A JSON object comes in on stdin: `lines`, each a list of arguments; `at`, the instant of the last
one; `hours` between two of them. Out goes a list of [exit code, stdout, stderr].
"""

import contextlib
import io
import json
import os
import socket
import sys
from datetime import datetime, timedelta

import mlkanban.clock

answer = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where jobs write

asked = json.load(sys.stdin)
socket.gethostname = lambda: "laptop"
rest = len(asked["lines"])


def now() -> datetime:
    return datetime.fromisoformat(asked["at"]) - timedelta(hours=asked["hours"] * rest)


mlkanban.clock.now = now

from mlkanban.cli.program import run  # noqa: E402  # it takes the clock by its name

said = []
for line in asked["lines"]:
    rest -= 1
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        code = run(line)
    said.append([code, out.getvalue(), err.getvalue()])
json.dump(said, answer)
