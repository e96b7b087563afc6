"""The lifecycle of a card: what the stages of a board make of it, and what belongs to it."""

from dataclasses import replace

import pytest

from mlkanban.core import lifecycle
from mlkanban.core.board import UNTIL_RUN, Board, Stage
from mlkanban.core.events import Entity, Event
from mlkanban.core.lifecycle import Lifecycle
from tests.core.test_events import BLANK

OPEN = Lifecycle("train", "", False)
SHIPPED = Lifecycle("live", "shipped", False)
BOARD = Board(
    id="b",
    key="b",
    name="b",
    stages=(
        Stage(id="ideas", name="Ideas", committed=False),
        Stage(id="train", name="Training", committed=True),
        Stage(id="live", name="Monitoring", committed=False),
    ),
)
REOPENED = {"outcome": None, "verdict": None}


@pytest.mark.parametrize(
    ("stage", "outcome", "archived", "in_place", "derived"),
    [
        ("live", "", False, False, {"outcome": "shipped"}),
        ("live", "", False, True, {"outcome": "shipped"}),
        ("live", "", True, False, {}),
        ("live", "shipped", False, False, {}),
        ("live", "learned", False, False, {}),
        # Its place was taken back before delivery, and the outcome was not.
        ("train", "shipped", False, False, REOPENED),
        ("ideas", "shipped", False, False, REOPENED),
        ("train", "shipped", False, True, {}),
        ("train", "shipped", True, False, {}),
        ("train", "learned", False, False, {}),
        ("train", "", False, False, {}),
        ("removed", "shipped", False, False, {}),
    ],
)
def test_stages_ship_what_is_past_delivery_and_open_what_is_not(
    stage, outcome, archived, in_place, derived
) -> None:
    fields = {"place": [stage, "r"], "outcome": outcome, "archived": archived}
    assert lifecycle.derived_values(BOARD, fields, ended_in_place=in_place) == derived


def written(number: int, values: dict[str, object], place: str = "", **more: object) -> Event:
    """The event of a card that stood in `place` before."""
    was = {"place": [[place, "r"], ""]} if place else {}
    data = {"set": values, "was": was, **more}
    return replace(BLANK, id=f"e{number}", rseq=number, hlc=f"{number:04}", data=data)


def shipped(number: int, to: str, was: str, **more: object) -> Event:
    return written(number, {"place": [to, "r"], "outcome": "shipped"}, was, **more)


def test_a_card_ended_in_place_where_shipping_did_not_move_it() -> None:
    assert lifecycle.ended_in_place([])
    assert lifecycle.ended_in_place([shipped(1, "train", "train")])
    assert lifecycle.ended_in_place([written(1, {"outcome": "shipped"})])
    assert not lifecycle.ended_in_place([shipped(1, "live", "train")])
    assert not lifecycle.ended_in_place([shipped(1, "live", "")])


def test_what_an_undo_ships_again_ended_as_it_did_first() -> None:
    moved, in_place = shipped(1, "live", "train"), shipped(1, "train", "train")
    opened = written(2, {"outcome": None}, "")
    again = shipped(3, "live", "live", restores={"outcome": moved.stamp})
    assert not lifecycle.ended_in_place([moved, opened, again])
    again = shipped(3, "live", "train", restores={"outcome": in_place.stamp})
    assert lifecycle.ended_in_place([in_place, opened, again])
    # An undo that names itself, as only a forged one does, has no end before it.
    forged = shipped(3, "live", "train", restores={"outcome": "0003:r"})
    assert not lifecycle.ended_in_place([forged])


def test_what_a_lifecycle_shows() -> None:
    assert OPEN.is_open
    assert not SHIPPED.is_open
    assert not replace_(OPEN, archived=True).is_open
    assert not OPEN.hidden
    assert not SHIPPED.hidden
    assert replace_(OPEN, archived=True).hidden
    assert replace_(OPEN, outcome="learned").hidden


def replace_(of: Lifecycle, **values: object) -> Lifecycle:
    return of._replace(**values)  # type: ignore[arg-type]


def card(**fields: object) -> Entity:
    return Entity(fields={"place": ["train", "r"], **fields})


def test_any_part_is_written_with_all_of_them() -> None:
    moved = lifecycle.whole(card(), {"place": ["live", "r"]})
    assert moved == {"place": ["live", "r"], "outcome": None, "archived": None}
    assert lifecycle.whole(card(), {"title": "x"}) == {"title": "x"}
    assert lifecycle.whole(Entity(), {"outcome": "learned"}) == {"outcome": "learned"}


