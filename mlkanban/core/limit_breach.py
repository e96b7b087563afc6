"""Limit breaches: machines that did not know of each other each let in what the limit allowed."""

from collections.abc import Iterable
from typing import NamedTuple


class StageEntry(NamedTuple):
    """How a card entered its stage: the stamp and the replica of the event, and whether somebody
    gave a reason to exceed the limit."""

    stamp: str
    replica: str
    forced: bool


def by_merge(entries: Iterable[StageEntry], limit: int, limit_set: str) -> bool:
    """Whether cards past `limit` were let in by machines that counted fewer.

    `entries` are those of all counted cards. The first ones keep their place. Of the others a card
    that nobody forced, and that came after the limit was set (the stamp `limit_set`), would have
    been refused where all of them were known.
    """
    in_turn = sorted(entries)
    late = in_turn[limit:]
    return len({entry.replica for entry in in_turn}) > 1 and any(
        not entry.forced and entry.stamp > limit_set for entry in late
    )
