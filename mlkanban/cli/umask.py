"""Files of this program are for their owner alone; those of a person's jobs are as they wish."""

import os

_before: int | None = None


def be_private() -> None:
    """From now on what is made can be read by nobody else."""
    global _before
    _before = os.umask(0o077)


def of_the_person() -> int:
    """The umask that the person has set."""
    if _before is not None:
        return _before
    os.umask(now := os.umask(0o077))
    return now
