"""A walk of random commands over several boards, each held against what must be so after it."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.cli.program import run
from mlkanban.core.actors import CONDITION
from mlkanban.core.board import Board, place
from mlkanban.display.card_json import card_data, stages_data
from mlkanban.paths import places
from mlkanban.service import Service
from tests.stress.random_commands import Command, Commands

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
State = dict[str, Any]
"""All that a person sees of the boards, by their keys."""

_ID = re.compile(r"^\s*(?:[^\w\s]\s*)*([a-z]{1,3}\d+)\b", re.MULTILINE)
_BY_ITSELF = ("blocked", "snoozed_until", "snoozed_run")
"""What of a card changes when a day comes, without a command."""
_FLOWS = (
    "cycle-time", "scatter", "throughput", "wip", "cfd", "aging", "forecast", "xmr", "efficiency",
    "blockers", "bottleneck", "sle", "little", "debt", "quality", "triage", "retraining",
)  # fmt: skip


def _written_by_people(store: Path) -> int:
    """How many events there are but for blocks that lifted themselves: those end no redo."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as conn:
        query = "SELECT count(*) FROM event WHERE actor != ?"
        return int(conn.execute(query, (CONDITION,)).fetchone()[0])


class Fault(AssertionError):
    """Something is not as it must be."""


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@dataclass
class Past:
    """The states of one board that undo goes back to, and those that redo goes on to."""

    done: list[State] = field(default_factory=list)
    undone: list[State] = field(default_factory=list)

    def copy(self) -> Past:
        return Past([*self.done], [*self.undone])


