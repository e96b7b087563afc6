"""Which places of a file are worth a mutant."""

import pytest

from tests.visible import Visible


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("limit = 3", True),
        ("x = f'{3}'", False),
        ("raise ValueError(3)", False),
        ("assert x > 3", False),
        ("def f(x: T[3]) -> int: pass", False),
        ("def f(x=3) -> int: pass", True),
        ("def f() -> T[3]: pass", False),
        ("x: T[3] = 4", False),
        ("x: int = 3", True),
        ("zip(a, b, strict=3)", False),
        ("zip(a, 3, strict=True)", True),
        ("x = round(y, 3)", True),
        ("x = round(13, 9)", True),
        ("x = round(y, 13)", False),
        ("@dataclass(slots=3)\nclass A: pass", False),
        ("logger('sync').info(3)", False),
        ("def __repr__(self): return 3", False),
        ("def limit_text(x): return 3", False),
        ("if TYPE_CHECKING:\n    x = 3", False),
        ("x = 'ä' + 'b' if y else 3", True),
        ("raise ValueError(f'{x}') if x else y\nz = 3", True),
    ],
)
def test_only_what_could_be_noticed_is_visible(source, seen) -> None:
    lines = source.splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "3" in text)
    assert Visible(source)((line, lines[line - 1].index("3"))) == seen
