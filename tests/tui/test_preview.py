"""The preview of the card under the cursor: where it stands, what it says, when it is filled."""

import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.timer import Timer

from mlkanban import clock
from mlkanban.config import Settings
from mlkanban.core.board import BlockReason, Board, Outcome
from mlkanban.core.metrics import MetricParts
from mlkanban.display.card_face import FaceContext
from mlkanban.display.card_preview import Previewed, strip
from mlkanban.flow.due import DueDates
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service.plan import Planning
from mlkanban.service.preview import CardPreview, Previews
from mlkanban.tui.widgets import preview
from tests.tui.boards import somebody
from tests.tui.page import ROOMY, SMALL, Page, opened

WIDE = (220, 60)
HOSTILE = "\x1b[31mred\u202e漢字" * 20


def rich_card(data: Path) -> str:
    """A card with everything that a preview may say; another one waits for it."""
    ada = somebody(data, 5)
    [ref] = ada.adds(
        "sequence model", to="Training", work="unattended", tags=["deep"],
        hypothesis="The order of payments says what counters cannot.",
        metric={"name": "auc", "direction": ">=", "target": 0.95},
        checklist=[{"text": "data set aside", "done": True}, {"text": "three seeds"}],
    )  # fmt: skip
    ada.cards.edit([ref], metric=MetricParts(("auc=0.944",), 0.934, 0.004))
    ada.cards.note([ref], "First seed: **rising**.")
    ada.cards.block([ref], BlockReason.DATA_ACCESS, note="ticket 4711")
    [after] = ada.adds("shadow test")
    ada.cards.edit([after], add={"needs": [ref]})
    ada.service.close()
    return ref


def strip_of(board: Page) -> list[str]:
    """The lines of the strip below the board."""
    height = board.board_screen.preview.size.height
    return [line.rstrip() for line in board.lines()[-1 - height : -1]]


@pytest.mark.parametrize(
    ("size", "lines", "columns"),
    [((80, 21), 0, 0), ((80, 22), 5, 0), ((80, 29), 5, 0), ((80, 30), 6, 0), ((120, 40), 8, 0),
     ((199, 60), 8, 0), ((200, 24), 0, 56), ((220, 60), 0, 61), ((40, 10), 0, 0)],
)  # fmt: skip
async def test_it_stands_where_there_is_room(
    small: Path, size: tuple[int, int], lines: int, columns: int
) -> None:
    async with opened(small, size=size) as board:
        shown = board.board_screen.preview
        assert shown.display is bool(lines or columns)
        assert shown.size.height == (lines or (size[1] - 1 if columns else 0))
        assert shown.size.width == (columns or (size[0] if lines else 0))


async def test_it_says_what_the_face_has_no_room_for(small: Path) -> None:
    ref = rich_card(small)
    async with opened(small) as board:
        await board.go_to("sequence model")
        strip = strip_of(board)
        assert strip[0].startswith(f"── {ref}  sequence model ─")
        assert strip[0].endswith("─ experiment · Training ──")
        text = "\n".join(strip)
        for said in (
            "■ data-access   6d   ticket 4711",
            "The order of payments says what counters cannot.",
            "auc .944 → ≥.95   baseline .934   noise .004",
            "✓· 1/2 items   next: three seeds",
            "needed by ",
            "#deep",
            "First seed: rising.",
        ):
            assert said in text, f"{said!r} is not in\n{text}"


