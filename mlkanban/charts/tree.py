"""The dependencies of a card in lines."""

from collections.abc import Collection

from mlkanban.charts.face import padded
from mlkanban.core import dependencies
from mlkanban.core.models import Board, CardFace
from mlkanban.text import display


def tree_lines(faces: Collection[CardFace], ref: str, board: Board) -> list[str]:
    """What a card depends on and what depends on it, indented by how far away; safe to show."""
    lines: list[str] = []
    for title, branches in (
        ("needs", dependencies.needs(faces, ref)),
        ("needed by", dependencies.needed_by(faces, ref)),
    ):
        if branches:
            lines += ["", f"  {title}"]
        for depth, face, again in branches:
            state = face.outcome or ("archived" if face.archived else board.stage(face.stage).name)
            more = "  (see above)" if again else ""
            name = padded(f"{'  ' * depth}  {face.ref}  {display(face.title)}", 50)
            lines.append(f"{name}  {display(state)}{more}")
    return lines
