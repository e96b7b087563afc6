"""Identify this machine, and each of its boots."""

from pathlib import Path


def boot_id() -> str:
    """The id of the present boot of the machine; '' where there is none (not Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
