"""sqlite-utils without the heavy packages it would pull in.

It imports pandas and numpy when they are installed, which costs a data scientist's environment a
third of a second at every start. Hidden during its import, they are untouched afterwards.
"""

import sys
from typing import Any

_HEAVY = ("pandas", "numpy")

_hidden: dict[str, Any] = {name: None for name in _HEAVY if name not in sys.modules}
sys.modules.update(_hidden)
try:
    from sqlite_utils import Database, Migrations
finally:
    for _name in _hidden:
        sys.modules.pop(_name, None)

__all__ = ["Database", "Migrations"]
