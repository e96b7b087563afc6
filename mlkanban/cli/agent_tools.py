"""The tools that an agent gets: each one calls commands of the program, and answers with what they
print, page by page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlkanban.cli.named_runs import named_run
from mlkanban.cli.program import ended, program
from mlkanban.cli.session import Session
from mlkanban.core.board import BlockReason, CardType
from mlkanban.errors import MlkanbanError, NotFound, UsageProblem
from mlkanban.hints import ShellCommand, worded
from mlkanban.records import record
from mlkanban.runs.local.logs import log_ends
from mlkanban.runs.model.run_ids import split_task
from mlkanban.text import display_lines, quantity

if TYPE_CHECKING:
    from mlkanban.config import Settings

PAGE_CHARACTERS = 4_000
"""The characters of a page of an answer."""
_LOG_BYTES = 1 << 20
"""Bytes of the end of a log that are read."""


@record
class AgentSession(Session):
    """A call by an agent: what commands print, and what they say beside it, becomes the answer."""

    agent: str = ""
    lines: list[str] = field(default_factory=list, init=False)

    @property
    def settings(self) -> Settings:
        return replace(super().settings, agent=self.agent)

    def call(self, command: str, *args: str) -> None:
        """Run a command of the program as the command line does, in this session."""
        with click.Context(program, info_name="mlkanban", obj=self) as above:
            called = program.get_command(above, command)
            assert called is not None
            with called.make_context(command, [*args], parent=above) as ctx:
                called.invoke(ctx)

    def say(self, text: str) -> None:
        self.lines.append(click.unstyle(text))

    def show_message(self, message: str) -> None:
        self.say(self.clean(message))

    def fail(self, error: MlkanbanError) -> int:
        self.say(display_lines(worded(error.text, _tool_call)))
        return error.exit_code

    def _print(self, text: str | bytes) -> None:
        self.say(text if isinstance(text, str) else text.decode(errors="replace"))


class Tool(BaseModel):
    """What an agent may call; the docstring of each tool is its description, its fields are its
    arguments."""

    model_config = ConfigDict(extra="forbid")

    reads: ClassVar[bool] = False
    """Whether it changes nothing."""

    def answer(self, session: AgentSession) -> None:
        """Call commands; `session` keeps what they say."""
        raise NotImplementedError


Page = Annotated[int, Field(ge=1)]
Ending = Literal["shipped", "learned", "superseded", "abandoned"]
"""The outcomes that `done` takes."""


class FindTool(Tool):
    """List cards, stage by stage. Query: words and terms (- negates): stage:train tag:nlp
    type:data is:blocked run:failed age:>5d metric:<target due:<3d"""

    reads: ClassVar = True
    query: str = ""
    finished: Annotated[bool, Field(description="also finished, archived")] = False
    board: str = ""
    page: Page = 1

    def answer(self, session: AgentSession) -> None:
        session.board_key = self.board or session.board_key
        session.call("list", f"--query={self.query}", *(["--all"] if self.finished else []))


class ShowTool(Tool):
    """All of a card."""

    reads: ClassVar = True
    card: str
    page: Page = 1

    def answer(self, session: AgentSession) -> None:
        session.call("show", "--", self.card)


class AddTool(Tool):
    """Add a card. The title may hold #tag !high ^fri (due)."""

    title: str
    type: CardType = CardType.EXPERIMENT
    stage: str = ""
    hypothesis: str = ""
    metric: Annotated[str, Field(description="val_auc>=0.92")] = ""
    note: str = ""
    parent: str = ""
    board: str = ""
    reason: str = ""

    def answer(self, session: AgentSession) -> None:
        _refuse_dash(self.title)
        session.board_key = self.board or session.board_key
        options = {
            "type": self.type.value, "stage": self.stage, "hypothesis": self.hypothesis,
            "metric": self.metric, "note": self.note, "parent": self.parent,
            "override": self.reason,
        }  # fmt: skip
        session.call("add", *_given(options), "--", self.title)


class MoveTool(Tool):
    """Move cards to a stage."""

    cards: Annotated[list[str], Field(min_length=1)]
    stage: str
    reason: Annotated[str, Field(description="overrides a full stage or open gate")] = ""

    def answer(self, session: AgentSession) -> None:
        session.call("move", *_given({"override": self.reason}), "--", *self.cards, self.stage)


class DoneTool(Tool):
    """Finish a card, with what was learned."""

    card: str
    outcome: Ending
    verdict: str = ""
    reason: str = ""

    def answer(self, session: AgentSession) -> None:
        options = {"outcome": self.outcome, "verdict": self.verdict, "override": self.reason}
        session.call("done", *_given(options), "--", self.card)


