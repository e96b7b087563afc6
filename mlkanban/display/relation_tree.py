"""The dependencies and the lineage of a card in lines."""

from collections.abc import Collection
from typing import NamedTuple

from mlkanban.cells import padded
from mlkanban.core import dependencies, lineage
from mlkanban.core.board import Board, CardFace
from mlkanban.core.dependencies import Branch
from mlkanban.text import display

_DEEPEST = 8
"""Steps after which a tree is not indented any further."""
_NAME = 48


class Relative(NamedTuple):
    """A card in a tree: its id and title, indented by how far away it is, and how it stands; safe
    to show."""

    name: str
    state: str = ""


def tree_lines(faces: Collection[CardFace], ref: str, board: Board) -> list[str]:
    """What a card depends on and what depends on it, what it comes from and what comes from it,
    indented by how far away; safe to show."""
    return [
        line
        for title, cards in related(faces, ref, board)
        for line in ("", f"  {title}", *(f"  {_in_one_line(card)}" for card in cards))
    ]


def _in_one_line(card: Relative) -> str:
    return f"{padded(card.name, _NAME)}  {card.state}" if card.state else card.name


def related(
    faces: Collection[CardFace], ref: str, board: Board
) -> list[tuple[str, list[Relative]]]:
    """The same by kind: `needs`, `needed by`, `comes from`, `what came of it`, each with its
    cards."""
    refs = {face.ref: face for face in faces}
    face = refs.get(ref)
    away = [one for one in face.needs.split() if one not in refs] if face else []
    came, gone = lineage.descent(faces, ref)
    strangers = face.lineage.split() if face else []
    strangers = [one for one in strangers if one.partition(":")[2] not in refs]
    kinds = (
        (
            "needs",
            [_line(branch, board) for branch in dependencies.needs(faces, ref)]
            + [Relative(f"  {display(one)}  (not on this board)") for one in away],
        ),
        ("needed by", [_line(branch, board) for branch in dependencies.needed_by(faces, ref)]),
        (
            "comes from",
            [_line(branch, board, f"{tie} ") for tie, branch in came]
            + [
                Relative(f"  {display(lineage.member_text(one))}  (not on this board)")
                for one in strangers
            ],
        ),
        ("what came of it", [_line(branch, board, tie=f", {tie} it") for tie, branch in gone]),
    )
    return [(title, cards) for title, cards in kinds if cards]


def _line(branch: Branch, board: Board, before: str = "", tie: str = "") -> Relative:
    face = branch.face
    state = face.outcome or ("archived" if face.archived else board.stage(face.stage).name)
    state = f"{state}, {face.health}" if face.health else state
    more = "  (see above)" if branch.again else ""
    indent = "  " * min(branch.depth, _DEEPEST)
    name = f"{indent}{before}{face.ref}  {display(face.title)}"
    return Relative(name, f"{display(state)}{display(tie)}{more}")
