"""The chance that open cards are finished by their due dates."""

from datetime import UTC, date, datetime, timedelta
from math import prod
from random import Random
from zoneinfo import ZoneInfo

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.display.number_text.due import chance_words, headline, summary, to_json
from mlkanban.flow.burn_up import burn_ups
from mlkanban.flow.card_chances import CardChances, Remaining, rest_of_day
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.due import DueCard, PartsDone, Prospects, due
from mlkanban.flow.forecast import forecast, learned
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Window
from tests.flow.logs import rows
from tests.service.people import Person


def lived(ada: Person, cards: int = 30, seed: int = 1) -> None:
    """Some months in which cards are finished in one to eight days, but for some of them."""
    rng = Random(seed)
    for stage in ada.board.stages:
        ada.sets(stage.name, limit=None, unattended=None)
    for number in range(cards):
        [ref] = ada.adds(f"card {number}", to="Features")
        ada.clock.now += timedelta(days=rng.choice((0, 0, 1, 2)))
        begun = ada.clock.now
        ada.clock.now += timedelta(days=rng.randrange(8), hours=1)
        what = rng.random()
        if what < 0.6:
            ada.moves(ref, to="Monitoring")
        elif what < 0.75:
            ada.cards.finish([ref], rng.choice((Outcome.SHIPPED, Outcome.LEARNED)))
        elif what < 0.8:
            ada.cards.finish([ref], Outcome.ABANDONED)
        elif what < 0.85:
            ada.cards.archive([ref])
        elif what < 0.9:
            ada.moves(ref, to="Ideas")
            ada.cards.finish([ref], Outcome.DISCARDED)
        elif what < 0.95:
            ada.moves(ref, to="Monitoring")
            ada.cards.archive([ref])
        else:
            ada.moves(ref, to="Monitoring")
            ada.moves(ref, to="Features")
        ada.clock.now = begun


def sampled(ada: Person) -> Sample:
    now = ada.clock.now
    workflow, histories = ada.history.for_flow(ada.board, now)
    return follow(workflow, histories, now, Window.back(None, workflow.day(now)))


def due_cards(ada: Person) -> dict[str, DueCard]:
    return {card.title: card for card in ada.service.planning.due_dates(ada.board).cards}


def rest_of_today(ada: Person) -> float:
    now = ada.clock.now.astimezone(ZoneInfo(ada.board.timezone))
    return 1 - (now.hour + now.minute / 60 + now.second / 3600) / 24


def day(ada: Person, ahead: int) -> str:
    return str(ada.clock.now.date() + timedelta(days=ahead))


@pytest.mark.parametrize(("seed", "ahead"), [(0, 0), (1, 3), (2, 9)])
def test_a_committed_card_has_the_chance_that_the_forecast_by_card_has(
    ada: Person, seed: int, ahead: int
) -> None:
    lived(ada, seed=seed)
    ada.clock.now += timedelta(days=9)
    ada.adds("young", to="Training")
    ada.clock.now += timedelta(days=2)
    for face in ada.boards.snapshot(ada.board_id).faces:
        if face.is_open:
            ada.cards.edit([face.ref], {"due": day(ada, ahead)})
    some = sampled(ada)
    found = ada.service.planning.due_dates(ada.board)
    forecasts = card_forecasts(some, days=ahead)
    assert found.n == forecasts.n > 20
    assert {card.ref: card.chance for card in found.cards} == {
        card.ref: card.chance for card in forecasts.cards
    }
    assert any(card.chance is not None for card in found.cards)


def test_a_merged_duplicate_was_not_finished(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=9)
    ada.adds("kept", to="Features", due=day(ada, 5))
    [merged], [kept] = (ada.adds(title, to="Features") for title in ("again", "other"))
    before = ada.service.planning.due_dates(ada.board).n
    ada.service.duplicates.merge(merged, kept)
    found = ada.service.planning.due_dates(ada.board)
    assert found.n == before == len(sampled(ada).finished)
    [chance] = [c.chance for c in card_forecasts(sampled(ada), days=5).cards if c.title == "kept"]
    assert due_cards(ada)["kept"].chance == chance


def test_another_card_is_finished_when_those_before_it_are(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=9)
    ada.adds("ready", to="Ready", due=day(ada, 20))
    ada.adds("first idea")
    ada.adds("second idea", due=day(ada, 12))
    [asleep] = ada.adds("asleep", due=day(ada, 30))
    ada.cards.snooze([asleep], date.fromisoformat(day(ada, 5)))
    some, found = sampled(ada), due_cards(ada)
    dates = learned(some).dates()
    for title, place, days in (("ready", 1, 20), ("second idea", 3, 12)):
        card = found[title]
        assert (card.place, card.age_days, card.days) == (place, None, days)
        assert card.chance == pytest.approx(dates.chance(len(some.open) + place, days))
    assert (found["asleep"].chance, found["asleep"].unknown) == (None, "not in the plan")


