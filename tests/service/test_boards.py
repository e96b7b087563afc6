from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import BlockReason, Outcome, StageKind
from mlkanban.errors import NotFound, RuleRefused, StoreProblem, UsageProblem, WouldChangeCards
from mlkanban.service import Service
from tests.service.exchanging import meet, shown
from tests.service.machine import FAILED, Machine
from tests.service.people import Clock, Person


def names(person: Person) -> list[str]:
    return [stage.name for stage in person.board.stages]


def committed(person: Person) -> list[str]:
    return [stage.name for stage in person.board.stages if stage.committed]


# Boards


def test_a_board_is_made_from_its_template(ada: Person) -> None:
    board = ada.board
    assert (board.key, board.name, board.timezone, board.template) == (
        "fraud",
        "Fraud",
        "UTC",
        "ml",
    )
    assert names(ada)[0] == "Ideas"
    assert len(names(ada)) == 8
    training = ada.stage("Training")
    assert (training.limit, training.unattended, training.soft) == (1, 2, False)
    assert ada.stage("Evaluation").kind is StageKind.GATE


def test_a_board_that_cannot_be_is_refused_before_anything_is_written(ada: Person) -> None:
    cursor = ada.boards.cursor()
    with pytest.raises(RuleRefused, match="a board 'fraud' already"):
        ada.boards.create("FRAUD", "plain", "UTC")
    with pytest.raises(UsageProblem, match=r"'kanban'.*Choose: ml, crisp-dm"):
        ada.boards.create("New", "kanban", "UTC")
    with pytest.raises(UsageProblem, match="Mars/Base"):
        ada.boards.create("New", "plain", "Mars/Base")
    with pytest.raises(UsageProblem, match="title"):
        ada.boards.create(" ", "plain", "UTC")
    assert ada.boards.cursor() == cursor


def test_boards_whose_names_have_no_latin_letters_get_keys_of_their_own(ada: Person) -> None:
    names = ("日本語ボード", "机器学习", "Модель оттока", "لوحة", "数据 v2", "模型 v2")
    made = [ada.boards.create(name, "plain", "UTC") for name in names]
    assert [board.name for board in made] == list(names)
    assert [board.key for board in made] == ["board", "board-2", "board-3", "board-4", "v2", "v2-2"]
    assert ada.boards.find("机器学习").key == "board-2"


def test_finding_a_board_reads_no_other(ada: Person) -> None:
    conn = ada.service._context.store.conn

    def asked() -> int:
        statements: list[str] = []
        conn.set_trace_callback(statements.append)
        ada.boards.find("fraud")
        conn.set_trace_callback(None)
        return len(statements)

    few = asked()
    for number in range(20):
        ada.boards.create(f"other {number}", "plain", "UTC")
    assert asked() == few
    plan = conn.execute("EXPLAIN QUERY PLAN SELECT id FROM stage WHERE board = ? AND deleted = 0",
                        ("x",)).fetchall()  # fmt: skip
    assert "stage_board" in plan[0][3]


def test_several_boards_do_not_mix(ada: Person) -> None:
    [one] = ada.adds("a")
    ada.adds("x", "y", to="Data prep")
    fraud = ada.board_id
    ada.starts("plain", "Churn")
    [two] = ada.adds("b")
    assert one != two
    assert [f.ref for f in ada.boards.snapshot(ada.board_id).faces] == [two]
    assert two not in [f.ref for f in ada.boards.snapshot(fraud).faces]
    assert [b.key for b in ada.boards.all()] == ["fraud", "churn"]
    assert ada.boards.loads(ada.board_id)[ada.board.stages[0].id].total == 1
    assert len(ada.boards.update(fraud, 0).faces) == 3


def test_without_a_key_the_board_worked_on_last_is_meant(ada: Person) -> None:
    ada.adds("a")
    fraud = ada.board_id
    ada.starts("plain", "Churn")
    assert ada.boards.find().key == "churn"
    ada.board_id = fraud
    ada.adds("b")
    assert ada.boards.find().key == "fraud"
    assert ada.boards.find("chu").key == "churn"
    with pytest.raises(NotFound, match="fraud, churn"):
        ada.boards.find("x")


