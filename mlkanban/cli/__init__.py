"""The command line. A command is loaded when it is named, so that the program starts fast."""


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


def was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl+C lies behind an error: what is interrupted while a class is made, say, is
    raised as another one."""
    seen: list[BaseException] = []
    behind: BaseException | None = error
    while behind is not None and behind not in seen:
        if isinstance(behind, KeyboardInterrupt):
            return True
        seen.append(behind)
        behind = behind.__cause__ or behind.__context__
    return False