def test_a_card_waits_for_none_that_waits_for_its_parts(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=9)
    [whole] = ada.adds("whole", to="Features")
    ada.adds("begun", to="Training", parent=whole)
    ada.adds("next", to="Ready", due=day(ada, 0))
    alone = due_cards(ada)["next"].chance
    assert alone is not None
    assert 0 < alone < 1
    [idea] = ada.adds("another whole", to="Ready")
    ada.adds("part", parent=idea, to="Ready")
    ada.adds("also", to="Ready", parent=whole, due=day(ada, 9))
    found = due_cards(ada)
    some = sampled(ada)
    assert found["next"].chance == pytest.approx(alone, rel=0.05)
    assert (found["next"].place, found["also"].place) == (1, 3)
    # All in progress but the whole are finished first.
    dates = learned(some).dates()
    assert found["also"].chance == pytest.approx(dates.chance(len(some.open) - 1 + 3, 9))
    today = dates.chance(len(some.open) - 1 + 1, rest_of_today(ada))
    assert found["next"].chance == pytest.approx(today)


def test_one_event_has_one_chance(ada: Person) -> None:
    """Nothing is in progress, and the plan holds the parts of one card alone: the next three done
    are the card at place 3, and the whole."""
    lived(ada)
    for face in ada.boards.snapshot(ada.board_id).faces:
        if face.is_open:
            ada.cards.archive([face.ref])
    ada.clock.now += timedelta(days=9)
    [whole] = ada.adds("whole", to="Ready", due=day(ada, 9))
    for title in ("one", "two", "three"):
        ada.adds(title, parent=whole, due=day(ada, 9))
    found, some = due_cards(ada), sampled(ada)
    last = max(found.values(), key=lambda card: card.place or 0)
    assert (last.place, len(some.open)) == (3, 0)
    assert last.chance is not None
    assert 0.05 < last.chance < 0.95
    assert found["whole"].chance == last.chance
    told = forecast(some.of_all_time, cards=3)
    by = sum(chance for at, chance in told.dates if at <= found["whole"].due)
    assert by == pytest.approx(last.chance)
    [shown] = burn_ups(some, whole).cards
    assert [shown.by[p] for p in (50, 85)] == [told.when[p] for p in (50, 85)]


def test_a_card_with_parts_is_done_when_all_of_them_are(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=9)
    [whole] = ada.adds("whole", to="Features", due=day(ada, 12))
    for title in ("one", "two"):
        ada.adds(title, to="Training", parent=whole, due=day(ada, 12))
    [done] = ada.adds("done", to="Training", parent=whole)
    ada.cards.finish([done], Outcome.SHIPPED)
    found = due_cards(ada)
    one, two = (found[title].chance for title in ("one", "two"))
    assert one is not None
    assert two is not None
    assert found["whole"].chance == pytest.approx(prod((one, two)))
    assert (found["whole"].parts, found["whole"].age_days) == (2, None)
    [asleep] = ada.adds("asleep", parent=whole)
    ada.cards.snooze([asleep], date.fromisoformat(day(ada, 5)))
    assert due_cards(ada)["whole"].unknown == "a part is unknown"


def test_nothing_is_said_of_the_chance_while_a_card_is_blocked(ada: Person) -> None:
    """Neither its age nor its place knows how long a block goes on, even one that lasts beyond the
    date."""
    lived(ada)
    ada.clock.now += timedelta(days=9)
    [whole] = ada.adds("whole", to="Features", due=day(ada, 3))
    [part] = ada.adds("part", to="Training", parent=whole, due=day(ada, 3))
    [late] = ada.adds("late", to="Training", due=day(ada, -1))
    free = due_cards(ada)
    assert {free["whole"].unknown, free["part"].unknown} == {None}
    ada.cards.block([part, late], BlockReason.ENVIRONMENT, until=day(ada, 3))
    for cards in (due_cards(ada), {card.title: card for card in due(sampled(ada)).cards}):
        assert {title: (card.chance, card.unknown) for title, card in cards.items()} == {
            "late": (0.0, None),
            "part": (None, "blocked"),
            "whole": (None, "a part is blocked"),
        }
        assert chance_words(cards["part"]) == "chance unknown: blocked"
    faces = ada.boards.snapshot(ada.board_id).faces
    ids = {face.title: face.id for face in faces}
    assert set(ada.service.planning.prospects(ada.board).chances) == {ids["late"]}
    ahead = date.fromisoformat(day(ada, 3))
    assert ada.service.planning.chances(ada.board, faces, ahead)[ids["part"]] == (None, "blocked")
    agenda = ada.service.reviews.agenda(ada.board)
    proposed = {c.face.title: c.proposed for c in agenda.candidates}
    assert not proposed["part"]
    assert not proposed["whole"]
    ada.cards.unblock([part])
    assert due_cards(ada)["part"] == free["part"]


