"""Properties of this machine that matter to runs: whether runs survive a logout, and its GPUs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mlkanban.runs.local.folder import RunFolder, run_ids, runs_folder
from mlkanban.runs.local.inspect import judged
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.state import RunState

_LOGIND = (
    "/etc/systemd/logind.conf", "/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d",
    "/etc/systemd/logind.conf.d",
)  # fmt: skip
_SECONDS = 5.0


def killed_at_logout(root: Path = Path("/")) -> bool | None:
    """Whether systemd kills a user's processes at logout; None without systemd."""
    if not (root / "run/systemd/system").is_dir():
        return None
    setting = "no"
    for name in _LOGIND:
        place = root / name.lstrip("/")
        for file in sorted(place.glob("*.conf")) if place.is_dir() else [place]:
            setting = _setting(file) or setting
    return setting.lower() in ("yes", "true", "on", "1")


def lingers(person: str) -> bool:
    """Whether systemd keeps a user's processes running after logout (lingering)."""
    return Path("/var/lib/systemd/linger", person).exists()


def gpus() -> int | None:
    """The number of GPUs that `nvidia-smi -L` lists; None without that program, or without an
    answer."""
    output = _output(["nvidia-smi", "-L"])
    return None if output is None else sum(line.startswith("GPU ") for line in output.splitlines())


def without_watch(data: Path, now: datetime) -> tuple[list[str], list[str]]:
    """The runs here that have no supervisor any more, and those elsewhere that fell silent."""
    place = here()
    orphans, stale = [], []
    for folder in (RunFolder(runs_folder(data) / name) for name in run_ids(runs_folder(data))):
        if folder.end() or not (start := folder.start()):
            continue
        state = judged(folder, start, place, now).state
        if state is RunState.ORPHAN:
            orphans.append(folder.id)
        elif state is RunState.STALE:
            stale.append(folder.id)
    return orphans, stale


def _setting(file: Path) -> str:
    try:
        lines: Iterable[str] = file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    last = ""
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "KillUserProcesses":
            last = value.strip()
    return last


def _output(words: list[str]) -> str | None:
    if shutil.which(words[0]) is None:
        return None
    try:
        done = subprocess.run(
            words, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False,
            env=os.environ | {"LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
