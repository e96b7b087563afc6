"""The dependencies of a card in lines."""

from collections.abc import Collection

from mlkanban.charts.face import padded
from mlkanban.core import dependencies
from mlkanban.core.models import Board, CardFace
from mlkanban.text import display

_DEEPEST = 8
"""Steps after which a tree is not indented any further."""


def tree_lines(faces: Collection[CardFace], ref: str, board: Board) -> list[str]:
    """What a card depends on and what depends on it, indented by how far away; safe to show."""
    lines: list[str] = []
    refs = {face.ref: face for face in faces}
    elsewhere = [one for one in refs[ref].needs.split() if one not in refs] if ref in refs else []
    for title, branches in (
        ("needs", dependencies.needs(faces, ref)),
        ("needed by", dependencies.needed_by(faces, ref)),
    ):
        if branches:
            lines += ["", f"  {title}"]
        for depth, face, again in branches:
            state = face.outcome or ("archived" if face.archived else board.stage(face.stage).name)
            more = "  (see above)" if again else ""
            indent = "  " * min(depth, _DEEPEST)
            name = padded(f"{indent}  {face.ref}  {display(face.title)}", 50)
            lines.append(f"{name}  {display(state)}{more}")
        if title == "needs" and elsewhere:
            lines += [] if branches else ["", f"  {title}"]
            lines += [f"    {display(one)}  (not on this board)" for one in elsewhere]
    return lines