@pytest.mark.parametrize("seed", range(8))
def test_faces_count_parts_as_the_burn_up_does(ada: Person, seed: int) -> None:
    lived(ada, seed=seed)
    rng = Random(seed)
    ada.clock.now += timedelta(days=9)
    wholes = ada.adds(*(f"whole {n}" for n in range(4)), to="Features")
    ada.cards.edit([wholes[1]], {"parent": wholes[0]})
    ends = ["open"] * 5 + ["idea", "shipped", "learned", "abandoned", "archived", "duplicate"]
    for number in range(14):
        [part] = ada.adds(f"part {number}", parent=rng.choice(wholes[:3]))
        end = rng.choice(ends)
        if end == "idea":
            continue
        ada.moves(part, to="Training")
        ada.clock.now += timedelta(days=rng.randrange(3))
        if end == "archived":
            ada.cards.archive([part])
        elif end == "duplicate":
            ada.service.duplicates.merge(part, wholes[3])
        elif end != "open":
            ada.cards.finish([part], Outcome(end))
    expected = {
        card.ref: PartsDone(len(card.done_parts), card.parts, card.by.get(85))
        for card in burn_ups(sampled(ada)).cards
        if card.parts
    }
    refs = {face.id: face.ref for face in ada.boards.snapshot(ada.board_id).faces}
    found = ada.service.planning.prospects(ada.board).parts
    assert {refs[card]: parts for card, parts in found.items()} == expected
    assert len(expected) >= 2


def test_too_little_is_known_of_a_young_board(ada: Person) -> None:
    ada.adds("begun", to="Features", due=day(ada, 3))
    ada.adds("idea", due=day(ada, 3))
    ada.adds("late", to="Training", due=day(ada, -1))
    found = due_cards(ada)
    assert {title: (card.chance, card.unknown) for title, card in found.items()} == {
        "late": (0.0, None),
        "begun": (None, "too few older cards"),
        "idea": (None, "too little throughput"),
    }
    assert list(found) == ["late", "begun", "idea"]


def test_finished_cards_have_no_due_date_to_keep(ada: Person) -> None:
    for title in "ab":
        ada.adds(title, to="Features", due=day(ada, 3))
    refs = {card.title: card.ref for card in due_cards(ada).values()}
    ada.moves(refs["a"], to="Monitoring")
    ada.cards.finish([refs["b"]], Outcome.LEARNED)
    assert due_cards(ada) == {}
    said = summary(ada.service.planning.due_dates(ada.board))
    assert said.lines == ("No open card has a due date.",)


def test_what_is_said_of_due_dates(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=30)
    ada.adds("soon", to="Features", due=day(ada, 0))
    ada.adds("in time", to="Features", due=day(ada, 60))
    ada.adds("late", to="Training", due=day(ada, -2))
    [asleep] = ada.adds("asleep", due=day(ada, 30))
    ada.cards.snooze([asleep], date.fromisoformat(day(ada, 5)))
    due = ada.service.planning.due_dates(ada.board)
    said = summary(due)
    assert said.lines == (
        "2 of 3 cards whose chance is known have a chance below 50 %, 1 of them is late",
        "The chance of 1 card is unknown",
    )
    assert "".join(text for text, _ in headline(due)) == "2 of 3 below 50 %, 1 unknown"
    late, _, unknown, known = (row[2:5] for row in rows(said))
    assert late == ("LATE 2 d", "0 %", "its date")
    assert unknown == ("30 d", "unknown", "not in the plan")
    assert known == ("60 d", ">95 %", "age 1 d")
    data = to_json(due)
    assert (data["doubtful"], data["late"], data["unknown"]) == (2, 1, 1)
    prospects = ada.service.planning.prospects(ada.board)
    faces = ada.boards.snapshot(ada.board_id).faces
    assert {f.ref: prospects.chances[f.id] for f in faces if f.id in prospects.chances} == {
        card.ref: card.chance for card in due.cards if card.chance is not None
    }
    titles = {face.title for face in faces if face.id in prospects.doubtful}
    assert titles == {"soon", "late"}
    assert ada.service.portfolio.standing(ada.board).at_risk == 1  # soon; what is late is apart
    words = {card.title: chance_words(card) for card in due.cards}
    assert words["late"] == ""
    assert words["asleep"] == "chance unknown: not in the plan"
    assert words["in time"] == "chance >95 % by age 1 d"
    assert ada.service.planning.prospects(ada.board, []) == Prospects()