def test_what_happens_by_itself_is_no_use_of_a_board(ada: Person, box: Machine) -> None:
    [waits, trains] = ada.adds("wait for GPUs", "focal loss", to="Data prep")
    day = (ada.clock.now + timedelta(days=2)).date().isoformat()
    ada.cards.block([waits], BlockReason.COMPUTE_QUEUE, until=day)
    ada.starts("plain", "Churn")
    box.starts(trains, "r1")
    box.ends(trains, "r1", FAILED)
    assert ada.boards.find().key == "churn"
    ada.clock.now += timedelta(days=3)
    assert ada.service.conditions.lift().changed
    assert ada.boards.find().key == "churn"


def test_a_store_without_a_board_says_how_to_make_one(tmp_path: Path) -> None:
    person = Person(tmp_path / "new")
    with pytest.raises(NotFound, match="mlkanban init NAME"):
        person.boards.find()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"conwip": -1}, "-1"),
        ({"conwip": "many"}, "conwip"),
        ({"conwip": 10**30}, "limit"),
        ({"timezone": "Mars/Base"}, "Mars/Base"),
        ({"timezone": None}, "timezone"),
        ({"name": " "}, "title"),
        ({"deleted": True}, "'deleted'"),
        ({"key": "x"}, "'key'"),
    ],
)
def test_a_wrong_value_of_a_board_is_named(ada: Person, fields, named: str) -> None:
    before = ada.board
    with pytest.raises(UsageProblem, match=named):
        ada.boards.edit(ada.board_id, fields)
    assert ada.board == before


def test_a_board_is_edited(ada: Person) -> None:
    ada.boards.edit(ada.board_id, {"name": " Churn ", "timezone": "Europe/Rome", "conwip": 4})
    board = ada.board
    assert (board.name, board.timezone, board.conwip) == ("Churn", "Europe/Rome", 4)
    ada.boards.edit(ada.board_id, {"conwip": None})
    assert ada.board.conwip is None


# Stages


def test_a_stage_between_committed_ones_is_committed(ada: Person) -> None:
    for after, name in (("Data prep", "Labels"), ("Ready", "Refined"), ("Deployment", "Rollout")):
        ada.boards.add_stage(ada.board_id, name, after=ada.stage(after).id)
    ada.boards.add_stage(ada.board_id, " Inbox ", kind=StageKind.QUEUE)
    assert names(ada) == [
        "Inbox", "Ideas", "Ready", "Refined", "Data prep", "Labels", "Features", "Training",
        "Evaluation", "Deployment", "Rollout", "Monitoring",
    ]  # fmt: skip
    assert {"Labels", "Rollout"} <= set(committed(ada))
    assert not {"Inbox", "Refined"} & set(committed(ada))
    assert ada.stage("Inbox").kind is StageKind.QUEUE


@pytest.mark.parametrize("name", ["Ready", " ready ", "READY\n"])
def test_no_two_stages_have_one_name(ada: Person, name: str) -> None:
    with pytest.raises(RuleRefused, match="a stage Ready already"):
        ada.boards.add_stage(ada.board_id, name)
    with pytest.raises(RuleRefused, match="a stage Ready already"):
        ada.sets("Ideas", name=name)
    ada.sets("Ready", name="ready")
    assert names(ada)[:2] == ["Ideas", "ready"]


def test_a_stage_is_renamed_and_limited(ada: Person) -> None:
    ada.sets("Training", name="Train", limit=None, unattended=4, soft=True, kind="queue")
    stage = ada.stage("Train")
    assert (stage.limit, stage.unattended, stage.soft, stage.kind) == (None, 4, True, "queue")


def test_a_role_that_only_the_template_said_stays_with_a_renamed_stage(ada: Person) -> None:
    """As on boards that were made before stages had roles of their own."""
    ada.sets("Training", role="")
    ada.sets("Training", name="Fits and starts")
    assert ada.stage("Fits and starts").role == "train"
    ada.sets("Ideas", name="Thoughts")
    assert ada.stage("Thoughts").role == ""


