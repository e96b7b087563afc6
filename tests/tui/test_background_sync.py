"""S exchanges changes beside the board; = decides what was written on two machines."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Event

import pytest

from mlkanban.service import Service
from mlkanban.sync.exchange import Report
from mlkanban.sync.transports import remotes
from tests.service.people import Clock, Person
from tests.tools import needs
from tests.tui.page import ROOMY, SMALL, opened


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    needs("git")
    made = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(made)], check=True)
    return made


@pytest.fixture
def gpu2(tmp_path: Path) -> Iterator[Person]:
    """The same boards on another machine, as soon as it has synced."""
    person = Person(tmp_path / "gpu2", "bob", Clock())
    yield person
    person.service.close()


def meet(person: Person, bare: Path) -> None:
    remotes.exchange(person.service, [remotes.repository(person.service, str(bare))])


async def test_without_a_place_it_says_how_to_choose_one(small: Path) -> None:
    async with opened(small) as board:
        await board.press("sync")
        await board.until(lambda: "in a shell `mlkanban sync init REMOTE`" in board.status())


async def test_what_an_action_waits_for_is_shown_meanwhile(small: Path) -> None:
    async with opened(small) as board:
        go_on = Event()

        def waits(_: Service) -> None:
            board.app.store_thread.show_wait("Waiting for postgresql://db/board ...")
            go_on.wait(30)

        waiting = board.app.store_thread.begin(waits)
        await board.until(lambda: "Waiting for postgresql://db/board ..." in board.status())
        assert not waiting.done()
        go_on.set()


@pytest.mark.parametrize("size", [ROOMY, SMALL])
async def test_changes_of_another_machine_come_and_a_clash_is_decided(
    small: Path, bare: Path, gpu2: Person, size: tuple[int, int]
) -> None:
    async with opened(small, size=size) as board:
        ref = board.ref("logistic baseline")
        with board.store() as here:
            remotes.exchange(here, [remotes.repository(here, str(bare))])
            remotes.choose(here, str(bare))
            here.cards.edit([ref], {"title": "written here"})
        meet(gpu2, bare)
        gpu2.cards.edit([ref], {"title": "written there"})
        meet(gpu2, bare)
        await board.press("sync")
        await board.until(lambda: "1 conflict to resolve" in board.status())
        assert "1 change from" in board.status()
        await board.until(lambda: " 1 conflict " in board.lines()[0])
        await board.press("filter")
        await board.answer("is:conflict")
        await board.until(lambda: "is:conflict  1 of 6 " in board.lines()[0])
        await board.press("card.resolve")
        await board.press("card.resolve")
        await board.until(lambda: " q  cancel" in board.question())
        assert " y  keep it" in board.question()
        await board.keys("o")
        await board.until(lambda: "taken from there" in board.status())
        await board.until(lambda: "is:conflict  0 of 6 " in board.lines()[0])
        assert " 1 conflict " not in board.lines()[0]
        with board.store() as here:
            assert here.conflicts.all() == []
            titles = {here.cards.get(ref).title}
        meet(gpu2, bare)
        assert titles < {"written here", "written there"}


async def test_a_card_page_shows_both_values(small: Path, bare: Path, gpu2: Person) -> None:
    async with opened(small) as board:
        ref = board.ref("logistic baseline")
        with board.store() as here:
            remotes.exchange(here, [remotes.repository(here, str(bare))])
            meet(gpu2, bare)
            here.cards.edit([ref], {"hypothesis": "written here"})
            gpu2.cards.edit([ref], {"hypothesis": "written there"})
            meet(gpu2, bare)
            remotes.exchange(here, [remotes.repository(here, str(bare))])
        await board.go_to("logistic baseline")
        await board.press("card.open")
        await board.until(lambda: "conflict " in board.text())
        assert "written here" in board.text()
        assert "written there" in board.text()


async def test_it_says_how_far_it_is_and_no_key_waits_for_it(
    small: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, done = Queue[str](), Event()

    def slow(service: Service, ways: object, tell: Callable[[str], None]) -> Report:
        while not done.is_set():
            tell(steps.get())
        return Report({"gpu2": 14}, conflicts=1)

    monkeypatch.setattr(remotes, "exchange", slow)
    async with opened(small) as board:
        with board.store() as here:
            remotes.choose(here, str(bare))
        board.send("S")
        steps.put("reading from machine 1 of 3")
        await board.until(lambda: board.status() == "Sync: reading from machine 1 of 3 ...")
        board.send("j")
        await board.until(lambda: board.current() == "focal loss for minority classes")
        board.send("p")
        await board.until(lambda: "urgent" in board.question())
        board.send("u")
        await board.until(lambda: "saved" in board.status())
        # What one reads is not written over; the outcome is what one waits for.
        steps.put("taking in 14 changes, 0 of 3 cards")
        board.send("S")
        await board.until(lambda: board.status() == "A sync is under way.")
        steps.put("sending")
        done.set()
        steps.put("sending")
        await board.until(
            lambda: board.status().startswith("14 changes from gpu2, 1 conflict to resolve.")
        )


@pytest.mark.parametrize(
    ("size", "said"),
    [((300, 60), "3/2! since merge"), (ROOMY, "3/2! merged"), (SMALL, "3/2! merged")],
)
async def test_a_stage_that_a_merge_overfilled_says_so_until_it_is_within_its_limit(
    small: Path, bare: Path, gpu2: Person, size: tuple[int, int], said: str
) -> None:
    async with opened(small, size=size) as board:
        with board.store() as here:
            remotes.exchange(here, [remotes.repository(here, str(bare))])
            remotes.choose(here, str(bare))
            meet(gpu2, bare)
            prep = board.app.model.board.stages[2].id
            here.cards.add(board.app.model.board.id, "one more", stage_id=prep)
        gpu2.board_id = board.app.model.board.id
        gpu2.adds("another one", to="Data prep")
        meet(gpu2, bare)
        await board.keys("3")
        await board.press("sync")
        await board.until(lambda: said in board.text())
        assert "Data prep is 3/2! since the merge." in " ".join(board.text().split())
        await board.press("card.left")
        await board.until(lambda: said not in board.text())
        assert "3/2!" not in board.text()
