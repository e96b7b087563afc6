"""How many examples hypothesis tries of a property."""

from hypothesis import settings

EXAMPLES = 40
"""Of a property that names no number itself."""
QUICK = 10
"""Of the same property in `make quick`."""


def examples(number: int) -> int:
    """`number` in the whole suite, and as much less in `make quick` as for other properties."""
    return max(1, number * settings().max_examples // EXAMPLES)
