"""On the PYTHONPATH of a program of a test: mlkanban takes this machine for a Mac.

Its own code finds /proc hidden. psutil, which needs one on Linux, has another in a place that
mlkanban does not know.
"""

import os

import psutil

psutil.PROCFS_PATH = os.environ["PROC_OF_PSUTIL"]

import mlkanban.machine  # noqa: E402 - psutil reads its files from the first import on
from mlkanban.machine.with_psutil import PsutilMachine  # noqa: E402

mlkanban.machine._present = PsutilMachine()
