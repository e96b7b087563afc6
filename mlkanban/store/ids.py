"""Ids: UUIDv7 for events and entities (RFC 9562), short references for people."""

import os
import time
import uuid

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def uuid7() -> str:
    """A new UUIDv7: 48 bits of milliseconds, then random bits; sorts by time of making."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
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
