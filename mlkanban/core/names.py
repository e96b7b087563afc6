"""Names as people type them: stages and boards by a unique prefix, ids by a part of them, keys made
from names."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import count
from typing import TypeVar

from mlkanban.core.board import Board, BoardName, CardFace, Stage
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.hints import hint

T = TypeVar("T")
_IDS_NAMED = 3
_LEAST_OF_ID = 8


def slug(name: str) -> str:
    """A key for the command line made from a name: `Fraud model 2` -> `fraud-model-2`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "board"


def free_slug(name: str, taken: Collection[str]) -> str:
    """A key made from a name that no other board has. Names in scripts that keys do not have, such
    as Japanese, yield equal keys, which are numbered."""
    key = slug(name)
    if all(map(str.isascii, filter(str.isalpha, name))):
        return key
    return next(free for at in count(1) if (free := f"{key}-{at}" if at > 1 else key) not in taken)


def as_tag(text: str) -> str:
    """A tag in its stored form: one word, in lower case."""
    return "-".join(text.strip().lstrip("#").split()).lower()


def ids_alike(ids: Iterable[str], wanted: str) -> list[str]:
    """The ids that a person may mean: the one that was typed, or else all that have it as their
    beginning, as their end, or as the beginning of the short id at their end."""
    ids = list(ids)
    if wanted in ids:
        return [wanted]
    return [
        one for one in ids
        if wanted and (one.startswith(wanted) or one.endswith(wanted)
                       or one.rpartition("-")[2].startswith(wanted))
    ]  # fmt: skip


def id_ends(ids: Iterable[str]) -> dict[str, str]:
    """The end of each of these ids that no other of them has, by the whole id."""
    known = dict.fromkeys(ids)
    most = max(map(len, known), default=0)
    cells = range(_LEAST_OF_ID, most)
    size = next((n for n in cells if len({one[-n:] for one in known}) == len(known)), most)
    return {one: one[-size:] for one in known}


def only_id(ids: Iterable[str], wanted: str) -> str:
    """The id that a person means, '' where there is none; UsageProblem where there are several."""
    matching = ids_alike(ids, wanted)
    if len(matching) > 1:
        names = " or ".join(matching[-_IDS_NAMED:])
        raise UsageProblem(f"{wanted!r} could be {names}.", "Type more of the id.")
    return matching[0] if matching else ""


def find_stage(board: Board, name: str) -> Stage:
    """The stage called `name`: its full name, a prefix that only one stage has, or its number on
    the board, from 1.

    NotFound when no stage has it, UsageProblem when several have it; both list the choices.
    """
    by_number = {str(number): stage for number, stage in enumerate(board.stages, 1)}
    stage = pick(name, {s.name: s for s in board.stages}) or by_number.get(name.strip())
    if stage is not None:
        return stage
    listed = ", ".join(s.name for s in board.stages)
    raise NotFound(f"No stage of {board.key} is called {name!r}.", f"There are: {listed}.")


def find_board(boards: Sequence[BoardName], name: str) -> BoardName:
    """The board with this key or name, or a prefix that only one board has."""
    board = pick(name, {b.key: b for b in boards}) or pick(name, {b.name: b for b in boards})
    if board is not None:
        return board
    none = hint("none yet; make one with: {init NAME}")
    listed = ", ".join(b.key for b in boards) or none
    raise NotFound(f"There is no board {name!r}.", "There are: " + listed + ".")


def pick(wanted: str, choices: dict[str, T]) -> T | None:
    """The choice with this name, or with a prefix that only one choice has; None when no choice has
    it, UsageProblem when several have it."""
    folded = wanted.strip().casefold()
    if not folded:
        return None
    for name, value in choices.items():
        if name.casefold() == folded:
            return value
    begun = [name for name in choices if name.casefold().startswith(folded)]
    if len(begun) > 1:
        raise UsageProblem(f"{wanted!r} could be {' or '.join(begun)}.", "Type more of the name.")
    return choices[begun[0]] if begun else None


def matching_cards(faces: Iterable[CardFace], text: str) -> list[CardFace]:
    """The card with this short id; otherwise the cards whose titles contain all these words, open
    ones only if there are any."""
    words = text.casefold().split()
    cards = list(faces)
    named = [face for face in cards if [face.ref] == words]
    matching = named or [
        face for face in cards if all(word in face.title.casefold() for word in words)
    ]
    return [face for face in matching if face.is_open] or matching
