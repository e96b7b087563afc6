"""Labels, by which jobs and tracker runs name their card: `3fa9c21b:g12` is card g12 of the store
3fa9c21b.

A short id is unique inside one store only, and a person may have several stores on one cluster and
in one tracker.
"""

from __future__ import annotations

from typing import NamedTuple

from mlkanban.patterns import pattern
from mlkanban.runs.model.run_ids import ID

COMMENT = "mlk:"
"""Before a label, in the comment of a SLURM job."""
_REF = r"[a-z]{1,3}\d+[a-z]*"
_STORE = r"[0-9a-f]{8}"
_LABEL = pattern(rf"(?:({_STORE}):)?({_REF})")
_IN_COMMENT = pattern(rf"(?<![\w:]){COMMENT}(?:({_STORE}):)?({_REF})(?:/({ID.pattern}))?(?![\w:])")


class CardLabel(NamedTuple):
    """A card as a label names it. `store` is '' in a bare one, which names a card of any store;
    `run` is the run of ours that a SLURM job is, '' for a job that was submitted by hand."""

    store: str
    ref: str
    run: str = ""

    def __str__(self) -> str:
        return f"{self.store}:{self.ref}" if self.store else self.ref

    @property
    def comment(self) -> str:
        """As the comment of a SLURM job."""
        return f"{COMMENT}{self}/{self.run}" if self.run else f"{COMMENT}{self}"


def store_name(replica: str) -> str:
    """The name of a replica in labels: short, and unique."""
    from hashlib import sha256  # OpenSSL, 4 MB: a board without jobs does without

    return sha256(replica.encode()).hexdigest()[:8]


def read_label(text: str) -> CardLabel | None:
    """The card that a tag, or a person, names; None when it names none."""
    match = _LABEL.fullmatch(text.strip().lower())
    return CardLabel(match[1] or "", match[2]) if match else None


def label_in(comment: str) -> CardLabel | None:
    """The label in the comment of a job, which may contain other text."""
    match = _IN_COMMENT.search(comment)
    return CardLabel(match[1] or "", match[2], match[3] or "") if match else None
