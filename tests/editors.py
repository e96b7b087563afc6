"""An editor that does what a test tells it, one step each time it is started."""

import sys
from pathlib import Path

_SCRIPT = """\
import pathlib, sys, time
folder, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
number = len(list(folder.glob("seen-*"))) + 1
(folder / f"seen-{number}").write_bytes(file.read_bytes())
step = folder / f"step-{number}"
if step.exists():
    exec(step.read_text())
"""


class FakeEditor:
    """`steps` are Python; in them `file` is the file that is edited."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "editor.py").write_text(_SCRIPT)

    @property
    def command(self) -> str:
        return f"{sys.executable} {self._folder / 'editor.py'} {self._folder}"

    def does(self, *steps: str) -> None:
        """What it does from now on, one step each time."""
        first = len(self.seen()) + 1
        for number, step in enumerate(steps, first):
            (self._folder / f"step-{number}").write_text(step)

    def seen(self) -> list[str]:
        """The text it was given each time."""
        files = sorted(self._folder.glob("seen-*"), key=lambda f: int(f.name[5:]))
        return [file.read_text() for file in files]


def replacing(old: str, new: str, *more: str) -> str:
    """A step that puts `new` in the place of `old`, and so on by pairs."""
    pairs = [(old, new), *zip(more[::2], more[1::2], strict=True)]
    return f"""
text = file.read_text()
for old, new in {pairs!r}:
    assert old in text, old
    text = text.replace(old, new)
file.write_text(text)
"""
