"""Ranks: the place of a card in its stage as a fractional index, so that a move writes one card
only."""

import os

from fractional_indexing import BASE_62_DIGITS, generate_key_between, generate_n_keys_between

LONGEST = 40
"""A rank longer than this makes the stage get new, short ranks."""


def between(before: str | None, after: str | None) -> str:
    """A rank after `before` and ahead of `after` (None: no neighbour).

    Two random characters keep apart the ranks that two machines choose for the same place.
    ValueError when the neighbours are equal or crossed: the later one needs a new rank first.
    """
    if before is not None and after is not None and before >= after:
        raise ValueError(f"no rank between {before!r} and {after!r}")
    key: str = generate_key_between(before, after)
    candidate: str = key + _random()
    while after is not None and candidate >= after:
        # Ahead of all there is room below; halving the rest of it would make ranks grow.
        key = (
            generate_key_between(None, key) if before is None else generate_key_between(key, after)
        )
        candidate = key + _random()
    return candidate


def fresh(count: int) -> list[str]:
    """`count` short ranks in order, for a stage that is filled or re-ranked as a whole."""
    return [key + _random() for key in generate_n_keys_between(None, None, count)]


def _random() -> str:
    # The last digit of a rank must not be the zero digit.
    one, other = os.urandom(2)
    return f"{BASE_62_DIGITS[one % 62]}{BASE_62_DIGITS[1 + other % 61]}"
