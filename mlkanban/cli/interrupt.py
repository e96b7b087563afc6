"""Ctrl+C, however it shows."""


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
