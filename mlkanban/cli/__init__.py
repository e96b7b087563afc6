"""The command line. A command is loaded when it is named, so that the program starts fast."""

from mlkanban.cli.interrupt import was_interrupted


def main() -> int:
    """Run the program as the shell asked for it; the exit code. Ctrl+C ends it without a word,
    while it is still being loaded too."""
    try:
        from mlkanban.cli import program  # which takes the most of a start

        return program.main()
    except BaseException as error:
        if not was_interrupted(error):
            raise
        return 130
