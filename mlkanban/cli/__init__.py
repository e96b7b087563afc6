"""The command line. A command is loaded when it is named, so that the program starts fast."""

from mlkanban.cli.program import main

__all__ = ["main"]
