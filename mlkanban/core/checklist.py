"""Checklists: find an item by what is typed, tick it, and describe changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlkanban.core import rules
from mlkanban.core.card import to_json
from mlkanban.errors import NotFound, UsageProblem

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.core.card import CheckItem


def progress(checklist: Sequence[CheckItem]) -> str:
    """The progress of a checklist: `3/5`."""
    return f"{sum(item.done for item in checklist)}/{len(checklist)}"


def are_gates(checklist: Sequence[CheckItem]) -> bool:
    """Whether every item closes a stage."""
    return all(item.gate for item in checklist)


def next_item(board: Board, checklist: Sequence[CheckItem]) -> CheckItem | None:
    """The open item to tick next: the first one of the earliest stage that one closes, else the
    first one; None where all are done."""

    def stage_closed(item: CheckItem) -> int:
        stage = rules.gate(board, item.gate)
        return len(board.stages) if stage is None else board.position(stage.id)

    return min((item for item in checklist if not item.done), key=stage_closed, default=None)


def find(checklist: Sequence[CheckItem], wanted: str) -> int:
    """The place, from 0, of the item with a number, a text, or a prefix that only one item has.

    NotFound when there is none, UsageProblem when there are several.
    """
    text = wanted.strip().casefold()
    if text.isdecimal() and 1 <= int(text) <= len(checklist):
        return int(text) - 1
    texts = [item.text.strip().casefold() for item in checklist]
    matching = [at for at, item_text in enumerate(texts) if item_text == text]
    matching = matching or [
        at for at, item_text in enumerate(texts) if text and item_text.startswith(text)
    ]
    if len(matching) > 1:
        listed = " or ".join(f"{at + 1} ({checklist[at].text})" for at in matching)
        raise UsageProblem(f"{wanted!r} could be {listed}.", "Type its number.")
    if not matching:
        listed = "; ".join(f"{at} {item.text}" for at, item in enumerate(checklist, 1))
        raise NotFound(
            f"No item of the checklist is called {wanted!r}.",
            f"There are: {listed}." if listed else "The checklist is empty.",
        )
    return matching[0]


def marked(
    checklist: Sequence[CheckItem], places: Iterable[int], *, done: bool
) -> tuple[CheckItem, ...]:
    """The checklist with the items at some places ticked, or unticked."""
    wanted = set(places)
    return tuple(
        replace(item, done=done) if at in wanted else item for at, item in enumerate(checklist)
    )


def with_gates_of(typed: Any, before: Sequence[CheckItem]) -> Any:
    """Typed items, each without a gate getting the one it had `before`: by its text, or by its
    place where it was only reworded."""
    gates = {item.text: item.gate for item in before}
    texts = [str(item.get("text")) if isinstance(item, Mapping) else "" for item in typed]
    made = []
    for at, (item, text) in enumerate(zip(typed, texts, strict=True)):
        reworded = len(typed) == len(before) and text not in gates and before[at].text not in texts
        gate = before[at].gate if reworded else gates.get(text, "")
        made.append({"gate": gate, **item} if isinstance(item, Mapping) and gate else item)
    return made


def changes_text(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    """What changed in a checklist, in words: `ticked three seeds; added report written`."""
    was = {str(item["text"]): bool(item.get("done")) for item in before}
    now = {str(item["text"]): bool(item.get("done")) for item in after}
    parts = {
        "ticked": [text for text, done in now.items() if done and was.get(text) is False],
        "unticked": [text for text, done in now.items() if not done and was.get(text)],
        "added": [text for text in now if text not in was],
        "removed": [text for text in was if text not in now],
    }
    return "; ".join(f"{verb} {', '.join(texts)}" for verb, texts in parts.items() if texts)


def dumped(items: Sequence[CheckItem]) -> list[dict[str, Any]]:
    """A checklist in the form that the log stores."""
    return [to_json(item) for item in items]
