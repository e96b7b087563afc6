import pytest

from mlkanban.core.events import Change
from mlkanban.core.metrics import MetricParts
from mlkanban.core.models import BlockReason, Outcome
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
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
    with ada.service._desk.writing() as tx:
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


# Fields


def test_everything_a_card_can_have_is_kept(ada: Person) -> None:
    [first] = ada.adds("first")
    fields = {
        "type": "model", "priority": "high", "service_class": "fixed-date", "due": "2026-05-01",
        "snoozed_until": "2026-04-01", "hypothesis": "h", "dataset": "d", "verdict": "v",
        "metric": {"name": "auc", "target": 0.9, "value": 0.87}, "parent": first.upper(),
        "checklist": [{"text": "one", "done": True, "gate": "Training"}],
        "tags": ["#GPU ", "two words"], "links": ["http://x"], "depends_on": [first.upper()],
    }  # fmt: skip
    [ref] = ada.adds("a", **fields)
    card = ada.cards.get(ref)
    assert card.tags == ("gpu", "two-words")
    assert (card.links, card.depends_on, card.parent) == (("http://x",), (first,), first)
    shown = card.model_dump(mode="json")
    assert shown["metric"].items() >= fields["metric"].items()
    for name in ("type", "priority", "service_class", "due", "hypothesis", "checklist"):
        assert shown[name] == fields[name]


def test_editing_sets_clears_and_changes_members(ada: Person) -> None:
    [ref] = ada.adds("a", due="2026-05-01", tags=["x", "y"])
    done = ada.cards.edit([ref], {"due": None, "title": "b"}, add={"tags": ["z"]},
                          remove={"tags": ["x"]})  # fmt: skip
    [card] = done.cards
    assert (card.title, card.due, card.tags) == ("b", None, ("y", "z"))


def test_an_edit_that_changes_nothing_writes_nothing(ada: Person) -> None:
    [ref] = ada.adds("a", tags=["x"])
    cursor = ada.boards.cursor()
    ada.cards.edit([ref], {"title": "a", "due": None}, add={"tags": ["x"]}, remove={"tags": ["q"]})
    assert ada.boards.cursor() == cursor


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"due": "soon"}, "due"),
        ({"type": "poem"}, "type"),
        ({"metric": {"name": "auc", "direction": "up"}}, "metric.direction"),
        ({"checklist": [{"done": True}]}, "checklist.0.text"),
        ({"colour": "red"}, "'colour'"),
        ({"stage": "x"}, "'stage'"),
        ({"dataset": "a\x00b"}, "dataset"),
        ({"metric": {"name": "a\x00"}}, "metric"),
        ({"checklist": [{"text": "\ud800"}]}, "checklist"),
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"tags": ["  "]}, "tags"),
    ],
)
def test_a_wrong_value_names_its_field_and_changes_nothing(ada: Person, fields, named: str) -> None:
    [ref] = ada.adds("a")
    before = ada.state()
    with pytest.raises(UsageProblem, match=named):
        ada.cards.edit([ref], fields)
    if "title" not in fields:
        with pytest.raises(UsageProblem, match=named):
            ada.adds("b", **fields)
    assert ada.state() == before


def test_an_edit_of_nothing_is_a_wrong_use(ada: Person) -> None:
    with pytest.raises(UsageProblem, match="Nothing to change"):
        ada.cards.edit(ada.adds("a"))


def test_one_unknown_card_of_many_changes_none(ada: Person) -> None:
    refs = ada.adds("a", "b")
    before = ada.state()
    for act in (
        lambda: ada.cards.edit([*refs, "zz1"], {"title": "x"}),
        lambda: ada.cards.block([*refs, "zz1"], BlockReason.BUG),
        lambda: ada.cards.archive([*refs, "zz1"]),
        lambda: ada.cards.finish([*refs, "zz1"], Outcome.SHIPPED),
        lambda: ada.cards.note([*refs, "zz1"], "x"),
    ):
        with pytest.raises(NotFound):
            act()
    assert ada.state() == before


# Blocks and notes


