"""A board that came from another machine with hostile text in every field, and runs beside it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlkanban import demo
from mlkanban.core.board import BlockReason
from mlkanban.core.events import Record
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.store import merge
from mlkanban.sync import file_format
from mlkanban.sync.transports.folder import Folder
from tests.hostile.texts import hostile, rechained, spoilt
from tests.service.people import Clock, Person

RICH = "the card with everything"
MANY = 1 << 30
AT = "2026-03-01T10:10:10.000000Z"
LOCAL_RUN = "20260302-101010-0a0b0c0d"


def make(home: Path, far: Path) -> None:
    """Fill `home` with what comes from a store in `far`, by way of a folder."""
    now = datetime.now(UTC)
    bob = Person(far, "bob", Clock(now - timedelta(hours=3)))
    bob.board_id = demo.fill(bob.service, now).id
    _write_everything(bob)
    place = far / "place"
    place.mkdir(parents=True)
    _send(bob, place)
    ada = Person(home, "ada", Clock(now - timedelta(hours=2)))
    assert ada.service.sync.exchange(Folder(place)).taken
    # What both write unseen waits for a decision.
    ref = _ref(bob)
    for person in (bob, ada):
        person.cards.edit([ref], {"title": f"{RICH}, {person.service.actor}", "dataset": "s3://x"})
    _send(bob, place)
    assert ada.service.sync.exchange(Folder(place)).conflicts
    ada.service.close()
    bob.service.close()
    _write_run(home, ref)


def _ref(person: Person) -> str:
    faces = person.boards.snapshot(person.board_id).faces
    return next(face.ref for face in faces if RICH in face.title)


def _write_everything(bob: Person) -> None:
    """One card with every field that takes text, a charter, views, a second board, new names."""
    [other] = bob.adds("other")
    [ref] = bob.adds(
        RICH, to="Training", override="all of it", tags=["gpu", "größe"], links=["https://x.y/z"],
        hypothesis="it helps", dataset="s3://y", worth="3/5", needs=[other], parent=other,
        metric={"name": "auc", "target": 0.9}, lineage=[f"ablation-of:{other}"],
        checklist=[{"text": "item", "done": False, "gate": ""}],
    )  # fmt: skip
    bob.cards.note([ref], "note\nof two lines")
    bob.cards.block([ref], BlockReason.BUG, note="why", until="card:" + other)
    run = Run(
        "20260301-101010-0a0b0c0d", RunState.FAILED, "its supervisor wrote how it ended",
        argv=("python", "train.py"), host="gpu2", exit=1, why="out of memory", started=AT, ended=AT,
        commit="0123abcd", metrics={"auc": 0.5}, last=("RuntimeError: out of memory",), name="n",
    )  # fmt: skip
    says = replace(run, id="mlflow:abc", state=RunState.TRACKED, says="FAILED", where="/mlflow.db")
    bob.service.runs.take_in([RunReport(run, ref), RunReport(says, ref)])
    bob.service.views.save(bob.board_id, "mine", "gpu")
    for stage in ("Features", "Evaluation"):
        bob.sets(stage, name=stage + " renamed")
    bob.boards.create("Another board", "plain", "UTC")


def _send(bob: Person, place: Path) -> None:
    """Put the whole log of a store into a folder, spoilt."""
    conn = bob.service._context.store.conn
    for replica in merge.known(conn):
        spoilt_ones = rechained([spoilt(one) for one in merge.records(conn, replica, 1, MANY)])
        folder = place / "log" / replica
        folder.mkdir(parents=True, exist_ok=True)
        for at in range(0, len(spoilt_ones), file_format.MOST_EVENTS):
            part: list[Record] = spoilt_ones[at : at + file_format.MOST_EVENTS]
            (folder / f"{part[0].rseq:09}.jsonl").write_bytes(file_format.written(part))


def _write_run(home: Path, ref: str) -> None:
    """A run of this machine, with what its job wrote."""
    folder = RunFolder(home / "runs" / LOCAL_RUN)
    folder.make()
    folder.write_start(
        {
            "id": LOCAL_RUN, "card": ref, "card_id": "", "argv": [hostile("sh")], "cwd": "/",
            "person": hostile("ada"), "made": AT, "commit": hostile("0"), "dirty": True,
            "host": hostile("here"), "boot_id": "", "pid_ns": "", "started": AT,
            "supervisor": {"pid": 1, "start": "1"}, "child": {"pid": 1, "start": "1"},
        }
    )  # fmt: skip
    folder.write_end({"exit": 3, "ended": AT, "oom": False})
    lines = f"{hostile('out')}\nmlkanban: {hostile('m')}=0.5\nRuntimeError: {hostile('x')}\n"
    for log in (folder.out, folder.err):
        log.write_bytes(lines.encode("utf-8", "surrogatepass").replace(b"out", b"\xff\x9b6;66m"))
