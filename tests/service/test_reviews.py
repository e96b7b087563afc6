"""Reviews: what was promised and what came of it, answers as changes that can be undone, and
replicas that both reviewed."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.model_versions import VersionName
from mlkanban.core.review import Agenda, Result, Review, ReviewPart
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from tests.service.exchanging import meet, shown
from tests.service.people import Person
from tests.store.test_projections import assert_log_and_tables_agree


def agenda(person: Person) -> Agenda:
    return person.service.reviews.agenda(person.board)


def keys(person: Person) -> list[str]:
    return [topic.key for topic in agenda(person).left]


def answers(person: Person, key: str, word: str, text: str = "") -> str:
    return person.service.reviews.answer(person.board, key, word, text).message


def promises(person: Person, *refs: str, until: date | None = None) -> str:
    return person.service.reviews.end(person.board, refs, until=until).message


def later(person: Person, days: int) -> None:
    person.clock.now += timedelta(days=days)


def finish(person: Person, ref: str, outcome: Outcome = Outcome.LEARNED, verdict: str = "") -> None:
    person.cards.finish([ref], outcome, verdict=verdict)


def came(review: Review | None) -> dict[str, tuple[str, int]]:
    assert review is not None
    return {c.card: (c.result.value, c.late_days) for c in review.came}


def has_rhythm(person: Person, text: str = "14d") -> None:
    person.service.charter.set(person.board_id, "rhythm", text)


def test_a_review_is_due_a_rhythm_after_the_last_one_or_after_the_rhythm_was_set(
    ada: Person,
) -> None:
    def state() -> tuple[int | None, date | None, date | None, bool]:
        now = ada.service.reviews.state(ada.board)
        return now.every, now.last, now.next, now.is_due

    assert state() == (None, None, None, False)
    has_rhythm(ada, "2w")
    day = ada.clock.now.date()
    assert state() == (14, None, day + timedelta(14), False)
    later(ada, 14)
    assert state() == (14, None, day + timedelta(14), True)
    promises(ada)
    assert state() == (14, day + timedelta(14), day + timedelta(28), False)
    has_rhythm(ada, "")
    assert state() == (None, day + timedelta(14), None, False)


def test_a_rhythm_that_cannot_be_read_is_refused_on_every_path(ada: Person) -> None:
    with pytest.raises(UsageProblem, match="no rhythm"):
        has_rhythm(ada, "sometimes")
    page, since = ada.service.charter.page(ada.board_id)
    with pytest.raises(Exception, match="no rhythm"):
        ada.service.charter.save(ada.board_id, f"{page}\n".replace(
            "<!-- How often the work is reviewed: 14d or 2w. -->", "sometimes"), since)  # fmt: skip
    assert ada.service.charter.of(ada.board_id)["rhythm"] == ""


def test_the_next_review_compares_what_was_promised_with_what_came_of_it(ada: Person) -> None:
    done, tardy, open_, left, gone = ada.adds("a", "b", "c", "d", "e", to="Ideas")
    ada.moves(left, to="Data prep")
    assert keys(ada) == []
    day = ada.clock.now.date()
    assert promises(ada, done, tardy, open_, left) == (
        f"Review 1 ended: 4 cards promised until {day + timedelta(14):%a %m-%d}."
    )
    assert ada.cards.get(done).values["promised"] == day + timedelta(14)
    later(ada, 3)
    finish(ada, done)
    finish(ada, left, Outcome.ABANDONED)
    later(ada, 13)
    finish(ada, tardy)
    [topic] = [topic for topic in agenda(ada).topics if topic.part is ReviewPart.PROMISED]
    promises(ada, open_, gone)
    last = ada.service.reviews.last(ada.board_id)
    assert last is not None
    assert last.came == topic.came
    assert came(last) == {
        done: ("done", 0), tardy: ("done", 2), open_: ("late", 2), left: ("dropped", 0)
    }  # fmt: skip
    assert last.promised == (open_, gone)
    assert [r.promised for r in ada.service.reviews.ended(ada.board_id)] == [
        (done, tardy, open_, left), (open_, gone),
    ]  # fmt: skip


ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["finish", "abandon", "archive", "open again", "undo"]),
        st.integers(0, 6),
    ),
    max_size=8,
)


@given(ACTIONS, st.sets(st.integers(0, 3)), st.integers(1, 20))
def test_promised_against_achieved(
    actions: list[tuple[int, str, int]], promised: set[int], until: int
) -> None:
    """The reference follows what was done by itself, and asks the board nothing."""
    with tempfile.TemporaryDirectory() as folder:
        ada = Person(Path(folder))
        ada.starts("plain")
        ada.sets("Doing", limit=None)
        refs = ada.adds("a", "b", "c", "d", to="Doing")
        day = ada.clock.now.date() + timedelta(until)
        promises(ada, *(refs[at] for at in sorted(promised)), until=day)
        past: list[list[str | date]] = []
        states: list[str | date] = ["open"] * 4
        for at, action, days in actions:
            later(ada, days)
            if action == "undo":
                if past:
                    ada.undoes()
                    states = past.pop()
                continue
            ended = states[at] != "open"
            if ended != (action == "open again") or states[at] == "archived":
                continue
            past.append([*states])
            if action == "open again":
                ada.moves(refs[at], to="Doing")
                states[at] = "open"
            elif action == "archive":
                ada.cards.archive([refs[at]])
                states[at] = "archived"
            else:
                outcome = Outcome.ABANDONED if action == "abandon" else Outcome.LEARNED
                finish(ada, refs[at], outcome)
                states[at] = "left" if action == "abandon" else ada.clock.now.date()
        late = (ada.clock.now.date() - day).days
        expected = {}
        for at in sorted(promised):
            state = states[at]
            if isinstance(state, date):
                expected[refs[at]] = ("done", max(0, (state - day).days))
            elif state == "open":
                expected[refs[at]] = ("late", late) if late > 0 else ("open", 0)
            else:
                expected[refs[at]] = ("dropped", 0)
        promises(ada)
        assert came(ada.service.reviews.last(ada.board_id)) == expected
        ada.service.close()


def test_only_open_cards_of_the_board_are_promised(ada: Person) -> None:
    done, other = ada.adds("done", "other")
    finish(ada, done)
    with pytest.raises(RuleRefused, match=f"{done} is done"):
        promises(ada, other, done)
    assert ada.cards.get(other).values["promised"] is None
    with pytest.raises(UsageProblem, match="does not lie ahead"):
        promises(ada, other, until=ada.clock.now.date())
    with pytest.raises(NotFound):
        promises(ada, "v999")
    here = ada.board_id
    ada.starts("plain", "Other")
    [elsewhere] = ada.adds("elsewhere")
    ada.board_id = here
    with pytest.raises(RuleRefused, match="on another board"):
        promises(ada, elsewhere)
    assert ada.service.reviews.last(ada.board_id) is None


def test_what_is_not_promised_again_is_promised_no_more(ada: Person) -> None:
    one, two = ada.adds("one", "two")
    promises(ada, one)
    promises(ada, two)
    assert [ada.cards.get(ref).values["promised"] is not None for ref in (one, two)] == [
        False, True,
    ]  # fmt: skip
    assert ada.undoes() == f"Undone: ending the review, with {one}, {two}."
    assert [ada.cards.get(ref).values["promised"] is not None for ref in (one, two)] == [
        True, False,
    ]  # fmt: skip
    assert len(ada.service.reviews.ended(ada.board_id)) == 1
    ada.redoes()
    assert len(ada.service.reviews.ended(ada.board_id)) == 2
    assert_log_and_tables_agree(ada)


def test_lessons_are_confirmed_or_written_in_a_line(ada: Person) -> None:
    good, silent, chore = ada.adds("good", "silent", "chore", to="Data prep", override="test")
    ada.cards.edit([chore], {"type": "chore"})
    promises(ada)
    finish(ada, good, verdict="order helps")
    finish(ada, silent)
    finish(ada, chore)
    assert keys(ada) == ["promised", f"learned:{good}", f"learned:{silent}"]
    with pytest.raises(UsageProblem, match="takes no answer 'stands'"):
        answers(ada, f"learned:{silent}", "stands")
    with pytest.raises(UsageProblem, match="needs a line"):
        answers(ada, f"learned:{silent}", "line", "  ")
    with pytest.raises(UsageProblem, match="takes no text"):
        answers(ada, f"learned:{good}", "stands", "x")
    with pytest.raises(NotFound, match="does not ask about"):
        answers(ada, f"learned:{chore}", "line", "x")
    answers(ada, f"learned:{good}", "stands")
    answers(ada, f"learned:{silent}", "line", "no\neffect")
    assert ada.cards.get(silent).verdict == "no effect"
    assert keys(ada) == ["promised"]
    assert ada.undoes() == f"Undone: an answer in the review, with {silent} silent."
    assert ada.cards.get(silent).verdict == ""
    assert keys(ada) == ["promised", f"learned:{silent}"]
    ada.redoes()
    answers(ada, "promised", "seen")
    promises(ada)
    given = ada.service.reviews.ended(ada.board_id)[-1].answers
    assert [(a.key, a.answer, a.text) for a in given] == [
        (f"learned:{good}", "stands", "order helps"),
        (f"learned:{silent}", "line", "no effect"),
        ("promised", "seen", ""),
    ]
    assert keys(ada) == ["promised"]  # the lessons were seen
    assert_log_and_tables_agree(ada)


def test_answers_are_undone_one_by_one_in_any_order(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "risks", "- drift\n- labels")
    first, second = [topic.key for topic in agenda(ada).topics]
    answers(ada, first, "still")
    answers(ada, second, "still")
    earlier = ada.undoing.latest(ada.board_id, 2)[1]
    ada.undoing.undo_action(ada.board_id, earlier.id)
    assert keys(ada) == [first, second]  # with it the beginning of the review
    ada.undoes()
    assert_log_and_tables_agree(ada)


def test_risks_are_kept_changed_or_taken_out_of_the_charter(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "risks", "Watch:\n- drift\n- labels\n- staff")
    drift, labels, staff = keys(ada)
    answers(ada, drift, "still")
    answers(ada, labels, "line", "labels come monthly")
    answers(ada, drift, "line", "drift")  # as it was
    answers(ada, staff, "gone")
    risks = ada.service.charter.of(ada.board_id)["risks"]
    assert risks == "Watch:\n- drift\n- labels come monthly"
    assert keys(ada) == []  # the new line is the answer, and is not asked about
    ada.undoes()
    assert ada.service.charter.of(ada.board_id)["risks"].endswith("- staff")
    assert keys(ada) == [staff]
    promises(ada)
    assert len(keys(ada)) == 4  # the next review asks about all of them, and what was promised


def test_a_risk_that_somebody_else_changed_is_not_asked_about(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "risks", "- drift")
    [key] = keys(ada)
    ada.service.charter.set(ada.board_id, "risks", "- drift in autumn")
    with pytest.raises(NotFound):
        answers(ada, key, "gone")


def test_overrides_and_lost_days_since_the_last_review(ada: Person) -> None:
    ada.sets("Training", limit=1)
    one, two = ada.adds("one", "two")
    ada.moves(one, to="Training")
    ada.moves(two, to="Training", override="before the last review")
    promises(ada)
    ada.moves(two, to="Features")
    ada.moves(two, to="Training", override="quick check")
    ada.cards.block([one], BlockReason.DATA_ACCESS)
    later(ada, 3)
    ada.cards.unblock([one])
    topics = {topic.key: topic for topic in agenda(ada).topics}
    [override] = topics[f"overrides:{two}"].overrides
    assert (override.stage, override.reason) == ("Training", "quick check")
    [lost] = topics["blocked"].lost
    assert (lost.reason, round(lost.days, 1), lost.cards) == ("data-access", 3.0, (one,))
    answers(ada, f"overrides:{two}", "line", "it was no quick check")
    assert [note.text for note in ada.cards.get(two).notes] == ["it was no quick check"]
    ada.undoes()
    ada.undoes()  # the unblocking
    assert not ada.cards.get(two).notes


def test_an_hour_of_a_block_is_no_lost_day(ada: Person) -> None:
    [ref] = ada.adds("one", to="Training")
    for minutes, asked in ((60, False), (90, True)):
        ada.cards.block([ref], BlockReason.BUG)
        ada.clock.now += timedelta(minutes=minutes)
        ada.cards.unblock([ref])
        assert ("blocked" in keys(ada)) is asked, "0.1 days is the least that shows"


def test_an_override_that_was_undone_is_none(ada: Person) -> None:
    ada.sets("Training", limit=1)
    one, two = ada.adds("one", "two")
    ada.moves(one, to="Training")
    ada.moves(two, to="Training", override="quick check")
    assert keys(ada) == [f"overrides:{two}"]
    ada.undoes()
    assert keys(ada) == []


def test_cycle_times_out_of_the_usual_are_those_above_the_limit_of_xmr(ada: Person) -> None:
    ada.sets("Training", limit=None)
    ada.sets("Training", unattended=None)
    slow, *others = ada.adds(*(f"card {n}" for n in range(9)), type="chore")
    ada.moves(slow, to="Training")
    for ref in others:
        later(ada, 2)
        ada.moves(ref, to="Training")
        later(ada, 1)
        finish(ada, ref)
    promises(ada)
    finish(ada, slow)
    [topic] = [topic for topic in agenda(ada).topics if topic.part is ReviewPart.UNUSUAL]
    # Eight cards took 2 days and one 25: the mean moving range is 23 / 8, the mean 41 / 9.
    assert (topic.card, topic.days, topic.n) == (slow, 25, 9)
    assert topic.limit == pytest.approx(41 / 9 + 2.66 * 23 / 8)
    [(stage, days)] = topic.stages
    assert stage == "Training"
    assert days == pytest.approx(24, abs=0.2)
    answers(ada, topic.key, "chance")
    assert topic.key not in keys(ada)


def test_a_review_is_gone_on_with_for_a_week(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "risks", "- drift\n- labels")
    first, second = keys(ada)
    answers(ada, first, "still")
    assert ada.service.reviews.state(ada.board).answered == 1
    later(ada, 6)
    assert keys(ada) == [second]
    answers(ada, second, "still")
    later(ada, 6)
    assert keys(ada) == [first, second]
    assert ada.service.reviews.state(ada.board).answered is None


def test_two_machines_that_both_reviewed_keep_both_reviews(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    [one] = ada.order("Ideas")
    [mine] = ada.adds("mine")
    ada.service.charter.set(ada.board_id, "risks", "- drift")
    meet(place, ada, bob)
    [risk] = keys(ada)
    answers(ada, risk, "still")
    answers(bob, risk, "still")
    promises(ada, one, mine)
    [theirs] = bob.adds("theirs")
    promises(bob, one, theirs)
    bob.cards.edit([theirs], {"type": "chore"})
    finish(bob, theirs)
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    assert ada.boards.snapshot(ada.board_id).conflicts == 0
    for person in (ada, bob):
        assert len(person.service.reviews.ended(person.board_id)) == 2
        assert keys(person) == ["promised", risk]
    promises(ada)
    assert came(ada.service.reviews.last(ada.board_id)) == {
        one: (Result.OPEN, 0), mine: (Result.OPEN, 0), theirs: (Result.DONE, 0)
    }  # fmt: skip
    meet(place, ada, bob)
    assert keys(bob) == ["promised", risk]
    assert_log_and_tables_agree(bob)


def test_two_machines_that_are_at_the_same_review_answer_it_together(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    ada.service.charter.set(ada.board_id, "risks", "- drift\n- labels")
    meet(place, ada, bob)
    first, second = keys(ada)
    answers(ada, first, "still")
    answers(bob, second, "gone")
    meet(place, ada, bob)
    assert keys(ada) == keys(bob) == []
    promises(ada)
    assert ada.service.reviews.state(ada.board).answered is None


def test_a_star_makes_a_win_that_queries_find(ada: Person) -> None:
    win, other = ada.adds("win", "other")
    ada.cards.edit([win], {"win": "yes"})
    promises(ada, other)

    def found(query: str) -> list[str]:
        faces = ada.boards.snapshot(ada.board_id).faces
        cards = ada.service.search.find(ada.board, faces, query, ada.clock.now.date())
        return [face.ref for face in cards]

    assert (found("is:win"), found("is:promised")) == ([win], [other])
    assert found("-is:win") == [other]
    ada.cards.edit([win], {"win": "no"})
    assert found("is:win") == []
    with pytest.raises(UsageProblem, match="neither yes nor no"):
        ada.cards.edit([win], {"win": "perhaps"})
    with pytest.raises(UsageProblem, match="no field 'promised'"):
        ada.cards.edit([win], {"promised": "2026-03-16"})


def test_nobody_reads_the_board_again_for_an_answer(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "risks", "- drift")
    [key] = keys(ada)
    before = ada.boards.cursor()
    answers(ada, key, "still")
    update = ada.boards.update(ada.board_id, before)
    assert (update.board, update.faces) == (None, ())


def test_models_to_look_at_again_are_asked_about(ada: Person) -> None:
    [ref] = ada.adds("Fraud boosted", to="Training", type="model")
    ada.cards.finish([ref], Outcome.SHIPPED, use=VersionName("fraud", "2", "risk team"))
    promises(ada)
    later(ada, 89)
    assert f"models:{ref}" not in keys(ada)
    later(ada, 1)
    [topic] = [topic for topic in agenda(ada).topics if topic.part is ReviewPart.MODELS]
    assert topic.key == f"models:{ref}"
    assert answers(ada, topic.key, "keep").startswith(f"{ref} stays: look again ")
    look = ada.cards.get(ref).look_again
    assert look is not None
    assert look.day == ada.clock.now.date() + timedelta(90)
    assert topic.key not in keys(ada)
    ada.undoes()
    assert ada.cards.get(ref).look_again is None
    answers(ada, topic.key, "retire")
    assert topic.key not in keys(ada)