def test_a_verdict_goes_with_the_outcome() -> None:
    ended = card(outcome="learned", verdict="no gain")
    opened = lifecycle.whole(ended, {"outcome": None})
    assert (opened["outcome"], opened["verdict"]) == (None, None)
    moved = lifecycle.whole(ended, {"place": ["live", "r"]})
    assert (moved["outcome"], moved["verdict"]) == ("learned", "no gain")
    assert lifecycle.whole(ended, {"outcome": None, "verdict": "half"})["verdict"] == "half"
    assert lifecycle.restated(ended)["verdict"] == "no gain"


def test_nothing_of_the_former_lifecycle_is_left() -> None:
    blocker = {"reason": "bug"}
    assert lifecycle.lifting({"blocker": blocker, "work": "unattended"}) == {
        "blocker": None,
        "work": "attended",
    }
    assert lifecycle.lifting({"blocker": None, "work": "attended"}) == {}
    assert lifecycle.lifting({}) == {}


def test_the_board_shows_only_what_belongs_to_a_lifecycle() -> None:
    fields = {"blocker": {"reason": "bug"}, "work": "unattended", "snoozed_until": "2026-05-01",
              "health": "ok"}  # fmt: skip
    assert lifecycle.shown(card(**fields)) == {**card(**fields).fields, "health": None}
    ended = lifecycle.shown(card(**fields, outcome="learned"))
    assert [ended[name] for name in fields] == [None, None, None, None]
    live = lifecycle.shown(card(**fields, outcome="shipped"))
    assert [live[name] for name in fields] == [None, None, None, "ok"]
    away = lifecycle.shown(card(**fields, archived=True))
    assert [away[name] for name in fields] == [{"reason": "bug"}, "unattended", None, None]


def test_a_conflict_keeps_what_is_shown_with_a_lifecycle() -> None:
    fields = {"work": "attended", "snoozed_until": "2026-05-01", "snoozed_run": "r1",
              "health": "ok", "title": "x"}  # fmt: skip
    held = lifecycle.conflict_value(OPEN, fields)
    assert held == {**OPEN._asdict(), "snoozed_until": "2026-05-01"}
    assert lifecycle.from_conflict_value(held) == OPEN
    waiting = lifecycle.conflict_value(
        OPEN, {"work": "unattended", "snoozed_until": UNTIL_RUN, "snoozed_run": "r1"}
    )
    assert (waiting["work"], waiting["snoozed_run"]) == ("unattended", "r1")
    assert lifecycle.conflict_value(SHIPPED, fields) == {**SHIPPED._asdict(), "health": "ok"}


def test_what_sets_no_part_is_no_change_of_a_lifecycle() -> None:
    assert lifecycle.writes(written(1, {"outcome": None}))
    assert lifecycle.writes(written(1, {"archived": True}))
    assert not lifecycle.writes(written(1, {"title": "x"}))
    reordered = replace(written(1, {"place": ["train", "q"]}), kind="card.reordered")
    assert not lifecycle.writes(reordered)
    assert lifecycle.writes(replace(shipped(1, "live", "train"), kind="card.reordered"))


@pytest.mark.parametrize(
    ("kind", "values", "now", "works"),
    [
        ("card.noted", {}, SHIPPED, False),
        ("card.noted", {}, replace_(OPEN, archived=True), True),
        ("card.noted", {}, replace_(OPEN, stage="ideas"), False),
        ("run.started", {"work": "unattended"}, replace_(OPEN, stage="ideas"), True),
        ("run.started", {"work": "unattended"}, OPEN, False),
        ("run.started", {"work": "unattended"}, SHIPPED, True),
        ("run.ended", {"work": "attended"}, SHIPPED, False),
        ("card.blocked", {"blocker": {"reason": "bug"}}, SHIPPED, True),
        ("card.unblocked", {"blocker": None}, SHIPPED, False),
        ("card.snoozed", {"snoozed_until": "2026-05-01"}, SHIPPED, True),
        ("card.moved", {"place": ["live", "r"]}, replace_(OPEN, archived=True), False),
    ],
)
def test_work_on_a_card_is_lost_with_the_lifecycle_it_belongs_to(kind, values, now, works) -> None:
    assert lifecycle.works_on(replace(written(1, values), kind=kind), OPEN, now) == works


@pytest.mark.parametrize(("kind", "works"), [("card.alerted", True), ("card.moved", False)])
def test_what_an_event_only_writes_again_is_no_work(kind, works) -> None:
    again = replace(BLANK, kind=kind, data={"set": {"health": "ok"}, "was": {"health": ["ok", ""]}})
    assert lifecycle.works_on(again, OPEN, OPEN) == works
