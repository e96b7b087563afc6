"""How many examples hypothesis tries of a property."""

from hypothesis import settings

EXAMPLES = 40
"""Of a property that names no number itself."""
QUICK = 10
"""Of the same property in `make quick`."""
EXPLORE = 400
"""Of the same property in `make explore`."""


def examples(number: int) -> int:
    """`number` in the whole suite; in `make quick` fewer, and in `make explore` more, in the same
    proportion as of other properties."""
    return max(1, number * settings().max_examples // EXAMPLES)
