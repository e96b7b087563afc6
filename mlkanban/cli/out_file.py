"""The file that a command writes to with --out."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mlkanban.errors import StoreProblem, UsageProblem
from mlkanban.files import writing_named


@contextlib.contextmanager
def opened(out: Path, store: Path) -> Iterator[TextIO]:
    """The file to write to; it takes its place when it is whole."""
    try:
        if out.exists() and out.samefile(store):
            raise UsageProblem(f"{out} is the store itself.", "Choose another place.")
        with writing_named(out) as file:
            yield file
    except OSError as error:
        raise StoreProblem(
            f"{out} cannot be written: {error.strerror}.", "Name another file with --out."
        ) from error
