"""Which of the three ways to look at a machine is taken."""

import subprocess
import sys
from pathlib import Path

import pytest

CHOICE = """
import os, sys
sys.platform = sys.argv[1]
os.access = lambda path, mode: sys.argv[2] == "shown"
from mlkanban.machine import machine
print(type(machine()).__name__, machine() is machine(), "psutil" in sys.modules)
"""


@pytest.mark.parametrize(
    ("system", "proc", "chosen"),
    [
        ("linux", "shown", "LinuxMachine True False"),
        ("linux", "hidden", "UnixMachine True False"),
        ("darwin", "hidden", "PsutilMachine True True"),
    ],
)
def test_the_system_chooses_once_and_linux_never_loads_psutil(system, proc, chosen) -> None:
    if "psutil" in chosen.lower():
        pytest.importorskip("psutil")
        # psutil asks for the system itself: it is loaded before that is changed.
        code = "import psutil\n" + CHOICE
    else:
        code = CHOICE
    done = subprocess.run(
        [sys.executable, "-c", code, system, proc],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == chosen
