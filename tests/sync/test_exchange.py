"""Several stores that exchange events through a folder come to the same board."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.events import FORMAT, Change
from mlkanban.errors import LimitReached, MlkanbanError
from mlkanban.exchange.event_log import read_log
from mlkanban.exchange.event_map import read_map
from mlkanban.store import backup, log, rows
from mlkanban.sync import file_format
from mlkanban.sync.exchange import KnownEvents, Report
from mlkanban.sync.transports.folder import Folder
from tests.exchange.maps import TWO_STAGES
from tests.ids import fixed_id
from tests.service.exchanging import files, meet, shown
from tests.service.people import Clock, Person


def ref(person: Person) -> str:
    return person.adds("x")[0]


def test_what_one_adds_the_other_has(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    assert [f.title for f in bob.boards.snapshot(bob.board_id).faces] == ["one"]
    assert shown(ada) == shown(bob)
    assert bob.service.sync.exchange(Folder(place)).message == "Nothing new."


def test_many_events_are_taken_in_by_parts_which_stay(
    two: tuple[Person, Person], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long histories fit into memory, and who breaks off goes on from there."""
    ada, bob = two
    monkeypatch.setattr("mlkanban.sync.exchange._PART_EVENTS", 4)
    monkeypatch.setattr(file_format, "MOST_EVENTS", 3)
    ada.adds(*map(str, range(10)))
    ada.service.sync.exchange(Folder(place))
    steps: list[str] = []

    def breaks_off(step: str) -> None:
        steps.append(step)
        if "after" in step:  # taking in ... after those of the first part
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bob.service.sync.exchange(Folder(place), breaks_off)
    assert [step for step in steps if "taking in" in step] == [
        "taking in 6 changes, 0 of 6 cards", "taking in 4 changes after 6, 0 of 4 cards"
    ]  # fmt: skip
    assert len(bob.boards.snapshot(bob.board_id).faces) == 7
    assert bob.service.sync.exchange(Folder(place)).taken == 4
    assert shown(ada) == shown(bob)


