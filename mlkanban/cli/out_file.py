"""The file that a command writes to with --out."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mlkanban.errors import StoreProblem, UsageProblem
from mlkanban.files import drafting_named, writing_named


@contextlib.contextmanager
def opened(out: Path, store: Path) -> Iterator[TextIO]:
    """The file to write to; it takes its place when it is whole."""
    with _problems(out, store), writing_named(out) as file:
        yield file


@contextlib.contextmanager
def drafted(out: Path, store: Path) -> Iterator[Path]:
    """Likewise for what writes a file by its path."""
    with _problems(out, store), drafting_named(out) as draft:
        yield draft


@contextlib.contextmanager
def _problems(out: Path, store: Path) -> Iterator[None]:
    try:
        if out.exists() and out.samefile(store):
            raise UsageProblem(f"{out} is the store itself.", "Choose another place.")
        yield
    except OSError as error:
        raise StoreProblem(
            f"{out} cannot be written: {error.strerror}.", "Name another file with --out."
        ) from error
