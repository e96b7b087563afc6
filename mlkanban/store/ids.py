"""Ids: UUIDv7 for events and entities (RFC 9562), short ids for people."""

import os
import uuid
from datetime import datetime

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def uuid7(moment: datetime) -> str:
    """A new UUIDv7 made at `moment`: 48 bits of milliseconds, then random bits; sorts by time."""
    value = int(moment.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def replica_letter(host: str, taken: set[str]) -> str:
    """The letter that starts the card ids of a replica: the host's own if free, else the next."""
    first = next((c for c in host.lower() if c in _LETTERS), "m")
    start = _LETTERS.index(first)
    rotated = _LETTERS[start:] + _LETTERS[:start]
    singles = list(rotated)
    pairs = [a + b for a in rotated for b in _LETTERS]
    return next(letter for letter in singles + pairs if letter not in taken)
