"""Hooks while the board is open: the next key does not wait for them."""

import time
from pathlib import Path

from tests.tui.page import opened


async def test_a_slow_hook_holds_nothing_up_and_its_failure_is_told(
    small: Path, tmp_path: Path
) -> None:
    folder = small / "hooks"
    folder.mkdir(mode=0o700)
    small.chmod(0o700)
    hook = folder / "on-move"
    hook.write_text(f"#!/bin/sh\ncat > {tmp_path}/told\nsleep 2\necho no luck >&2\nexit 1\n")
    hook.chmod(0o700)
    async with opened(small) as board:
        start = time.monotonic()
        await board.keys("L")
        await board.until((tmp_path / "told").exists)
        await board.keys("j", "j", "k")
        assert time.monotonic() - start < 2
        await board.until(lambda: "The hook on-move did not work: exit code 1" in board.text())
