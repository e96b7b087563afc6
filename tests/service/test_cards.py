import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.events import Change
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.store import ranks
from tests.service.people import Person


def test_only_a_title_is_needed(ada: Person) -> None:
    done = ada.cards.add(ada.board_id, " try a bigger batch ")
    [card] = done.cards
    assert done.message == f"{card.ref} added to Ideas."
    assert (card.title, card.type, card.priority, card.tags) == (
        "try a bigger batch", "experiment", "normal", (),
    )  # fmt: skip
    assert card == ada.cards.get(card.ref)
    assert card.started_at is None
    assert card.created_at == card.entered_at == ada.clock.now


def test_short_ids_count_up_and_are_found_however_they_are_written(ada: Person) -> None:
    one, two = ada.adds("a", "b")
    assert int(two[1:]) == int(one[1:]) + 1
    assert ada.cards.get(f" {two.upper()} ").ref == two
    with pytest.raises(NotFound, match="There is no card 'zz9'"):
        ada.cards.get("zz9")


def test_an_undone_cards_short_id_is_not_given_again(ada: Person) -> None:
    [one] = ada.adds("a")
    ada.undoes()
    [two] = ada.adds("b")
    assert one != two


def test_the_clock_starts_and_stops_at_commitment_and_delivery(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Ready")
    assert ada.cards.get(ref).started_at is None
    started = ada.moves(ref, to="Data prep")[0].started_at
    assert started == ada.clock.now
    [card] = ada.moves(ref, to="Deployment")
    assert (card.started_at, card.finished_at, card.outcome) == (started, None, None)
    [card] = ada.moves(ref, to="Monitoring")
    assert (card.finished_at, card.outcome) == (ada.clock.now, Outcome.SHIPPED)
    [card] = ada.moves(ref, to="Evaluation")
    assert (card.started_at, card.finished_at, card.outcome) == (started, None, None)
    assert ada.history.of_card(ref)[-1].event.kind == "card.reopened"
    assert ada.moves(ref, to="Ideas")[0].started_at is None


def test_a_clock_set_back_does_not_turn_a_cards_steps_round(ada: Person) -> None:
    [ref] = ada.adds("a")
    started = ada.moves(ref, to="Deployment")[0].started_at
    ada.clock.now = ada.clock.now.replace(hour=1)
    [card] = ada.moves(ref, to="Monitoring")
    assert (card.started_at, card.finished_at) == (started, started)
    [other] = ada.adds("b")
    assert ada.cards.get(other).created_at == ada.clock.now, "other cards follow the clock"


def test_moving_to_where_it_stands_changes_nothing(ada: Person) -> None:
    [ref] = ada.adds("a")
    cursor = ada.boards.cursor()
    ada.moves(ref, to="Ideas")
    assert ada.boards.cursor() == cursor


def test_a_stage_of_another_board_is_refused(ada: Person) -> None:
    [ref] = ada.adds("a")
    other = ada.boards.create("Other", "plain", "UTC")
    with pytest.raises(RuleRefused, match="which has no such stage"):
        ada.cards.move([ref], other.stages[1].id)
    with pytest.raises(NotFound, match="not on the board"):
        ada.cards.add(ada.board_id, "b", stage_id=other.stages[1].id)
    assert ada.order("Ideas") == [ref]


# How cards end


@pytest.mark.parametrize(
    ("template", "outcome", "stage"),
    [
        ("ml", Outcome.SHIPPED, "Monitoring"),
        # Monitoring is work on what was shipped: nothing else belongs there.
        ("ml", Outcome.LEARNED, "stays"),
        ("ml", Outcome.SUPERSEDED, "stays"),
        ("ml", Outcome.ABANDONED, "stays"),
        ("plain", Outcome.LEARNED, "Done"),
        ("plain", Outcome.ABANDONED, "Done"),
        ("crisp-dm", Outcome.SUPERSEDED, "Done"),
        ("data-driven-scrum", Outcome.LEARNED, "Answered"),
        ("lifecycle", Outcome.LEARNED, "stays"),
    ],
)
def test_a_finished_card_rests_where_its_template_says(
    ada: Person, template: str, outcome: Outcome, stage: str
) -> None:
    ada.starts(template, template)
    work = ada.board.stages[1 if template != "ml" else 2].name
    [ref] = ada.adds("a", to=work)
    [card] = ada.cards.finish([ref], outcome, " because ").cards
    assert ada.where(ref) == (work if stage == "stays" else stage)
    assert (card.outcome, card.verdict, card.finished_at) == (outcome, "because", ada.clock.now)


def test_the_newest_finished_card_comes_first(ada: Person) -> None:
    refs = ada.adds("a", "b", "c")
    for ref in refs:
        ada.cards.finish([ref], Outcome.SHIPPED)
    assert ada.order("Monitoring") == refs[::-1]


@pytest.mark.parametrize("wanted", [Outcome.ABANDONED, Outcome.DISCARDED])
def test_stopped_before_commitment_is_discarded_and_after_it_abandoned(
    ada: Person, wanted: Outcome
) -> None:
    [idea] = ada.adds("a")
    [work] = ada.adds("b", to="Features")
    done = ada.cards.finish([idea, work], wanted)
    assert [c.outcome for c in done.cards] == [Outcome.DISCARDED, Outcome.ABANDONED]
    assert ada.where(idea) == "Ideas"
    assert "finished: abandoned, discarded" in done.message


def test_finishing_lifts_the_block_and_ends_the_run(ada: Person) -> None:
    [ref] = ada.adds("a", to="Training", work="unattended")
    ada.cards.block([ref], BlockReason.COMPUTE_QUEUE)
    [card] = ada.cards.finish([ref], Outcome.LEARNED).cards
    assert (card.blocker, card.work) == (None, "attended")
    with pytest.raises(RuleRefused, match="is finished"):
        ada.cards.block([ref], BlockReason.BUG)


def test_a_card_finished_in_place_is_reopened_by_moving_it_there(ada: Person) -> None:
    [ref] = ada.adds("a", to="Training")
    ada.cards.finish([ref], Outcome.LEARNED)
    [card] = ada.moves(ref, to="Training")
    assert card.outcome is None
    assert card.finished_at is None
    assert card.started_at is not None


def test_an_outcome_is_kept_when_a_finished_card_moves_on(ada: Person) -> None:
    [ref] = ada.adds("a", to="Training")
    finished = ada.cards.finish([ref], Outcome.LEARNED).cards[0].finished_at
    [card] = ada.moves(ref, to="Monitoring")
    assert (card.outcome, card.finished_at) == (Outcome.LEARNED, finished)


# Archive


def test_archiving_work_in_progress_abandons_it_until_it_is_restored(ada: Person) -> None:
    [ref] = ada.adds("a", to="Features")
    [card] = ada.cards.archive([ref]).cards
    assert (card.archived, card.outcome) == (True, Outcome.ABANDONED)
    [card] = ada.cards.restore([ref]).cards
    assert (card.archived, card.outcome, card.finished_at) == (False, None, None)
    assert ada.where(ref) == "Features"


def test_archiving_and_restoring_say_which_outcome_cards_get(ada: Person) -> None:
    [idea] = ada.adds("a")
    [work] = ada.adds("b", to="Features")
    assert ada.cards.archive([idea]).message == f"{idea} archived."
    assert ada.cards.restore([idea]).message == f"{idea} restored."
    assert ada.cards.archive([work]).message == f"{work} archived as abandoned."
    assert ada.cards.restore([work]).message == (
        f"{work} restored, in progress again and no longer abandoned."
    )
    assert ada.cards.archive([idea, work]).message == (
        f"{idea}, {work} archived; in progress, and so abandoned: {work}."
    )
    assert ada.cards.restore([idea, work]).message == (
        f"{idea}, {work} restored, in progress again and no longer abandoned: {work}."
    )
    [copy] = ada.adds("c")
    assert ada.service.duplicates.merge(copy, work).message == (
        f"{copy} merged into {work}, and archived as discarded."
    )


def test_archiving_keeps_the_outcome_a_card_had(ada: Person) -> None:
    [idea] = ada.adds("a")
    [work] = ada.adds("b", to="Features")
    ada.cards.finish([work], Outcome.ABANDONED)
    ada.cards.archive([idea, work])
    cards = ada.cards.restore([idea, work]).cards
    assert [c.outcome for c in cards] == [None, Outcome.ABANDONED]


def test_archiving_twice_is_refused_so_that_restoring_still_reopens(ada: Person) -> None:
    [ref] = ada.adds("a", to="Features")
    ada.cards.archive([ref])
    with pytest.raises(RuleRefused, match="archived already"):
        ada.cards.archive([ref])
    assert ada.cards.restore([ref]).cards[0].outcome is None
    with pytest.raises(RuleRefused, match="is not archived"):
        ada.cards.restore([ref])


def test_moving_an_archived_card_brings_it_back(ada: Person) -> None:
    [ref] = ada.adds("a", to="Features")
    ada.cards.archive([ref])
    [card] = ada.moves(ref, to="Evaluation")
    assert (card.archived, card.outcome) == (False, None)


# Order


def test_cards_are_put_ahead_of_each_other(ada: Person) -> None:
    a, b, c = ada.adds("a", "b", "c")
    ada.cards.reorder(c, a)
    assert ada.order("Ideas") == [c, a, b]
    ada.cards.reorder(c)
    assert ada.order("Ideas") == [a, b, c]
    [d] = ada.adds("d", to="Ready")
    ada.moves(d, to="Ideas", before=b)
    assert ada.order("Ideas") == [a, d, b, c]


def test_ahead_of_a_card_of_another_stage_is_refused(ada: Person) -> None:
    a, b = ada.adds("a", "b")
    [d] = ada.adds("d", to="Ready")
    with pytest.raises(RuleRefused, match="not in Ideas"):
        ada.cards.reorder(a, d)
    with pytest.raises(RuleRefused, match="not in Ready"):
        ada.moves(a, to="Ready", before=b)
    with pytest.raises(RuleRefused):
        ada.cards.reorder(a, a)
    assert ada.order("Ideas") == [a, b]


@pytest.mark.parametrize("old", ["same", "long"])
def test_equal_and_long_ranks_are_renewed_when_they_are_in_the_way(ada: Person, old: str) -> None:
    refs = ada.adds("a", "b", "c", "d")
    places = ["a1"] * 4 if old == "same" else ["a1" + "0" * 60 + digit for digit in "1234"]
    with ada.service._context.writing() as tx:
        for ref, rank in zip(refs, places, strict=True):
            face = tx.face(ref)
            tx.write(change_of_place(ada, face.id, face.stage, rank))
    order = ada.order("Ideas")
    ada.cards.reorder(order[3], order[1])
    assert ada.order("Ideas") == [order[0], order[3], order[1], order[2]]
    found = sorted(f.rank for f in ada.boards.snapshot(ada.board_id).faces)
    assert len(set(found)) == 4
    assert max(map(len, found)) <= ranks.LONGEST
    ada.undoes()
    assert ada.order("Ideas") == order


def change_of_place(person: Person, card: str, stage: str, rank: str) -> Change:
    return Change("card.reordered", person.board_id, card=card, set={"place": [stage, rank]})


def test_going_ahead_of_one_card_forever_keeps_the_order_and_short_ranks(ada: Person) -> None:
    first, *others = ada.adds("a", "b", "c", "d")
    for turn in range(60):
        ada.cards.reorder(others[turn % 3], others[(turn + 1) % 3])
        stage = ada.order("Ideas")
        assert stage.index(others[turn % 3]) + 1 == stage.index(others[(turn + 1) % 3])
    assert ada.order("Ideas")[0] == first
    assert max(len(f.rank) for f in ada.boards.snapshot(ada.board_id).faces) <= ranks.LONGEST
