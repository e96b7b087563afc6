"""The face of a card: its words at any width, and that they never take more room than given."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.cells import shortened, wrapped
from mlkanban.core.board import (
    BlockReason,
    Board,
    CardFace,
    Health,
    Outcome,
    ServiceClass,
    Stage,
    Work,
)
from mlkanban.core.metrics import CardMetrics
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import instant
from mlkanban.display.card_face import (
    NOTHING_ASIDE,
    SNOOZED,
    FaceContext,
    HeadNote,
    Room,
    age,
    corner,
    detail_lines,
    due,
    folded,
    header,
    lines,
    printed,
    running,
    state_role,
)
from mlkanban.display.signs import ON_CARDS, OVER_STAGES, Sign
from mlkanban.flow.due import PartsDone, Prospects
from mlkanban.flow.pace import Pace
from mlkanban.glyphs import UTF8, Glyphs, glyphs
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.series import Latest
from tests.core.test_metrics import packed

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


def shown(
    face: CardFace, width: int, view: FaceContext = VIEW, *, title: int = 2, state: bool = True
) -> list[str]:
    made = lines(face, Room(width, title, state), view)
    return ["".join(piece.text for piece in line).rstrip() for line in made]


def on_paper(face: CardFace, width: int = 70, view: FaceContext = VIEW) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in printed(face, width, view)]


def test_a_card_begins_with_its_title_and_ends_with_its_clock() -> None:
    face = card(
        tags="gpu nlp", priority="high", metric=packed("auc=.917 auc>=.92"), work="unattended"
    )
    assert shown(face, 22) == [
        "▲ Focal loss for",
        "minority classes",
        "►run .917→≥.92",
        "g12 #gpu #nlp      20d",
    ]
    assert shown(face, 22, state=False) == [
        "▲ Focal loss for",
        "minority classes",
        "g12 ►run .917→≥.92 20d",
    ]
    assert shown(card(), 22) == ["Focal loss for", "minority classes", "g12                20d"]


def test_while_a_run_goes_on_only_its_newest_value_has_no_name_and_the_target_stays() -> None:
    running = Brief(2, since="2026-03-20T11:00:00Z").packed
    face = card(title="Focal", metric=packed("auc=.9498 auc>=.9"), runs=running)
    latest = Latest("r", "auc", 0.9438, 3, None, "step 3", (0.8, 0.9, 0.94))
    live = replace(VIEW, live={face.id: [latest]})
    assert shown(face, 40, live)[1] == "►1h .944 ▁▆█ was .95→≥.9"
    assert shown(face, 20, live)[1:] == ["►1h .944 ▁▆█ ≥.9", "g12              20d"]
    assert "was .95/>=.9" in shown(face, 60, replace(live, glyphs=glyphs("ascii")))[1]
    typed = face._replace(metric=packed("auc=.9498 auc>=.9", typed=True))
    assert "was .95→≥.9 typed" in shown(typed, 60, live)[1]
    assert shown(face._replace(metric=packed("auc=.9498")), 40, live)[1].endswith("█ was .9498")
    assert shown(face._replace(metric=packed("auc>=.9")), 40, live)[1].endswith("█ ≥.9")
    loss = latest._replace(name="loss", value=0.154, other=True)
    other = shown(face, 60, replace(VIEW, live={face.id: [loss]}))[1]
    assert "loss .154" in other
    assert " .95→≥.9" in other, "the number without a name is of the metric"
    assert "last" not in other


def test_a_title_takes_the_lines_there_are_and_is_cut_only_then() -> None:
    words = card(title="Substitution: which article is bought when one is sold out")
    assert shown(words, 20, title=6)[:-1] == [
        "Substitution: which", "article is bought", "when one is sold out",
    ]  # fmt: skip
    assert shown(words, 20, title=2)[:-1] == ["Substitution: which", "article is bought w…"]


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"priority": "urgent"}, "▲▲"),
        ({"priority": "high"}, "▲"),
        ({"block_reason": "bug"}, "■ bug"),
        ({"block_reason": "data-access", "block_external": 1}, "■ data-access"),
        ({"outcome": "learned"}, "= learned"),
        ({"archived": 1}, "archived"),
        ({"work": "unattended"}, "►run"),
        ({"work": "waiting"}, "waiting"),
        ({"service_class": "expedite"}, "expedite"),
        ({"due": "2026-03-22"}, "due 2d"),
        ({"due": "2026-03-20"}, "due today"),
        ({"due": "2026-03-18"}, "LATE 2d"),
        ({"metric": packed("auc=.9")}, "auc .9"),
        ({"tags": "gpu"}, "#gpu"),
        ({"health": "alert"}, "■ alert"),
        ({"health": "retraining"}, "► retraining"),
        ({"health": "watch"}, "• watch"),
    ],
)
@pytest.mark.parametrize("width", [30, 70])
@pytest.mark.parametrize("state", [True, False])
def test_every_state_has_a_sign_of_its_own(
    fields: dict[str, Any], mark: str, width: int, state: bool
) -> None:
    with_it = " ".join(shown(card(**fields), width, state=state))
    assert f" {mark} " in f" {with_it} "
    assert f" {mark} " not in f" {' '.join(shown(PLAIN, width, state=state))} "


RUNS = Brief(
    2, commit="a1b2c3d*", since="2026-03-19T22:00:00Z", gpu_hours=3.1
).packed  # fmt: skip
AIMED = card(
    metric=packed("val_auc=.917 val_auc>=.92"),
    runs=RUNS,
    tags="gpu",
    started_at="2026-03-13T10:00:00Z",
)


@pytest.mark.parametrize(
    ("width", "facts"),
    [
        (40, "g12 ►14h .917→≥.92 #gpu               8d"),
        (24, "g12 ►14h .917→≥.92    8d"),
        (18, "g12 ►14h .917   8d"),
        (12, "g12 ►14h  8d"),
        (9, "g12 ►  8d"),
    ],
)
def test_tags_then_the_target_then_words_are_cut_and_never_the_clock(
    width: int, facts: str
) -> None:
    assert shown(AIMED, width, state=False)[-1] == facts


@pytest.mark.parametrize(
    ("width", "state"),
    [(30, "■ data-access ►14h .917→≥.92"), (20, "■ data-access ►14h"), (15, "■ data-access ►"),
     (10, "■ data-ac…"), (5, "■ ►")],
)  # fmt: skip
def test_the_first_state_keeps_its_words_longest(width: int, state: str) -> None:
    blocked = AIMED._replace(block_reason="data-access")
    assert shown(blocked, width)[-2] == state


def test_in_ascii_a_target_stands_behind_a_slash() -> None:
    view = FaceContext.at(BOARD, NOW, glyphs=glyphs("ascii"))
    assert shown(AIMED, 40, view, state=False)[-1].startswith("g12 >14h .917/>=.92 #gpu ")


def test_what_has_no_room_in_the_line_of_the_state_goes_to_the_facts() -> None:
    blocked = AIMED._replace(block_reason="data-access")
    assert shown(blocked, 20)[-2:] == ["■ data-access ►14h", "g12 .917→≥.92     8d"]


@pytest.mark.parametrize(
    ("fields", "text", "role"),
    [
        ({"due": "2026-03-18"}, "LATE 2d", "alarm"),
        ({"due": "2026-03-22"}, "due 2d", "clock"),
        ({"due": "2026-04-22"}, "due 33d", "dim"),
        ({"due": "2026-04-22", "started_at": "2026-03-16T10:00:00Z"}, "5d!", "clock"),
        ({"started_at": "2026-03-16T10:00:00Z"}, "5d!", "clock"),
        ({"started_at": "2026-03-10T10:00:00Z"}, "11d!!", "clock"),
        ({"started_at": "2026-03-18T10:00:00Z"}, "3d", "dim"),
        ({}, "20d", "dim"),
    ],
)
def test_the_corner_has_the_most_urgent_clock(fields: dict[str, Any], text: str, role: str) -> None:
    view = FaceContext.at(BOARD, NOW, pace=Pace((None, 4, 6, None), 8))
    assert corner(card(**fields), view) == (text, role)


@pytest.mark.parametrize(
    ("fields", "role"),
    [
        ({}, "faint"),
        ({"block_reason": "bug", "work": "unattended"}, "alarm"),
        ({"health": "alert"}, "alarm"),
        ({"due": "2026-03-18", "work": "unattended"}, "alarm"),
        ({"due": "2026-03-22", "work": "unattended"}, "live"),
        ({"due": "2026-03-22"}, "clock"),
        ({"due": "2026-04-22"}, "faint"),
        ({"started_at": "2026-03-10T10:00:00Z"}, "clock"),
        ({"started_at": "2026-03-16T10:00:00Z"}, "faint"),
        ({"service_class": "expedite"}, "faint"),
    ],
)
def test_the_edge_says_what_is_most_urgent(fields: dict[str, Any], role: str) -> None:
    view = FaceContext.at(BOARD, NOW, pace=Pace((None, 4, 6, None), 8))
    assert state_role(card(**fields), view) == role


def test_a_folded_card_is_its_sign_and_its_title() -> None:
    def line(**fields: Any) -> str:
        [line] = folded(card(**fields), 17, VIEW)
        return "".join(text for text, _ in line).rstrip()

    assert line() == "Focal loss for m…"
    assert line(health="alert") == "■ Focal loss for…"
    assert line(health="retraining", title="Churn") == "► Churn"
    assert line(health="watch", title="Churn") == "• Churn"


def test_a_printed_card_names_its_metric() -> None:
    assert on_paper(AIMED) == [
        "g12   Focal loss for minority classes                               8d",
        "      ►14h val_auc .917→≥.92 #gpu",
    ]
    assert on_paper(card()) == [
        "g12   Focal loss for minority classes                              20d"
    ]


def test_the_time_of_a_run_is_as_old_as_the_view() -> None:
    def said(minutes: int, **more: Any) -> str:
        begun = instant(NOW - timedelta(minutes=minutes))
        return running(card(runs=Brief(1, since=begun, **more).packed), VIEW)

    assert said(0) == "0s"
    assert said(1) == "1m"
    assert said(119) == "1h"
    assert said(72 * 60) == "3d"
    assert said(60, sure=False) == "1h?", "nobody sees its processes"
    assert running(card(runs=Brief(1).packed), VIEW) == ""
    assert running(card(runs=Brief(1).packed, work="unattended"), VIEW) == "run"


def test_a_run_that_waits_is_not_called_running() -> None:
    waits = Brief(1, waits=(NOW - timedelta(hours=2)).timestamp())
    assert shown(card(runs=waits.packed, work="unattended"), 30)[-2] == "•2h"
    held = Brief(1, queued=1, held=1)
    assert shown(card(runs=held.packed, work="unattended"), 30)[-2] == "•held"
    going = waits._replace(since=instant(NOW - timedelta(hours=1)))
    assert shown(card(runs=going.packed), 30)[-2] == "►1h", "what goes on says more"


def test_a_metric_with_a_blank_and_a_slash_in_its_name_is_shown_whole() -> None:
    face = card(metric=packed("a/b>=.9", "lat/p95 ms=61 lat/p95 ms<=50"))
    assert shown(face, 60)[-2] == "a/b≥.9 ✗ lat/p95 ms 61→≤50"
    assert shown(card(metric=packed("lat/p95 ms>=.9")), 60)[-2] == "lat/p95 ms≥.9"
    assert shown(card(metric=packed("lat/p95 ms=.9")), 60)[-2] == "lat/p95 ms .9"
    nameless = card(metric=CardMetrics({"name": "lat/p95 ms"}).packed)
    assert shown(nameless, 60)[-2] == "lat/p95 ms"


def test_the_configuration_tried_last_is_named_where_another_is_judged() -> None:
    runs = Brief(5, last=0.9351).packed
    face = card(metric=packed("auc=.8 auc>=.92"), runs=runs)
    assert shown(face, 30)[-2] == ".8→≥.92 last .935"
    assert shown(face, 12)[-2:] == [".8→≥.92", "g12      20d"]


def test_a_value_on_a_face_has_the_digits_it_needs_and_stays_on_its_side() -> None:
    assert shown(card(metric=packed("auc=.943431 auc>=.9")), 30)[-2] == ".943→≥.9"
    assert shown(card(metric=packed("auc=.899997 auc>=.9")), 30)[-2] == ".899997→≥.9"
    below = card(metric=packed("auc=.8 auc>=.9"), runs=Brief(5, last=0.899997).packed)
    assert shown(below, 30)[-2] == ".8→≥.9 last .899997"


def test_a_broken_guard_stands_behind_the_metric() -> None:
    face = card(
        metric=packed("auc=.93 auc>=.92", "p95_ms=61 p95_ms<=50", "fpr<=1.25", "ram=8 ram<=8")
    )
    wide = ".93→≥.92 ✗ p95_ms 61→≤50"
    assert shown(face, 40)[-2] == wide, "what holds, or is not known, is not"
    assert shown(face, 20)[-2] == ".93→≥.92 ✗ p95_ms 61"
    assert shown(face, 18)[-2] == ".93→≥.92 ✗ p95_ms", "no number is cut"
    assert shown(face, 10)[-2] == ".93→≥.92 ✗"
    assert shown(face, 8)[-2] == ".93 ✗", "the metric gives way to the sign"
    assert "✗ p95_ms 61→≤50" in on_paper(face)[1]
    assert not any(
        "✗" in line for line in shown(card(metric=packed("auc=.93 auc>=.92", "p95=50 p95<=50")), 40)
    )
    low = card(metric=packed("loss=.1 loss<=.2", "recall=.3 recall>=.5"))
    assert shown(low, 40)[-2].endswith("✗ recall .3→≥.5")
    better = card(metric=face.metric, runs=Brief(5, last=0.9351).packed)
    assert shown(better, 40)[-2] == ".93→≥.92 last .935 ✗ p95_ms 61→≤50"
    assert shown(better, 24)[-2] == ".93→≥.92 ✗ p95_ms 61→≤50"


def test_a_guard_within_the_spread_of_its_runs_is_open_on_the_face() -> None:
    kept = CardMetrics.read(packed("auc=.93 auc>=.92", "ms=48 ms<=50"))
    [guard] = kept.guards
    face = card(metric=CardMetrics(kept.metric, ({**guard, "state": "open"},)).packed)
    assert shown(face, 40)[-2] == ".93→≥.92 ? ms 48→≤50"
    assert shown(face, 12)[-2] == ".93→≥.92 ?"


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
    ("load", "signs", "roles"),
    [
        (Load(1), "1/2 ►0/1", ["dim", "dim"]),
        (Load(2, 1), "2/2 ►1/1", ["clock", "clock"]),
        (Load(3, 0), "3/2! ►0/1", ["alarm", "dim"]),
        (Load(1, 2), "1/2 ►2/1!", ["dim", "alarm"]),
    ],
)
def test_each_of_two_counts_has_the_colour_of_its_own_limit(
    load: Load, signs: str, roles: list[str]
) -> None:
    line = header(BOARD, 1, load, standing=0).signs(UTF8)
    assert "".join(text for text, _ in line) == signs
    assert [role for _, role in line] == roles


def test_under_a_filter_a_count_says_how_many_are_found() -> None:
    line = header(BOARD, 2, Load(2), standing=0, found=Load(1)).signs(UTF8)
    assert line == [("1 of 2/2", "clock")]
    line = header(BOARD, 1, Load(2, 1), standing=0, found=Load(1)).signs(UTF8)
    assert line == [("1 of 2/2", "clock"), (" ►0 of 1/1", "dim")]
    line = header(BOARD, 2, Load(2), standing=0, found=Load()).signs(UTF8)
    assert line == [("0 of 2/2", "dim")], "of nothing nobody needs to be warned"


def test_a_stage_without_cards_has_the_same_counts_under_a_filter() -> None:
    for position in (1, 2):
        with_filter = header(BOARD, position, Load(), standing=0, found=Load())
        assert with_filter == header(BOARD, position, Load(), standing=0)


TITLES = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("模型 👩‍👧é\u0301\t\x1b\u202e[]/"),
    ),
    max_size=200,
)


@given(TITLES, TITLES, st.integers(1, 120), st.integers(1, 6), st.integers(0, 5), st.booleans())
def test_no_line_is_wider_than_its_place_and_nothing_raw_comes_out(
    title: str, tags: str, width: int, most: int, state: int, ascii: bool
) -> None:
    face = card(
        title=title, tags=tags, priority="urgent", block_reason="bug",
        metric=CardMetrics({"name": title}).packed,
        runs=Brief(7, commit=tags[:8], since="2026-03-01T00:00:00Z", gpus=1).packed,
    )  # fmt: skip
    view = FaceContext.at(BOARD, NOW, glyphs=glyphs("ascii") if ascii else UTF8)
    drawn = lines(face, Room(width, most, state), view, [tags])
    assert len(drawn) <= most + state + 1
    drawn += [*folded(face, width, view), *folded(face, width, view, 3)]
    drawn += [*printed(face, width, view, [title])]
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


@given(st.text(st.sampled_from("ab 模"), max_size=60), st.integers(3, 30), st.integers(1, 9))
def test_a_title_in_several_lines_keeps_its_words_in_order(
    text: str, width: int, most: int
) -> None:
    broken = wrapped(text, width, most, "…")
    assert len(broken) <= most
    assert all(0 < cell_len(line) <= width for line in broken)
    if broken and broken[-1].endswith("…"):
        assert len(broken) == most
    else:
        assert "".join("".join(broken).split()) == "".join(text.split())


def test_words_are_kept_whole_where_that_loses_little() -> None:
    words = wrapped("focal loss for minority classes", 20, 2, "…")
    assert words == ["focal loss for", "minority classes"]
    assert wrapped("pneumonoultramicroscopic", 10, 2, "…") == ["pneumonoul", "tramicros…"]
    assert wrapped("short", 10, 2, "…") == ["short"]
    assert wrapped("", 10, 2, "…") == []


def test_five_thousand_characters_are_no_trouble() -> None:
    face = card(title="x" * 5000)
    assert [len(line) for line in shown(face, 20, state=False)] == [20, 20, 20]


def explained(text: str, signs: Sequence[Sign]) -> bool:
    return any(re.fullmatch(sign.pattern, text) for sign in signs)


BRIEF = Brief(3, "a1b2c3d*", since=instant(NOW - timedelta(hours=14)), gpu_hours=3.1, last=0.95)
FACES = [
    card(priority="urgent", started_at="2026-03-16T10:00:00Z"), card(priority="high"),
    card(priority="low", finished_at="2026-03-19T10:00:00Z", started_at="2026-03-16T10:00:00Z"),
    card(finished_at="2026-03-19T10:00:00Z", outcome="discarded", archived=1),
    *(card(health=health, stage="done", outcome="shipped") for health in Health),
    *(card(outcome=outcome) for outcome in Outcome),
    *(card(block_reason=reason, block_external=at % 2) for at, reason in enumerate(BlockReason)),
    *(card(work=work) for work in Work), *(card(service_class=kind) for kind in ServiceClass),
    *(card(due=day) for day in ("2026-03-20", "2026-03-10", "2026-04-01")),
    card(metric=packed("val_auc=.917 val_auc>=.92"), runs=BRIEF.packed, work="unattended"),
    card(metric=packed("auc=.917 auc>=.92", "p95_ms=61 p95_ms<=50", "val rate=.3 val rate>=.5")),
    card(metric=packed("val_auc=.917"), runs=BRIEF._replace(sure=False, partly=True).packed),
    card(tags=" ".join(f"t{at}" for at in range(5000))),
]  # fmt: skip


@pytest.mark.parametrize("width", [30, 200])
@pytest.mark.parametrize("face", FACES)
def test_every_sign_on_a_card_is_explained(face: CardFace, width: int) -> None:
    view = FaceContext.at(BOARD, NOW, pace=Pace((None, 3, None, None), 4))
    rest = face._replace(title="", ref="")
    drawn = [*lines(rest, Room(width, 1, True), view, ["g4", "g5"]), *printed(rest, width, view)]
    for line in drawn:
        for text, _ in line:
            if text.strip() and not text.endswith("…"):
                assert explained(text.strip(), ON_CARDS), text


@pytest.mark.parametrize(
    ("due", "chance", "said"),
    [
        ("2026-03-19", 0.0, "LATE 1d"), ("2026-03-20", 0.37, "due today 37%!"),
        ("2026-03-21", 0.004, "due 1d <1%!"), ("2026-05-01", 0.499, "due 42d <50%!"),
        ("2026-05-01", 0.5, "due 42d 50%"), ("2026-03-22", 0.99, "due 2d >95%"),
    ],
)  # fmt: skip
def test_a_due_date_has_its_chance_and_is_marked_below_half_of_it(
    due: str, chance: float, said: str
) -> None:
    face = card(due=due, started_at="2026-03-01T09:00:00.000000Z")
    view = FaceContext.at(BOARD, NOW, prospects=Prospects({face.id: chance}))
    clock = corner(face, view)
    role = "alarm" if said.startswith("LATE") else "clock"
    assert (clock.text, clock.role) == (said, "dim" if said == "due 42d 50%" else role)
    assert any(said in line for line in on_paper(face, view=view))
    assert explained(said, ON_CARDS)
    sure = corner(face, FaceContext.at(BOARD, NOW))
    assert sure.text == re.sub(r" [<>]?\d+%!?$", "", said)
    assert corner(face._replace(outcome="shipped"), view).text.startswith("2")


@pytest.mark.parametrize(
    ("width", "due", "said"),
    [
        (17, "2026-03-22", "g129 due 2d <50%!"), (16, "2026-03-22", "g129     due 2d!"),
        (12, "2026-03-22", "g129 due 2d!"), (11, "2026-03-22", "g129    2d!"),
        (7, "2026-03-22", "g129   "), (13, "2026-02-22", "g129 LATE 26d"),
        (12, "2026-02-22", "g129    LATE"), (13, "2026-03-20", "g129   today!"),
    ],
)  # fmt: skip
def test_the_clock_of_a_card_gives_way_to_its_id(width: int, due: str, said: str) -> None:
    face = card(ref="g129", due=due, started_at="2026-03-01T09:00:00.000000Z")
    view = FaceContext.at(BOARD, NOW, prospects=Prospects({face.id: 0.499}))
    for state in range(4):
        last = lines(face._replace(tags=""), Room(width, 2, state), view)[-1]
        assert "".join(piece.text for piece in last) == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (PartsDone(3, 5, date(2026, 12, 22)), "3/5, 85 % by 12-22"),
        (PartsDone(3, 5, date(2027, 1, 2)), "3/5, 85 % by 2027-01-02"),
        (PartsDone(5, 5, None), "5/5"), (PartsDone(0, 2, None), "0/2"),
    ],
)  # fmt: skip
def test_a_card_with_parts_says_how_many_are_done_and_by_when_all_are(
    parts: PartsDone, said: str
) -> None:
    face = card()
    view = FaceContext.at(BOARD, NOW, prospects=Prospects(parts={face.id: parts}))
    assert any(said in line for line in on_paper(face, view=view))
    assert explained(said, ON_CARDS)
    narrow = "".join(text for line in lines(face, Room(18, 1, 1), view) for text, _ in line)
    assert f"parts {said.partition(',')[0]}" in narrow or said in narrow, "no fraction of what?"
    assert explained(f"parts {said}", ON_CARDS)


def test_runs_that_wait_stand_behind_the_limits_of_their_stage() -> None:
    head = header(BOARD, 1, Load(1, 2), standing=0, queued=3)
    assert "".join(text for text, _ in head.signs(UTF8)).endswith(" •3")
    assert "".join(text for text, _ in head.signs(glyphs("ascii"))).endswith(" *3")
    assert head.text.endswith("running, 3 waiting") or ", 3 waiting" in head.text
    assert "•" not in "".join(text for text, _ in head.limits(UTF8))


@pytest.mark.parametrize("found", [None, Load(1)])
@pytest.mark.parametrize("note", [NOTHING_ASIDE, HeadNote(2, SNOOZED), HeadNote(2, "finished")])
@pytest.mark.parametrize("load", [Load(0), Load(2), Load(3), Load(2, 1), Load(3, 2)])
def test_every_sign_over_a_stage_is_explained(
    load: Load, note: HeadNote, found: Load | None
) -> None:
    for at in range(3):
        queued = 3 * (BOARD.stages[at].unattended is not None)
        merged = at == 2
        head = header(BOARD, at, load, 1, found=found, note=note, by_merge=merged, queued=queued)
        counts = "".join(text for text, _ in head.signs(UTF8))
        for text in (counts, note.text.strip(", "), note.brief.strip()):
            assert not text or explained(text, OVER_STAGES), text


@pytest.mark.parametrize("width", [26, 30, 60, 200])
def test_thousands_of_tags_are_counted_and_a_huge_title_is_cut_first(width: int) -> None:
    crowded = card(tags=" ".join(f"t{at}" for at in range(5000)), title="T" * 1_000_000)
    last = shown(crowded, width)[-1]
    assert last.startswith("g12 #t0 #t1 ")
    assert ("+4,998 more" in last) is (width >= 28)
    assert all(cell_len(line) <= width for line in shown(crowded, width))
    few = card(tags="a b c d e f g h")
    assert "more" not in shown(few, 200)[-1]
    numbered = card(ref="abcdefgh999999999zzzzzzzz")
    assert all(cell_len(line) <= width for line in shown(numbered, width))


@pytest.mark.parametrize("width", [6, 14, 20, 24, 40, 80])
def test_a_typed_value_is_shown_before_the_word_that_says_so(width: int) -> None:
    face = card(metric=packed("val_auc=.831 val_auc>=.83", typed=True))
    assert shown(face, width)[-2] == (
        ".831" if width == 6 else ".831→≥.83" if width == 14 else ".831→≥.83 typed"
    )


def test_with_several_lines_for_its_state_a_card_says_all_in_full() -> None:
    face = card(
        block_reason="data-access", metric=packed("val_auc=.944 val_auc>=.95"),
        tags="labels fraud incident",
        started_at="2026-03-01T09:00:00Z", entered_at="2026-03-14T09:00:00Z",
    )  # fmt: skip
    view = FaceContext.at(BOARD, NOW)
    drawn = ["".join(p.text for p in line).rstrip() for line in lines(face, Room(20, 1, 5), view)]
    assert drawn[1:-1] == [
        "■ data-access",
        "val_auc .944→≥.95",
        "#labels #fraud",
        "#incident",
    ]
    assert "#" not in drawn[-1]
    assert detail_lines(face, 20, view, (), 9) == 4
    assert detail_lines(face, 60, view, (), 9) == 1
    assert len(lines(face, Room(20, 1, 2), view)) == 4, "what finds no place is left out"


def test_a_folded_card_goes_on_in_a_second_line() -> None:
    drawn = folded(card(health="alert"), 17, VIEW, 3)
    assert ["".join(p.text for p in line) for line in drawn] == [
        "■ Focal loss for",
        "minority classes",
        "          20d g12",
    ]
    assert drawn[0][0].role == "alarm"
    *_, last = folded(card(health="alert"), 17, VIEW, 2)
    assert "".join(p.text for p in last) == "minority cla… g12", (
        "the id before the end of the title, the clock where it costs nothing"
    )
    [only] = folded(card(health="alert"), 17, VIEW, 1)
    assert "".join(p.text for p in only) == "■ Focal loss for…"


def test_nothing_is_said_twice_where_its_short_form_is_drawn() -> None:
    face = card(
        tags="a-tag-of-fourteen", started_at="2026-03-01T09:00:00Z",
        entered_at="2026-03-14T09:00:00Z", metric=packed("val_auc=.944 val_auc>=.95"),
    )  # fmt: skip
    for width in range(6, 60):
        for state in range(6):
            drawn = lines(face, Room(width, 1, state), FaceContext.at(BOARD, NOW))
            text = " ".join(piece.text for line in drawn for piece in line)
            assert "here" not in text, "a card has one clock, in its corner"
            assert text.count("#a-tag") <= 1, text


def test_a_measured_value_takes_two_lines_rather_than_being_cut() -> None:
    face = card(metric=packed("val_auc=.959 val_auc>=.92", "p95_ms=70.87 p95_ms<=50"))
    made = ["".join(p.text for p in line).rstrip() for line in lines(face, Room(15, 1, 4), VIEW)]
    assert made[1:-1] == ["val_auc", ".959→≥.92", "✗ p95_ms 70.9→", "≤50"]
    assert detail_lines(face, 15, VIEW, (), 4) == 4
    assert detail_lines(face, 20, VIEW, (), 4) == 2


@pytest.mark.parametrize("signs", [UTF8, glyphs("ascii")])
@pytest.mark.parametrize("most", range(1, 7))
def test_no_number_stands_behind_the_name_of_another_metric(signs: Glyphs, most: int) -> None:
    face = card(metric=packed("val_auc=.94097 val_auc>=.95", "p95_ms=62.9 p95_ms<=50"))
    view = FaceContext.at(BOARD, NOW, glyphs=signs)
    for width in range(13, 40):
        made = ["".join(p.text for p in line) for line in lines(face, Room(width, 1, most), view)]
        for line in made[1:]:
            name, _, behind = line.partition("p95_ms")
            assert ".94" not in behind, made
            assert not ("62.9" in line and "p95_ms" not in line), made
            assert "62.9" not in name, made


@pytest.mark.parametrize("state", range(4))
def test_the_name_of_a_metric_goes_before_its_target(state: int) -> None:
    face = card(metric=packed("labels_saved>=.5"))
    for width in range(12, 40):
        text = " ".join(p.text for line in lines(face, Room(width, 1, state), VIEW) for p in line)
        assert text.count("≥.5") == 1, (width, text)
        assert "labels_saved" not in text or "labels_saved≥.5" in text, (width, text)


@pytest.mark.parametrize("signs", [UTF8, glyphs("ascii")])
def test_a_card_that_waits_names_the_other_one_at_any_width(signs: Glyphs) -> None:
    view = FaceContext.at(BOARD, NOW, glyphs=signs)
    for width in range(16, 40):
        made = lines(card(), Room(width, 1), view, ["g136", "g2"])
        text = "".join(piece.text for piece in made[-1])
        assert "g136" in text, (width, text)
        assert "needs" not in text or "needs g136" in text


def test_the_clock_of_a_folded_card_goes_before_the_end_of_its_title() -> None:
    late = card(due="2026-03-17", title="Chargeback labels of the new provider")
    *_, last = folded(late, 17, VIEW, 2)
    assert "".join(p.text for p in last) == "of t… LATE 3d g12"
