"""`mlkanban mcp` as agents start it, driven over stdio by the client of the official SDK."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import Implementation, TextContent

from tests.cli.conftest import PROGRAM, Person

NAMES = {
    "find", "show", "add", "move", "done", "note", "block", "runs", "log", "forecast", "undo",
}  # fmt: skip


class Agent:
    """An agent with the tools of the board."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, tool: str, **arguments: object) -> str:
        """What a tool answers, where it does what it is to do."""
        text, failed = await self.answer(tool, **arguments)
        assert not failed, text
        return text

    async def refused(self, tool: str, **arguments: object) -> str:
        text, failed = await self.answer(tool, **arguments)
        assert failed, text
        return text

    async def answer(self, tool: str, **arguments: object) -> tuple[str, bool]:
        result = await self.client.call_tool(tool, arguments)
        [content] = result.content
        assert isinstance(content, TextContent)
        return content.text, result.is_error


@pytest.fixture
def served(home, tmp_path):
    """A server of the board of `mlk`, as a client starts it, with these options."""

    @asynccontextmanager
    async def serve(*options: str, client: str = "claude-code") -> AsyncIterator[Agent]:
        server = StdioServerParameters(
            command=PROGRAM[0],
            args=[*PROGRAM[1:], "mcp", *options],
            env=home | {"MLKANBAN_NAME": "ada"},
            cwd=tmp_path,
        )
        async with Client(server, client_info=Implementation(name=client, version="1")) as session:
            yield Agent(session)

    return serve


@pytest.fixture
def ada(board: Person, monkeypatch) -> Person:
    monkeypatch.setenv("MLKANBAN_NAME", "ada")
    return board


async def test_an_agent_works_with_cards(ada, served) -> None:
    async with served() as agent:
        assert {tool.name for tool in (await agent.client.list_tools()).tools} == NAMES
        added = await agent("add", title="Try focal loss #nlp !high", metric="val_auc>=0.92",
                            hypothesis="rare classes", type="model", note="-- first")  # fmt: skip
        ref = added.split()[0]
        assert added == f"{ref} added to Ideas."
        card = ada.data("show", ref)
        assert (card["title"], card["tags"], card["priority"]) == (
            "Try focal loss", ["nlp"], "high",
        )  # fmt: skip
        assert (card["hypothesis"], card["type"]) == ("rare classes", "model")
        assert card["metric"]["target"] == 0.92

        assert "Training" in await agent("move", cards=[ref], stage="train")
        await agent("note", card=ref, text="- [ ] --override is a word of this note")
        assert [note["text"] for note in ada.data("show", ref)["notes"]] == [
            "-- first", "- [ ] --override is a word of this note",
        ]  # fmt: skip
        await agent("block", card=ref, reason="data-access", note="ask Bo", until="2099-01-01")
        blocked = ada.data("show", ref)["blocked"]
        assert (blocked["reason"], blocked["until"]) == ("data-access", "2099-01-01")
        shown = await agent("show", card=ref)
        assert "data-access" in shown
        assert "--override is a word" in shown
        assert "\x1b" not in shown
        await agent("block", card=ref, reason="none")
        assert ada.data("show", ref)["blocked"] is None

        assert "outcome" in await agent.refused("done", card=ref)
        assert "'learned'" in await agent.refused("done", card=ref, outcome="lost")
        assert "learned" in await agent("done", card=ref, outcome="learned", verdict="no gain")
        ended = ada.data("show", ref)
        assert (ended["outcome"], ended["verdict"]) == ("learned", "no gain")
        await agent("undo")
        assert ada.data("show", ref)["outcome"] is None

        found = await agent("find", query="tag:nlp stage:train")
        assert ref in found
        assert "Try focal loss" in found
        assert "No card to list" in await agent("find", query="tag:other")
        assert "needs cards finished" in await agent("forecast", cards=3)
        assert ref in await agent("forecast", card=ref)
    assert {event["actor"] for event in ada.data("history", ref)} == {"agent:claude-code of ada"}


async def test_a_refusal_says_what_to_do_next_and_a_reason_overrides_it(ada, served) -> None:
    ada("stages", "limit", "train", "1")
    first, second = ada.card("One"), ada.card("Two")
    async with served("--name", "bot") as agent:
        await agent("move", cards=[first], stage="5")
        full = await agent.refused("move", cards=[second], stage="train")
        assert "Finish or move a card out of Training first, or override with a reason." in full
        assert ada.data("show", second)["stage"] == "Ideas"
        await agent("move", cards=[second], stage="train", reason="ada said so")
        assert ada.data("history", second)[-1]["reason"] == "ada said so"
        assert ada.data("history", second)[-1]["actor"] == "agent:bot of ada"

        assert "There are: Ideas" in await agent.refused("move", cards=[first], stage="nowhere")
        unknown = await agent.refused("show", card="zz9")
        assert unknown == "There is no card 'zz9'. List them: the tool find"
        assert "at character 1" in await agent.refused("find", query="nope:1")
        assert "stage" in await agent.refused("move", cards=[first])
        assert "cards" in await agent.refused("move", cards=[], stage="train")
        assert "colour" in await agent.refused("show", card=first, colour="red")
        off = await agent.refused("stop", run=first)
        assert "There is no tool 'stop'" in off
        assert "mlkanban mcp --allow-run" in off
        assert "dash" in await agent.refused("note", card=first, text="-")