async def test_what_began_today_is_not_a_day_old_in_words(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("embedding store")
        await board.press("card.move")
        await board.keys("4")
        with board.store() as service:
            ref = board.ref("embedding store")
            service.cards.block([ref], BlockReason.LABELLING, note="asked Eve")
        await board.until(lambda: "asked Eve" in board.text())
        assert "■ labelling   today   asked Eve" in board.text()
        assert "in this stage since today" in board.text()
        await board.press("card.open")
        assert "in progress since today" in board.text()


async def test_who_has_to_act_is_told_where_the_reason_does_not_say_it(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("embedding store")
        with board.store() as service:
            ref = board.ref("embedding store")
            service.cards.block([ref], BlockReason.BUG, note="theirs", external=True)
        await board.until(lambda: "theirs" in board.text())
        assert "■ bug   external   today   theirs" in board.text()
        await board.press("card.open")
        assert "■ bug (external)" in board.lines()[1]


async def test_the_pane_says_it_at_length(small: Path) -> None:
    ref = rich_card(small)
    async with opened(small, size=WIDE) as board:
        await board.go_to("sequence model")
        left = WIDE[0] - board.board_screen.preview.size.width
        lines = [line[left:].rstrip() for line in board.lines()[:-1]]
        assert all(line[0] == "│" for line in lines)
        assert lines[0] == f"│ {ref}  experiment · Training"
        for said in ("│ sequence model", "│ Checklist  1/2", "│  ✓ data set aside",
                     "│  · three seeds", "│  First seed: rising."):  # fmt: skip
            assert said in lines


async def test_the_first_card_is_shown_without_waiting_for_keys(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    set_timer = preview.Preview.set_timer

    def noting(self: preview.Preview, delay: float, *args: Any, **more: Any) -> Timer:
        waits.append(delay)
        return set_timer(self, delay, *args, **more)

    monkeypatch.setattr(preview.Preview, "set_timer", noting)
    async with opened(small) as board:
        assert f" {board.app.model.columns[0][0].ref} " in strip_of(board)[0]
        assert waits[0] < preview.REST_SECONDS / 10
        await board.press("cursor.down")
        assert waits[-1] == preview.REST_SECONDS


async def test_keys_that_follow_each_other_read_nothing(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    of_card = Previews.of_card
    async with opened(small) as board:
        last = board.app.model.columns[0][2]
        monkeypatch.setattr(preview, "REST_SECONDS", 0.5)

        def counting(self: Previews, card: str) -> CardPreview:
            read.append(card)
            return of_card(self, card)

        monkeypatch.setattr(Previews, "of_card", counting)
        for _ in range(2):
            board.send("j")
        assert "calibrate probabilities" in strip_of(board)[0]
        await board.settled()
        assert read == [last.id]
        assert last.title in strip_of(board)[0]


async def test_it_shows_the_card_as_it_is_changed_elsewhere(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as service:
            service.cards.edit(
                [board.ref("calibrate probabilities")], {"hypothesis": "it is the labels"}
            )
        await board.until(lambda: "it is the labels" in board.text())


async def test_a_cursor_key_moves_nothing_but_the_cursor(small: Path) -> None:
    """What stands where depends on no card: one with much to say and one with nothing."""
    rich_card(small)
    async with opened(small) as board:
        await board.go_to("logistic baseline")
        place = board.place_of("sequence model")
        await board.go_to("sequence model")
        assert board.place_of("sequence model") == place


async def test_tab_hides_it_for_good_and_brings_it_back(small: Path) -> None:
    async with opened(small) as board:
        settings = board.app.places.config_file
        await board.keys("tab")
        assert not board.board_screen.preview.display
        assert "── v1" not in board.text()
        assert tomllib.loads(settings.read_text())["preview"] is False
        await board.press("cursor.down")
        await board.keys("tab")
        assert strip_of(board)[0].startswith("── v2")
        assert tomllib.loads(settings.read_text())["preview"] is True
    async with opened(small, settings=Settings(preview=False)) as board:
        assert not board.board_screen.preview.display


async def test_it_follows_the_cursor_while_a_filter_is_typed(small: Path) -> None:
    async with opened(small) as board:
        await board.until(lambda: "v1" in strip_of(board)[0])
        await board.press("filter")
        await board.type("embedding")
        found = board.ref("embedding store")
        await board.until(lambda: strip_of(board)[0].startswith(f"── {found} "))
        await board.type(" nowhere")
        await board.until(lambda: strip_of(board)[0] == "")


async def test_without_a_card_the_strip_is_empty(small: Path) -> None:
    async with opened(small) as board:
        await board.press("filter")
        await board.type("nothing has this")
        await board.keys("enter")
        assert not any(strip_of(board))


@pytest.mark.parametrize("size", [ROOMY, SMALL, WIDE, (100, 30), (30, 22)])
@pytest.mark.parametrize("ascii", [False, True])
async def test_hostile_and_wide_text_keeps_its_place(
    small: Path, size: tuple[int, int], ascii: bool
) -> None:
    ada = somebody(small, 1)
    [ref] = ada.adds(
        HOSTILE, tags=["漢字"], hypothesis=HOSTILE, to="Training", work="unattended",
        metric={"name": "漢 字", "target": 0.5}, checklist=[{"text": HOSTILE}] * 30,
    )  # fmt: skip
    ada.cards.note([ref], f"```\n{HOSTILE}\n```\n# {HOSTILE}")
    ada.cards.block([ref], BlockReason.BUG, note=HOSTILE)
    ada.service.close()
    async with opened(small, size=size, settings=Settings(ascii=ascii)) as board:
        board.board_screen.go_to(board.app.model.columns[4][-1].id)
        await board.settled()
        assert ref in board.text()
        for line in board.lines():
            assert cell_len(line) == size[0]
            assert not set("\x1b\u202e") & set(line)
            assert line.isascii() or not ascii


async def test_many_runs_are_counted_rather_than_listed(used: Path) -> None:
    ada = somebody(used, 1)
    [ref] = ada.adds("sweep", to="Training", work="unattended",
                     metric={"name": "auc", "target": 0.9})  # fmt: skip
    for number in range(40):
        day = 1 + number % 19
        run = Run(
            f"r{number:02}", RunState.FINISHED, started=f"2026-03-{day:02}T08:00:00Z",
            ended=f"2026-03-{day:02}T10:00:00Z", exit=0, metrics={"auc": 0.5 + number / 100},
        )  # fmt: skip
        ada.service.runs.take_in([RunReport(run, ref)])
    ada.service.close()
    async with opened(used) as board:
        await board.go_to("sweep")
        assert "34 more" in "\n".join(strip_of(board))
        assert "✓   2h" in "\n".join(strip_of(board))


def test_runs_of_trackers_have_the_signs_of_what_these_say(small: Path) -> None:
    ada = somebody(small)
    [ref] = ada.adds("study")
    for at, says in enumerate(("COMPLETE", "PRUNED", "FAIL", "RUNNING", "")):
        kind = "optuna:s/" if says else "tensorboard:/"
        run = Tracked(
            f"{kind}{at}", says=says, where="/o.db", started=f"2026-03-01T09:0{at}:00Z",
            metrics={"value": 0.1414142} if says == "COMPLETE" else {},
        )  # fmt: skip
        ada.service.links.link(ref, run)
    [face] = [one for one in ada.boards.snapshot(ada.board_id).faces if one.ref == ref]
    found = ada.service.previews.of_card(face.id)
    shown = strip(Previewed(face, found), FaceContext.at(ada.board, clock.now()), 160, 8)
    ada.service.close()
    signs = {
        piece.text.strip(): piece.role for line in shown for piece in line if piece.text[1:] == " "
    }
    text = "\n".join("".join(piece.text for piece in line) for line in shown)
    for sign, words in (("✓", "trial 0 value 0.1414"), ("·", "trial 1 pruned"),
                        ("✗", "trial 2 failed"), ("?", "trial 3 running"),
                        ("·", "4")):  # fmt: skip
        [line] = [line for line in text.splitlines() if line.rstrip().endswith(f"  {words}")]
        assert sign in line
    assert (signs["✓"], signs["✗"], signs["·"], signs["?"]) == ("live", "alarm", "dim", "clock")


def test_the_best_trials_come_first_where_there_are_many(small: Path) -> None:
    ada = somebody(small)
    [ref] = ada.adds("study", metric={"name": "auc", "direction": ">=", "target": 0.9})
    for at, value in enumerate((0.7, 0.95, 0.8, 0.91, 0.6, 0.5, 0.4, 0.3)):
        began = f"2026-03-01T09:0{at}:00Z"
        trial = Tracked(
            f"optuna:s/{at}", says="COMPLETE", where="/o.db", started=began, metrics={"auc": value}
        )
        ada.service.links.link(ref, trial)
    [face] = [one for one in ada.boards.snapshot(ada.board_id).faces if one.ref == ref]
    found = ada.service.previews.of_card(face.id)
    shown = strip(Previewed(face, found), FaceContext.at(ada.board, clock.now()), 160, 6)
    ada.service.close()
    text = "\n".join("".join(piece.text for piece in line) for line in shown)
    assert re.findall(r"(\.\d+) +03-01  (trial \d)", text) == [
        (".95", "trial 1"), (".91", "trial 3"), (".8", "trial 2"), (".7", "trial 0"),
    ]  # fmt: skip


def test_the_first_preview_loads_no_library_that_the_board_does_without(small: Path) -> None:
    ref = rich_card(small)
    program = f"""
import sys
from pathlib import Path
from mlkanban.clock import now
from mlkanban.display.card_face import FaceContext
from mlkanban.display.card_preview import Previewed, strip
from mlkanban.service import Service

service = Service.open(Path({str(small)!r}), actor="ada", clock=now, write=False)
board = service.boards.find()
face = next(f for f in service.boards.snapshot(board.id).faces if f.ref == {ref!r})
found = service.previews.of_card(face.id)
assert found.hypothesis and found.notes
assert strip(Previewed(face, found), FaceContext.at(board, now()), 160, 8)
print(sorted({{"pydantic", "plotext", "markdown_it", "statistics"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


async def test_a_card_of_which_nothing_else_is_known_says_where_it_was(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("finished experiment 7")
        lines = strip_of(board)
        at = lines[1].index("Ideas")
        assert [line[at:].split() for line in lines[1:3]] == [
            ["Ideas", "02-20"],
            ["Features", "02-20", "to", "02-24"],
        ]
    async with opened(used, size=WIDE) as board:
        await board.go_to("audit the labels")
        text = board.text()
        assert "Stages" not in text, "one stage since it was created: its day says that"
        assert "created 03-08" in text


async def test_the_pane_has_the_note_of_a_block_in_full(used: Path) -> None:
    note = " ".join(f"word{number}" for number in range(16))
    async with opened(used, size=WIDE) as board:
        with board.store() as service:
            service.cards.block([board.ref("embedding store")], BlockReason.BUG, note=note)
        await board.go_to("embedding store")
        await board.until(lambda: "■ bug" in board.text())
        left = board.board_view.size.width
        said = " ".join(" ".join(line[left + 1 :].split()) for line in board.lines())
        assert note in said


def test_the_stages_of_a_card_leave_out_what_was_undone(used: Path) -> None:
    ada = somebody(used)
    [ref] = ada.adds("wanderer")
    ada.moves(ref, to="Ready")
    ada.moves(ref, to="Features")
    ada.undoes()
    ada.cards.block([ref], BlockReason.BUG)
    ada.moves(ref, to="Data prep")
    ada.cards.finish([ref], Outcome.LEARNED)
    ada.moves(ref, to="Ready")
    [face] = [face for face in ada.boards.snapshot(ada.board_id).faces if face.ref == ref]
    stays = ada.service.previews.of_card(face.id).stays
    names = {stage.id: stage.name for stage in ada.board.stages}
    assert [(names[stay.stage], stay.until is None) for stay in stays] == [
        ("Ideas", False), ("Ready", False), ("Data prep", False), ("Ready", True),
    ]  # fmt: skip
    ada.service.close()


async def test_guards_have_a_line_and_the_broken_one_comes_first(small: Path) -> None:
    ada = somebody(small, 5)
    limit = {"direction": "<=", "target": 50.0}
    ada.adds(
        "fast model", metric={"name": "auc", "target": 0.9},
        guards=[{"name": "fpr", **limit}, {"name": "p95", **limit, "value": 61.0}],
    )  # fmt: skip
    ada.service.close()
    async with opened(small, size=WIDE) as board:
        await board.go_to("fast model")
        assert "p95 61 → ≤50 ✗   fpr not measured → ≤50" in board.text()


async def test_it_says_the_chance_of_a_due_date_as_the_card_page_does(small: Path) -> None:
    ada = somebody(small)
    [ref] = ada.adds("sequence model", to="Ideas")
    due = (clock.now() + timedelta(days=2)).date()
    ada.cards.edit([ref], {"due": due.isoformat()})
    ada.service.close()
    async with opened(small) as board:
        await board.go_to("sequence model")
        await board.until(lambda: any("chance " in line for line in strip_of(board)))
        words = re.search(r"chance \w+( %|:)", "\n".join(strip_of(board)))
        assert words
        await board.press("card.open")
        await board.until(lambda: words[0] in board.text())


async def test_chances_are_counted_once_for_all_cards_that_the_cursor_rests_on(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = somebody(small)
    refs = ada.adds("sequence model", "graph model", to="Ideas")
    due = (clock.now() + timedelta(days=2)).date()
    ada.cards.edit(refs, {"due": due.isoformat()})
    ada.service.close()
    counted: list[str] = []
    count = Planning.due_dates

    def counting(self: Planning, board: Board, *faces: Any) -> DueDates:
        counted.append(board.id)
        return count(self, board, *faces)

    async with opened(small) as board:
        await board.app.look_around()
        monkeypatch.setattr(Planning, "due_dates", counting)
        now = board.app.now()
        monkeypatch.setattr(board.app, "now", lambda: now)
        for title in ("sequence model", "graph model", "sequence model"):
            await board.go_to(title)
            await board.until(lambda: any("chance " in line for line in strip_of(board)))
        assert len(counted) == 1
        here = board.app.store_thread
        await here.call(lambda service: service.cards.note(refs[:1], "another event"))
        await board.go_to("graph model")
        await board.until(lambda: len(counted) == 2)