class NoteTool(Tool):
    """Append a Markdown note to a card."""

    card: str
    text: str

    def answer(self, session: AgentSession) -> None:
        _refuse_dash(self.text)
        session.call("note", "--", self.card, self.text)


class BlockTool(Tool):
    """Flag a card as blocked. reason none lifts the block."""

    card: str
    reason: BlockReason | Literal["none"]
    note: str = ""
    until: Annotated[str, Field(description="card:ID, run:ID, 3d")] = ""

    def answer(self, session: AgentSession) -> None:
        if self.reason == "none":
            session.call("unblock", "--", self.card)
            return
        options = {"reason": self.reason.value, "note": self.note, "until": self.until}
        session.call("block", *_given(options), "--", self.card)


class RunsTool(Tool):
    """Runs of a card or, without one, of the board, newest first, with metrics and verdict."""

    reads: ClassVar = True
    card: str = ""
    page: Page = 1

    def answer(self, session: AgentSession) -> None:
        session.call("runs", *(["--", self.card] if self.card else []))


class LogTool(Tool):
    """The end of the output of a run, or of the newest run of a card; page 2 is before page 1."""

    reads: ClassVar = True
    run: str
    page: Page = 1

    def answer(self, session: AgentSession) -> None:
        name, task = split_task(self.run)
        folder = named_run(session, name)
        written = log_ends(folder, task, _LOG_BYTES)
        pages = [
            (stream, *page_before(display_lines("\n".join(lines)), self.page))
            for stream, lines in zip(written._fields, written, strict=True)
        ]
        last = max(count for _, _, count in pages)
        if self.page > last:
            raise _no_page(last)
        for stream, text, _ in pages:
            if text:
                session.say(f"--- std{stream} of run {folder.id}")
                session.say(text)
        if not any(text for _, text, _ in pages):
            session.say(f"Run {folder.id} has written nothing that can be read here.")
        if self.page < last:
            session.say(_more(self.page, last))


class StopTool(Tool):
    """Stop a run, as ^C does."""

    run: str

    def answer(self, session: AgentSession) -> None:
        session.call("stop", "--", self.run)


class ForecastTool(Tool):
    """When cards will be finished: how many by a day, when so many are, or when one card is."""

    reads: ClassVar = True
    card: str = ""
    by_date: Annotated[str, Field(description="2026-03-31")] = ""
    cards: Annotated[int | None, Field(description="how many")] = None
    board: str = ""

    def answer(self, session: AgentSession) -> None:
        session.board_key = self.board or session.board_key
        if self.card:
            if self.by_date or self.cards:
                raise UsageProblem("card is given with by_date or cards.", "Leave one out.")
            with session.service() as service:
                session.board_key = service.boards.of_card(self.card).key
            session.call("flow", "forecast-cards", "--no-chart", f"--query=id:{self.card}")
            return
        options = {"by-date": self.by_date, "cards": "" if self.cards is None else str(self.cards)}
        session.call("flow", "forecast", "--no-chart", *_given(options))


class UndoTool(Tool):
    """Undo your own last change on the board, or one by its id. list: your last changes."""

    action: str = ""
    list: bool = False
    board: str = ""

    def answer(self, session: AgentSession) -> None:
        session.board_key = self.board or session.board_key
        session.call("undo", *(["--list"] if self.list else _given({"action": self.action})))


class RunTool(Tool):
    """Start a job for a card, detached, or in the queue until a slot is free. folder: where
    it runs."""

    card: str
    command: Annotated[list[str], Field(min_length=1)]
    folder: str = "."
    queue: bool = False
    reason: str = ""

    def answer(self, session: AgentSession) -> None:
        session.json = True  # for people, `run` says on the terminal what it does
        how = "--queue" if self.queue else "--detach"
        try:
            with contextlib.chdir(self.folder):
                options = _given({"override": self.reason})
                session.call("run", how, *options, "--", self.card, *self.command)
        except OSError as error:
            raise NotFound(
                f"The folder {self.folder} cannot be entered: {error.strerror}.", "Name another."
            ) from error


TOOLS: Mapping[str, type[Tool]] = {
    "find": FindTool, "show": ShowTool, "add": AddTool, "move": MoveTool, "done": DoneTool,
    "note": NoteTool, "block": BlockTool, "runs": RunsTool, "log": LogTool,
    "forecast": ForecastTool, "undo": UndoTool,
}  # fmt: skip
JOBS: Mapping[str, type[Tool]] = {"run": RunTool, "stop": StopTool}
"""What starts and stops jobs: an agent gets it only where the person allows it."""


