"""Whatever a peer sends, every command goes on working, here and where it is relayed to, and all
machines show the same board."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core import field_kinds
from mlkanban.store.rows import entity_from
from tests.cli.conftest import Person
from tests.service.forging import Forge, forged

READING = """
list --all
--json list --all
boards
stages
show {card}
--json show {card}
history
history {card}
--json history
--json history {card}
runs
runs {card}
triage
plan
portfolio
charter
views
settle
list -q auc
report --out report.html
report --out report.md
export jsonl
export csv
export markdown
"""
NUMBERS = """
cycle-time scatter throughput wip cfd aging forecast-cards xmr efficiency blockers bottleneck
iterations sle little debt quality triage retraining lead burn-up
"""
WRITING = """
edit {card} --title mine
edit {card} --tag gpu --due 2027-01-01 --metric auc>=0.9
edit {card} --checklist one --parent {other}
note {card} seen
move {card} data --override why
block {card} --reason bug --until card:{other}
unblock {card}
snooze {card} --until 2035-01-01
add another
add {card} further
undo
redo
stages add Further
stages add Between --after Ideas
stages move Further 1
stages limit Data 3
init Other
archive {other}
done {card} --outcome learned --verdict no
"""


def whole(**values: Any) -> Forge:
    """Other parts of the event itself."""
    return lambda event: event.update(values)


def puts(**values: Any) -> Forge:
    """An edit of the card that sets these fields."""

    def forge(event: dict[str, Any]) -> None:
        named = {name.replace("__", ":"): value for name, value in values.items()}
        event["data"] = {"set": named, "was": {name: [None, ""] for name in named}}

    return forge


def field(name: str, value: Any) -> Forge:
    return puts(**{name: value})


def of_board(kind: str, values: dict[str, Any], stage: str = "") -> Forge:
    """A change of the board, or of a stage."""

    def forge(event: dict[str, Any]) -> None:
        was = {name: [None, ""] for name in values}
        event |= {"card": "", "kind": kind, "data": {"set": values, "was": was}}
        if stage:
            event["data"]["stage"] = stage

    return forge


def data(**values: Any) -> Forge:
    return lambda event: event["data"].update(values)


def kind(name: str, **values: Any) -> Forge:
    return lambda event: event.update(kind=name, data=values)


def as_board(event: dict[str, Any]) -> None:
    """What the event says of a card is said of its board."""
    event["card"] = event["board"]


NEW = "0198f0a0-0000-7000-8000-00000000000a"
LONG = "9" * 400
FORGED: dict[str, Forge] = {
    # The event itself
    "at: a word": whole(at="garbage"),
    "at: none": whole(at=""),
    "at: year 1": whole(at="0001-01-01T00:00:00.000000Z"),
    "at: year 9999": whole(at="9999-12-31T23:59:59.999999Z"),
    "at: without a zone": whole(at="2026-01-01T00:00:00"),
    "at: a week": whole(at="2026-W01-1T00:00:00Z"),
    "at: the hour 24": whole(at="2026-01-01T24:00:00Z"),
    "at: other digits": whole(at="\u0662\u0660\u0662\u0666-01-01T00:00:00Z"),
    "at: a line more": whole(at="2026-01-01T00:00:00Z\n"),
    "hlc: letters": lambda event: event.update(hlc=event["hlc"][:16] + "zzzzzz"),
    "hlc: other digits": lambda event: event.update(hlc="\u0669" * 15 + event["hlc"][15:]),
    "hlc: none": whole(hlc=""),
    "hlc: lower than any": whole(hlc="!"),
    "hlc: a sign": lambda event: event.update(hlc=event["hlc"][:16] + "-00001"),
    "hlc: the last of all": whole(hlc="999999999999999.999999"),
    "hlc: far ahead": whole(hlc="250000000000000.000001"),
    "hlc: before all": whole(hlc="000000000000000.000000"),
    "version: none": whole(version=0),
    "version: below none": whole(version=-1),
    "version: newer": whole(version=7),
    "version: newer, no time": whole(version=7, at="soon"),
    "version: newer, other data": lambda event: event.update(version=7, data={"set": [1]}),
    "id: none": whole(id=""),
    "id: a word": whole(id="x"),
    "id: with an @": whole(id="a@b"),
    "id: one more @": lambda event: event.update(id=event["id"] + "@" + event["replica"]),
    "id: a thousand letters": whole(id="x" * 1000),
    "board: a word": whole(board="x"),
    "board: unknown": whole(board=NEW),
    "card: a word": whole(card="<script>"),
    "card: unknown": whole(card=NEW),
    "card: is the board": as_board,
    "action: none": whole(action=""),
    "undoes: a word": whole(undoes="x"),
    "undoes: unknown": whole(undoes=NEW),
    "undoes: itself": lambda event: event.update(undoes=event["id"]),
    "kind: none": whole(kind=""),
    "kind: unknown": whole(kind="card.sang"),
    "actor: control characters": whole(actor="\x1b[2J\u202e"),
    "actor: a run": whole(actor="run:x"),
    "host: none": whole(host=""),
    # Its parts
    "data: a name twice": lambda event: event.update(
        data='{"set":{"health":"odd"},"set":{"title":"theirs"},"was":{}}'
    ),
    "data: no number": lambda event: event.update(data='{"set":{"x":NaN},"was":{}}'),
    "data: without end": lambda event: event.update(data='{"set":{"x":1e999},"was":{}}'),
    "data: a large number": lambda event: event.update(data='{"set":{"x":' + LONG + '},"was":{}}'),
    "set: a number": data(set=3),
    "was: text": data(was={"title": "x"}),
    "was: no origin": data(was={"title": ["a", 3]}),
    "was: another type": data(was={"title": [5, ""]}),
    "restores: a list": data(restores={"title": []}),
    "saw: numbers": data(saw={"tag:gpu": [3]}),
    "saw: text": data(saw="x"),
    "settles: text": data(settles={"title": "x"}),
    "note: a number": data(note=3),
    "reason: a list": data(reason=[]),
    "unticked: a number": data(unticked=3),
    "stage: a list": data(stage=[]),
    "stage: of a card": data(stage=NEW),
    "noted: nothing": kind("card.noted"),
    "created: nothing": kind("card.created"),
    "blocked: nothing": kind("card.blocked"),
    "snoozed: nothing": kind("card.snoozed"),
    "finished: nothing": kind("card.finished", set={"outcome": None}, was={}),
    "reordered: nothing": kind("card.reordered"),
    "run ended: nothing": kind("run.ended"),
    "alerted: nothing": kind("card.alerted"),
    "triage: nothing": of_board("triage.ended", {"triage": {}}),
    # The values of a card
    "title: a number": field("title", 5),
    "title: none": field("title", None),
    "title: empty": field("title", ""),
    "title: two lines": field("title", "a\n# b"),
    "ref: blanks": field("ref", "a b"),
    "ref: none": field("ref", ""),
    "ref: a large number": field("ref", "a" + "9" * 30),
    "ref: another": field("ref", "a9"),
    "place: text": field("place", "x"),
    "place: unknown stage": field("place", [NEW, "a0"]),
    "place: odd stage": field("place", ["x", "a0"]),
    "place: odd rank": field("place", [NEW, "!"]),
    "place: empty rank": field("place", [NEW, ""]),
    "place: rank with an end of 0": field("place", [NEW, "a00"]),
    "place: short rank": field("place", [NEW, "c1"]),
    "rank: none": field(f"rank:{NEW}", None),
    "rank: of no stage": field("rank:x", "a1"),
    "rank: odd": field(f"rank:{NEW}", ""),
    "type: unknown": field("type", "song"),
    "priority: a list": field("priority", []),
    "class: unknown": field("service_class", "first"),
    "work: unknown": field("work", "sleeping"),
    "outcome: unknown": field("outcome", "won"),
    "health: a dict": field("health", {}),
    "health: of what is not in use": field("health", "alert"),
    "due: a word": field("due", "soon"),
    "due: a week": field("due", "2026-W01-1"),
    "due: the first day": field("due", "0001-01-01"),
    "due: the last day": field("due", "9999-12-31"),
    "snoozed: a number": field("snoozed_until", 5),
    "snoozed: a word": field("snoozed_until", "later"),
    "snoozed run: a list": field("snoozed_run", [1]),
    "blocker: text": field("blocker", "no"),
    "blocker: parts missing": field("blocker", {"reason": "bug"}),
    "blocker: year 1": field(
        "blocker", {"reason": "bug", "external": True, "since": "0001-01-01T00:00:00+00:00"}
    ),
    "blocker: seconds": field("blocker", {"reason": "bug", "external": True, "since": 0}),
    "blocker: odd condition": field(
        "blocker",
        {"reason": "bug", "external": True, "since": "2026-01-01T00:00:00Z", "until": "!"},
    ),
    "metric: text": field("metric", "auc"),
    "metric: no name": field("metric", {"value": 1}),
    "metric: a text for a number": field("metric", {"name": "auc", "target": "0.9"}),
    "metric: a large number": lambda event: event.update(
        data='{"set":{"metric":{"name":"auc","value":1' + LONG + '}},"was":{}}'
    ),
    "checklist: a dict": field("checklist", {}),
    "checklist: no text": field("checklist", [{"done": True}]),
    "checklist: text for done": field("checklist", [{"text": "x", "done": "yes"}]),
    "worth: words": field("worth", "a/b"),
    "worth: by nothing": field("worth", "1/0"),
    "budget: words": field("budget", "much"),
    "hypothesis: a number": field("hypothesis", 3),
    "parent: markup": field("parent", "<script>"),
    "parent: unknown": field("parent", "zz99"),
    "lineage: parent": field("lineage:parent", "<script>"),
    "lineage: no kind": field("lineage:g1", True),
    "lineage: unknown kind": field("lineage:twin-of:g1", True),
    "lineage: markup": field("lineage:retrain-of:<script>", True),
    "lineage: unknown card": field("lineage:retrain-of:zz99", True),
    "needs: blanks": field("needs:a b", True),
    "needs: unknown": field("needs:zz99", True),
    "tag: blanks": field("tag:a b", True),
    "tag: none": field("tag:", True),
    "tag: a dict": field("tag:gpu", {"x": 1}),
    "link: none": field("link:", True),
    "link: a script": field("link:javascript:alert(1)", True),
    "archived: text": field("archived", "no"),
    "deleted: a list": field("deleted", [1]),
    "run: text": field("run:x", "ended"),
    "run: odd parts": field(
        "run:x",
        {"state": [], "started": "9999-12-31T23:59:59", "elapsed": 2**62, "gpus": 2**62,
         "metrics": {"auc": True}, "last": [[]], "argv": [{}], "params": {"a": []}},
    ),
    "run: no name": field("run:", {"state": "running"}),
    "alert: text": field("alert:auc", "high"),
    "alert: no number": field(
        "alert:auc", {"value": "nan", "threshold": ">1", "alert": True, "at": "soon"}
    ),
    # Those of boards and stages
    "board: name a number": of_board("board.edited", {"name": 5}),
    "board: no key": of_board("board.edited", {"key": ""}),
    "board: zone of 5,000 letters": of_board("board.edited", {"timezone": "Z" * 5000}),
    "board: zone above": of_board("board.edited", {"timezone": "../../etc/passwd"}),
    "board: zone unknown": of_board("board.edited", {"timezone": "Mars/Olympus"}),
    "board: conwip below none": of_board("board.edited", {"conwip": -1}),
    "board: conwip text": of_board("board.edited", {"conwip": "2"}),
    "board: created anew": of_board("board.created", {}),
    "board: view a dict": of_board("view.saved", {"view:mine": {}}),
    "board: view that is no query": of_board("view.saved", {"view:mine": "((("}),
    "board: charter a list": of_board("charter.edited", {"charter:scope": []}),
    "board: triage": of_board("triage.ended", {"triage": {"began": "0001-01-01"}}),
    "stage: kind unknown": of_board("stage.edited", {"kind": "odd"}, NEW),
    "stage: limit text": of_board("stage.edited", {"limit": "3"}, NEW),
    "stage: added without a name": of_board("stage.added", {"kind": "queue", "rank": "a5"}, NEW),
    "stage: odd rank": of_board(
        "stage.added", {"name": "Odd", "kind": "queue", "rank": "", "deleted": False}, NEW
    ),
    "stage: odd id": of_board(
        "stage.added", {"name": "Odd", "kind": "queue", "rank": "z", "deleted": False}, "x"
    ),
    "stage: sound": of_board(
        "stage.added",
        {"name": "Odd", "kind": "queue", "rank": "zz", "committed": False, "deleted": False},
        NEW,
    ),
}  # fmt: skip


UNREADABLE: dict[str, Forge] = {
    "version: more than a column holds": whole(version=10**30),
    "version: a truth": whole(version=True),
    "rseq: more than a column holds": whole(rseq=10**30),
    "rseq: text": whole(rseq="1"),
    "data: a list": lambda event: event.update(data="[1]"),
    "data: brackets": lambda event: event.update(data="[" * 200_000),
    "data: half a character": lambda event: event.update(data='{"note":"\\ud83d"}'),
}
"""What no log can keep."""


class Machine:
    """A home of its own for the commands of this process."""

    def __init__(self, mlk: Person, path: Path, patch: pytest.MonkeyPatch) -> None:
        self._mlk, self.path, self._patch = mlk, path, patch
        path.mkdir()

    def __call__(self, *args: str) -> Any:
        self._patch.setenv("MLKANBAN_HOME", str(self.path))
        return self._mlk(*args)

    def adds(self, title: str) -> str:
        return str(self("--json", "add", title).data["id"])

    def shows(self) -> list[Any]:
        """The state of everything, as the fold left it."""
        conn = sqlite3.connect(self.path / "board.db")
        try:
            state = conn.execute("SELECT id, board, state FROM entity ORDER BY id").fetchall()
            faces = conn.execute(
                "SELECT id, ref, stage, rank, title, outcome, archived, created_at, started_at,"
                " finished_at, board, deleted FROM card ORDER BY id"
            ).fetchall()
        finally:
            conn.close()
        return [[(entity, board, entity_from(text)) for entity, board, text in state], faces]


Home = Callable[[str], Machine]


@pytest.fixture
def machine(mlk: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    return lambda name: Machine(mlk, tmp_path / f"machine-{name}", monkeypatch)


def works(mine: Machine, card: str, other: str) -> None:
    """Everything can be read and written to, once and again."""
    for lines in (READING, WRITING, READING):
        for line in lines.strip().splitlines():
            words = [word.format(card=card, other=other) for word in line.split(" ")]
            answer = mine(*words)
            # A rule may refuse a write: what a peer did to the card may be sound.
            refused = lines == WRITING and answer.code == 1
            assert answer.code == 0 or refused, f"{line}: {answer.code} {answer.err}"
    for name in NUMBERS.split():
        answer = mine("flow", name)
        assert answer.code == 0, f"flow {name}: {answer.code} {answer.err}"


def met(mine: Machine, peer: Machine, stick: Path) -> tuple[str, str]:
    """Two cards that both have."""
    assert mine("init", "Fraud", "--timezone", "UTC").code == 0
    cards = mine.adds("mine first"), mine.adds("other")
    for one in (mine, peer):
        assert one("sync", "--dir", str(stick)).code == 0
    return cards


def looked_at(mine: Machine) -> list[dict[str, str]]:
    return list(mine("--json", "doctor", "--deep").object["data"]["checks"])


def newest(stick: Path) -> Path:
    return max(stick.rglob("*.jsonl"), key=os.path.getmtime)


SUBJECTS = sorted({name.partition(":")[0] for name in FORGED})
GROUPS = [SUBJECTS[at::5] for at in range(5)]


@pytest.mark.parametrize("subjects", GROUPS, ids=", ".join)
def test_every_command_works_whatever_a_peer_sends(
    subjects: list[str], machine: Home, tmp_path: Path
) -> None:
    stick, further = tmp_path / "stick", tmp_path / "further"
    stick.mkdir()
    further.mkdir()
    forges = [forge for name, forge in FORGED.items() if name.partition(":")[0] in subjects]
    mine, peer, third = machine("mine"), machine("peer"), machine("third")
    card, other = met(mine, peer, stick)
    for number in range(len(forges)):
        assert peer("edit", card, "--title", f"theirs {number}").code == 0
    assert peer("sync", "--dir", str(stick)).code == 0
    forged(newest(stick), forges)

    def exchange() -> None:
        """With the forger; and from there with a machine that never meets the forger."""
        for one, folder in ((mine, stick), (mine, further), (third, further), (mine, further)):
            answer = one("sync", "--dir", str(folder))
            assert answer.code == 0, answer.err
            assert "passed over" not in answer.err
        assert mine.shows() == third.shows()

    exchange()
    works(mine, card, other)
    exchange()
    assert third("--json", "list", "--all").code == 0
    assert third("show", card).code == 0
    sound = {check["what"]: check["verdict"] for check in looked_at(mine)}
    assert [sound[what] for what in ("file", "log", "tables")] == ["ok"] * 3


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    name: str, machine: Home, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer, third = machine("mine"), machine("peer"), machine("third")
    card, _ = met(mine, peer, stick)
    peer("edit", card, "--title", "theirs")
    peer("sync", "--dir", str(stick))
    forged(newest(stick), [UNREADABLE[name]])
    third("sync", "--dir", str(stick))
    third("edit", card, "--dataset", "of the third")
    third("sync", "--dir", str(stick))
    answer = mine("sync", "--dir", str(stick))
    assert answer.code == 0
    assert "jsonl cannot be read in line 1. It was passed over." in answer.err
    shown = mine("--json", "show", card).data
    assert (shown["title"], shown["dataset"]) == ("mine first", "of the third")
    assert mine("edit", card, "--title", "mine").code == 0


def test_doctor_counts_what_does_not_count(machine: Home, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer = machine("mine"), machine("peer")
    card, _ = met(mine, peer, stick)
    peer("edit", card, "--title", "theirs")
    peer("sync", "--dir", str(stick))
    forged(newest(stick), [whole(at="garbage", host="gpu2")])
    assert "1 change is malformed (gpu2)" in mine("sync", "--dir", str(stick)).err
    (check,) = (check for check in looked_at(mine) if check["what"] == "events")
    assert check["verdict"] == "note"
    assert "gpu2 (1)" in check["said"]
    assert mine("--json", "show", card).data["title"] == "mine first"


HOME = "0198f0a0-0000-7000-8000-00000000000b"


def anew(board: str, kind: str, values: dict[str, Any], **parts: Any) -> Forge:
    """Another event altogether, about a board or one of its stages."""

    def forge(event: dict[str, Any]) -> None:
        event |= {"board": board or event["board"], "card": "", "kind": kind}
        event["data"] = {"set": values, "was": {}} | parts

    return forge


BOARD = {"key": "newer", "name": "Newer", "timezone": "UTC"}
STAGE = {"name": "Q", "kind": "queue", "rank": "a1", "deleted": False}


def newer_stage(event: dict[str, Any]) -> None:
    anew(HOME, "stage.added", STAGE, stage=NEW)(event)
    event["version"] = 9


def removed_stage(event: dict[str, Any]) -> None:
    anew(HOME, "stage.added", STAGE | {"deleted": True}, stage=NEW)(event)


def sends(peer: Machine, stick: Path, card: str, *forges: Forge) -> None:
    """Let a peer send these events."""
    for number in range(len(forges)):
        assert peer("edit", card, "--title", f"theirs {number}").code == 0
    assert peer("sync", "--dir", str(stick)).code == 0
    forged(newest(stick), forges)


def placed(event: dict[str, Any]) -> None:
    event |= {"board": HOME, "card": HOME[:-1] + "c", "kind": "card.created"}
    values = {"ref": "q1", "title": "unseen", "place": [NEW, "a1"]}
    event["data"] = {"set": values, "was": {}}


@pytest.mark.parametrize("stage", [newer_stage, removed_stage, placed])
def test_a_board_without_stages_is_not_listed(stage: Forge, machine: Home, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer, third = machine("mine"), machine("peer"), machine("third")
    card, other = met(mine, peer, stick)

    def created(event: dict[str, Any]) -> None:
        anew(HOME, "board.created", BOARD)(event)
        event["host"] = "gpu2"

    sends(peer, stick, card, created, stage, placed)
    assert mine("sync", "--dir", str(stick)).code == 0
    works(mine, card, other)
    assert "newer" not in [board["key"] for board in mine("--json", "boards").data]
    assert mine("--board", "newer", "list").code == 3
    assert mine("show", "q1").code == 3
    (check,) = (check for check in looked_at(mine) if check["what"] == "boards")
    assert check["said"] == "1 board has no stages and is not listed: Newer (from gpu2)"
    # With a stage it is a board.
    assert third("sync", "--dir", str(stick)).code == 0
    sends(third, stick, card, anew(HOME, "stage.added", STAGE, stage=HOME[:-1] + "d"))
    assert mine("sync", "--dir", str(stick)).code == 0
    assert mine("--board", "newer", "list").code == 0
    assert not [check for check in looked_at(mine) if check["what"] == "boards"]


def numbered(ref: str) -> Forge:
    def forge(event: dict[str, Any]) -> None:
        event |= {"card": NEW, "kind": "card.created"}
        place = event["data"]["set"].pop("title") and [NEW, "a1"]
        event["data"] = {"set": {"ref": ref, "title": "far", "place": place}, "was": {}}

    return forge


@pytest.mark.parametrize("digits", [9, 15])
def test_a_number_of_a_peer_leaves_room_for_the_next_card(
    digits: int, machine: Home, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer = machine("mine"), machine("peer")
    card, _ = met(mine, peer, stick)
    letter = card.rstrip("0123456789")
    sends(peer, stick, card, numbered(letter + "9" * digits))
    assert mine("sync", "--dir", str(stick)).code == 0
    assert [mine.adds("third"), mine.adds("fourth")] == [f"{letter}3", f"{letter}4"]
    assert mine("show", letter + "9" * digits).code == (0 if digits == 9 else 3)


def test_a_store_that_holds_such_a_number_adds_cards_again(
    machine: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer = machine("mine"), machine("peer")
    card, _ = met(mine, peer, stick)
    letter = card.rstrip("0123456789")
    sends(peer, stick, card, numbered(letter + "9" * 15))
    with monkeypatch.context() as earlier:
        earlier.setattr(field_kinds, "_REF", re.compile("[a-z]{1,8}[0-9]{1,15}[a-z]{0,8}"))
        assert mine("sync", "--dir", str(stick)).code == 0
        assert mine("show", letter + "9" * 15).code == 0
    conn = sqlite3.connect(mine.path / "board.db")
    conn.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'm011%'")
    conn.execute("PRAGMA user_version=9")
    conn.commit()
    conn.close()
    assert mine.adds("third") == f"{letter}3"
    assert {check["verdict"] for check in looked_at(mine) if check["what"] == "tables"} == {"ok"}


def test_an_id_stands_for_things_of_one_kind(machine: Home, tmp_path: Path) -> None:
    stick, further = tmp_path / "stick", tmp_path / "further"
    stick.mkdir()
    further.mkdir()
    mine, peer, third = machine("mine"), machine("peer"), machine("third")
    card, _ = met(mine, peer, stick)
    card_id = mine("--json", "show", card).data["uuid"]
    stages = stage_ids(mine)
    sends(
        peer, stick, card,
        anew("", "stage.added", STAGE, stage=card_id),
        anew(stages[0], "board.created", BOARD),
        anew(HOME, "board.created", BOARD | {"key": "other", "name": "Other"}),
        anew(HOME, "stage.added", STAGE, stage=stages[1]),
        anew(HOME, "stage.added", STAGE, stage=NEW),
        lambda event: event.update(card=NEW),
    )  # fmt: skip
    for one, folder in ((mine, stick), (mine, further), (third, further)):
        assert one("sync", "--dir", str(folder)).code == 0
    assert mine.shows() == third.shows()
    assert mine("edit", card, "--title", "mine").code == 0
    assert mine("stages", "limit", "Data", "3").code == 0
    for one in (mine, third):
        assert one("sync", "--dir", str(further)).code == 0
        sound = {check["what"]: check["verdict"] for check in looked_at(one)}
        assert sound["tables"] == "ok"
        assert one("--json", "show", card).data["title"] == "mine"
        assert stage_ids(one) == stages
    assert mine.shows() == third.shows()


def stage_ids(mine: Machine) -> list[str]:
    conn = sqlite3.connect(mine.path / "board.db")
    try:
        rows = conn.execute(
            "SELECT stage.id FROM stage JOIN board ON board.id = board WHERE key = 'fraud'"
            " ORDER BY rank"
        )
        return [stage for (stage,) in rows.fetchall()]
    finally:
        conn.close()


def test_long_names_of_people_and_machines_are_cut(machine: Home, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mine, peer = machine("mine"), machine("peer")
    card, _ = met(mine, peer, stick)
    sends(
        peer, stick, card,
        whole(actor="a" * 5000, host="h" * 5000),
        whole(host="h" * 5000, at="garbage"),
    )  # fmt: skip
    told = mine("sync", "--dir", str(stick))
    assert f"malformed ({'h' * 22}..)" in told.err
    for words in (("history",), ("history", card), ("doctor",), ("show", card)):
        answer = mine(*words)
        assert "a" * 23 not in answer.out + answer.err, words
        assert "h" * 23 not in answer.out + answer.err, words
    assert "h" * 23 not in told.out + told.err
