"""The dependencies and the lineage of a card in lines."""

from collections.abc import Collection, Iterator, Mapping

from mlkanban.cells import padded
from mlkanban.core import dependencies, lineage
from mlkanban.core.dependencies import Branch
from mlkanban.core.models import Board, CardFace
from mlkanban.text import display

_DEEPEST = 8
"""Steps after which a tree is not indented any further."""


def tree_lines(faces: Collection[CardFace], ref: str, board: Board) -> list[str]:
    """What a card depends on and what depends on it, what it comes from and what comes from it,
    indented by how far away; safe to show."""
    lines: list[str] = []
    refs = {face.ref: face for face in faces}
    elsewhere = [one for one in refs[ref].needs.split() if one not in refs] if ref in refs else []
    for title, branches in (
        ("needs", dependencies.needs(faces, ref)),
        ("needed by", dependencies.needed_by(faces, ref)),
    ):
        if branches:
            lines += ["", f"  {title}"]
        lines += [_line(branch, board) for branch in branches]
        if title == "needs" and elsewhere:
            lines += [] if branches else ["", f"  {title}"]
            lines += [f"    {display(one)}  (not on this board)" for one in elsewhere]
    return [*lines, *_descent(faces, refs, ref, board)]


def _descent(
    faces: Collection[CardFace], refs: Mapping[str, CardFace], ref: str, board: Board
) -> Iterator[str]:
    came, gone = lineage.descent(faces, ref)
    away = refs[ref].lineage.split() if ref in refs else []
    away = [one for one in away if one.partition(":")[2] not in refs]
    if came or away:
        yield from ("", "  comes from")
    yield from (_line(branch, board, f"{tie} ") for tie, branch in came)
    yield from (f"    {display(lineage.member_text(one))}  (not on this board)" for one in away)
    if gone:
        yield from ("", "  what came of it")
    yield from (_line(branch, board, tie=f", {tie} it") for tie, branch in gone)


def _line(branch: Branch, board: Board, before: str = "", tie: str = "") -> str:
    face = branch.face
    state = face.outcome or ("archived" if face.archived else board.stage(face.stage).name)
    state = f"{state}, {face.health}" if face.health else state
    more = "  (see above)" if branch.again else ""
    indent = "  " * min(branch.depth, _DEEPEST)
    name = padded(f"{indent}  {before}{face.ref}  {display(face.title)}", 50)
    return f"{name}  {display(state)}{display(tie)}{more}"
