"""The process that waits for the turn of a run, and what it starts then.

The command line and the environment of the job are kept by this process alone: what is written down
is redacted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mlkanban.runs.local.code import CodeChanges, code_state
from mlkanban.runs.local.folder import RunFolder, queue_folder
from mlkanban.runs.local.inspect import age_of_start, in_queue, waiter_of
from mlkanban.runs.local.processes import alive, poke, process
from mlkanban.runs.local.start import (
    become_script,
    for_job,
    launch,
    leave_behind,
    own_environment,
    recorded,
)
from mlkanban.runs.model.records import QueueRecord, StartRecord
from mlkanban.runs.model.state import STARTS_WITHIN_SECONDS

_SCRIPT = Path(__file__).with_name("waiter.sh")
_GIVES_UP_AFTER_SECONDS = STARTS_WITHIN_SECONDS - 10.0
"""Seconds after its turn in which a run may still start. Later the board calls it lost, and what is
lost must not run."""


def wait_for_turn(
    data: Path, folder: RunFolder, start: StartRecord, argv: Sequence[str], *, umask: int
) -> bool:
    """Leave a process behind that starts the job when its turn comes; returns whether it waits."""

    def wait(ready: int) -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        queue: QueueRecord = {**start["queue"], "waiter": process(os.getpid()).to_record()}
        folder.write_start({**start, "queue": queue})
        os.umask(umask)
        words = [str(folder.path), str(queue_folder(data)), folder.id, sys.executable, *argv]
        become_script(_SCRIPT, words, own_environment(os.environ), (ready,))

    return leave_behind(folder, wait)


def wake(folder: RunFolder) -> None:
    """Ask the process that waits for a run to look at its files."""
    if (waiter := waiter_of(folder.start())) and alive(waiter):
        poke(waiter)


def start_now(folder: RunFolder, argv: Sequence[str], now: datetime, *, umask: int) -> bool:
    """Start the job of a run whose turn has come. Only the process that waited for it may, soon,
    and once; returns whether it was started."""
    start = folder.start()
    waiter = waiter_of(start)
    if in_queue(start) or waiter is None or waiter != process(os.getpid()) or "child" in start:
        return False
    if folder.stop_asked_by() or age_of_start(start, now) > _GIVES_UP_AFTER_SECONDS:
        return False
    queue, env = start["queue"], dict(os.environ)
    changes = CodeChanges(code_state())  # the code may be another than when it was queued
    start |= recorded(changes.state)
    if not start.get("no_env"):
        env = for_job(env, queue.get("label") or start["card"], folder)
    if cuda := queue.get("cuda"):
        # nvidia-smi counts in the order of the bus, CUDA by speed unless it is told.
        env |= {"CUDA_VISIBLE_DEVICES": ",".join(map(str, cuda)), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    folder.turn_file.unlink(missing_ok=True)
    if not launch(folder, start, argv, env, stdin=None, umask=umask):
        return False
    changes.keep(folder)
    return True
