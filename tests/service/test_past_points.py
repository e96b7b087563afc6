"""Numbers are counted with the points and kinds of today; data quality names other ones."""

from datetime import timedelta

from mlkanban.core.models import Outcome, StageKind
from mlkanban.display.number_text.quality import summary, to_json
from mlkanban.flow.quality import Quality, quality
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from tests.service.people import Person


def followed(person: Person) -> Sample:
    workflow, histories = person.history.for_flow(person.board)
    now = person.clock.now
    return follow(workflow, histories, now, Window.back(90, workflow.day(now)))


def found(person: Person) -> Quality:
    return quality(followed(person))


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
