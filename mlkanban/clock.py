"""The clock and the time zone of this machine; only the command line and the screen read them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def local_timezone() -> str:
    """The name of the machine's time zone (`Europe/Rome`); `UTC` when it is unknown."""
    named = _named()
    return named if named and _known(named) else "UTC"


def odd_timezone() -> str:
    """A sentence where this machine names an unknown time zone; UTC is used then."""
    named = _named()
    if not named or _known(named):
        return ""
    return f"The time zone of this machine ({named}) is not known, so it is UTC."


def _named() -> str:
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        target = os.path.realpath("/etc/localtime")
        named = target.partition("zoneinfo/")[2]
    if not named and Path("/etc/timezone").is_file():
        named = Path("/etc/timezone").read_text(errors="replace").strip()
    return named


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