def test_edits_of_different_fields_both_stay(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.edit([card], {"title": "A"})
    bob.cards.edit([card], {"hypothesis": "B"})
    meet(place, ada, bob)
    for one in (ada.cards.get(card), bob.cards.get(card)):
        assert (one.title, one.hypothesis) == ("A", "B")
    assert ada.service.conflicts.all() == []


def test_a_card_that_another_machine_used_stays_when_its_adding_is_undone(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = ref(ada)
    meet(place, ada, bob)
    bob.cards.edit([card], {"title": "new"})
    ada.undoes()
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    for one in two:
        assert one.cards.get(card).title == "new"
        (conflict,) = one.service.conflicts.of_card(card)
        assert (conflict.field, conflict.actor) == ("deleted", "ada")
    bob.service.conflicts.resolve(card, "deleted", take=True)
    meet(place, ada, bob)
    assert card not in bob.order("Ideas") + ada.order("Ideas")
    assert shown(ada) == shown(bob)


def test_cards_and_boards_of_one_name_are_told_apart_the_same_way(
    tmp_path: Path, place: Path
) -> None:
    ada, bob = (Person(tmp_path / name, name, Clock()) for name in ("ada", "bob"))
    for person in (ada, bob):
        person.starts()
        person.adds(person.service.actor)
    mine, other = (person.order("Ideas") for person in (ada, bob))
    assert mine == other
    told = meet(place, ada, bob)
    for board in (ada.board_id, bob.board_id):
        assert {f.ref: f.title for f in ada.boards.snapshot(board).faces} == {
            f.ref: f.title for f in bob.boards.snapshot(board).faces
        }
    assert sorted(board.key for board in ada.boards.all()) == ["fraud", "fraud-2"]
    assert any(f"{mine[0]} is {mine[0]}b now" in line for line in told)
    assert ref(ada) != ref(bob)
    for person in (ada, bob):
        person.service.close()


def test_a_limit_that_a_merge_breaks_is_told_and_holds(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    ada.sets("Ready", limit=1)
    meet(place, ada, bob)
    ada.adds("a", to="Ready")
    bob.adds("b", to="Ready")
    told = meet(place, ada, bob)
    assert "Ready is 2/1! since the merge." in told
    for _ in range(2):
        assert meet(place, ada, bob) == [], "once said is enough"
    with pytest.raises(LimitReached):
        ada.adds("c", to="Ready")


def test_a_clock_that_is_late_gives_no_stage_a_negative_time(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.moves(card, to="Training")
    meet(place, ada, bob)
    bob.clock.now -= timedelta(hours=3)
    bob.moves(card, to="Evaluation")
    meet(place, ada, bob)
    for person in (ada, bob):
        _, histories = person.service.history.for_flow(person.board)
        [steps] = [history.steps for history in histories if history.ref == card]
        times = [step.at for step in steps]
        assert times == sorted(times)
        assert [step.stage for step in steps][-1] == 5


def test_a_clock_far_ahead_is_told_and_not_followed(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    bob.clock.now += timedelta(days=400)
    bob.cards.edit([card], {"title": "from the future"})
    told = meet(place, ada, bob)
    assert any("more than an hour ahead" in line for line in told)
    ada.cards.edit([card], {"title": "now"})
    meet(place, ada, bob)
    assert bob.cards.get(card).title == "now"
    other = ref(ada)
    newest = ada.history.of_card(other)[-1].event.hlc
    assert int(newest[:15]) / 1000 < ada.clock.now.timestamp() + 60


def test_files_that_both_sides_know_are_neither_listed_nor_read(
    two: tuple[Person, Person], place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    ways = {person: Folder(place, tmp_path / f"seen{n}") for n, person in enumerate(two)}
    looked: set[str] = set()
    listing, read = os.scandir, Folder.read

    def exchanges(person: Person) -> Report:
        looked.clear()
        return person.service.sync.exchange(ways[person])

    def listed(folder: Path | str) -> Any:
        looked.add(Path(folder).name)
        return listing(folder)

    def noted(self: Folder, replica: str, first: int) -> bytes:
        looked.add(replica)
        return read(self, replica, first)

    # As long after the last change as it takes.
    monkeypatch.setattr("mlkanban.sync.transports.folder._SETTLED_SECONDS", -1)
    monkeypatch.setattr(os, "scandir", listed)
    monkeypatch.setattr(Folder, "read", noted)
    for person in (ada, bob, ada, bob):
        exchanges(person)
    assert exchanges(ada).message == "Nothing new."
    assert looked == {"log"}
    bob.adds("new")
    exchanges(bob)
    assert exchanges(ada).taken
    assert len(looked - {"log"}) == 1
    assert shown(ada) == shown(bob)
    exchanges(ada)
    file = max(place.glob("log/*/*"), key=lambda path: path.stat().st_mtime_ns)
    file.write_bytes(file.read_bytes()[:-9])  # cut off in its place
    assert exchanges(ada).notices


def test_a_file_that_is_not_whole_waits(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    card = ref(ada)
    ada.service.sync.exchange(Folder(place))
    newest = max(files(place), key=os.path.getmtime)
    whole = newest.read_bytes()
    newest.write_bytes(whole[:-20])
    told = bob.service.sync.exchange(Folder(place)).notices
    assert any("is not whole" in line for line in told)
    newest.write_bytes(whole)
    bob.service.sync.exchange(Folder(place))
    assert bob.cards.get(card).ref == card


def test_what_is_no_file_is_not_waited_for(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    mine = files(place)[0].parent
    os.mkfifo(mine / "000000900.jsonl")
    (mine / "000000901.jsonl").mkdir()
    os.mkfifo(place / "log" / mine.name.replace(mine.name[:4], "ffff"))
    card = ref(ada)
    # In a thread: who waits for a pipe waits for ever.
    read = threading.Thread(target=Folder(place).read, args=(mine.name, 900), daemon=True)
    read.start()
    read.join(20)
    assert not read.is_alive()
    firsts = {mine.name: [int(path.stem) for path in files(place)[:-2]]}
    nothing = KnownEvents({}, lambda _replica, _rseq: "", lambda _replica: False)
    assert Folder(place).listed(nothing).firsts == firsts
    ours = f"log/{mine.name}"
    assert set(meet(place, ada, bob)) == {
        f"{ours}/000000900.jsonl is a named pipe, not what its name says. It was passed over.",
        f"{ours}/000000901.jsonl is a folder, not what its name says. It was passed over.",
        f"{ours.replace(mine.name[:4], 'ffff')} is a named pipe, not what its name says. "
        "It was passed over.",
    }
    assert bob.cards.get(card).ref == card
    assert bob.service.sync.exchange(Folder(place)).message == "3 files passed over."


def test_no_symbolic_link_is_followed(
    two: tuple[Person, Person], place: Path, tmp_path: Path
) -> None:
    """Neither for reading nor for writing, whoever put it into the folder."""
    ada, bob = two
    newest = files(place)[-1]
    outside = tmp_path / "outside"
    shutil.copytree(newest.parent, outside)
    (newest.parent / "000000900.jsonl").symlink_to(outside / newest.name)
    (newest.parent.parent / newest.parent.name.replace(newest.parent.name[:4], "ffff")).symlink_to(
        outside
    )
    card = ref(ada)
    told = meet(place, ada, bob)
    assert len(set(told)) == 2
    assert all("is a symbolic link" in line for line in told)
    assert bob.cards.get(card).ref == card
    shutil.rmtree(newest.parent)
    newest.parent.symlink_to(outside)
    before = sorted(outside.iterdir())
    with pytest.raises(MlkanbanError, match="nothing is read or written through it"):
        ada.service.sync.exchange(Folder(place))
    shutil.rmtree(place / "log")
    (place / "log").symlink_to(outside)
    with pytest.raises(MlkanbanError, match="nothing is read or written through it"):
        ada.service.sync.exchange(Folder(place))
    assert sorted(outside.iterdir()) == before


def by_line_ends(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def by_hand(content: bytes) -> bytes:
    return content.replace(b"one", b"two")


def line_removed(content: bytes) -> bytes:
    return content.partition(b"\n")[2]


@pytest.mark.parametrize("change", [by_line_ends, by_hand, line_removed])
def test_a_file_that_was_changed_on_the_way_is_named_and_written_again(
    two: tuple[Person, Person], place: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    ada, bob = two
    cy = Person(tmp_path / "cy", "cy", Clock())
    cy.board_id = ada.board_id
    path = files(place)[-1]
    whole = path.read_bytes()
    path.write_bytes(change(whole))
    name = f"log/{path.parent.name}/{path.name}"
    report = cy.service.sync.exchange(Folder(place))
    assert report.message == "1 file passed over."
    (line,) = report.notices
    assert line.startswith(f"{name} was changed on its way, by a conversion of line ends or by")
    ada.adds("two")
    (line,) = ada.service.sync.exchange(Folder(place)).notices
    assert line.startswith(name)
    assert line.endswith("It is written again.")
    assert meet(place, cy, bob, ada) == []
    assert shown(cy) == shown(ada) == shown(bob)
    cy.service.close()


def test_a_file_of_nobody_in_the_place_of_later_ones_holds_nothing_up(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (files(place)[-1].parent / "000000900.jsonl").write_text("rubbish")
    card = ref(ada)
    assert all("000000900.jsonl is not whole" in line for line in meet(place, ada, bob))
    assert bob.cards.get(card).ref == card


def test_later_changes_wait_for_earlier_ones(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    ref(ada)
    ada.service.sync.exchange(Folder(place))
    first = max(files(place), key=lambda path: path.name)
    kept = first.read_bytes()
    last = ref(ada)
    ada.service.sync.exchange(Folder(place))
    first.unlink()
    told = bob.service.sync.exchange(Folder(place)).notices
    (line,) = told
    assert "wait: those before have not come yet" in line
    with pytest.raises(MlkanbanError):
        bob.cards.get(last)
    first.write_bytes(kept)
    bob.service.sync.exchange(Folder(place))
    assert bob.cards.get(last).ref == last


def test_history_that_two_brought_in_is_there_once(
    two: tuple[Person, Person], place: Path, tmp_path: Path
) -> None:
    """The same log of another tool, read on both before they met; Bob goes on with a card."""
    everybody = [*two, Person(tmp_path / "cy", "cy", Clock())]
    rows = tmp_path / "log.csv"
    rows.write_text("case,at,state\na,2026-01-01T08:00:00Z,new\na,2026-01-02T08:00:00Z,closed\n")
    (tmp_path / "map.toml").write_text(TWO_STAGES)
    brought = read_log(rows, read_map(tmp_path / "map.toml"))
    for one in two:
        assert one.service.history.bring_in(brought.changes()).new == 6
    (card,) = two[1].boards.snapshot(brought.board_id).faces
    two[1].cards.edit([card.ref], {"title": "mine"})
    meet(place, *everybody)
    for one in everybody:
        assert shown(one) == shown(two[0])
        assert log.broken_link(one.service._context.store.conn) == ""
        (face,) = one.boards.snapshot(brought.board_id).faces
        assert face.title == "mine"
        assert one.service.conflicts.all() == []
        kinds = [entry.event.kind for entry in one.history.of_card(face.ref)]
        assert kinds == ["card.created", "card.moved", "card.edited"]
        assert one.service.history.bring_in(brought.changes()).new == 0
    everybody[2].service.close()


def changed(path: Path, **values: Any) -> None:
    """A file with another event in it, whose checksum is right."""
    found = file_format.read(path.read_bytes(), path.parent.name, int(path.stem))
    records = list(found.records)
    records[-1] = replace(records[-1], **values)
    path.write_bytes(file_format.written(records))


def test_two_stores_that_write_as_one_are_refused_and_kept_aside(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = ref(ada)
    meet(place, ada, bob)
    newest = max(files(place), key=lambda path: path.name)
    changed(newest, id="another", data=json.dumps({"set": {"title": "forged"}}))
    told = bob.service.sync.exchange(Folder(place)).notices
    assert any("Two stores write as the replica" in line for line in told)
    assert bob.cards.get(card).title == "x"
    assert len(list((bob.service.path.parent / "sync" / "aside").iterdir())) == 2


def test_a_restored_store_goes_on_as_a_replica_of_its_own(
    two: tuple[Person, Person], place: Path, tmp_path: Path
) -> None:
    ada, bob = two
    store = ada.service._context.store
    copy = backup.write(store.conn, store.path, label="test")
    ada.adds("after the backup")
    meet(place, ada, bob)
    (tmp_path / "restored").mkdir()
    copy.rename(tmp_path / "restored" / "board.db")
    restored = Person(tmp_path / "restored", "ada", ada.clock)
    restored.board_id = ada.board_id
    restored.adds("after restoring")
    assert meet(place, restored, bob, ada) == []
    assert shown(restored) == shown(bob) == shown(ada)
    assert len(bob.order("Ideas")) == 3
    restored.service.close()


def test_a_broken_chain_is_not_taken_in(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    ref(ada)
    ada.service.sync.exchange(Folder(place))
    newest = max(files(place), key=lambda path: path.name)
    changed(newest, actor="mallory")
    told = bob.service.sync.exchange(Folder(place)).notices
    assert any("do not follow from those before" in line for line in told)
    assert len(bob.order("Ideas")) == 1


def newer(ada: Person, place: Path, version: int) -> None:
    """Ada gives her card another title, with a program that writes a newer format of events."""
    ada.cards.edit(ada.order("Ideas"), {"title": "new"})
    ada.service.sync.exchange(Folder(place))
    newest = max(files(place), key=lambda path: path.name)
    conn = ada.service._context.store.conn
    (before,) = conn.execute("SELECT hash FROM event ORDER BY seq DESC LIMIT 1 OFFSET 1").fetchone()
    row = conn.execute(
        f"SELECT {rows.RECORD_COLUMNS} FROM event ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    record = replace(rows.record_of(row), version=version)
    changed(newest, version=version, hash=log.chained(before, record))


def test_what_a_newer_program_wrote_is_kept_and_passed_on(
    two: tuple[Person, Person], place: Path, tmp_path: Path
) -> None:
    ada, bob = two
    newer(ada, place, 9)
    told = bob.service.sync.exchange(Folder(place)).notices
    assert any("newer mlkanban (format 9)" in line for line in told)
    (card,) = bob.order("Ideas")
    bob.cards.edit([card], {"hypothesis": "the older one goes on"})
    shown_there = bob.cards.get(card)
    assert (shown_there.title, shown_there.hypothesis) == ("one", "the older one goes on")
    assert bob.service.conflicts.all() == []
    further = tmp_path / "further"
    further.mkdir()
    bob.service.sync.exchange(Folder(further))
    assert b'"version":9' in b"".join(path.read_bytes() for path in files(further))


def test_what_a_newer_program_wrote_shows_once_this_one_knows_it(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    newer(ada, place, FORMAT + 1)
    bob.service.sync.exchange(Folder(place))
    assert [face.title for face in bob.boards.snapshot(bob.board_id).faces] == ["one"]
    updated = [sys.executable, "-m", "tests.store.newer_format", str(bob.service.path.parent)]
    said = subprocess.run(
        updated, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    assert said.stdout == "new\n"


def test_an_undo_takes_back_what_was_done_last_not_what_came_last(
    tmp_path: Path, place: Path
) -> None:
    laptop, server = (Person(tmp_path / name, "ada", Clock()) for name in ("laptop", "server"))
    laptop.starts()
    meet(place, laptop, server)
    server.board_id = laptop.board_id
    server.adds("from the server")
    server.service.sync.exchange(Folder(place))
    laptop.clock.now += timedelta(hours=1)
    laptop.adds("newest")
    laptop.service.sync.exchange(Folder(place))
    laptop.undoes()
    faces = laptop.boards.snapshot(laptop.board_id).faces
    assert [face.title for face in faces] == ["from the server"]
    laptop.service.close()
    server.service.close()


def test_a_board_undone_with_its_import_comes_again_with_what_others_put_on_it(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    board, stage = fixed_id("board"), fixed_id("stage")
    ada.history.bring_in([
        Change("board.created", board, event_id=fixed_id("1"), set={
            "key": "desk", "name": "Desk", "timezone": "UTC", "template": "", "deleted": False,
        }),
        Change("stage.added", board, stage=stage, event_id=fixed_id("2"), set={
            "name": "Open", "kind": "active", "committed": True, "rank": "", "deleted": False,
        }),
        Change("card.created", board, card=fixed_id("card"), event_id=fixed_id("3"), set={
            "place": [stage, ""], "title": "a", "deleted": False,
        }),
        Change("import.noted", board, note="log", event_id=fixed_id("4")),
    ])  # fmt: skip
    meet(place, ada, bob)
    ada.board_id = bob.board_id = board
    bob.adds("found meanwhile")
    ada.undoes()
    assert [one.key for one in ada.boards.all()] == ["fraud"]
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    for person in (ada, bob):
        assert [one.key for one in person.boards.all()] == ["fraud", "desk"]
        faces = person.boards.snapshot(board).faces
        assert [face.title for face in faces] == ["found meanwhile"]
