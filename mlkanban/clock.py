"""The clock and the time zone of this machine; only the command line and the screen read them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def local_timezone() -> str:
    """The name of the machine's time zone (`Europe/Rome`), `UTC` when it cannot be told."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        target = os.path.realpath("/etc/localtime")
        named = target.partition("zoneinfo/")[2]
    if not named and Path("/etc/timezone").is_file():
        named = Path("/etc/timezone").read_text().strip()
    try:
        ZoneInfo(named)
    except (ValueError, OSError, KeyError):
        return "UTC"
    return named