def test_a_limit_below_what_is_there_warns(ada: Person) -> None:
    ada.adds("a", "b", to="Data prep")
    stage = ada.stage("Data prep")
    done = ada.boards.edit_stage(ada.board_id, stage.id, {"limit": 1})
    assert done.warning == "Data prep is over its limit now: 2/1!."
    assert ada.boards.edit_stage(ada.board_id, stage.id, {"limit": 2}).warning == ""


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"limit": -1}, "-1"),
        ({"limit": "two"}, "limit"),
        ({"unattended": 10**30}, "limit"),
        ({"kind": "nonsense"}, "kind"),
        ({"role": "nonsense"}, "role 'nonsense'"),
        ({"committed": None}, "committed"),
        ({"name": None}, "name"),
        ({"name": ""}, "title"),
        ({"rank": "a0"}, "'rank'"),
    ],
)
def test_a_wrong_value_of_a_stage_is_named(ada: Person, fields, named: str) -> None:
    before = ada.board
    with pytest.raises(UsageProblem, match=named):
        ada.boards.edit_stage(ada.board_id, ada.stage("Ready").id, fields)
    assert ada.board == before


def test_committed_stages_stay_together(ada: Person) -> None:
    for refused in (
        lambda: ada.sets("Features", committed=False),
        lambda: ada.sets("Ideas", committed=True),
        lambda: ada.boards.move_stage(ada.board_id, ada.stage("Ideas").id, 3),
        lambda: ada.boards.move_stage(ada.board_id, ada.stage("Features").id, 0),
    ):
        with pytest.raises(RuleRefused, match="is not committed but would stand between"):
            refused()
    ada.sets("Ready", committed=True)
    ada.sets("Deployment", committed=False)
    assert committed(ada) == ["Ready", "Data prep", "Features", "Training", "Evaluation"]


def test_stages_are_put_in_another_order(ada: Person) -> None:
    ada.boards.move_stage(ada.board_id, ada.stage("Ready").id, 0)
    ada.boards.move_stage(ada.board_id, ada.stage("Features").id, 5)
    done = ada.boards.move_stage(ada.board_id, ada.stage("Ideas").id, -3)
    assert done.message == "Stage Ideas is number 1 now."
    assert names(ada) == [
        "Ideas", "Ready", "Data prep", "Training", "Evaluation", "Features", "Deployment",
        "Monitoring",
    ]  # fmt: skip
    done = ada.boards.move_stage(ada.board_id, ada.stage("Ideas").id, 99)
    assert done.message == "Stage Ideas is number 8 now."


def test_only_an_empty_stage_is_removed(ada: Person) -> None:
    [ref] = ada.adds("a", to="Features")
    ada.cards.archive([ref])
    with pytest.raises(RuleRefused, match="1 card stands in Features"):
        ada.boards.remove_stage(ada.board_id, ada.stage("Features").id)
    ada.moves(ref, to="Evaluation")
    ada.boards.remove_stage(ada.board_id, ada.stage("Features").id)
    assert "Features" not in names(ada)


def test_the_last_committed_stage_stays(ada: Person) -> None:
    ada.starts("plain", "Small")
    with pytest.raises(RuleRefused, match="No stage would be committed"):
        ada.boards.remove_stage(ada.board_id, ada.stage("Doing").id)
    ada.boards.remove_stage(ada.board_id, ada.stage("Done").id)
    ada.boards.remove_stage(ada.board_id, ada.stage("To do").id)
    with pytest.raises(RuleRefused, match="only stage"):
        ada.boards.remove_stage(ada.board_id, ada.stage("Doing").id)


def test_a_stage_that_is_gone_is_not_taken_for_another(ada: Person) -> None:
    gone = ada.stage("Ready").id
    [ref] = ada.adds("a")
    ada.boards.remove_stage(ada.board_id, gone)
    before = ada.state()
    for act in (
        lambda: ada.boards.edit_stage(ada.board_id, gone, {"limit": 1}),
        lambda: ada.boards.move_stage(ada.board_id, gone, 1),
        lambda: ada.boards.remove_stage(ada.board_id, gone),
        lambda: ada.boards.add_stage(ada.board_id, "New", after=gone),
        lambda: ada.cards.add(ada.board_id, "b", stage_id=gone),
    ):
        with pytest.raises(NotFound, match="not on the board"):
            act()
    with pytest.raises(RuleRefused):
        ada.cards.move([ref], gone)
    assert ada.state() == before