async def test_a_person_and_an_agent_undo_what_is_their_own(ada, served) -> None:
    ref = ada.card("Try")
    async with served() as agent:
        nothing = await agent.refused("undo")
        assert nothing == "There is nothing to undo. Nothing was changed."
        await agent("note", card=ref, text="by the agent")
        ada("note", ref, "by ada")
        assert "by the agent" in (await agent("undo", list=True)) + await agent("show", card=ref)
        await agent("undo")
        assert [note["text"] for note in ada.data("show", ref)["notes"]] == ["by ada"]

        await agent("note", card=ref, text="again")
        assert ada("undo").code == 0
        assert [note["text"] for note in ada.data("show", ref)["notes"]] == ["again"]

        other = (await agent("add", title="Other")).split()[0]
        listed = await agent("undo", list=True)
        action = next(line.split()[0] for line in listed.splitlines() if "note" in line)
        await agent("undo", action=action)
        assert ada.data("show", ref)["notes"] == []
        assert ada("show", other).code == 0


async def test_runs_their_logs_and_starting_them(ada, served, tmp_path) -> None:
    ref = ada.card("Try", "--metric", "auc>=0.9")
    (tmp_path / "job").mkdir()
    script = (
        "import sys; print('mlkanban: auc=0.91'); print('cwd', __import__('os').getcwd());"
        " [print('line', n) for n in range(3000)]; print('bad', file=sys.stderr)"
    )
    command = [sys.executable, "-c", script]
    async with served() as agent:
        refused = await agent.refused("run", card=ref, command=command)
        assert "That is off: mlkanban mcp --allow-run" in refused
        assert ada.data("runs") == []
    async with served("--allow-run") as agent:
        assert {tool.name for tool in (await agent.client.list_tools()).tools} == NAMES | {
            "run", "stop",
        }  # fmt: skip
        started = json.loads(await agent("run", card=ref, command=command, folder="job"))["data"]
        assert ada("wait", started["id"], "--timeout", "60").code == 0
        listed = await agent("runs", card=ref)
        assert started["id"] in listed
        assert "finished (exit 0)" in listed
        assert started["id"] in await agent("runs")
        end = await agent("log", run=ref)
        assert "--- stderr" in end
        assert "bad" in end
        assert end.splitlines()[0] == f"--- stdout of run {started['id']}"
        assert "line 2999" in end
        assert "line 100\n" not in end
        assert len(end) < 4_500
        pages = [await agent("log", run=started["id"], page=page) for page in range(2, 4)]
        numbers = [
            int(line.split()[1])
            for text in [*reversed(pages), end]
            for line in text.splitlines()
            if line.startswith("line ")
        ]
        assert numbers == list(range(numbers[0], 3000))
        assert "no such page" in await agent.refused("log", run=ref, page=999)
        again = json.loads(
            await agent("run", card=ref, command=["sleep", "100"], reason="one more")
        )["data"]
        assert again["id"] in await agent("stop", run=again["id"])
        assert "does not run here" in await agent.refused("stop", run=again["id"])
        nowhere = await agent.refused("run", card=ref, command=["true"], folder="nowhere")
        assert "nowhere cannot be entered" in nowhere
    assert ada.data("runs", ref)[-1]["metrics"] == {"auc": 0.91}


async def test_long_answers_come_in_pages(ada, served) -> None:
    ref = ada.card("Try")
    text = "\n".join(f"word {number}" for number in range(2_000)) + "\n" + "x" * 9_000
    assert ada("note", ref, "--", text).code == 0
    for number in range(120):
        ada.card(f"Card number {number}")
    async with served() as agent:
        pages, page = [], 1
        while True:
            pages.append(await agent("show", card=ref, page=page))
            assert len(pages[-1]) < 4_100
            if f"page={page + 1} goes on]" not in pages[-1]:
                break
            page += 1
        whole = "".join(text.rsplit("\n[page", 1)[0] + "\n" for text in pages)
        assert [f"word {n}" for n in range(2_000)] == [
            line for line in whole.splitlines() if line.startswith("word ")
        ]
        assert whole.count("x" * 4_000) == 2
        assert "no such page" in await agent.refused("show", card=ref, page=page + 1)
        found = [await agent("find", page=number) for number in (1, 2)]
        assert "[page 1 of " in found[0]
        assert "Card number 119" in "".join(found)


async def test_the_definitions_of_all_tools_take_4_kb_at_most(served, board) -> None:
    async with served("--allow-run") as agent:
        listed = await agent.client.list_tools()
        sent = listed.model_dump_json(by_alias=True, exclude_none=True)
        assert len(sent.encode()) + len((agent.client.instructions or "").encode()) < 4_500
        assert len(sent.encode()) <= 4_096
        reading = {
            tool.name
            for tool in listed.tools
            if tool.annotations and tool.annotations.read_only_hint
        }
        assert reading == {"find", "show", "runs", "log", "forecast"}


def test_without_the_sdk_it_says_what_to_install(board, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.stdio", None)
    answer = board("mcp")
    assert answer.code == 2
    assert "pipx install --force '.[mcp" in answer.err
    assert "JSON of its own" in board("--json", "mcp").err


def test_a_person_who_types_it_is_told_what_it_is_for(board, home) -> None:
    ours, theirs = pty.openpty()
    typed = subprocess.run(
        [*PROGRAM, "mcp"], stdin=theirs, capture_output=True, text=True, env=home, timeout=60
    )
    os.close(ours)
    os.close(theirs)
    assert (typed.returncode, typed.stdout) == (2, "")
    assert "mlkanban docs agents" in typed.stderr