def description(tool: type[Tool]) -> str:
    """What a tool does, as its docstring says it."""
    return " ".join(str(tool.__doc__).split())


def input_schema(tool: type[Tool]) -> dict[str, Any]:
    """The JSON Schema of the arguments of a tool, as short as it can be."""
    schema = tool.model_json_schema()
    found = _short(schema, schema.get("$defs", {}))
    assert isinstance(found, dict)
    return {key: found[key] for key in ("type", "properties", "required") if key in found}


def _short(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema without titles, defaults that say nothing, and references."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]] | {
            key: value for key, value in schema.items() if key != "$ref"
        }
    if "anyOf" in schema:
        choices = [_short(choice, definitions) for choice in schema["anyOf"]]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        words = [word for one in choices for word in one.get("enum", [one.get("const")])]
        if None not in words:
            return _short(rest, definitions) | {"enum": words}
        first = next(one for one in choices if one.get("type") != "null")
        return _short(rest, definitions) | first
    short = {}
    for key, value in schema.items():
        if key == "properties":
            short[key] = {name: _short(one, definitions) for name, one in value.items()}
        elif key == "items":
            short[key] = _short(value, definitions)
        elif key in ("type", "description", "enum", "const", "required"):
            short[key] = value
    if "enum" in short:
        short.pop("type", None)
        short.pop("description", None)
    return short


def answer(
    tool: type[Tool], arguments: Mapping[str, Any], *, agent: str, board: str
) -> tuple[str, bool]:
    """What a tool answers, one page of it, and whether it failed."""
    session = AgentSession(board_key=board, agent=agent)
    try:
        call = tool.model_validate(dict(arguments))
        call.answer(session)
        session.afterwards()
        if not isinstance(call, LogTool):  # which has pages of its own
            text, session.lines = "\n".join(session.lines), []
            session.say(page_of(text, getattr(call, "page", 1)))
    except ValidationError as error:
        session.fail(UsageProblem(" ".join(_wrong(error)), "Nothing was done."))
    except Exception as error:
        ended(error, session)
    else:
        return "\n".join(session.lines) or "Done.", False
    return page_of("\n".join(session.lines), 1), True


def _wrong(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        where = ".".join(map(str, problem["loc"])) or "arguments"
        yield f"{where}: {problem['msg'].rstrip('.')}."


def _refuse_dash(text: str) -> None:
    """A dash alone means stdin to the commands; an agent has none."""
    if text.strip() == "-":
        raise UsageProblem("There is no text but a dash.", "Write a few words.")


def _given(options: Mapping[str, str]) -> list[str]:
    """Options of a command line, those that are given; no text is taken for another option."""
    return [f"--{name}={text}" for name, text in options.items() if text]


def page_of(text: str, page: int) -> str:
    """A page of a text, from its beginning, and how to get the next one."""
    pages = _pages(text)
    if page > len(pages):
        raise _no_page(len(pages))
    more = [] if page == len(pages) else [_more(page, len(pages))]
    return "\n".join([pages[page - 1], *more])


def page_before(text: str, page: int) -> tuple[str, int]:
    """A page of a text, counted from its end, '' where there is none, and the number of pages."""
    half = PAGE_CHARACTERS // 2  # of each of two streams
    pages = [
        "\n".join(reversed(part.split("\n")))
        for part in _pages("\n".join(reversed(text.split("\n"))), half)
    ]
    return pages[page - 1] if page <= len(pages) else "", len(pages)


def _pages(text: str, most: int = PAGE_CHARACTERS) -> list[str]:
    """A text in pieces that end with lines, where these are not longer than a page."""
    pages: list[str] = []
    here: list[str] = []
    room = most
    for line in text.split("\n"):
        for at in range(0, max(1, len(line)), most):
            piece = line[at : at + most]
            if here and len(piece) + 1 > room:
                pages.append("\n".join(here))
                here, room = [], most
            here.append(piece)
            room -= len(piece) + 1
    return [*pages, "\n".join(here)]


def _more(page: int, pages: int) -> str:
    return f"[page {page} of {pages}; page={page + 1} goes on]"


def _no_page(pages: int) -> NotFound:
    return NotFound(f"There is no such page: the answer has {quantity(pages, 'page')}.", "")


_TOOL_OF = {"list": "find"} | {name: name for name in TOOLS}
"""The tools that do what commands do that hints name."""


def _tool_call(command: ShellCommand) -> str:
    """How an agent does what a command does."""
    name = command.name.split()[0] if command.name else ""
    return f"the tool {_TOOL_OF[name]}" if name in _TOOL_OF else command.text
