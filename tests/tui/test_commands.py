"""The table of commands against the screens: everything it promises is there and can be reached."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.color import Color

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.core.board import Health
from mlkanban.shell_commands import SENTENCES
from mlkanban.tui.commands import (
    BOARD,
    BY_NAME,
    CARD,
    CHARTER,
    COMMANDS,
    DIGITS,
    DOCS,
    HELP,
    IN_A_SHELL,
    MESSAGES,
    MODEL,
    MODELS,
    NEVER,
    PLAN,
    PORTFOLIO,
    QUEUE,
    REPORTS,
    REVIEW,
    RUNS,
    SCREENS,
    STAGES,
    STATUS,
    TRIAGE,
    UNLINKED,
    Command,
    keymap,
    keys_shown,
    on_screen,
    shown,
)
from mlkanban.tui.palette import CommandProvider, Matches
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.screens.card import CardScreen
from mlkanban.tui.screens.charter import CharterScreen
from mlkanban.tui.screens.docs import DocsScreen
from mlkanban.tui.screens.help import HelpScreen
from mlkanban.tui.screens.messages import MessagesScreen
from mlkanban.tui.screens.models import ModelScreen, ModelsScreen
from mlkanban.tui.screens.plan import PlanScreen
from mlkanban.tui.screens.portfolio import PortfolioScreen
from mlkanban.tui.screens.queue import QueueScreen
from mlkanban.tui.screens.reports import ReportsScreen
from mlkanban.tui.screens.review import ReviewScreen
from mlkanban.tui.screens.runs import RunsScreen
from mlkanban.tui.screens.stages import StagesScreen
from mlkanban.tui.screens.triage import TriageScreen
from mlkanban.tui.screens.unlinked import UnlinkedScreen
from tests.tui.page import Page, opened

BY_WHERE: dict[str, list[type[KeyScreen]]] = {
    BOARD: [BoardScreen],
    CARD: [CardScreen],
    REPORTS: [ReportsScreen],
    STAGES: [StagesScreen],
    PORTFOLIO: [PortfolioScreen],
    CHARTER: [CharterScreen],
    MESSAGES: [MessagesScreen],
    DOCS: [DocsScreen],
    HELP: [HelpScreen],
    TRIAGE: [TriageScreen],
    REVIEW: [ReviewScreen],
    PLAN: [PlanScreen],
    RUNS: [RunsScreen],
    QUEUE: [QueueScreen],
    MODELS: [ModelsScreen],
    MODEL: [ModelScreen],
    UNLINKED: [UnlinkedScreen],
}
WAYS_IN = {
    BOARD: [],
    CARD: ["card.open"],
    REPORTS: ["reports"],
    STAGES: ["stages"],
    PORTFOLIO: ["board.switch"],
    CHARTER: ["charter"],
    MESSAGES: ["messages"],
    DOCS: ["docs"],
    HELP: ["help"],
    TRIAGE: ["triage"],
    REVIEW: ["review"],
    PLAN: ["plan"],
    RUNS: ["runs"],
    QUEUE: ["queue"],
    MODELS: ["models"],
    MODEL: ["models", "model.open"],
    UNLINKED: ["unlinked"],
}


def method(name: str) -> str:
    return "do_" + name.replace(".", "_").replace("-", "_")


async def arrive(board: Page, where: str) -> None:
    if where == MODEL:
        with board.store() as service:
            done = next(f.ref for f in board.app.model.faces.values() if f.outcome == "shipped")
            service.retraining.judge([done], Health.OK)
        await board.settled()
    for name in WAYS_IN[where]:
        await board.press(name)
    assert type(board.screen) in BY_WHERE[where]


@pytest.mark.parametrize("where", SCREENS)
async def test_every_command_has_its_method_on_each_of_its_screens(used: Path, where: str) -> None:
    """Of the screen itself, or of one object that it has for such commands."""
    async with opened(used) as board:
        await arrive(board, where)
        screen = board.screen
        for command in on_screen(COMMANDS, where).values():
            assert callable(screen.command_method(command.name)), command.name
            owners = [one for one in screen.command_objects if hasattr(one, method(command.name))]
            assert len(owners) <= 1, command.name


@pytest.mark.parametrize("where", SCREENS)
async def test_every_key_runs_its_command(
    used: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """All keys of a screen through the real dispatch, with the commands themselves taken out."""
    ran: list[str] = []

    def noting(name: str) -> Callable[..., None]:
        return lambda *_: ran.append(name)

    async with opened(used) as board:
        await arrive(board, where)
        monkeypatch.setattr(board.screen, "command_method", noting)
        if where == BOARD:
            monkeypatch.setattr(board.app, "action_command_palette", noting("palette"))
        for command in COMMANDS:
            for key in command.keys if where in command.where else ():
                if key == "ctrl+p":
                    continue
                ran.clear()
                await board.keys(key)
                assert ran == [command.name], key


@pytest.mark.parametrize("where", SCREENS)
async def test_every_command_stands_in_the_help_with_its_keys(used: Path, where: str) -> None:
    async with opened(used, size=(87, 180)) as board:
        await arrive(board, where)
        if where != HELP:
            await board.press("help")
        else:
            board.app.pop_screen()
            await board.press("help")
            await board.press("help")
            await board.press("reports", "help")
        assert isinstance(board.screen, HelpScreen)
        about = board.screen._about
        rows = [" ".join(line.split()) for line in board.lines()]
        for command in COMMANDS:
            if about in command.where:
                assert f"{keys_shown(command)} {command.help}" in rows


@pytest.mark.parametrize(
    ("where", "title", "seen"),
    [
        (BOARD, "Show finished", "finished shown"),
        (CARD, "Priority", "Priority of v1"),
        (REPORTS, "Window", "30 days  all cards"),
        (STAGES, "New stage", "New stage after Ideas"),
        (PORTFOLIO, "New board", "How does its work flow?"),
        (HELP, "Back", "Enter open"),
        (TRIAGE, "Skip", "Triage  2 of 6"),
        (RUNS, "Log", "No runs yet"),
        (UNLINKED, "Show ignored", "Inbox  ignored runs"),
        (PLAN, "Order", "highest score first"),
    ],
)
@pytest.mark.parametrize("way", [":", "ctrl+p"])
async def test_a_command_is_found_in_the_palette_by_its_title(
    used: Path, where: str, title: str, seen: str, way: str
) -> None:
    async with opened(used) as board:
        await arrive(board, where)
        before = board.app.screen
        board.send(way)
        await board.until(lambda: board.app.screen is not before)
        board.send(*title)
        await board.until(lambda: keys_shown(BY_NAME[name_of(title, where)]) in board.text())
        await board.until(lambda: _first_hit(board).startswith(title))
        board.send("enter")
        await board.until(lambda: seen in board.text())


@pytest.mark.parametrize("where", SCREENS)
async def test_every_command_is_run_by_the_palette(
    used: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """All but those that want to know which of nine keys was pressed."""
    ran: list[str] = []
    async with opened(used) as board:
        await arrive(board, where)
        wanted = [
            c.name for c in COMMANDS
            if where in c.where and c.keys != DIGITS and c.name != "palette"
        ]  # fmt: skip
        monkeypatch.setattr(
            board.screen, "command_method", lambda name: lambda *_: ran.append(name)
        )
        provider = CommandProvider(board.screen)
        async for hit in provider.discover():
            hit.command()
    assert sorted(ran) == sorted(wanted)


def name_of(title: str, where: str) -> str:
    return next(c.name for c in COMMANDS if c.title == title and where in c.where)


def _first_hit(board: Page) -> str:
    from textual.command import CommandList

    for found in board.app.screen.query(CommandList):
        hits = (option for option in found.options if not option.disabled)  # no heading
        return str(option.prompt) if (option := next(hits, None)) else ""
    return ""


@pytest.mark.parametrize("title", ["Undo", "Add note", "Card by card", "Cycle time", "Reports"])
async def test_the_exact_name_comes_first(used: Path, title: str) -> None:
    async with opened(used) as board:
        board.send(":")
        await board.until(lambda: board.app.screen is not board.board_screen)
        board.send(*title.lower())
        await board.until(lambda: _first_hit(board).removeprefix("Report: ").startswith(title))
        await board.settled()
        board.send("escape")
        await board.until(lambda: board.app.screen is board.board_screen)
        await board.settled()


async def test_every_report_is_opened_by_its_name(used: Path) -> None:
    async with opened(used) as board:
        provider = CommandProvider(board.board_screen)
        await provider.startup()
        for entry in CATALOGUE:
            hits = [hit async for hit in provider.search(entry.title)]
            best = max(hits, key=lambda hit: hit.score)
            assert best.text in (entry.title, f"Report: {entry.title}")
            assert f"Report: {entry.title}" in [hit.text for hit in hits]
        best.command()
        await board.settled()
        assert entry.title in board.lines()[0]


async def test_the_palette_goes_to_a_card(used: Path) -> None:
    async with opened(used) as board:
        board.send(":")
        await board.until(lambda: board.app.screen is not board.board_screen)
        board.send(*"drift al")
        await board.until(
            lambda: re.search(r"v17 +drift alert +Ideas +4d", board.text()) is not None
        )
        await board.until(lambda: "drift alert" in _first_hit(board))
        board.send("enter")
        await board.until(lambda: board.current() == "drift alert")


async def _found(board: Page, query: str) -> list[str]:
    """What the palette lists for a query, the first line first."""
    provider = CommandProvider(board.board_screen)
    await provider.startup()
    hits = [hit async for hit in provider.search(query)]
    return [str(hit.text) for hit in sorted(hits, key=lambda hit: -hit.score)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("store", "v3 embedding store"),
        ("loss", "v2 focal loss for minority classes"),
        ("bedd", "v3 embedding store"),
        ("fin", "Finish"),
        ("back", "Back"),
        ("bktst", "Report: Back-test"),
        ("what is stuck", "Show cards with blocked:yes"),
    ],
)
async def test_words_come_before_their_starts_and_those_before_scattered_letters(
    used: Path, query: str, first: str
) -> None:
    async with opened(used) as board:
        assert (await _found(board, query))[0] == first


@pytest.mark.parametrize(
    ("query", "some"),
    [
        ("stuck", {"Block", "Report: Blockers", "Report: Aging", "Show cards with blocked:yes"}),
        ("blocked", {"Block", "Report: Blockers", "Show cards with blocked:yes"}),
        ("what is stuck", {"Block", "Report: Aging", "Show cards with blocked:yes"}),
        ("is:blocked", {"Show cards with is:blocked"}),
        ("learned", {"Finish", "Review", "Show cards with outcome:learned"}),
        ("find", {"Filter"}),
        ("late", {"Show cards with due:late"}),
        ("delete", {"Archive"}),
    ],
)
async def test_the_palette_knows_other_words_for_things(
    used: Path, query: str, some: set[str]
) -> None:
    async with opened(used) as board:
        assert some <= set((await _found(board, query))[:6])


@pytest.mark.parametrize(
    ("query", "some"),
    [
        ("import", {"In a shell: mlkanban import", "Page: Import and export"}),
        ("jira", {"In a shell: mlkanban import"}),
        ("browser", {"In a shell: mlkanban serve"}),
        ("rename", {"Edit", "Boards", "Stages"}),
        ("transfer", {"To another board"}),
        ("done", {"Finish"}),
    ],
)
async def test_what_only_a_shell_has_is_found_too(used: Path, query: str, some: set[str]) -> None:
    async with opened(used) as board:
        assert some <= set(await _found(board, query))


async def test_every_command_of_a_shell_is_found_by_its_name(used: Path) -> None:
    async with opened(used) as board:
        for name in SENTENCES:
            command = BY_NAME.get(IN_A_SHELL.get(name, ""))
            there = command is not None and BOARD in command.where
            wanted = command.title if command and there else f"In a shell: mlkanban {name}"
            assert wanted in await _found(board, name), name
        board.send(":", *"jira")
        await board.until(lambda: "mlkanban import" in board.text())
        board.send("enter")
        await board.until(lambda: "Documentation" in board.text())
        await board.until(lambda: "with 'mlkanban import'" in board.text())


async def test_all_reports_are_found_by_the_word(used: Path) -> None:
    async with opened(used) as board:
        found = await _found(board, "report")
        assert {f"Report: {entry.title}" for entry in CATALOGUE} <= set(found)


async def test_what_has_no_name_is_looked_for_in_the_cards(used: Path) -> None:
    async with opened(used) as board:
        assert await _found(board, "zzqx") == ["Show cards with zzqx"]
        board.send(":")
        await board.until(lambda: board.app.screen is not board.board_screen)
        board.send(*"is:committed")
        await board.until(lambda: "Show cards with" in _first_hit(board))
        board.send("enter")
        await board.until(lambda: board.app.model.query == "is:committed")


async def test_a_card_with_the_word_comes_before_letters_that_are_scattered(used: Path) -> None:
    async with opened(used) as board:
        with board.store() as bob:
            bob.cards.add(board.app.model.board.id, "bct of the tides")
        await board.until(lambda: "bct of" in board.text())
        found = await _found(board, "bct")
        assert found[0].endswith("bct of the tides")
        assert "Report: Back-test" in found[1:]


@pytest.mark.parametrize("cancel", ["ctrl+g", "escape"])
async def test_what_cancels_closes_the_palette_and_the_next_keys_are_meant_for_the_board(
    small: Path, cancel: str
) -> None:
    async with opened(small) as board:
        await board.press("palette")
        await board.type("fra")
        board.send(cancel, "n")
        await board.settled()
        assert "New card" in board.question()
        assert board.app.screen is board.board_screen


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("card.complete", "card.finish"), ("card.settle", "card.resolve"),
        ("card.worth", "card.score"),
    ],
)  # fmt: skip
def test_a_command_is_still_known_by_its_former_name(former: str, now: str) -> None:
    commands, problems = keymap({former: "f9"})
    assert problems == []
    assert on_screen(commands, BOARD)["f9"].name == now
    assert keymap({former: "f9", now: "f8"})[1] == [
        f"[keys] {former}: there is no such command; `mlkanban keys` lists them."
    ]


async def test_keys_of_ones_own_are_the_live_ones(small: Path) -> None:
    from mlkanban.config import Settings

    async with opened(small, settings=Settings(keys={"card.note": "N"})) as board:
        await board.keys("a")
        assert board.question() == ""
        await board.keys("N")
        assert "Note on v1" in board.question()
        await board.keys("ctrl+g")
        await board.press("help")
        await board.keys(*"jjjj")
        assert " N " in next(line for line in board.lines() if "append a note" in line)


async def test_what_is_wrong_with_ones_keys_is_said_at_the_start(small: Path) -> None:
    from mlkanban.config import Settings

    async with opened(small, settings=Settings(keys={"card.note": "b"})) as board:
        assert "b is given to both card.note and card.block" in board.screen.status.message
        await board.keys("b")
        assert "Note on v1" in board.question()


# keymap()


def test_as_it_is_shipped_nothing_clashes_and_every_key_arrives() -> None:
    commands, problems = keymap()
    assert problems == []
    assert commands == COMMANDS
    for command in COMMANDS:
        assert not set(command.keys) & NEVER.keys()
        assert not any(key.startswith("alt+") for key in command.keys)


@pytest.mark.parametrize(("key", "owner"), [("l", "part.next"), ("1", "view.cycle-time")])
def test_a_number_whose_key_is_taken_is_named_with_the_command_that_has_it(
    key: str, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = Command("view.new", (key,), "New", "a new number", "Numbers", (REPORTS,))
    monkeypatch.setitem(BY_NAME, added.name, added)
    assert keymap()[1] == [
        f"[keys] {key} is given to both {owner} and view.new (reports); {owner} keeps it, "
        "and view.new has no key there."
    ]


def test_reminders_are_of_commands_of_their_screen() -> None:
    for where, names in STATUS.items():
        assert all(where in BY_NAME[name].where for name in names)


def complaint(**entry: str) -> str:
    name, keys = next(iter(entry.items()))
    _, problems = keymap({name.replace("__", "."): keys})
    [problem] = problems
    return problem


def test_an_unknown_command_is_named() -> None:
    assert complaint(card__fly="z") == (
        "[keys] card.fly: there is no such command; `mlkanban keys` lists them."
    )


def test_a_key_two_commands_have_stays_with_the_first() -> None:
    commands, problems = keymap({"card.note": "b"})
    assert problems == [
        "[keys] b is given to both card.note and card.block (board, card, triage, plan); "
        "card.note keeps it, and card.block has no key there.",
    ]
    assert on_screen(commands, BOARD)["b"].name == "card.note"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("ctrl+s", "terminals stop their output on it"),
        ("escape", "tmux delays it and joins it with the next key"),
        ("ctrl+h", "terminals send it for Backspace"),
        ("alt+x", "with Alt held it does not arrive everywhere"),
        ("~", "ssh takes it"),
    ],
)
def test_a_key_that_does_not_arrive_is_refused_with_the_reason(key: str, why: str) -> None:
    assert complaint(card__note=key) == f"[keys] card.note: the key {key} is of no use: {why}."
    commands, _ = keymap({"card.note": key})
    assert on_screen(commands, BOARD)["a"].name == "card.note"


@pytest.mark.parametrize("key", ["esc", "comma", "nonsense", "super+x"])
def test_a_key_that_does_not_exist_is_refused(key: str) -> None:
    assert f"there is no key {key}" in complaint(card__note=key)


def test_no_key_at_all_is_refused() -> None:
    assert complaint(card__note=" ") == "[keys] card.note: no key is given."


def test_a_clash_a_typo_and_a_key_out_of_reach_are_three_clear_lines() -> None:
    _, problems = keymap({"card.note": "b", "card.blok": "y", "card.tags": "g"})
    assert problems == [
        "[keys] card.blok: there is no such command; `mlkanban keys` lists them.",
        "[keys] b is given to both card.note and card.block (board, card, triage, plan); "
        "card.note keeps it, and card.block has no key there.",
        "[keys] g alone is card.tags, so gg (cursor.top), gb (card.transfer), gm "
        "(card.retrain), gr (card.release), gn (template.save), gh (undo.list), gw (review), gp "
        "(plan), gj (queue), gu (unlinked), gv (models), ge (report.write), gc (charter), gt "
        "(tour), gd (docs), gl (messages) cannot be reached.",
    ]


def test_several_keys_are_taken() -> None:
    commands, problems = keymap({"card.note": "I ctrl+n"})
    assert problems == []
    assert [on_screen(commands, CARD)[key].name for key in ("I", "ctrl+n")] == ["card.note"] * 2


def test_a_hostile_name_is_shown_harmlessly() -> None:
    _, problems = keymap({"\x1b]0;x\x07": "z"})
    assert "\x1b" not in problems[0]


async def test_the_palette_begins_with_what_was_done_last_and_the_keys_at_the_right(
    used: Path,
) -> None:
    async with opened(used, size=(100, 35)) as board:
        await board.press("filter")
        await board.keys("enter")
        await board.press("mark.toggle")
        await board.press("palette")
        await board.until(lambda: "Open card" in board.text())
        offered = [line for line in board.lines() if re.search(r"\S {2,}\S", line)][1:]
        titles = [re.split(r" {2,}", line.strip())[0] for line in offered]
        assert titles[:3] == ["Mark", "Filter", "Open card"]
        keys = [line.rstrip().rsplit(" ", 1)[1] for line in offered[:3]]
        assert keys == ["Space", "/", "Enter"]
        assert len({len(line.rstrip()) for line in offered[:3]}) == 1


async def test_the_palette_lists_cards_and_commands_under_headings(used: Path) -> None:
    async with opened(used, size=(100, 35)) as board:
        await board.press("palette")
        await board.until(lambda: "Open card" in board.text())
        assert re.findall(r"── (.+?) ──", board.text())[0] == "on v1"
        await board.type("retrain")
        found = board.app.screen.query_one(Matches)
        await board.until(lambda: found.option_count == 6)
        text = board.text()
        assert text.index("── commands") < text.index("  Retrain  ")
        assert text.index("── cards") < text.index("retrain on the new quarter")
        assert found.get_option_at_index(0).disabled, "a heading cannot be chosen"
        assert found.highlighted == 1


@pytest.mark.parametrize(
    ("key", "spelled"),
    [("f5", "F5"), ("f1", "F1"), ("shift+left", "Shift+Left"), ("ctrl+p", "Ctrl+p"),
     ("pageup", "PgUp"), ("escape", "Esc"), ("gp", "gp"), ("+", "+")],
)  # fmt: skip
def test_a_key_is_spelled_in_one_way(key: str, spelled: str) -> None:
    assert shown(key) == spelled


@pytest.mark.parametrize("way", ["colours", "16 colours", "no colour"])
async def test_the_line_that_enter_runs_is_marked_in_the_palette(
    used: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    async with opened(used, size=(160, 45)) as board:
        board.app.theme = "terminal" if way == "16 colours" else "mlkanban-dark"
        await board.press("palette")
        await board.until(lambda: "Open card" in board.text())
        found = board.app.screen.query_one(Matches)
        await board.until(lambda: found.highlighted == 1)
        here, other = found.render_line(1), found.render_line(2)
        if way == "colours":
            ground = Color.parse(board.app.theme_variables["board-cursor-bg"]).rich_color
            assert {s.style.bgcolor for s in here if s.style} == {ground}
            assert ground not in {s.style.bgcolor for s in other if s.style}
        else:
            assert all(s.style and s.style.reverse for s in here)
            assert {s.style.color.name for s in here if s.style and s.style.color} <= {"default"}
            assert not any(s.style and s.style.reverse for s in other)


async def test_the_palette_is_set_apart_without_colour_too(used: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await board.press("palette")
        await board.until(lambda: "Open card" in board.text())
        found = board.app.screen.query_one(Matches)
        left, right = found.region.x, found.region.right
        inside = [line[left:right] for line in board.lines()]
        first = next(at for at, line in enumerate(inside) if "Open card" in line)
        assert inside[first - 5] == inside[found.region.bottom - 1] == "─" * (right - left)
        for line in inside[first : found.region.bottom - 1]:
            assert line.startswith("  ")
            assert line.endswith(" ")
