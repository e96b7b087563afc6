"""The command line. A command is loaded when it is named, so that the program starts fast."""

import gc
import sys

from mlkanban.cli.interrupt import was_interrupted


def main() -> int:
    """Run the program as the shell asked for it; the exit code. Ctrl+C ends it without a word,
    while it is still being loaded too."""
    # Commands end before garbage matters; the board turns this on again after its first picture.
    gc.disable()
    try:
        from mlkanban.cli import bare  # as all that follows, loaded where Ctrl+C ends it well

        options = bare.screen_options(sys.argv[1:])
        if options is not None:
            return bare.open_board(options)
        from mlkanban.cli import program  # click and the commands: the board does without

        return program.main()
    except BaseException as error:
        if not was_interrupted(error):
            raise
        return 130