def test_a_new_commitment_point_starts_and_unstarts_cards(ada: Person) -> None:
    [ref] = ada.adds("a", to="Ready")
    entered = ada.cards.get(ref).entered_at
    cursor = ada.boards.cursor()
    ada.sets("Ready", committed=True)
    assert ada.cards.get(ref).started_at == entered
    update = ada.boards.update(ada.board_id, cursor)
    [face] = update.faces  # the screen must hear of it
    assert datetime.fromisoformat(face.started_at) == entered


# What others do


def test_an_update_tells_what_another_process_did(ada: Person, bob: Person) -> None:
    one, two, three = ada.adds("a", "b", "c")
    cursor = bob.boards.cursor()
    nothing = bob.boards.update(bob.board_id, cursor)
    assert (nothing.cursor, nothing.board, nothing.faces, nothing.gone) == (cursor, None, (), ())
    ada.moves(one, to="Ready")
    ada.cards.note([two], "x")
    update = bob.boards.update(bob.board_id, cursor)
    assert update.cursor == ada.boards.cursor() > cursor
    assert {face.ref for face in update.faces} == {one, two}
    assert next(f for f in update.faces if f.ref == one).stage == ada.stage("Ready").id
    assert update.board is None
    gone = ada.cards.add(ada.board_id, "d").cards[0].id
    ada.undoes()
    assert bob.boards.update(bob.board_id, update.cursor).gone == (gone,)
    assert three


def test_an_update_tells_of_a_new_shape_of_the_board(ada: Person, bob: Person) -> None:
    cursor = bob.boards.cursor()
    ada.sets("Ready", limit=9)
    update = bob.boards.update(bob.board_id, cursor)
    assert update.board is not None
    assert update.board.stages[1].limit == 9


def test_other_boards_do_not_show_in_an_update(ada: Person, bob: Person) -> None:
    cursor = bob.boards.cursor()
    ada.starts("plain", "Other")
    ada.adds("a")
    update = bob.boards.update(bob.board_id, cursor)
    assert (update.board, update.faces) == (None, ())
    assert update.cursor == ada.boards.cursor()


def test_a_reader_reads_and_does_not_write(ada: Person, tmp_path: Path) -> None:
    [ref] = ada.adds("a")
    reader = Service.open(tmp_path / "data", actor="bob", clock=Clock(), write=False)
    assert reader.read_only
    assert reader.cards.get(ref).title == "a"
    with pytest.raises(StoreProblem, match=r"only reads.*Nothing was written"):
        reader.cards.add(ada.board_id, "b")
    with pytest.raises(StoreProblem):
        reader.undoing.undo(ada.board_id)
    reader.close()


def test_reading_where_there_is_no_store_makes_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no board yet"):
        Service.open(tmp_path / "data", actor="bob", clock=Clock(), write=False)
    assert not (tmp_path / "data").exists()


def test_a_stage_that_takes_the_board_over_its_conwip_says_so(ada: Person) -> None:
    over = "The board has 3/2! cards in progress (CONWIP): over its limit now."
    ada.adds("a", "b", to="Data prep")
    [shipped] = ada.adds("c", to="Ready")
    lower = ada.boards.edit(ada.board_id, {"conwip": 1})
    assert lower.warning == over.replace("3/2", "2/1")
    assert ada.boards.edit(ada.board_id, {"conwip": 2}).warning == ""
    ready = ada.stage("Ready").id
    assert ada.boards.edit_stage(ada.board_id, ready, {"committed": True}).warning == over
    assert ada.boards.edit_stage(ada.board_id, ready, {"committed": False}).warning == ""

    ada.cards.finish([shipped], Outcome.SHIPPED)
    monitoring = ada.stage("Monitoring").id
    with pytest.raises(WouldChangeCards) as asked:
        ada.boards.edit_stage(ada.board_id, monitoring, {"committed": True})
    assert str(asked.value.message).endswith(f"would be open again. {over}")
    done = ada.boards.edit_stage(ada.board_id, monitoring, {"committed": True}, agreed=True)
    assert done.warning == over


# Renaming and archiving boards


def test_a_board_is_renamed_and_keeps_its_key(ada: Person) -> None:
    done = ada.boards.rename(ada.board_id, "  Fraud and abuse ")
    assert done.message == "The board is called Fraud and abuse now; its key stays fraud."
    assert (ada.board.key, ada.board.name) == ("fraud", "Fraud and abuse")
    assert ada.boards.find("fraud and abuse").id == ada.board_id
    assert not ada.boards.rename(ada.board_id, "Fraud and abuse").changed
    ada.undoes()
    assert ada.board.name == "Fraud"


