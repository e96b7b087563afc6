"""The filter: as one types, over all that is known of a card."""

import threading
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.board import Outcome
from mlkanban.service.search import Search
from mlkanban.tui.board_model import BoardModel
from tests.tui.page import ROOMY, SMALL, Page, opened


def shown(board: Page) -> list[str]:
    return [title for cards in board.stages().values() for title in cards]


async def test_the_board_follows_every_character(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.type("la")
        assert len(shown(board)) == 3
        await board.type("b")
        assert shown(board) == ["audit the labels"]
        assert "  lab  1 of 6 " in board.lines()[0]
        await board.keys("backspace", "backspace", "backspace")
        assert len(shown(board)) == 6


async def test_title_id_and_tags_are_searched_whatever_the_case(small: Path) -> None:
    async with opened(small) as board:
        for words, found in (
            ("LOGISTIC", ["logistic baseline"]),
            ("v5", ["join the transactions"]),
            ("nlp", ["focal loss for minority classes"]),
            ("#tabular", ["calibrate probabilities"]),
            ("loss gpu", ["focal loss for minority classes"]),
        ):
            await board.press("filter")
            await board.answer(words)
            assert shown(board) == found, words
            assert board.current() == found[0]


async def test_enter_keeps_the_filter_and_the_keys_are_commands_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.type("the")
        await board.keys("enter")
        await board.keys("j")
        assert sorted(shown(board)) == ["audit the labels", "join the transactions"]


async def test_cancel_puts_back_what_was_shown_before(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("the")
        await board.press("filter")
        assert board.typed() == "the"
        await board.type("xyz")
        assert shown(board) == []
        await board.keys("ctrl+g")
        assert sorted(shown(board)) == ["audit the labels", "join the transactions"]


async def test_back_takes_the_filter_off_before_it_leaves(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("the")
        await board.press("back")
        assert len(shown(board)) == 6
        assert board.app.is_running
        assert not board.app._exit


async def test_nothing_found_says_so(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("quantum")
        assert "No card is found by this. / changes the filter." in board.text()


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("blocked", "blocked:yes"), ("late", "due:late"), ("running", "run:running"),
        ("archived", "is:archived"), ("Waiting", "is:waiting"), ("urgent", "priority:urgent"),
        ("quantum blocked", "quantum blocked:yes"),
    ],
)  # fmt: skip
async def test_the_name_of_a_state_that_finds_nothing_offers_its_query(
    small: Path, words: str, query: str
) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer(words)
        assert f"No card is found by this. Did you mean {query}? /" in board.text()


async def test_every_count_says_how_many_of_all_the_filter_finds(used: Path) -> None:
    async with opened(used) as board:
        await board.press("filter")
        await board.answer("gpu or finished")
        for stage, head in (
            ("Ideas", "1 Ideas 1 of 4"),
            ("Ready", "2 Ready 0 of 1"),
            ("Training", "5 Training 0 of 2"),
            ("Monitoring", "8 Monitoring 8 of 8"),
        ):
            assert board.stage(stage).header() == head
        await board.press("filter")
        await board.answer('"experiment 3"')
        assert board.stage("Monitoring").header() == "8 Monitoring 1 of 8"
        await board.keys("1")
        await board.press("back")
        assert board.stage("Monitoring").header() == "8 Monitoring 8"


async def test_the_strip_of_a_narrow_screen_counts_what_is_found_too(used: Path) -> None:
    async with opened(used, size=SMALL) as board:
        await board.press("filter")
        await board.answer("gpu")
        assert board.lines()[1].rstrip().endswith("0 of 8 ►")
        assert board.lines()[2].startswith("1 Ideas  1 of 4 ")


async def test_a_tiny_screen_counts_what_is_found_where_the_cursor_is(used: Path) -> None:
    async with opened(used, size=(40, 12)) as board:
        await board.press("filter")
        await board.answer("finished")
        await board.keys("8")
        assert board.stage("Monitoring").header().startswith("8 Monitoring 8 of 8")


async def test_counts_follow_what_another_process_does_to_cards_that_are_found(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("tag:gpu")
        with board.store() as service:
            ready = board.app.model.board.stages[1].id
            service.cards.move([board.ref("focal loss for minority classes")], ready)
        await board.until(lambda: board.stage("Ready").header() == "2 Ready 1 of 2/3")
        assert board.stage("Ideas").header() == "1 Ideas 0 of 2"


async def test_finished_cards_that_are_shown_where_they_ended_are_counted_apart(
    small: Path,
) -> None:
    async with opened(small) as board:
        with board.store() as service:
            service.cards.finish([board.ref("logistic baseline")], Outcome.LEARNED)
        await board.until(lambda: "logistic baseline" not in shown(board))
        await board.press("finished.show")
        await board.until(lambda: board.stage("Training").header() == "5 Training 0/1 ►0/2 +1")


async def test_a_card_that_no_longer_fits_the_filter_goes_out_of_sight(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("gpu")
        await board.press("card.tags")
        await board.answer("cpu")
        assert shown(board) == []


async def test_fields_are_asked_for(used: Path) -> None:
    async with opened(used) as board:
        for query, found in (
            ("blocked:data", ["retrain on the new quarter"]),
            ("stage:train work or is:unattended", ["sweep of learning rates"]),
            ("is:committed -stage:training -blocked:yes", ["join the transactions"]),
            ("due<1w", ["audit the labels"]),
        ):
            await board.press("filter")
            await board.answer(query)
            assert shown(board) == found, query


async def test_a_query_that_cannot_be_read_keeps_what_was_found(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.type("tag:nlp")
        assert shown(board) == ["focal loss for minority classes"]
        await board.type(" (")
        assert shown(board) == ["focal loss for minority classes"]
        assert "missing here (at character 10)" in board.status()
        await board.keys("enter")
        assert board.question(), "it is asked again, with the text that was typed"
        assert board.typed() == "tag:nlp ("
        await board.type("blokced:yes")
        assert "There is no field blokced (at character 10). Did you mean" in board.status()
        await board.keys("ctrl+g")
        assert len(shown(board)) == 6
        assert board.question() == ""


async def test_tab_completes_what_it_shows(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.type("sta")
        assert board.question().endswith("Tab: stage:")
        await board.keys("tab")
        await board.type("tr")
        await board.keys("tab")
        assert board.typed() == "stage:training"
        assert shown(board) == ["logistic baseline"]
        assert "Tab" not in board.question()


async def test_a_filter_is_kept_and_chosen_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("views")
        assert "No view is saved yet" in board.status()
        await board.press("filter")
        await board.answer("tag:nlp")
        await board.press("views")
        await board.keys("+")
        await board.answer("language")
        assert "View language saved: tag:nlp" in board.status()
        await board.press("back")
        assert len(shown(board)) == 6
        await board.press("views")
        assert "language  tag:nlp" in board.question()
        await board.keys("1")
        assert shown(board) == ["focal loss for minority classes"]
        await board.press("views")
        await board.keys("-", "1")
        assert "View language removed" in board.status()


async def test_what_is_written_about_a_card_is_found_too(used: Path) -> None:
    async with opened(used) as board:
        await board.press("filter")
        await board.type("psi")
        await board.until(lambda: shown(board) == ["drift alert"])
        await board.keys("enter")
        with board.store() as service:
            service.cards.note([board.ref("embedding store")], "psi looks fine")
        await board.until(lambda: sorted(shown(board)) == ["drift alert", "embedding store"])
        with board.store() as service:
            service.undoing.undo(board.app.model.board.id)
        await board.until(lambda: shown(board) == ["drift alert"])


async def test_cards_that_wait_for_others_say_so_until_those_are_done(small: Path) -> None:
    async with opened(small) as board:
        waiting, first = board.ref("embedding store"), board.ref("audit the labels")
        with board.store() as service:
            service.cards.edit([waiting], add={"needs": [first]})
        await board.until(lambda: f"needs {first}" in board.text())
        await board.press("filter")
        await board.answer("needs:yes")
        assert shown(board) == ["embedding store"]
        with board.store() as service:
            service.cards.finish([first], Outcome.LEARNED)
        await board.until(lambda: shown(board) == [])
        await board.keys("q")
        assert f"needs {first}" not in board.text()


async def test_the_page_of_a_card_shows_what_comes_before_and_after_it(small: Path) -> None:
    async with opened(small) as board:
        refs = [board.ref(t) for t in ("embedding store", "audit the labels", "logistic baseline")]
        with board.store() as service:
            service.cards.edit([refs[0]], add={"needs": [refs[1]]})
            service.cards.edit([refs[1]], add={"needs": [refs[2]]})
        await board.until(lambda: f"needs {refs[1]}" in board.text())
        await board.go_to("embedding store")
        await board.press("card.open")
        await board.keys("4")
        assert _tab(board) == [
            "needs",
            f"{refs[1]} audit the labels Ready",
            f"{refs[2]} logistic baseline Training",
        ]
        await board.press("back")
        await board.go_to("logistic baseline")
        await board.press("card.open")
        await board.keys("4")
        assert _tab(board) == [
            "needed by",
            f"{refs[1]} audit the labels Ready",
            f"{refs[0]} embedding store Ideas",
        ]


def _tab(board: Page) -> list[str]:
    """The lines of the tab that is open on the page of a card, without their indents."""
    beside = [line.partition("│")[2] for line in board.lines()]
    return [" ".join(line.split()) for line in beside if line.strip()]


async def test_where_the_filter_finds_nothing_no_new_card_is_proposed(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.answer("audit")
        await board.keys("1")
        await board.press("card.archive")
        assert "The filter finds no card here." in board.status()


async def test_stages_stay_where_they_are_while_a_filter_is_typed(small: Path) -> None:
    async with opened(small) as board:
        columns = [seen.column for seen in board.board_view.in_sight]
        await board.press("filter")
        await board.type("tag:gpu")
        assert shown(board) == ["focal loss for minority classes"]
        assert [seen.column for seen in board.board_view.in_sight] == columns
        await board.keys("enter")
        other = [seen.column for seen in board.board_view.in_sight]
        assert other != columns, "now the heads have room for what is found"
        await board.keys("escape")
        assert [seen.column for seen in board.board_view.in_sight] == columns


@pytest.mark.parametrize("size", [ROOMY, SMALL])
async def test_names_and_matches_stay_in_sight_under_a_filter(
    used: Path, size: tuple[int, int]
) -> None:
    async with opened(used, size=size) as board:
        await board.press("filter")
        await board.answer("finished")
        heads = board.lines()[board.board_view.head - 2]
        assert "Monitor" in heads
        if size == ROOMY:
            for name in ("Ideas", "Ready", "Data p", "Feature", "Train", "Evalua", "Deploy"):
                assert name in heads
            assert "0 of 4 in progress" in board.lines()[0]
            assert "0 of 1 blocked" in board.lines()[0]


async def test_cards_that_the_store_alone_finds_do_not_go_and_come_back(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(used) as board:
        seen = []
        filtered = BoardModel.filter

        def watched(model: BoardModel, *args: Any) -> None:
            filtered(model, *args)
            seen.append((model.query, "drift alert" in shown(board)))

        monkeypatch.setattr(BoardModel, "filter", watched)
        await board.press("filter")
        for letter in "psi":
            await board.type(letter)
        assert seen == [("p", True), ("ps", True), ("psi", True)]


async def test_what_the_faces_say_is_shown_where_the_store_takes_long(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, go_on = Search.answers, threading.Event()

    def slow(search: Search, *args: Any) -> Any:
        go_on.wait(10)
        return answers(search, *args)

    monkeypatch.setattr(Search, "answers", slow)
    async with opened(used) as board:
        await board.press("filter")
        board.send(*"drift")
        await board.pilot.pause(0.4)
        assert shown(board) == ["drift alert"]
        go_on.set()
        await board.settled()
        assert shown(board) == ["drift alert"]


async def test_the_preview_follows_while_the_filter_is_typed(used: Path) -> None:
    async with opened(used) as board:
        assert "calibrate probabilities ──" in board.text()
        await board.press("filter")
        await board.type("drift")
        await board.until(lambda: "drift alert ──" in board.text())
        assert "calibrate probabilities ──" not in board.text()
        await board.keys("enter")
        assert "drift alert ──" in board.text()
