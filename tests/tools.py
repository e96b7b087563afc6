"""Programs of others that a test needs, or must not find."""

import os
import shutil
from pathlib import Path

import pytest


def needs(program: str) -> None:
    """Skip the test that calls this, itself or in a fixture, where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def needs_proc() -> None:
    """Skip the test that calls this where the system has no /proc to look into."""
    if not os.path.isdir("/proc/self"):
        pytest.skip("there is no /proc")


_SLURM = frozenset(("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo", "srun", "sstat"))


def without_slurm(path: str, farm: Path) -> str:
    """A PATH on which all programs of `path` are but for those of SLURM: folders that have any are
    replaced by ones below `farm` with links to the others."""
    folders = []
    for number, folder in enumerate(map(Path, path.split(os.pathsep))):
        names = {one.name for one in folder.iterdir()} if folder.is_dir() else set()
        if not names & _SLURM:
            folders.append(folder)
            continue
        others = farm / str(number)
        others.mkdir(parents=True)
        for name in names - _SLURM:
            (others / name).symlink_to(folder / name)
        folders.append(others)
    return os.pathsep.join(map(str, folders))