def test_an_archived_board_is_in_no_list_and_refuses_changes(ada: Person) -> None:
    [ref] = ada.adds("one")
    other = ada.boards.create("Churn", "plain", "UTC")
    ada.cards.add(ada.board_id, "two")
    assert ada.boards.find().key == "fraud"
    done = ada.boards.archive(ada.board_id)
    assert str(done.message) == (
        "The board Fraud is archived. Bring it back: mlkanban boards restore fraud"
    )
    assert [board.id for board in ada.boards.all()] == [other.id]
    assert [board.key for board in ada.boards.all(archived=True)] == ["churn", "fraud"]
    assert ada.boards.find().id == other.id
    assert ada.boards.find("fraud").archived
    cursor = ada.boards.cursor()
    refused = [
        lambda: ada.cards.add(ada.board_id, "three"),
        lambda: ada.cards.note([ref], "a note"),
        lambda: ada.boards.rename(ada.board_id, "Other"),
        lambda: ada.boards.add_stage(ada.board_id, "Later"),
        lambda: ada.boards.archive(ada.board_id),
    ]
    for act in refused[:-1]:
        with pytest.raises(RuleRefused, match="The board Fraud is archived") as error:
            act()
        assert str(error.value.hint) == "Bring it back: mlkanban boards restore fraud"
    with pytest.raises(RuleRefused, match="archived already"):
        refused[-1]()
    assert ada.boards.cursor() == cursor
    assert ada.boards.restore(ada.board_id).message == "The board Fraud is back."
    ada.cards.note([ref], "a note")
    with pytest.raises(RuleRefused, match="is not archived"):
        ada.boards.restore(ada.board_id)


def test_archiving_a_board_is_undone_and_redone(ada: Person) -> None:
    ada.adds("one")
    ada.boards.archive(ada.board_id)
    ada.undoes()
    assert not ada.boards.find("fraud").archived
    ada.redoes()
    assert ada.boards.find("fraud").archived
    ada.undoes()
    ada.undoes()
    assert ada.boards.snapshot(ada.board_id).faces == []


def test_nothing_older_is_undone_on_an_archived_board(ada: Person, bob: Person) -> None:
    bob.adds("one")
    ada.boards.archive(ada.board_id)
    with pytest.raises(RuleRefused, match="The board Fraud is archived"):
        bob.undoes()


def test_without_a_board_in_use_the_way_back_is_named(ada: Person) -> None:
    ada.boards.archive(ada.board_id)
    with pytest.raises(NotFound, match="All boards are archived") as error:
        ada.boards.find()
    assert "mlkanban boards restore fraud" in str(error.value.hint)


def test_runs_of_an_archived_board_go_on_and_none_begins(ada: Person) -> None:
    box = Machine(ada)
    first, second = ada.adds("one", "two", to="Training", override="for the test")
    ada.cards.edit([second], {"due": "2026-04-01"})
    box.starts(first, "r1")
    message = str(ada.boards.archive(ada.board_id).message)
    assert "Nobody is reminded of its open cards: 2 in progress, 1 with a due date." in message
    assert "1 card has a run that goes on; what becomes of them is recorded." in message
    with pytest.raises(RuleRefused, match="The board Fraud is archived"):
        ada.service.runs.may_start(second, "")
    box.ends(first, "r1", FAILED)
    assert ada.cards.get(first).blocker is not None
    assert [run.state for run in ada.service.runs.of_card(first)] == [FAILED]


def test_two_machines_archive_and_work(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    board_id = bob.board_id = ada.board_id
    [ref] = [face.ref for face in ada.boards.snapshot(board_id).faces]
    ada.boards.archive(board_id)
    bob.cards.note([ref], "still at it")
    bob.boards.rename(board_id, "Fraud 2")
    meet(place, ada, bob)
    for person in (ada, bob):
        board = person.boards.find("fraud")
        assert (board.archived, board.name) == (True, "Fraud 2")
        assert [note.text for note in person.cards.get(ref).notes] == ["still at it"]
    bob.boards.restore(board_id)
    meet(place, ada, bob)
    assert not ada.boards.find("fraud").archived
    assert shown(ada) == shown(bob)
