"""gh: the last things that one did, and undoing one of them."""

from pathlib import Path

from mlkanban.service import Service
from tests.tui.page import Page, clock, opened


async def done(page: Page) -> None:
    """A card moved on, then another one tagged, then the first one moved on again."""
    await page.go_to("embedding store")
    await page.press("card.right")
    await page.go_to("audit the labels")
    await page.press("card.tags")
    await page.answer("gold")
    await page.go_to("embedding store")
    await page.press("card.right")


async def test_one_of_the_last_actions_is_undone_and_no_other(small: Path) -> None:
    async with opened(small) as page:
        await done(page)
        ref, tagged = page.ref("embedding store"), page.ref("audit the labels")
        await page.press("undo.list")
        rows = [" ".join(row.split()) for row in page.question().splitlines()]
        assert rows[1].endswith(f'{ref} moved from Ready to Data prep "embedding store"')
        assert "gold" in rows[2]
        assert tagged in rows[2]
        assert rows[3].endswith(f'{ref} moved from Ideas to Ready "embedding store"')
        await page.keys("j", "enter")
        with page.store() as service:
            assert not service.cards.get(tagged).tags
        assert "embedding store" in page.stage("Data prep").cards()
        assert page.status().startswith(f"Undone: editing {tagged} audit the labels.")
        await page.press("redo")
        with page.store() as service:
            assert service.cards.get(tagged).tags == ("gold",)


async def test_what_later_work_stands_on_is_undone_with_it_or_not_at_all(small: Path) -> None:
    async with opened(small) as page:
        await done(page)
        ref, tagged = page.ref("embedding store"), page.ref("audit the labels")
        before = page.stages()
        await page.press("undo.list")
        await page.keys("3")
        assert f"{ref} was changed again since (its place):" in page.question()
        assert "undo it and the 2 actions after it" in page.question()
        await page.keys("q")
        assert page.status() == "Nothing was changed."
        assert page.stages() == before
        await page.press("undo.list")
        await page.keys("3", "y")
        assert "embedding store" in page.stage("Ideas").cards()
        with page.store() as service:
            assert not service.cards.get(tagged).tags


async def test_an_undo_over_a_limit_says_what_was_undone_too(small: Path) -> None:
    async with opened(small) as page:
        ref, board = page.ref("embedding store"), page.app.model.board
        await page.go_to("embedding store")
        await page.press("card.right", "card.right")
        with page.store() as bob:
            ready = board.stages[1].id
            bob.cards.add(board.id, "another one", stage_id=ready)
            faces = bob.boards.snapshot(board.id).faces
            bob.boards.edit_stage(board.id, ready, {"limit": sum(f.stage == ready for f in faces)})
        await page.press("undo")
        assert page.status().startswith(f"! Undone: moving {ref} embedding store.")
        assert "over its limit" in page.status()


async def test_older_ones_come_after_the_first_nine(small: Path) -> None:
    async with opened(small) as page:
        for _ in range(5):
            await page.press("card.right", "card.left")
        await page.press("undo.list")
        assert "older ones" in page.question()
        await page.keys("o")
        assert "moved from Ideas to Ready" in page.question().splitlines()[1]
        assert "written in" in page.question()
        await page.keys("ctrl+g")
        assert not page.question()


async def test_without_anything_to_undo_that_is_said(small: Path) -> None:
    def eves() -> Service:
        return Service.open(small, actor="eve", clock=clock)

    async with opened(small, opening=eves) as page:
        await page.press("undo.list")
        assert page.status() == "There is nothing to undo."


async def test_a_swap_is_named_in_both_directions(small: Path) -> None:
    async with opened(small) as page:
        await page.press("card.move")
        await page.keys("5", "w", "1")
        await page.press("undo.list")
        row = " ".join(page.question().splitlines()[1].split())
        assert row.endswith("2 cards: moved from Ideas to Training, and from Training to Ideas")
