"""Hooks: told of what was done, after it; never in its way, and never those of others."""

import json
import os
import select
import time
import tracemalloc
from pathlib import Path

import pytest

from mlkanban import hooks
from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.timestamps import instant
from mlkanban.doc_pages import doc_page
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service.hook_events import HOOKS, HookEvent
from tests.service.conftest import ada, clock  # noqa: F401
from tests.service.people import START, Person

HAPPENED = [HookEvent("on-move", {"board": "fraud", "cards": [{"title": "'; rm -rf ~; $(x)"}]})]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "hooks").mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    return folder


def script(config: Path, name: str, text: str, mode: int = 0o700) -> Path:
    file = config / "hooks" / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(mode)
    return file


def test_a_hook_gets_the_action_on_stdin_and_nothing_else(config: Path, tmp_path: Path) -> None:
    script(config, "on-move", f'cat > {tmp_path}/told; echo "$#" > {tmp_path}/args')
    assert hooks.run(config, HAPPENED) == []
    assert json.loads((tmp_path / "told").read_text()) == HAPPENED[0].data
    assert (tmp_path / "args").read_text() == "0\n"


def test_only_the_hook_of_what_happened_runs(config: Path, tmp_path: Path) -> None:
    script(config, "on-done", f"touch {tmp_path}/ran")
    assert hooks.run(config, HAPPENED) == []
    assert not (tmp_path / "ran").exists()


def test_a_failure_is_one_line(config: Path) -> None:
    script(config, "on-move", "echo first >&2; echo no route to host >&2; exit 3")
    assert hooks.run(config, HAPPENED * 2) == [
        "The hook on-move did not work: exit code 3, no route to host."
    ]
    (config / "hooks/on-move").write_text("#!/no/such/thing\n")
    [line] = hooks.run(config, HAPPENED)
    assert "No such file" in line


def test_one_that_does_not_end_is_ended_with_what_it_started(config: Path, tmp_path: Path) -> None:
    script(config, "on-move", f"(sleep 3; touch {tmp_path}/late) & sleep 30")
    start = time.monotonic()
    assert hooks.run(config, HAPPENED, timeout=0.3) == [
        "The hook on-move did not work: ended after 0.3 seconds."
    ]
    assert time.monotonic() - start < 2.5
    time.sleep(3)
    assert not (tmp_path / "late").exists()


def test_what_a_hook_leaves_running_is_not_waited_for(config: Path) -> None:
    script(config, "on-move", "sleep 5 & exit 0")
    start = time.monotonic()
    assert hooks.run(config, HAPPENED) == []
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("code", [0, 3])
def test_what_it_started_ends_with_it(config: Path, tmp_path: Path, code: int) -> None:
    os.mkfifo(tmp_path / "open")
    held = os.open(tmp_path / "open", os.O_RDONLY | os.O_NONBLOCK)
    script(config, "on-move", f"exec 3> {tmp_path}/open; sleep 600 2>&- & exit {code}")
    hooks.run(config, HAPPENED)
    # Nothing to read but the end: nobody has it open any more.
    assert select.select([held], [], [], 20)[0]
    assert os.read(held, 1) == b""
    os.close(held)


def test_one_that_never_stops_complaining_fills_nothing(config: Path, tmp_path: Path) -> None:
    script(config, "on-move", f"yes complaint >&2 & echo $! > {tmp_path}/pid; wait")
    assert hooks.run(config, HAPPENED, timeout=0.5) == [
        "The hook on-move did not work: ended after 0.5 seconds."
    ]
    kept = tmp_path / "kept"
    kept.write_bytes(b"x\n" * 1_000_000 + b"the last word")
    script(config, "on-move", f"cat {kept} >&2; exit 3")
    tracemalloc.start()
    try:
        [line] = hooks.run(config, HAPPENED)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert line == "The hook on-move did not work: exit code 3, the last word."
    assert most < 4 * hooks.MOST_BYTES + 500_000


def link(file: Path, elsewhere: Path) -> None:
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: (c / "hooks/on-move").chmod(0o720), "can be written by others"),
        (lambda c: (c / "hooks/on-move").chmod(0o600), "is not executable"),
        (lambda c: (c / "hooks").chmod(0o755), "is open to others"),
        (lambda c: c.chmod(0o777), "can be written by others"),
        (lambda c: os.chown(c / "hooks/on-move", 65534, -1), "belongs to somebody else"),
        (lambda c: os.chown(c / "hooks", 65534, -1), "belongs to somebody else"),
        (lambda c: link(c / "hooks/on-move", c / "elsewhere"), "is not a plain file"),
    ],
)  # fmt: skip
def test_what_others_could_have_written_is_not_run(config, tmp_path, spoil, words) -> None:
    script(config, "on-move", f"touch {tmp_path}/ran")
    try:
        spoil(config)
    except PermissionError:
        pytest.skip("only root can give files away")
    [line] = hooks.run(config, HAPPENED)
    assert words in line
    assert not (tmp_path / "ran").exists()


def kinds(person: Person) -> list[tuple[str, list[str]]]:
    return [
        (one.hook, [card["title"] for card in one.data["cards"]])
        for one in person.service.take_hook_events()
    ]


def test_what_is_told_is_what_the_person_did_here(ada: Person) -> None:  # noqa: F811
    a, b = ada.adds("a", "b")
    assert kinds(ada) == []
    ada.moves(a, b, to="Data prep")
    [one] = ada.service.take_hook_events()
    assert one.hook == "on-move"
    assert [(c["id"], c["from"], c["to"]) for c in one.data["cards"]] == [
        (a, "Ideas", "Data prep"), (b, "Ideas", "Data prep"),
    ]  # fmt: skip
    assert (one.data["board"], one.data["actor"], one.data["schema"]) == ("fraud", "ada", 1)
    ada.cards.block([a], BlockReason.BUG, note="it fails")
    [one] = ada.service.take_hook_events()
    assert one.hook == "on-block"
    assert one.data["cards"][0]["blocked"]["reason"] == "bug"
    ada.cards.finish([b], Outcome.SHIPPED)
    assert ("on-done", ["b"]) in kinds(ada)
    ada.cards.note([a], "n")
    ada.undoes()
    ada.undoes()
    ada.redoes()
    assert kinds(ada) == [], "undo and redo are not done again"


def test_what_is_refused_is_not_told(ada: Person) -> None:  # noqa: F811
    from mlkanban.errors import MlkanbanError

    refs = ada.adds("a", "b", "c")
    with pytest.raises(MlkanbanError):
        ada.moves(*refs, to="Data prep")
    assert kinds(ada) == []


def test_each_hook_is_called_and_documented(ada: Person) -> None:  # noqa: F811
    [a] = ada.adds("a")
    ada.moves(a, to="Data prep")
    ada.cards.block([a], BlockReason.BUG, note="it fails")
    ended = Run("r1", RunState.FINISHED, exit=0, started=instant(START), ended=instant(START))
    ada.service.runs.take_in([RunReport(ended, a)])
    ada.cards.finish([a], Outcome.SHIPPED)
    ada.service.retraining.record_readings(a, ["psi=0.3"], ">0.2")
    called = {hook for hook, _ in kinds(ada)}

    assert called == set(HOOKS)
    for hook in HOOKS:
        assert f"`{hook}`" in doc_page("configuration").text
        assert f"`{hook}`" in str(hooks.__doc__)
