"""What became of a run that a person wanted to stop."""

from enum import Enum, auto


class Stopped(Enum):
    NOTHING = auto()
    """Nothing of it runs here."""
    ASKED = auto()
    """Its scheduler was told to end it, and has not done so yet."""
    ENDED = auto()
