"""Where in a file somebody could notice a change: words, types and logs are left out."""

import ast
import re
from bisect import bisect
from collections.abc import Iterator

UNSEEN_CALLS = {"dataclass", "cache", "lru_cache", "field", "zip", "TypeVar", "NewType"}
"""Calls whose arguments nobody notices: of declarations, logs, and what must be true anyway."""
SHOWN_DIGITS = 4
"""To more digits one rounds only to be rid of what floats add: no number is shown with so many."""
UNSEEN_FUNCTIONS = re.compile("__repr__|__hash__|.*_text")
"""Words are tested where they are shown."""


class Visible:
    """Whether a person could notice a change at (line, column): words and types are left out."""

    def __init__(self, source: str) -> None:
        self._lines = source.splitlines()
        spans = sorted(self._span(node) for node in _unseen(ast.parse(source)))
        self._starts = [start for start, _ in spans]
        reach = (0, 0)
        self._reach = [reach := max(reach, end) for _, end in spans]

    def _span(self, node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            (node.lineno, self._column(node.lineno, node.col_offset)),
            (node.end_lineno, self._column(node.end_lineno, node.end_col_offset)),
        )

    def _column(self, line: int, byte: int) -> int:
        return len(self._lines[line - 1].encode()[:byte].decode())

    def __call__(self, place: tuple[int, int]) -> bool:
        before = bisect(self._starts, place)
        return not before or self._reach[before - 1] <= place


def _unseen(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr() | ast.Raise() | ast.Assert():
                yield node
            case ast.AnnAssign() | ast.arg() if node.annotation is not None:
                yield node.annotation
            case ast.FunctionDef(name=name, returns=returns):
                if UNSEEN_FUNCTIONS.fullmatch(name):
                    yield node
                elif returns is not None:
                    yield returns
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="logger")))):
                yield node
            case ast.Call(
                func=ast.Name(id="round"), args=[_, ast.Constant(value=int(digits)) as exact]
            ) if digits > SHOWN_DIGITS:
                yield exact
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                if name in UNSEEN_CALLS:
                    yield from (word.value for word in node.keywords)
