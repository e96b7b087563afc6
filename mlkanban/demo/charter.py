"""What the demo board is for."""

import tomllib
from importlib import resources

from mlkanban.core.events import Change
from mlkanban.core.markdown.charter import PREFIX


def charter(board: str, at: str) -> Change:
    """The charter as it was written at the instant `at`."""
    file = resources.files("mlkanban.demo").joinpath("charter.toml")
    texts = tomllib.loads(file.read_text("utf-8"))
    values = {PREFIX + key: text.strip() for key, text in texts.items()}
    return Change("charter.edited", board, set=values, at=at)
