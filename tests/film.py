"""A minute on the demo board as a moving picture: `make screenshots`.

The program itself is driven by keys at a fixed moment, so the same code makes the same film.
"""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from mlkanban.config import Settings
from mlkanban.core.board import CardFace, Work
from mlkanban.core.events import Change
from mlkanban.core.timestamps import instant
from mlkanban.demo import fill
from mlkanban.paths import Places
from mlkanban.runs.model.run import PREFIX, Run
from mlkanban.runs.model.state import RunState
from mlkanban.service import Service
from mlkanban.tui.app import BoardApp
from mlkanban.tui.store_thread import StoreThread
from tests.screen_svg import Colors, Frame, film, screen_lines
from tests.screenshots import FOLDER, NOW
from tests.tui.page import Page

SIZE = (110, 32)
IDEA = "Rank alerts by expected loss #fraud !high"


class Camera:
    """Presses keys on the program, and takes a frame of what comes of each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Frame] = []

    def take(self, caption: str, seconds: float) -> None:
        self.frames.append(Frame(screen_lines(self.page.app), seconds, caption))

    async def keys(self, caption: str, *keys: str, seconds: float = 1.0) -> None:
        for at, key in enumerate(keys, 1):
            await self.page.keys(key)
            self.take(caption, seconds if at == len(keys) else 0.5)

    async def words(self, caption: str, text: str) -> None:
        for word in text.split(" "):
            await self.page.type(word if text.endswith(word) else f"{word} ")
            self.take(caption, 0.35)


async def play(page: Page, service: Service) -> list[Frame]:
    """The idea, the full stage, the block, the run and the forecast."""
    camera = Camera(page)
    camera.take("Half a year of work on fraud, churn and demand", 3)
    await camera.keys("n   an idea, with its tag and priority", "n")
    await camera.words("n   an idea, with its tag and priority", IDEA)
    await camera.keys("n   an idea, with its tag and priority", "enter", seconds=2)
    await camera.keys("4   to the stage Features", "4")
    await camera.keys("L   on to Training, which is full: what gives way?", "L", seconds=4)
    await camera.keys("q   nothing, for now", "q")
    await camera.keys("b   blocked: by what?", "b", seconds=2)
    await camera.keys("b   blocked: by what?", "3")
    await camera.words("b   blocked: by what?", "labels of the new provider")
    await camera.keys("b   blocked: by what?", "enter", seconds=2.5)
    await camera.keys("u   undone, like everything here", "u", seconds=2)
    card = page.app.model.current
    assert card is not None
    start_run(service, page.app.model.board.id, card)
    await page.app.catch_up()
    await page.settled()
    camera.take(f"$ mlkanban run {card.ref} -- python train.py   in another terminal", 4)
    await camera.keys("R   how long do things take?", "R", seconds=3)
    await camera.keys("7   how much until the end of the month?", "7", seconds=4)
    await camera.keys("q   back to work", "q", "q", seconds=2)
    return camera.frames


def start_run(service: Service, board: str, card: CardFace) -> None:
    """A run on a machine that cannot be inspected from here, as it comes in by a sync."""
    started = instant(NOW - timedelta(minutes=2))
    run = Run(
        "20261120-152800-5eed0001", argv=("python", "train.py"), host="gpu-02", started=started,
        state=RunState.RUNNING,
    )  # fmt: skip
    name = PREFIX + run.id
    values = {name: run.to_field(), "work": Work.UNATTENDED.value}
    change = Change("run.started", board, card=card.id, set=values, at=started, actor=name)
    service.history.bring_in(iter([change]))


async def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)

        def opening() -> Service:
            return Service.open(home, actor="you", clock=lambda: NOW)

        service = opening()
        fill(service, NOW, data=home)
        store_thread = StoreThread(opening)
        app = BoardApp(store_thread, Places(home, home), Settings(), "", clock=lambda: NOW)
        async with app.run_test(size=SIZE) as pilot:
            page = Page(app, pilot, home)
            await page.settled()
            frames = await play(page, service)
            colors = Colors.of(app)
        store_thread.close()
        service.close()
    (FOLDER / "minute.svg").write_text(film(frames, colors))


if __name__ == "__main__":
    asyncio.run(main())
