"""Long texts in the person's own pager: $PAGER, else less or more."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

from mlkanban.errors import StoreProblem, UsageProblem
from mlkanban.text import display


def command() -> list[str]:
    """The pager to run: $PAGER, else less or more."""
    try:
        words = shlex.split(os.environ.get("PAGER", ""))
    except ValueError:
        words = []
    if not words:
        words = [path for path in map(shutil.which, ("less", "more")) if path][:1]
    if not words:
        raise UsageProblem("There is no pager here.", "Name one: export PAGER=...")
    return words


def page_files(files: Sequence[str]) -> None:
    """Show files, until the person leaves the pager."""
    words = command()
    try:
        subprocess.run([*words, *files], check=False)
    except OSError as error:
        raise UsageProblem(
            f"The pager {display(words[0])} cannot be started: {error.strerror}.",
            "Name another one: export PAGER=...",
        ) from error


def page_text(text: str, suffix: str) -> None:
    """Show a text that is safe to show; the suffix of its file tells a pager what it is."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=suffix) as file:
            file.write(text)
            file.flush()
            page_files([file.name])
    except OSError as error:
        raise StoreProblem(
            f"The text cannot be kept for the pager: {error.strerror}.", "Make room, or set TMPDIR."
        ) from error
