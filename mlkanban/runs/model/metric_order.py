"""The order in which the metrics of a run are listed where there is no room for all of them."""

import re
from collections.abc import Collection, Iterable

_HELD_OUT = frozenset(("test", "val", "valid", "validation", "eval", "dev", "holdout"))
_TRAINING = frozenset(("train", "training"))
_BOOKKEEPING = frozenset(
    (
        "lr", "learning", "epoch", "step", "steps", "iteration", "time", "runtime", "duration",
        "seconds", "samples", "memory", "gpu", "cpu", "system",
    )
)  # fmt: skip


def in_order_of_interest(names: Iterable[str], wanted: Collection[str] = ()) -> list[str]:
    """Names of metrics: the `wanted` ones, which cards are for, first; then values on held-out
    data, others, those on training data, times and settings, and what TensorBoard derives from
    another (`loss.max`)."""
    names = [*names]
    known = frozenset(names)

    def place(name: str) -> tuple[bool, int]:
        value, dot, end = name.rpartition(".")
        if dot and end in ("min", "max") and value in known:
            return name not in wanted, 4
        words = set(re.split(r"[\W_]+", name.lower()))
        kinds = ((_BOOKKEEPING, 3), (_TRAINING, 2), (_HELD_OUT, 0))
        return name not in wanted, next((rank for kind, rank in kinds if words & kind), 1)

    return sorted(names, key=place)
