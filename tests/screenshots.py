"""Draw the pictures of the README and of tests/screenshots, from the demo at a fixed moment."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.config import Settings
from mlkanban.demo import fill
from mlkanban.paths import Places
from mlkanban.service import Service
from mlkanban.tui.app import BoardApp
from mlkanban.tui.store_thread import StoreThread
from tests.made_docs import pages, written
from tests.screen_svg import Colors, Frame, screen_lines, still

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FOLDER = Path(__file__).parent / "screenshots"
SIZES = ((80, 24), (160, 45))
STILLS, STILL_SIZE = ("board", "card", "flow-cycle-time", "triage"), (120, 35)
"""What is also drawn in colour."""
SCREENS = {
    "board": (),
    "full-stage": ("m", "6"),
    "card": ("4", "enter"),
    **{f"flow-{entry.name}": ("R", entry.key) for entry in CATALOGUE},
    "triage": ("i",),
    "help": ("question_mark",),
    "stages": ("s",),
}


def screen_text(app: BoardApp) -> str:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)


async def draw(home: Path, keys: tuple[str, ...], size: tuple[int, int], name: str) -> str:
    def opening() -> Service:
        return Service.open(home, actor="you", clock=lambda: NOW)

    store_thread = StoreThread(opening)
    app = BoardApp(store_thread, Places(home, home), Settings(), "", clock=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.3)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.3)
        text = screen_text(app)
        if size == STILL_SIZE:
            picture = still(Frame(screen_lines(app)), Colors.of(app))
            (FOLDER / f"{name}.svg").write_text(picture)
    store_thread.close()
    return text


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        service = Service.open(home, actor="you", clock=lambda: NOW)
        fill(service, NOW, data=home)
        service.close()
        for name, keys in SCREENS.items():
            for size in SIZES:
                text = await draw(home, keys, size, name)
                (FOLDER / f"{name}-{size[0]}x{size[1]}.txt").write_text(text + "\n")
            if name in STILLS:
                await draw(home, keys, STILL_SIZE, name)
        histogram = await draw(home, ("R", "1"), (76, 28), "")
    lines = [line.rstrip() for line in histogram.splitlines()[:-1]]
    for page in pages():
        page.write_text(written(page.read_text(), "\n".join(lines).strip("\n")))


if __name__ == "__main__":
    asyncio.run(main())
