"""Who calls, and where that person's data is."""

import getpass
import os


def login_name() -> str:
    """The login of this person."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid-{os.getuid()}"


def use_home(home: str) -> None:
    """Let everything lie below `home`, for this process and those it starts."""
    if home:
        os.environ["MLKANBAN_HOME"] = home
