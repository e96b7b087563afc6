"""What doctor --deep says about a store that was read as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlkanban.cli.check import Check
from mlkanban.clock import now
from mlkanban.text import quantity, short_name

if TYPE_CHECKING:
    from mlkanban.service.integrity import Findings

_BACK = "See: mlkanban backup list; go back to one: mlkanban restore NAME"
_FIX = "mlkanban doctor --fix"
_OLD = timedelta(days=7)


def deep_checks(found: Findings) -> Iterator[Check]:
    """A line for each thing that was looked at."""
    yield _check("file", found.damage, "every page is in order", _BACK)
    if not found.damage:
        yield _check(
            "log", found.broken and f"event {found.broken} does not fit its chain of hashes",
            "the chains of hashes are whole", _BACK,
        )  # fmt: skip
    if found.sound:
        differ = ", ".join(found.differing)
        yield _check(
            "tables", differ and f"not what the log amounts to: {differ}",
            "what the log amounts to when it is replayed", _FIX,
        )  # fmt: skip
        crowded = len(found.crowded)
        yield _check(
            "order", crowded and f"stages whose cards share or outgrew their places: {crowded}",
            "every card has a place of its own", _FIX,
        )  # fmt: skip
    for place, wanted in found.open_modes:
        if place.parent.name == "backups" or place.name == "backups":
            yield Check("modes", "problem", f"{place} can be read by others",
                        f"chmod {wanted:o} {place}, or {_FIX}")  # fmt: skip
    yield _check("writing", found.not_writable, "4 KiB fit beside the store",
                 "Make room or fix the permissions.")  # fmt: skip
    stopped = "stopped" in found.locked_by
    if found.locked_by:
        yield Check("lock", "problem" if stopped else "note", f"held by {found.locked_by}",
                    "Let it go on (kill -CONT PID) or end it." if stopped else "")  # fmt: skip
    else:
        yield Check("lock", "ok", "nobody holds it")
    if found.open_in:
        yield Check("open in", "ok", ", ".join(found.open_in))
    yield _check("journal", found.library, f"{found.journal_mode}, with no known trouble",
                 "Use a Python with a newer SQLite.")  # fmt: skip
    if found.future:
        hosts = ", ".join(
            f"{short_name(host)} ({count:,})" for host, count in sorted(found.future.items())
        )
        yield Check("clock", "note", f"events from the future, by host: {hosts}",
                    "Set the clocks right; what they wrote stays in order.")  # fmt: skip
    else:
        yield Check("clock", "ok", "no event is from the future")
    for why in found.spoilt.values():
        yield Check("backups", "problem", why, "Others may do; make a new one: mlkanban backup")
    yield from _newest(found, now())


def _check(what: str, wrong: object, fine: str, hint: str) -> Check:
    if wrong:
        return Check(what, "problem", str(wrong), hint)
    return Check(what, "ok", fine)


def _newest(found: Findings, at: datetime) -> Iterator[Check]:
    newest = found.newest
    if newest is None:
        yield Check("backups", "note", "there is none", "Make one: mlkanban backup")
    elif newest.path not in found.spoilt:
        age = max(at - newest.made, timedelta())
        said = f"the newest is whole, {_ago(age)} old"
        if age > _OLD:
            yield Check("backups", "note", said, "Make another one: mlkanban backup")
        else:
            yield Check("backups", "ok", said)


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=2):
        return f"{int(age.total_seconds() // 60)} min"
    if age < timedelta(days=2):
        return f"{int(age.total_seconds() // 3600)} h"
    return f"{quantity(age.days, 'day')}"