def test_a_block_says_why_since_when_and_whose(ada: Person) -> None:
    [ref] = ada.adds("a")
    [card] = ada.cards.block(
        [ref], BlockReason.DATA_ACCESS, note=" asked Eve ", until="2026-04-01"
    ).cards
    blocker = card.blocker
    assert blocker is not None
    assert (blocker.external, blocker.note, blocker.until) == (True, "asked Eve", "2026-04-01")
    assert blocker.since == ada.clock.now
    [card] = ada.cards.block([ref], BlockReason.BUG).cards
    assert card.blocker is not None
    assert card.blocker.external is False
    assert ada.cards.unblock([ref]).cards[0].blocker is None
    with pytest.raises(RuleRefused, match="is not blocked"):
        ada.cards.unblock([ref])


def test_a_block_cannot_keep_what_no_board_can_keep(ada: Person) -> None:
    [ref] = ada.adds("a")
    for given in ({"note": "\x00"}, {"until": "\ud800"}):
        with pytest.raises(UsageProblem, match="of the block holds"):
            ada.cards.block([ref], BlockReason.BUG, **given)


def test_notes_are_appended_in_order(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    ada.cards.note([ref], " first ")
    bob.cards.note([ref], "second")
    notes = ada.cards.get(ref).notes
    assert [(n.actor, n.text) for n in notes] == [("ada", "first"), ("bob", "second")]
    with pytest.raises(UsageProblem, match="empty"):
        ada.cards.note([ref], " \n")


# Other cards


def test_a_card_that_is_named_must_be_there(ada: Person) -> None:
    one, two = ada.adds("a", "b")
    for act in (
        lambda: ada.adds("c", depends_on=["x9"]),
        lambda: ada.adds("c", parent="x9"),
        lambda: ada.cards.edit([one], {"parent": "x9"}),
        lambda: ada.cards.edit([one], add={"depends_on": ["x9"]}),
        lambda: ada.cards.block([one], BlockReason.DEPENDENCY, until="card:x9"),
    ):
        with pytest.raises(NotFound, match="no card 'x9'"):
            act()
    [card] = ada.cards.edit(
        [one], {"parent": f" {two.upper()}"}, add={"depends_on": [two.upper()]}
    ).cards
    assert (card.parent, card.depends_on) == (two, (two,))
    [card] = ada.cards.edit([one], remove={"depends_on": [two.upper()]}).cards
    assert card.depends_on == ()
    [card] = ada.cards.block([one], BlockReason.DEPENDENCY, until=f"card:{two.upper()}").cards
    assert card.blocker is not None
    assert card.blocker.until == f"card:{two}"
    with pytest.raises(UsageProblem, match="cannot lift a block"):
        ada.cards.block([one], BlockReason.DEPENDENCY, until="soon")


def test_a_card_does_not_wait_for_itself(ada: Person) -> None:
    [ref] = ada.adds("a")
    before = ada.state()
    with pytest.raises(RuleRefused, match="cannot depend on itself"):
        ada.cards.edit([ref], add={"depends_on": [ref]})
    with pytest.raises(RuleRefused, match="cannot be a part of itself"):
        ada.cards.edit([ref], {"parent": ref})
    with pytest.raises(RuleRefused, match="cannot wait for itself"):
        ada.cards.block([ref], BlockReason.DEPENDENCY, until=f"card:{ref}")
    assert ada.state() == before


def test_a_metric_goes_on_from_the_one_there_is(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", metric={"name": "auc", "target": 0.9})
    bob.cards.edit([ref], metric=MetricParts(["auc=0.8"]))
    ada.cards.edit([ref], {"title": "b"}, metric=MetricParts(noise=0.01))
    card = ada.cards.get(ref)
    assert card.title == "b"
    assert card.metric is not None
    assert (card.metric.target, card.metric.value, card.metric.noise) == (0.9, 0.8, 0.01)
    with pytest.raises(UsageProblem, match="finite"):
        ada.cards.edit([ref], metric=MetricParts(["auc=inf"]))
    assert ada.cards.edit([ref], metric=MetricParts(["none"])).cards[0].metric is None
