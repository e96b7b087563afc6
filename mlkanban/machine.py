"""Telling this machine from others, and from itself before it was started anew."""

from pathlib import Path


def boot_id() -> str:
    """The id of this start of the machine; '' where there is none (not Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