class Walk:
    """The walk, at a time of its own: `now` is for the clock of the program."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._rng = random.Random(seed)
        self._commands = Commands(self._rng)
        self._folder = folder
        self._time = START
        self.said: list[str] = []
        self.counts: Counter[str] = Counter()
        self._backups: list[tuple[Path, State, dict[str, Past]]] = []
        self.state: State = {}
        self.start: State = {}
        self._past: dict[str, Past] = {}
        self._cursor = 0
        self._reshaped: set[str] = set()
        """Boards whose stages were changed: cards that stood in them may be past delivery now, or
        before it, and are not held against where they stand any more."""

    def now(self) -> datetime:
        return self._time

    # Commands

    def call(self, *args: str) -> Answer:
        """Type a command; it never ends in a traceback."""
        out, err = io.StringIO(), io.StringIO()
        self._time += timedelta(milliseconds=7)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(args)
        answer = Answer(code, out.getvalue(), err.getvalue())
        self.said.append(f"{self._time:%m-%d %H:%M} exit {code}: {' '.join(map(repr, args))}")
        if code not in (0, 1, 2, 3) or "Traceback" in answer.err:
            self.fault(f"exit {code}", answer.err)
        return answer

    def must(self, *args: str) -> Answer:
        answer = self.call(*args)
        if answer.code:
            self.fault("refused", answer.err)
        return answer

    def fault(self, what: str, *told: object) -> None:
        way = "\n".join(self.said[-40:])
        raise Fault(f"{what}\n" + "\n".join(map(str, told)) + f"\n\nThe last commands:\n{way}")

    def look(self) -> State:
        """The boards as they are, read through the service."""
        service = Service.open(places().data, actor="x", clock=self.now, write=False, make=False)
        try:
            self._cursor = _written_by_people(service.path)
            return {board.key: _seen(service, board) for board in service.boards.all()}
        finally:
            service.close()

    # The walk

    def begin(self) -> None:
        """Two new boards."""
        templates = ("plain", "lifecycle", "crisp-dm", "data-driven-scrum")
        for name, template in (("Model", "ml"), ("Second", self._rng.choice(templates))):
            self.must("init", name, "--template", template, "--timezone", ZONE.key)
        self.state = self.start = self.look()
        self._past = {key: Past() for key in self.state}

    def go(self, steps: int) -> None:
        """So many commands, each checked; now and then a look from another side."""
        self.begin()
        looks = {
            self.undo_and_redo: 4, self.agree: 4, self.numbers: 3, self.markdown: 2,
            self.edited_markdown: 2, self.integrity: 1, self.keep_backup: 1, self.restore: 0.4,
            self.meet_nobody: 0.3, self.pages: 1,
        }  # fmt: skip
        for _ in range(steps):
            self.step(self._commands.draw(self.state, self._time.astimezone(ZONE).date()))
            if self._rng.random() < 0.15:
                self._rng.choices([*looks], [*looks.values()])[0]()
        self.agree()
        self.integrity()
        self.back_to_the_start()

    def step(self, command: Command) -> None:
        """One command and what must be so after it."""
        self._wait(command.pause)
        before, cursor = self.state, self._cursor
        answer = self.call("--json", "--board", command.board, *command.args)
        self.state = after = self.look()
        self.counts["refused" if answer.code else command.kind] += 1
        if command.kind in ("undo", "redo"):
            self._took_back(command, before, answer)
        elif answer.code:
            self._same(before, after, "a refused command changed something", answer.err)
        else:
            self._only_what_was_named(command, before, answer)
            self._did_what_it_says(command, before)
            self._acted(command.board, before, cursor)
        self._holds(before, command)

    def _wait(self, seconds: int) -> None:
        """Let time pass. What a new day lifts is lifted here, not by the next command."""
        self._time += timedelta(seconds=seconds)
        if seconds:
            key, board = next(iter(self.state.items()))
            conwip = "none" if board["conwip"] is None else str(board["conwip"])
            self.must("--board", key, "stages", "conwip", conwip)
            before, self.state = self.state, self.look()
            self._same(before, self.state, "time changed more than what waited", by_itself=True)

    def _acted(self, key: str, before: State, cursor: int) -> None:
        """Something may have been written since the log ended at `cursor`: often undo that and do
        it again. It need not be seen: a block may lift itself at once."""
        for other in self.state:
            if other != key:
                self._same(before[other], self.state[other], f"{other} changed too", by_itself=True)
        if cursor == self._cursor:
            self._same(
                before[key], self.state[key], "a change that was not written", by_itself=True
            )
            return
        self._past[key].done.append(before[key])
        self._past[key].undone.clear()
        if self._rng.random() < 0.3:
            self.must("--board", key, "undo")
            back = self.look()
            self._same(before, back, "undo does not bring back what was there", by_itself=True)
            self.must("--board", key, "redo")
            again = self.look()
            self._same(self.state, again, "redo does not bring back what was done", by_itself=True)

    def _took_back(self, command: Command, before: State, answer: Answer) -> None:
        """Undo and redo always go on, to the state that the model has but for what time changed."""
        key, kind = command.board, command.kind
        past = self._past[key]
        taken, kept = (past.done, past.undone) if kind == "undo" else (past.undone, past.done)
        if answer.code:
            if taken or f"nothing to {kind}" not in answer.err:
                self.fault(f"{kind} was refused, {len(taken)} are left", answer.err)
            self._same(before, self.state, f"a refused {kind} changed something")
        elif not taken:
            self.fault(f"{kind} went on where nothing was left", answer.out)
        else:
            kept.append(before[key])
            self._same(taken.pop(), self.state[key], f"{kind} led elsewhere", by_itself=True)

    # What must be so

    def _same(
        self, wanted: State, found: State, what: str, *told: object, by_itself: bool = False
    ) -> None:
        """Two states are one, `by_itself` but for what time may have changed."""
        differing = [
            line
            for line in different(wanted, found)
            if not (by_itself and any(f"/{name}" in line.partition(":")[0] for name in _BY_ITSELF))
        ]
        if differing:
            self.fault(what, *told, *differing[:20])

    def _only_what_was_named(self, command: Command, before: State, answer: Answer) -> None:
        """Cards that a command did not name stay as they are, but for what follows from it."""
        named = set(re.findall(r"\b[a-z]{1,3}\d+\b", " ".join(command.args)))
        data = answer.data if answer.out.strip() else {}
        if isinstance(data, dict):
            named |= {card["id"] for card in data.get("cards", ())} | {data.get("id")}
        follows = {*_BY_ITSELF, "health"}
        if command.kind in ("stage", "remove"):
            follows |= {"started", "finished", "entered", "stage", "checklist"}
        cards, now = _cards(before), _cards(self.state)
        if gone := cards.keys() - now.keys():
            self.fault("cards vanished", gone)
        for ref in now.keys() - named if command.kind != "replenish" else ():
            if ref not in cards:
                self.fault("a card was made that nobody named", ref)
            for name, value in now[ref].items():
                if value != cards[ref][name] and name not in follows:
                    self.fault("a card that was not named changed", ref, name, value)

    def _did_what_it_says(self, command: Command, before: State) -> None:
        """What each command promises for the cards it names."""
        args, cards, had = command.args, _cards(self.state), _cards(before)
        refs = [ref for ref in args[1:] if ref in cards]
        match command.kind:
            case "move":
                refs = refs[: next(at for at, ref in enumerate(args[1:]) if ref not in cards)]
                for ref in refs:
                    card, board = cards[ref], self.state[command.board]
                    delivered = board["names"].index(card["stage"]) >= board["delivered"]
                    self._claim(card["stage"] == args[1 + len(refs)], "moved elsewhere", ref)
                    self._claim(not card["archived"], "moved and archived", ref)
                    ended = delivered == bool(card["outcome"])
                    reshaped = command.board in self._reshaped
                    self._claim(ended or reshaped, "moved, and its outcome", ref)
                    if delivered and had[ref]["outcome"]:
                        same = card["outcome"] == had[ref]["outcome"]
                        self._claim(same, "a move changed the outcome", ref)
            case "done":
                outcome = args[args.index("--outcome") + 1]
                wanted = {outcome, "discarded"} if outcome == "abandoned" else {outcome}
                for ref in refs:
                    self._claim(cards[ref]["outcome"] in wanted, "finished otherwise", ref)
                    self._claim(not cards[ref]["blocked"], "finished and blocked", ref)
            case "archive" | "restore":
                for ref in refs:
                    archived = cards[ref]["archived"]
                    self._claim(archived == (command.kind == "archive"), "archived or not", ref)
            case "block" if "--until" not in args:
                for ref in refs:
                    self._claim(cards[ref]["blocked"], "is not blocked", ref)
            case "unblock":
                for ref in refs:
                    self._claim(not cards[ref]["blocked"], "is still blocked", ref)

    def _claim(self, holds: object, what: str, *told: object) -> None:
        if not holds:
            self.fault(what, *told)

    def _holds(self, before: State, command: Command) -> None:
        """What is always so: of the stages of a board, their limits, and the cards that changed."""
        for key, board in self.state.items():
            names, committed = board["names"], board["committed"]
            folded = {name.casefold() for name in names}
            self._claim(len(folded) == len(names), "two stages of one name", names)
            inside = committed[committed.index(True) : len(committed) - committed[::-1].index(True)]
            self._claim(all(inside), "committed stages do not follow each other", committed)
            was = (self.state | before)[key]
            for stage in board["stages"]:
                standing = [
                    card for card in board["cards"].values()
                    if card["stage"] == stage["name"]
                    and not card["outcome"] and not card["archived"]
                ]  # fmt: skip
                running = sum(card["work"] == "unattended" for card in standing)
                counted = (stage["count"], stage["running"])
                self._claim(counted == (len(standing), running), "miscounted", stage)
                self._kept_limit(was, stage, command)
            if command.kind in ("stage", "remove") and command.board == key:
                self._reshaped.add(key)
            if key not in self._reshaped:
                for ref, card in board["cards"].items():
                    had = was["cards"].get(ref)
                    new = _wrong(card, board) - (_wrong(had, was) if had else set())
                    self._claim(not new, "a card that is", *new, ref, card)

    def _kept_limit(self, was: State, stage: Mapping[str, Any], command: Command) -> None:
        """No command but those that may went over a limit."""
        free = command.kind in ("undo", "redo", "stage", "limit", "remove")
        had = next((one for one in was["stages"] if one["name"] == stage["name"]), None)
        if free or had is None or stage["soft"] or "--override" in command.args:
            return
        for (earlier, _), (count, limit) in zip(_meters(had), _meters(stage), strict=True):
            over = limit is not None and count > max(limit, earlier)
            self._claim(not over, "a limit was passed without a reason", stage)

    # Looks from other sides

    def undo_and_redo(self) -> None:
        """Some steps back and as many forward lead to where one was."""
        key = self._rng.choice([*self.state])
        steps = min(self._rng.randint(2, 6), len(self._past[key].done))
        for kind in ("undo", "redo"):
            for _ in range(steps):
                self.must("--board", key, kind)
        self._same(self.state, self.look(), f"{steps} undone and done again")
        self.counts["undone and done again"] += steps

    def agree(self) -> None:
        """list, show and history say the same, as text and as data."""
        for key, board in self.state.items():
            listed = self.must("--json", "--board", key, "list", "--all").data
            told = {card["id"]: card for card in _listed(listed)}
            self._claim(told.keys() == board["cards"].keys(), "list --all has others", told.keys())
            for ref, card in told.items():
                for name, value in card.items():
                    known = board["cards"][ref].get(name)
                    if name == "blocked":
                        value, known = ((one or {}).get("reason") for one in (value, known))
                    if name not in ("age_days", "due_chance"):  # these go with the clock
                        self._claim(value == known, "list and show differ", ref, name, value)
            refs = [
                card["id"] for card in _listed(self.must("--json", "--board", key, "list").data)
            ]
            text = self.must("--board", key, "list").out
            shown = [ref for ref in _ID.findall(text) if ref in board["cards"]]
            self._claim(shown == refs, "list as text and as data differ", shown, refs)
            in_sight = {
                ref for ref, card in board["cards"].items()
                if not (card["outcome"] or card["archived"] or card["snoozed_until"])
            }  # fmt: skip
            self._claim(in_sight <= {*refs}, "an open card is not listed", in_sight - {*refs})
            if board["cards"]:
                ref = self._rng.choice([*board["cards"]])
                self.must("show", ref)
                self.must("history", ref)
                card = self.must("--json", "show", ref).data
                known = {name: card[name] for name in board["cards"][ref]}
                self._same(board["cards"][ref], known, "show says otherwise")

    def numbers(self) -> None:
        """Every number can be told of any board."""
        key, name = self._rng.choice([*self.state]), self._rng.choice(_FLOWS)
        for more in ((), ("--json",)):
            answer = self.call(*more, "--board", key, "flow", name)
            self._claim(answer.code in (0, 1), "no numbers", answer.err)

    def pages(self) -> None:
        """What only reads changes nothing."""
        key = self._rng.choice([*self.state])
        for args in (
            ("triage",), ("plan",), ("portfolio",), ("export", "csv"), ("history",),
            ("backup", "list"), ("report", "--out", str(self._folder / "r.html")),
        ):  # fmt: skip
            answer = self.call("--board", key, *args)
            self._claim(answer.code in (0, 1), "cannot be read", answer.err)
        self._same(self.state, self.look(), "reading changed something")

    def markdown(self) -> None:
        """A board taken back as it was exported changes nothing."""
        key = self._rng.choice([*self.state])
        file = self._exported(key)
        answer = self.must("import", "markdown", str(file), "--yes")
        self._claim("Nothing differs" in answer.err, "an unchanged export differs", answer.out)
        self._same(self.state, self.look(), "an unchanged export changed something")

    def edited_markdown(self) -> None:
        """An edited export is one action, which undo takes back, or refused as a whole."""
        key = self._rng.choice([*self.state])
        file = self._exported(key)
        lines = file.read_text(encoding="utf-8").split("\n")
        first = lines.index("# Cards")  # what people wrote in the charter may look like a stage
        stages = [at for at, line in enumerate(lines) if at > first and line.startswith("## ")]
        cards = [at for at, line in enumerate(lines) if re.match(r"### [a-z]{1,3}\d+ ", line)]
        for at in self._rng.sample(cards, min(2, len(cards))):
            lines[at] += " more"
        if stages:
            at = self._rng.choice(stages)
            lines[at + 1 : at + 1] = ["", "### Written elsewhere", ""]
        file.write_text("\n".join(lines), encoding="utf-8")
        before, cursor = self.state, self._cursor
        answer = self.call("import", "markdown", str(file), "--yes")
        self.state = self.look()
        if answer.code:
            self._same(before, self.state, "a refused import changed something", answer.err)
        else:
            self._acted(key, before, cursor)

    def _exported(self, key: str) -> Path:
        file = self._folder / "board.md"
        file.unlink(missing_ok=True)
        self.must("--board", key, "export", "markdown", "--out", str(file))
        return file

    def integrity(self) -> None:
        """The tables are what the log amounts to."""
        checks = self.must("--json", "doctor", "--deep").data["checks"]
        wrong = [check for check in checks if check["verdict"] == "problem"]
        self._claim(not wrong, "doctor --deep", wrong)

    def keep_backup(self) -> None:
        file = self._folder / f"backup{len(self._backups)}.db"
        self.must("backup", "--to", str(file))
        past = {key: past.copy() for key, past in self._past.items()}
        self._backups.append((file, self.state, past))

    def restore(self) -> None:
        """A restored backup is the board of then, and undo goes on from there."""
        if self._backups and not self.counts["met"]:
            file, then, past = self._rng.choice(self._backups)
            self.must("restore", str(file), "--yes")
            self.state = self.look()
            self._past = {key: one.copy() for key, one in past.items()}
            self._same(then, self.state, "a restored backup is another board", by_itself=True)
            self.counts["restored"] += 1

    def meet_nobody(self) -> None:
        """An exchange through a folder that nobody else has changes nothing."""
        if not self.counts["restored"]:  # what was lost then would come back
            folder = self._folder / "between"
            folder.mkdir(exist_ok=True)
            self.must("sync", "--dir", str(folder))
            self._same(self.state, self.look(), "an exchange with nobody changed something")
            self.counts["met"] += 1

    def back_to_the_start(self) -> None:
        """Undo goes back to the new board, state by state, and redo to where the walk ended."""
        end = self.state
        for key, past in self._past.items():
            steps, more = len(past.done), len(past.undone)
            for _ in range(steps + 1):
                self.step(Command("undo", key, ("undo",)))
            self._same(self.start[key], self.state[key], "undo did not end at the start")
            for _ in range(steps):
                self.step(Command("redo", key, ("redo",)))
            self._same(end[key], self.state[key], "redo did not end at the end", by_itself=True)
            for _ in range(more + 1):
                self.step(Command("redo", key, ("redo",)))


def _seen(service: Service, board: Board) -> State:
    snapshot = service.boards.snapshot(board.id)
    faces = sorted(snapshot.faces, key=place)
    return {
        "name": board.name,
        "conwip": board.conwip,
        "names": [stage.name for stage in board.stages],
        "committed": [stage.committed for stage in board.stages],
        "delivered": board.first_delivered,
        "stages": _plain(stages_data(board, service.boards.loads(board.id), ())),
        "order": {
            stage.name: [f.ref for f in faces if f.stage == stage.id] for stage in board.stages
        },
        "cards": {
            ref: _card(service, board, ref) for ref in sorted((f.ref for f in faces), key=_age)
        },
        "views": service.views.of(board.id),
        "charter": service.charter.of(board.id),
    }


def _card(service: Service, board: Board, ref: str) -> State:
    data: State = _plain(card_data(service.cards.get(ref), board, datetime.now(UTC)))
    del data["age_days"]
    return data


def _wrong(card: Mapping[str, Any], board: State) -> set[str]:
    """What is wrong with a card, which is one thing: open, or ended in one way."""
    outcome, archived = card["outcome"], card["archived"]
    delivered = board["names"].index(card["stage"]) >= board["delivered"]
    ends = (card["started"], card["finished"])
    return {
        what
        for what, wrong in {
            "healthy without being shipped": card["health"] and outcome != "shipped",
            "finished and blocked": card["blocked"] and outcome and not archived,
            "ended and snoozed": card["snoozed_until"] and (outcome or archived),
            "ended at no time": outcome not in (None, "discarded") and not card["finished"],
            "open and finished": not outcome and not archived and card["finished"],
            "finished before it was started": all(ends) and ends[0] > ends[1],
            "shipped before delivery": (
                outcome == "shipped" and not delivered and board["delivered"] < len(board["names"])
            ),
            "open past delivery": delivered and not outcome and not archived,
        }.items()
        if wrong
    }


def _age(ref: str) -> tuple[int, str]:
    return len(ref), ref


def _plain(data: Any) -> Any:
    return json.loads(json.dumps(data))


def _cards(state: State) -> dict[str, State]:
    return {ref: card for board in state.values() for ref, card in board["cards"].items()}


def _listed(data: Any) -> list[State]:
    cards: list[State] = data["cards"] if isinstance(data, dict) else data
    return cards


def _meters(stage: Mapping[str, Any]) -> list[tuple[int, int | None]]:
    """The counts of a stage with their limits: one, or attended and running apart."""
    if stage["unattended"] is None:
        return [(stage["count"], stage["limit"])]
    running = stage["running"]
    return [(stage["count"] - running, stage["limit"]), (running, stage["unattended"])]


def different(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where two states differ, a line each."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}):
            if key not in wanted or key not in found:
                which = "gone" if key in wanted else "new"
                yield f"{path}/{key}: {which} {str(wanted.get(key, found.get(key)))[:200]}"
            else:
                yield from different(wanted[key], found[key], f"{path}/{key}")
    elif wanted != found:
        yield f"{path}: {str(wanted)[:300]!r}, found {str(found)[:300]!r}"
