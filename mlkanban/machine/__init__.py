"""This machine as its system shows it: boots, processes, open files, mounts.

Linux shows them in /proc, a Mac through psutil; where neither is there, the system calls of every
Unix are left. One of the three is chosen, once.
"""

from __future__ import annotations

import os
import sys

from mlkanban.machine.protocol import Machine, Mount

__all__ = ["Machine", "Mount", "machine"]

_present: Machine | None = None


def machine() -> Machine:
    """This machine."""
    global _present
    if _present is None:
        _present = _of_this_system()
    return _present


def _of_this_system() -> Machine:
    # One of three: the others are not loaded.
    if sys.platform != "linux":
        from mlkanban.machine.with_psutil import PsutilMachine  # psutil takes about 35 ms

        return PsutilMachine()
    if os.access("/proc/self/stat", os.R_OK):
        from mlkanban.machine.linux import LinuxMachine  # none of the others needs it

        return LinuxMachine()
    from mlkanban.machine.unix import UnixMachine  # only where /proc is hidden

    return UnixMachine()