@pytest.mark.parametrize("seed", range(4))
def test_every_number_has_one_chance_of_a_card(ada: Person, seed: int) -> None:
    """Of cards with parts, of their parts, and of what is not begun: on the board as it is, in the
    history, in the forecast by card and in the burn-up, whichever cards are looked at."""
    lived(ada, seed=seed)
    ada.clock.now += timedelta(days=9)
    [whole] = ada.adds("whole", to="Features", due=day(ada, 30))
    [inner] = ada.adds("inner", parent=whole, to="Training", due=day(ada, 20))
    for title, parent, to in (
        ("a", inner, "Features"), ("b", inner, "Training"), ("c", whole, "Ready"),
    ):  # fmt: skip
        ada.adds(title, parent=parent, to=to, due=day(ada, 25))
    ada.adds("alone", to="Ready", due=day(ada, 25))
    ada.clock.now += timedelta(days=2)
    now, some = ada.service.planning.due_dates(ada.board), sampled(ada)
    assert due(some) == now
    by_title = {card.title: card for card in now.cards}
    a, b = by_title["a"], by_title["b"]
    for card in now.cards:
        if card.age_days is None and card.title not in ("whole", "inner"):
            continue
        [told] = [c for c in card_forecasts(some, days=card.days).cards if c.ref == card.ref]
        assert (told.chance, told.unknown, told.parts) == (card.chance, card.unknown, card.parts)
    assert a.chance is not None
    assert b.chance is not None
    inner_day = by_title["inner"].days
    both = [c.chance for c in card_forecasts(some, days=inner_day).cards if c.title in "ab"]
    assert by_title["inner"].chance == pytest.approx(prod(c or 0.0 for c in both))
    [burn] = burn_ups(some, whole).cards
    [told] = [c for c in card_forecasts(some, days=1).cards if c.ref == whole]
    assert burn.by == (told.by if told.unknown is None else {})
    few = some.only([whole], "whole")
    assert [(c.ref, c.chance) for c in due(few).cards] == [(whole, by_title["whole"].chance)]
    assert card_forecasts(few, days=1).cards == (told,)
    assert due(few).n == card_forecasts(few).n == now.n


class Even:
    """Cards of which one is finished by a day a year away with 85 %, and sooner in proportion."""

    def chance(self, cards: int, days: float) -> float:
        return min(1.0, (days * 0.85 / 365 + 1e-9) / cards)


@pytest.mark.parametrize(("p", "days"), [(50, 215), (84, 361), (85, 365), (86, None)])
def test_the_day_of_a_card_in_the_plan_is_the_first_with_that_chance(p: int, days: int) -> None:
    nothing = Remaining(kaplan_meier([], []), over=False)
    chances = CardChances(nothing, {}, {}, ["a", "b"], Even, 0.25)  # type: ignore[arg-type]
    assert chances.days("a", p) == days
    assert chances.chance("a", 0)[0] == pytest.approx(0.25 * 0.85 / 365, abs=1e-8)
    assert chances.by("a", -1) == (0.0, None)
    assert chances.by("b", 0) == chances.chance("b", 0)
    assert chances.chance("b", 365)[0] == pytest.approx(0.425)


def test_what_is_left_of_a_day_goes_by_the_second() -> None:
    day = datetime(2026, 3, 18, tzinfo=UTC)
    for seconds in (0, 1, 3_599, 47_111, 86_399):
        left = rest_of_day(day + timedelta(seconds=seconds))
        assert left == pytest.approx((86_400 - seconds) / 86_400, abs=1e-12)


def test_due_dates_of_an_earlier_day_are_those_of_that_day(ada: Person) -> None:
    lived(ada)
    ada.clock.now += timedelta(days=9)
    [moved] = ada.adds("moved", to="Features", due=day(ada, 5))
    [idea] = ada.adds("idea", to="Ready", due=day(ada, 6))
    then, wanted = ada.clock.now.date(), day(ada, 5)
    ada.clock.now += timedelta(days=3)
    ada.cards.edit([moved], {"due": day(ada, 40)})
    ada.moves(idea, to="Training")
    ada.adds("later", to="Training", due=day(ada, 9))
    workflow, histories = ada.history.for_flow(ada.board, ada.clock.now, then)
    until = workflow.end_of_day(then)
    some = follow(workflow, histories, until, Window.back(None, then))
    found = {card.title: card for card in due(some).cards}
    assert {*found} == {"moved", "idea"}
    assert str(found["moved"].due) == wanted
    assert found["moved"].age_days == 1
    assert (found["idea"].chance, found["idea"].unknown) == (None, "its place then is unknown")
