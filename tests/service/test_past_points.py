"""Numbers are counted with the points and kinds of today; data quality names other ones."""

from datetime import date, timedelta

from mlkanban.core.board import Outcome, StageKind
from mlkanban.display.number_text.quality import summary, to_json
from mlkanban.flow.quality import Quality, quality
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from tests.service.people import Person


def followed(person: Person, day: date | None = None) -> Sample:
    workflow, histories = person.history.for_flow(person.board, day=day)
    now = workflow.end_of_day(day) if day else person.clock.now
    return follow(workflow, histories, now, Window.back(90, workflow.day(now)))


def found(person: Person, day: date | None = None) -> Quality:
    return quality(followed(person, day))


def test_another_commitment_point_is_named_with_its_last_day(ada: Person) -> None:
    ada.adds("a", to="Ready")
    ada.clock.now += timedelta(days=3)
    ada.boards.edit_stage(ada.board_id, ada.stage("Ready").id, {"committed": True})
    changed = ada.clock.now.date()
    ada.clock.now += timedelta(days=3)
    [point] = found(ada).past_points
    assert (point.what, point.was, point.now) == ("commitment", "Data prep", "Ready")
    assert point.until.date() == changed
    assert summary(found(ada)).lines == (
        "1 card, nothing to doubt in them.",
        f"Until {changed} the commitment point was entering Data prep; numbers are counted with"
        " Ready.",
    )
    assert to_json(found(ada))["past_points"] == [
        {"what": "commitment", "stage": None, "was": "Data prep", "now": "Ready",
         "until": changed.isoformat()}
    ]  # fmt: skip


def test_what_was_changed_back_or_before_there_were_cards_is_no_other_point(ada: Person) -> None:
    ada.sets("Ready", committed=True)
    ada.clock.now += timedelta(days=5)
    ada.adds("a", to="Ideas")
    ada.sets("Training", kind=StageKind.GATE)
    ada.sets("Training", kind=StageKind.ACTIVE)
    ada.clock.now += timedelta(days=5)
    assert found(ada).past_points == ()
    ada.sets("Training", kind=StageKind.GATE)
    ada.undoes()
    assert found(ada).past_points == ()


def test_kinds_and_delivery_of_the_past_are_named_too(ada: Person) -> None:
    ada.adds("a", to="Ideas")
    ada.clock.now += timedelta(days=5)
    ada.sets("Features", kind=StageKind.QUEUE)
    ada.boards.add_stage(ada.board_id, "Rollout", after=ada.stage("Deployment").id)
    points = found(ada).past_points
    assert [(p.what, p.stage, p.was, p.now) for p in points] == [
        ("kind", "Features", "active", "queue"), ("delivery", "", "Deployment", "Rollout"),
    ]  # fmt: skip
    assert (
        summary(found(ada))
        .lines[1]
        .endswith("the kind of Features was active; numbers are counted with queue.")
    )


def test_a_day_of_the_past_has_its_own_kinds_and_the_points_of_today(ada: Person) -> None:
    """So its data quality names the commitment point, and no kind that was changed later."""
    ada.adds("a", to="Ready")
    first = ada.clock.now.date()
    ada.clock.now += timedelta(days=3)
    ada.sets("Training", kind=StageKind.GATE)
    second = ada.clock.now.date()
    ada.clock.now += timedelta(days=3)
    ada.sets("Training", kind=StageKind.QUEUE)
    ada.sets("Ready", committed=True)
    third = ada.clock.now.date()
    at = ada.board.position(ada.stage("Training").id)
    kinds = [followed(ada, day).workflow.kinds[at] for day in (first, second, third)]
    assert kinds == [StageKind.ACTIVE, StageKind.GATE, StageKind.QUEUE]
    assert [len(followed(ada, day).open) for day in (first, second)] == [1, 1]
    points = [
        [(p.what, p.was, p.now) for p in found(ada, day).past_points]
        for day in (first, second, third)
    ]
    commitment = ("commitment", "Data prep", "Ready")
    assert points == [
        [commitment],
        [("kind", "active", "gate"), commitment],
        [("kind", "active", "queue"), ("kind", "gate", "queue"), commitment],
    ]


def test_an_order_that_todays_points_do_not_go_with_is_that_of_today(ada: Person) -> None:
    """Doing was between To do and Done; now Check stands before it, and Doing is not committed: by
    the order of that day a stage in between would not be."""
    ada.starts("plain", "Plain")
    ada.boards.add_stage(ada.board_id, "Check", after=ada.stage("Doing").id)
    ada.boards.add_stage(ada.board_id, "Last", after=ada.stage("Check").id)
    day = ada.clock.now.date()
    assert followed(ada, day).workflow.stages == ("To do", "Doing", "Check", "Last", "Done")
    ada.clock.now += timedelta(days=2)
    ada.sets("Doing", name="Build")
    ada.boards.move_stage(ada.board_id, ada.stage("Check").id, 1)
    ada.boards.edit_stage(ada.board_id, ada.stage("Check").id, {"committed": False})
    now, then = followed(ada).workflow, followed(ada, day).workflow
    assert now.stages == ("To do", "Check", "Build", "Last", "Done")
    assert then.stages == ("To do", "Check", "Doing", "Last", "Done")
    assert (now.first_committed, then.first_committed) == (2, 2)


def test_before_a_board_was_made_it_has_the_stages_that_it_was_made_with(ada: Person) -> None:
    """Its cards may be older, where they were imported."""
    ada.starts("plain", "Plain")
    made = ada.clock.now.date()
    ada.clock.now += timedelta(days=2)
    ada.boards.add_stage(ada.board_id, "Check", after=ada.stage("Doing").id)
    ada.sets("Doing", name="Build")
    for day in (made, made - timedelta(days=900)):
        assert followed(ada, day).workflow.stages == ("To do", "Doing", "Done")


def test_a_merged_duplicate_left_and_delivered_nothing(ada: Person) -> None:
    kept, double, replaced = ada.adds("kept", "double", "replaced", to="Data prep", override="why")
    ada.clock.now += timedelta(days=2)
    ada.service.duplicates.merge(double, kept)
    ada.cards.finish([replaced], Outcome.SUPERSEDED)
    sample = followed(ada)
    assert [card.ref for card in sample.finished] == [replaced]
    assert [card.ref for card in sample.abandoned] == [double]
    assert [card.ref for card in sample.open] == [kept]
    ada.undoes()
    ada.undoes()
    assert {card.ref for card in followed(ada).open} == {kept, double, replaced}


def test_flow_knows_what_a_card_came_from_and_what_it_is_a_part_of(ada: Person) -> None:
    whole, first, second = ada.adds("whole", "first", "second")
    ada.cards.edit([second], {"parent": whole, "lineage": [f"follow-up-of:{first}"]})
    cards = {card.ref: card for card in followed(ada).histories}
    assert (cards[second].parent, cards[second].origins) == (whole, (first,))
    assert (cards[first].parent, cards[first].origins) == ("", ())
