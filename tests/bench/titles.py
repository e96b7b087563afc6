"""How many titles the demo board shows, how many of them are cut, and how much of it is blank.

`PYTHONPATH=. .venv/bin/python -m tests.bench.titles` prints a line for each size, with the preview
and without.
"""

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from mlkanban import demo
from mlkanban.config import Settings
from mlkanban.service import Service
from mlkanban.tui.geometry import EDGE, GAP
from tests.tui.page import NOW, Page, clock, opened

SIZES = [(80, 24), (120, 35), (160, 45), (220, 60)]


class Titles(NamedTuple):
    """Of `cards` on the board the titles that are in sight, and that are cut there; the share of
    the cells below the names of the stages that are blank."""

    cards: int
    in_sight: int
    cut: int
    blank: float


def titles(page: Page) -> Titles:
    """What the board shows at the moment."""
    view, model, lines = page.board_view, page.app.model, page.lines()
    words: dict[str, str] = defaultdict(str)
    for seen in view.in_sight:
        left, right = seen.column.x + EDGE, seen.column.x + seen.column.width - GAP
        cards = model.columns[seen.column.stage][seen.top : seen.top + seen.rows]
        for at, card in enumerate(cards):
            first = view.head + seen.starts[at]
            drawn = lines[first : view.head + seen.starts[at + 1]]
            words[card.id] = "".join("".join(line[left:right] for line in drawn).split())
    whole = sum("".join(model.faces[id].title.split()) in text for id, text in words.items())
    body = "".join(line[: view.size.width] for line in lines[view.head : view.size.height])
    return Titles(model.shown, len(words), len(words) - whole, body.count(" ") / len(body))


async def _print_all(data: Path) -> None:
    for preview in (True, False):
        for size in SIZES:
            async with opened(data, size=size, settings=Settings(preview=preview)) as page:
                await page.keys("5")
                found = titles(page)
            print(
                f"{size[0]}x{size[1]} {'with' if preview else 'without'} preview: "
                f"{found.in_sight} of {found.cards} titles, {found.cut} of them cut, "
                f"{found.blank:.0%} blank"
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        service = Service.open(data, actor="ada", clock=clock)
        demo.fill(service, NOW)
        service.close()
        asyncio.run(_print_all(data))


if __name__ == "__main__":
    main()
