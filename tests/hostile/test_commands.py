"""Every command on a board full of hostile text: no sequence of it gets out, nothing crashes."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import click
import pytest
from pydantic import ValidationError

from mlkanban.cli.program import program
from mlkanban.core.review import lines_of_risks
from mlkanban.service import Service
from mlkanban.text import tidy
from tests.hostile.board import LOCAL_RUN, RICH
from tests.hostile.stream import strangers
from tests.hostile.texts import FAKE, hostile
from tests.json_shapes import check_shape
from tests.terminal import Terminal
from tests.tui.page import clock

ROOT = Path(__file__).parents[2]
SIZE = (100, 30)

LINES = """
boards
boards rename {board} {new}
boards archive {board}
boards restore {board}
transfer {other} {board} -> 1
boards --all
find {new} --all-boards
stages
stages add {new} --after {queue}
stages kind {new} gate
stages role {new} train
templates
open {rich} 1
templates save own {rich}
templates save own {rich} --about {new} --title {new} --replace
templates save ownboard
templates show own
add {new} --template own
templates remove own
stages deliverables {new} {newer}
stages deliverables {new} none
stages commit {new}
stages uncommit {new}
stages limit {new} 3
stages move {new} 1
stages rename {new} {newer}
stages remove {newer}
stages conwip none
stages team-limits on
charter
charter set scope {new}
charter --edit
charter set target {new}>=1 -> 2
charter set worth "{new} 0=0 1=1" -> 2
reading goal {new}=3 -> 2
reading goal eur=3 --note {new}
reading goal
add {new} --tag {new} --note {new} --metric auc>=0.9 --link {new}
list --all
list -q {new}
list --view {view}
views
views --save {new} -q tag:x
views --remove {new}
show {rich}
show {rich} --markdown
edit {rich} --title {rich_title} --tag {new} --checklist {new}
edit {rich} --editor
note {rich} {new}
models
models {used}
models {used} --card
reading {used}
reading {used} psi=0.3 --threshold >0.2 --note {new}
ab {rich} {new}=1/20 x=2/20 --least 5% --less
ab {rich}
models {used} --look-again 3w --retrain
retrain {used}
release {rich}
rollback {used} --reason {new} -> any
block {rich} --reason bug --note {new} --until card:{other}
unblock {rich}
block {rich} --reason bug --note {new} --until card:{other}
snooze {other} --until 2035-01-01
alert {used} --metric auc=0.3 --threshold >0.2 --note {new}
move {rich} {queue} --override {new}
move {other} {queue} --override {new}
resolve
resolve {rich} title --take
resolve {rich} dataset --keep
charter set risks {new}
review
review answer {risk} line {newer}
review answer promised {new} -> 2
review promise {rich} {other}
merge {other} {rich}
done {rich} --outcome learned --verdict {new} --override {new}
review
review answer learned:{rich} line {new}
review answer promised seen
review promise --nothing
review --list
review --show 1
edit {rich} --win yes
undo -> any
redo -> any
archive {rich}
archive {rich} --restore
history
history {rich}
undo --list
plan
plan --by-score --until 9w
triage
run {rich} --no-env --override {new} -- true {new}
sbatch {rich} -- {new} -> any
adopt {rich} --pid {pid} --override {new}
runs
runs {rich}
runs prune
mcp --name {new} -> 2
runs {rich} --chart
diff {run} -> any
diff {run} --patch -> any
rerun {run} --detach -> any
wait {run} --timeout 1s -> any
queue
queue up {run} -> 1
queue down {run} -> 1
queue hold {run} -> 1
queue release {run} -> 1
queue drop {run} -> 1
queue advance
queue begin {run} -- {new} -> 1
logs {run}
logs {run} --raw
stop {run} -> 1
link {rich} mlflow:{new} -> 3
unlink {rich} mlflow:{tracked} -> 3
sync-runs
portfolio
report --out report.md
report --out report.html --full --all-boards
report --for {new} --format html
report --format markdown
sync --dir {folder}
sync init {new} -> 2
sync join {new} -> 2
export markdown --out board.md
import markdown board.md --dry-run
import events log.csv --map map.toml -> 5
import issues board.md --as lines --dry-run
import jsonl log.csv -> 5
export csv
export csv --excel
export actionable-agile
export sqlite {file}.db
export sqlite {file} -> 2
export jsonl
redact {rich} --field note --yes -> any
redact {new} --yes -> any
export markdown
export csv --out {file}
backup
backup list
restore {new} -> 3
doctor --deep -> any
keys
themes
docs
docs runs
docs --search metric
serve --port 80 -> 2
compact
config
completion bash
schema
schema {new} -> 3
schema cards
flow cycle-time --by tag --chart
flow scatter --chart
flow throughput --by stage
flow lead
flow burn-up
flow wip --chart
flow cfd --chart
flow aging --chart
flow forecast --days 30
flow forecast-cards
flow due
flow xmr
flow efficiency
flow blockers
flow bottleneck
flow iterations
flow sle --by type
flow little
flow debt
flow quality
flow backtest --days 7 --cards 3
flow triage
flow retraining
flow worth --chart
flow simulate --limit {queue}=2 -> 2
flow suggest-limits
init {new}
demo
"""
"""A line for every command, and the exit code where it is not 0."""


LONG = ("show", "charter", "logs", "export", "flow", "models", "templates")
"""Commands that show texts of several lines as such, or tags at the start of a line."""
PULLING_BACK = {"doctor", "export", "logs", "report", "simulate", "suggest-limits", "sync"}
"""Commands whose bars of progress go back to the start of their line."""


COPYING = re.compile(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
"""What copies a link to the clipboard of the terminal (OSC 52)."""


UNTIL_STOPPED = {("serve",), ("mcp",)}
"""Commands without arguments that go on until they are stopped."""


def commands(command: click.Command = program, path: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Every command there is: its words and what it takes."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from commands(found, (*path, name))
    if path and not (isinstance(command, click.Group) and not command.invoke_without_command):
        yield path, command


def lines(home: Path, json_too: bool) -> tuple[list[list[str]], list[str]]:
    """The lines with what is on the board in place, and the codes they are to end with."""
    service = Service.open(home, actor="test", clock=clock, write=False)
    snapshot = service.boards.snapshot(service.boards.all()[0].id)
    service.close()
    rich = next(face for face in snapshot.faces if RICH in face.title)
    words = {
        "rich": rich.ref,
        "rich_title": hostile(RICH),
        "other": next(f.ref for f in snapshot.faces if "other" in f.title and f.is_open),
        "used": next(face.ref for face in snapshot.faces if face.health),
        "board": snapshot.board.key,
        "file": hostile("file").replace("/", "")[:60],
        "queue": snapshot.board.stages[1].name,
        "new": hostile("new"),
        "newer": hostile("newer"),
        "risk": f"risks:{crc32(lines_of_risks(tidy(hostile('new')))[0].encode()):08x}",
        "view": hostile("mine"),
        "run": LOCAL_RUN,
        "tracked": hostile("abc"),
        "folder": str(home.parent / "folder"),
        "pid": "{pid}",
    }
    (home.parent / "folder").mkdir()
    made, codes = [], []
    for line in LINES.strip().splitlines():
        line, _, code = line.partition(" -> ")
        made.append(["--json"] * json_too + [part.format(**words) for part in shlex.split(line)])
        codes.append(code or "0")
    return made, codes


def test_there_is_a_line_for_every_command() -> None:
    given = [tuple(line.split()) for line in LINES.strip().splitlines()]
    missing = [
        path for path, _ in commands() if not any(words[: len(path)] == path for words in given)
    ]
    assert missing == []


def play(wanted: list[list[str]], home: dict[str, str], place: Path) -> list[tuple[int, bytes]]:
    """The code every line ends with, and what came to the terminal."""
    file, told = place / "lines.json", place / "codes.json"
    file.write_text(json.dumps(wanted))
    with Terminal(
        [sys.executable, "-m", "tests.hostile.player", file, told],
        env=home | {"EDITOR": "true", "PAGER": "cat", "PYTHONPATH": str(ROOT)},
        size=SIZE, cwd=place,
    ) as terminal:  # fmt: skip
        assert terminal.wait(240) == 0, terminal.text
        said = re.split(rb"-- \d+ --\r\n", terminal.raw)
    return list(zip(json.loads(told.read_text()), said, strict=False))


def faults(line: list[str], out: bytes) -> list[str]:
    """What is wrong with what came to the terminal."""
    name = line[line[0] == "--json"]
    words = line[line[0] == "--json" :]
    if PULLING_BACK & set(line):
        out = re.sub(rb"\r(?!\n)", b"", out)
    if "--excel" in line:
        out = out.removeprefix("\ufeff".encode())  # by which Excel knows UTF-8
    if name == "open":
        out = COPYING.sub(b"", out)
    found = strangers(out, SIZE, screen=name in ("demo", "docs", "triage") or words == ["review"])
    if b"This should not have happened" in out:
        found.append(out.decode(errors="replace"))
    if FAKE.encode() in {part[: len(FAKE)] for part in out.split(b"\r\n")} and name not in LONG:
        found.append(f"a forged line in {out!r}")
    return [f"{line[:3]}: {fault}" for fault in found]


def wrong_shapes(out: bytes) -> list[str]:
    """What in the JSON that came to the terminal is not as its model says."""
    objects = [part for part in out.split(b"\r\n") if part.startswith(b'{"schema"')]
    found = []
    for text in objects:
        try:
            check_shape(text.decode())
        except ValidationError as error:
            found.append(f"{text[:60]!r}: {error}")
    return found


@pytest.mark.parametrize("json_too", [False, True], ids=["words", "json"])
def test_no_hostile_text_drives_the_terminal(
    json_too: bool, hostile_home: Path, home: dict[str, str], tmp_path: Path
) -> None:
    wanted, codes = lines(hostile_home, json_too)
    said = play(wanted, home | {"MLKANBAN_HOME": str(hostile_home)}, tmp_path)
    found = [f for line, (_, out) in zip(wanted, said, strict=True) for f in faults(line, out)]
    assert found == []
    ended = [(line, str(code), out) for line, (code, out) in zip(wanted, said, strict=True)]
    odd = [one for one, code in zip(ended, codes, strict=True) if code not in ("any", one[1])]
    assert json_too or odd == []
    assert not json_too or sum(b'{"schema"' in out for _, out in said) > len(said) // 2
    assert not json_too or [shape for _, out in said for shape in wrong_shapes(out)] == []


def test_hostile_arguments_are_answered_in_a_sentence(
    hostile_home: Path, home: dict[str, str], tmp_path: Path
) -> None:
    """Every command with hostile text for every argument, and for every option."""

    def argument(name: str) -> str:
        return hostile(name).replace("\n", "")  # an answer that quotes it may have two lines

    wanted = []
    for path, command in commands():
        given = [p for p in command.params if isinstance(p, click.Argument)]
        options = [p for p in command.params if isinstance(p, click.Option) and not p.is_flag]
        words = [argument(str(one.name)) for one in given]
        if path not in UNTIL_STOPPED:
            wanted.append([*path, *words])
        wanted += [[*path, argument("--option"), *words]]
        wanted += [[*path, option.opts[0], argument(option.opts[0]), *words] for option in options]
    said = play(wanted, home | {"MLKANBAN_HOME": str(hostile_home)}, tmp_path)
    found = [f for line, (_, out) in zip(wanted, said, strict=True) for f in faults(line, out)]
    assert found == []
