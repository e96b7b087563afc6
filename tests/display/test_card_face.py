"""The face of a card: its words at any width, and that they never take more room than given."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.cells import shortened, wrapped
from mlkanban.core.models import (
    BlockReason,
    Board,
    CardFace,
    Health,
    Outcome,
    ServiceClass,
    Stage,
    Work,
)
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import instant
from mlkanban.display.card_face import (
    NOTHING_ASIDE,
    PRIORITY_MARKS,
    SNOOZED,
    WIDE,
    FaceContext,
    HeadNote,
    age,
    due,
    header,
    height,
    lines,
    running,
)
from mlkanban.display.signs import ON_CARDS, OVER_STAGES, Sign
from mlkanban.glyphs import glyphs
from mlkanban.runs.model.brief import Brief

BOARD = Board(
    id="b",
    key="b",
    name="B",
    timezone="Europe/Berlin",
    stages=(
        Stage(id="ideas", name="Ideas"),
        Stage(id="work", name="Training", committed=True, limit=2, unattended=1),
        Stage(id="check", name="Check", committed=True, limit=2),
        Stage(id="done", name="Done"),
    ),
)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
VIEW = FaceContext.at(BOARD, NOW)
PLAIN = CardFace(
    id="c", ref="g12", stage="work", rank="a", title="Focal loss for minority classes",
    type="experiment", priority="normal", service_class="standard", tags="", due="",
    snoozed_until="", block_reason="", block_external=0, metric="", work="attended", outcome="",
    archived=0, created_at="2026-03-01T10:00:00Z", entered_at="", started_at="", finished_at="",
    version=1,
)  # fmt: skip


def card(**fields: Any) -> CardFace:
    return PLAIN._replace(**fields)


def shown(face: CardFace, width: int, view: FaceContext = VIEW) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines(face, width, view)]


def test_wide_cards_take_two_lines_narrow_ones_four() -> None:
    assert height(WIDE) == 2
    assert height(WIDE - 1) == 4
    face = card(tags="gpu nlp", priority="high", metric="auc .917/>=.92")
    assert shown(face, 60) == [
        "g12  ^  Focal loss for minority classes                (20d)",
        "      experiment  auc .917/>=.92  #gpu #nlp",
    ]
    assert shown(face, 24) == [
        "g12 ^ experiment   (20d)",
        "Focal loss for minority",
        "classes",
        "auc .917/>=.92  #gpu",
    ]


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"priority": "urgent"}, "^^"),
        ({"priority": "high"}, "^"),
        ({"priority": "low"}, "v"),
        ({"block_reason": "bug"}, "! bug"),
        ({"block_reason": "data-access", "block_external": 1}, "! ext data-access"),
        ({"outcome": "learned"}, "= learned"),
        ({"archived": 1}, "archived"),
        ({"work": "unattended"}, "run"),
        ({"work": "waiting"}, "waiting"),
        ({"service_class": "expedite"}, "expedite"),
        ({"due": "2026-03-22"}, "due 2d"),
        ({"due": "2026-03-20"}, "due today"),
        ({"due": "2026-03-18"}, "LATE 2d"),
        ({"metric": "auc .9"}, "auc .9"),
        ({"tags": "gpu"}, "#gpu"),
        ({"health": "alert"}, "! alert"),
        ({"health": "retraining"}, "retraining"),
    ],
)
@pytest.mark.parametrize("width", [30, 70])
def test_every_state_has_a_sign_of_its_own(fields: dict[str, Any], mark: str, width: int) -> None:
    with_it = " ".join(shown(card(**fields), width))
    assert mark in with_it.split("  ") or f" {mark} " in f" {with_it} "
    assert f" {mark} " not in f" {' '.join(shown(PLAIN, width))} "


RUNS = Brief(
    2, commit="a1b2c3d*", since="2026-03-19T22:00:00Z", gpu_hours=3.1
).packed  # fmt: skip
AIMED = card(metric="val_auc .917/>=.92", runs=RUNS, tags="gpu", started_at="2026-03-13T10:00:00Z")


def test_a_wide_card_says_what_its_runs_came_to() -> None:
    assert shown(AIMED, 80)[1] == (
        "      experiment  val_auc .917/>=.92  run 14h  2 runs  3.1 gpu-h  a1b2c3d*  #gpu"
    )


@pytest.mark.parametrize(
    ("width", "first", "last"),
    [
        (40, "g12 run 14h                           8d", "val_auc .917/>=.92  2 runs  3.1 gpu-h"),
        (28, "g12 run 14h               8d", "val_auc .917/>=.92  2 runs"),
        (17, "g12 run 14h    8d", "val_.. .917/>=.92"),
        (12, "g12 run.. 8d", "2 runs  #gpu"),
    ],
)
def test_a_narrow_card_says_what_is_of_most_worth(width: int, first: str, last: str) -> None:
    drawn = shown(AIMED, width)
    assert (drawn[0], drawn[-1]) == (first, last)


def test_the_time_of_a_run_is_as_old_as_the_view() -> None:
    def said(minutes: int, **more: Any) -> str:
        begun = instant(NOW - timedelta(minutes=minutes))
        return running(card(runs=Brief(1, since=begun, **more).packed), VIEW)

    assert said(0) == "run"
    assert said(1) == "run 1m"
    assert said(119) == "run 1h"
    assert said(72 * 60) == "run 3d"
    assert said(60, sure=False) == "run 1h?", "nobody sees its processes"
    assert running(card(runs=Brief(1).packed), VIEW) == ""
    assert running(card(runs=Brief(1).packed, work="unattended"), VIEW) == "run"


def test_a_better_configuration_than_the_one_tried_last_is_named() -> None:
    runs = Brief(5, best=0.9351).packed
    assert (
        "auc .8/>=.92  best .9351  5 runs" in shown(card(metric="auc .8/>=.92", runs=runs), 60)[1]
    )


BETTER = card(
    metric="val_auc .9013/>=.92", runs=Brief(6, since="2026-03-19T22:00:00Z", best=0.926).packed
)


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (12, "best .926"),
        (19, ".9013  best .926"),
        (22, ".9013/>=.92  best .926"),
        (28, "val.. .9013/>=.92  best .926"),
        (30, "val_auc .9013/>=.92  best .926"),
        (60, "experiment  val_auc .9013/>=.92  best .926  run 14h"),
    ],
)
def test_a_better_configuration_is_not_the_first_to_be_cut(width: int, said: str) -> None:
    assert shown(BETTER, width)[-1].strip() == said


def test_hours_that_are_not_all_known_are_said_to_be_more() -> None:
    runs = Brief(1, gpu_hours=3.1, partly=True).packed
    assert "1 run  3.1+ gpu-h" in shown(card(runs=runs), 60)[1]
    assert "gpu-h" not in shown(card(runs=Brief(1, partly=True).packed), 60)[1]


def test_a_shipped_card_past_delivery_needs_no_sign() -> None:
    text = " ".join(shown(card(outcome="shipped", stage="done"), 60))
    assert "shipped" not in text


def test_age_counts_days_with_both_ends() -> None:
    assert age(card(created_at="2026-03-20T08:00:00Z"), VIEW) == "(1d)"
    assert age(card(started_at="2026-03-20T08:00:00Z"), VIEW) == "1d"
    assert age(card(started_at="2026-03-16T08:00:00Z"), VIEW) == "5d"
    finished = card(started_at="2026-03-10T08:00:00Z", finished_at="2026-03-12T08:00:00Z")
    assert age(finished, VIEW) == "=3d"
    assert age(card(created_at=""), VIEW) == ""


def test_days_are_those_of_the_boards_time_zone() -> None:
    # 23:30 UTC is half past midnight in Berlin.
    assert FaceContext.at(BOARD, datetime(2026, 3, 19, 23, 30, tzinfo=UTC)).today == date(
        2026, 3, 20
    )
    assert age(card(started_at="2026-03-18T23:30:00Z"), VIEW) == "2d"


def test_a_finished_card_is_never_late() -> None:
    assert due(card(due="2026-03-01", outcome="shipped"), VIEW) == ""


@pytest.mark.parametrize(
    ("at", "load", "text"),
    [
        (0, Load(7), "7"),
        (1, Load(1), "1/2 + 0/1 running"),
        (1, Load(1, 1), "1/2 + 1/1 running"),
        (1, Load(3), "3/2! + 0/1 running OVER"),
        (1, Load(1, 2), "1/2 + 2/1! running OVER"),
        (2, Load(1), "1/2"),
        (2, Load(2), "2/2 FULL"),
        (2, Load(1, 1), "2/2 FULL"),
        (2, Load(3), "3/2! OVER"),
        (3, Load(), "9"),
    ],
)
def test_the_header_says_full_and_over_in_words(at: int, load: Load, text: str) -> None:
    head = header(BOARD, at, load, standing=9)
    assert head.name == f"{at + 1} {BOARD.stages[at].name}"
    assert head.text == text


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (40, "2/2 attended + 2/1! running OVER"),
        (31, "2/2 + 2/1! running OVER"),
        (19, "2/2 + 2/1! run OVER"),
        (18, "2/2+2/1! run OVER"),
        (9, "2/2+2/1!"),
    ],
)
def test_two_counts_are_told_apart_wherever_there_is_room(room: int, text: str) -> None:
    head = header(BOARD, 1, Load(2, 2), standing=0)
    assert head.fitting(room) == text


TITLES = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("模型 👩‍👧é\u0301\t\x1b\u202e[]/"),
    ),
    max_size=200,
)


@given(TITLES, TITLES, st.integers(1, 120), st.booleans())
def test_no_line_is_wider_than_its_place_and_nothing_raw_comes_out(
    title: str, tags: str, width: int, ascii: bool
) -> None:
    face = card(
        title=title, tags=tags, metric=title, priority="urgent", block_reason="bug",
        runs=Brief(7, commit=tags[:8], since="2026-03-01T00:00:00Z", gpus=1).packed,
    )  # fmt: skip
    view = FaceContext.at(BOARD, NOW, glyphs=glyphs("ascii" if ascii else "utf-8"))
    drawn = lines(face, width, view)
    assert len(drawn) == height(width)
    for line in drawn:
        text = "".join(piece.text for piece in line)
        assert cell_len(text) <= width
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
        assert not ascii or text.isascii()
        assert "\u202e" not in text
        assert "\u200d" not in text


@given(st.text(), st.integers(0, 40))
def test_shortened_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    cut = shortened(text, width)
    assert cell_len(cut) <= width
    assert cut == text or width <= 3 or cut.rstrip().endswith("..")


@given(st.text(st.sampled_from("ab 模"), max_size=60), st.integers(4, 30))
def test_a_title_in_two_lines_keeps_its_words_in_order(text: str, width: int) -> None:
    first, second = wrapped(text, width)
    assert cell_len(first) <= width
    assert cell_len(second) <= width
    if not second.endswith(".."):
        assert "".join((first + second).split()) == "".join(text.split())


def test_words_are_kept_whole_where_that_loses_little() -> None:
    assert wrapped("focal loss for minority classes", 20) == ("focal loss for", "minority classes")
    assert wrapped("pneumonoultramicroscopic", 10) == ("pneumonoul", "tramicro..")
    assert wrapped("short", 10) == ("short", "")


def test_five_thousand_characters_are_no_trouble() -> None:
    assert [len(line) for line in shown(card(title="x" * 5000), 20)] == [20, 20, 20, 0]


def explained(text: str, signs: Sequence[Sign]) -> bool:
    return any(re.fullmatch(sign.pattern, text) for sign in signs)


BRIEF = Brief(3, "a1b2c3d*", since=instant(NOW - timedelta(hours=14)), gpu_hours=3.1, best=0.95)
FACES = [
    card(priority="urgent", started_at="2026-03-16T10:00:00Z"), card(priority="high"),
    card(priority="low", finished_at="2026-03-19T10:00:00Z", started_at="2026-03-16T10:00:00Z"),
    card(finished_at="2026-03-19T10:00:00Z", outcome="discarded", archived=1),
    *(card(health=health, stage="done", outcome="shipped") for health in Health),
    *(card(outcome=outcome) for outcome in Outcome),
    *(card(block_reason=reason, block_external=at % 2) for at, reason in enumerate(BlockReason)),
    *(card(work=work) for work in Work), *(card(service_class=kind) for kind in ServiceClass),
    *(card(due=day) for day in ("2026-03-20", "2026-03-10", "2026-04-01")),
    card(metric="val_auc .917/>=.92", runs=BRIEF.packed, work="unattended"),
    card(metric="val_auc .917", runs=BRIEF._replace(sure=False, partly=True).packed),
    card(tags=" ".join(f"t{at}" for at in range(5000))),
]  # fmt: skip


@pytest.mark.parametrize("width", [30, 200])
@pytest.mark.parametrize("face", FACES)
def test_every_sign_on_a_card_is_explained(face: CardFace, width: int) -> None:
    known = {face.ref, face.type}
    for line in lines(face, width, VIEW, ["g4", "g5"]):
        for text, role in line:
            text = text.strip()
            of_title = role == "title" and text not in PRIORITY_MARKS.values()
            if text and not of_title and text not in known and not text.endswith(".."):
                for part in text.split("  "):
                    assert explained(part, ON_CARDS), part


@pytest.mark.parametrize("found", [None, Load(1)])
@pytest.mark.parametrize("note", [NOTHING_ASIDE, HeadNote(2, SNOOZED), HeadNote(2, "finished")])
@pytest.mark.parametrize("load", [Load(0), Load(2), Load(3), Load(2, 1), Load(3, 2)])
def test_every_sign_over_a_stage_is_explained(
    load: Load, note: HeadNote, found: Load | None
) -> None:
    for at in range(3):
        head = header(BOARD, at, load, 1, found=found, note=note, by_merge=at == 2)
        for text in (head.text, head.fitting(14)):
            assert explained(text, OVER_STAGES), text


@pytest.mark.parametrize("width", [26, 30, 60, 200])
def test_thousands_of_tags_are_counted_and_a_huge_title_is_cut_first(width: int) -> None:
    crowded = card(tags=" ".join(f"t{at}" for at in range(5000)), title="T" * 1_000_000)
    last = shown(crowded, width)[-1]
    assert "#t0 #t1 +4,998 more" in last
    assert all(cell_len(line) <= width for line in shown(crowded, width))
    few = card(tags="a b c d e f g h")
    assert "more" not in shown(few, 200)[-1]
    numbered = card(ref="abcdefgh999999999zzzzzzzz")
    assert all(cell_len(line) <= width for line in shown(numbered, width))


@pytest.mark.parametrize("width", [14, 20, 24, 40, 80])
def test_a_typed_value_is_shown_before_the_word_that_says_so(width: int) -> None:
    face = card(metric="val_auc .831/>=.83 typed", runs=RUNS)
    text = "\n".join(shown(face, width))
    assert ".831/>=.83" in text
    assert ("typed" in text) is (width >= 24)
