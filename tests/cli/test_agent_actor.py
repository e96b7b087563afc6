"""An agent that acts for a person, on one board with that person."""

import pytest


@pytest.fixture
def two(board, monkeypatch):
    """Call a command as a person (`''`) or as an agent of that person."""
    monkeypatch.setenv("MLKANBAN_NAME", "ada")

    def call(agent: str, *args: str):
        monkeypatch.setenv("MLKANBAN_AGENT", agent)
        return board(*args)

    return call


def test_the_log_names_the_agent_and_its_person(two, board) -> None:
    ref = board.card("Try")
    assert two("claude", "note", ref, "seen").code == 0
    written, noted = board.data("history", ref)
    assert (written["actor"], noted["actor"]) == ("ada", "agent:claude of ada")
    assert board.data("list", "-q", "actor:agent:claude")[0]["id"] == ref


def test_a_person_and_an_agent_undo_what_is_their_own(two, board) -> None:
    ref = two("", "add", "Try").err.split()[0]
    assert two("claude", "note", ref, "by the agent").code == 0
    assert two("", "note", ref, "by ada").code == 0

    # The agent's last change is older than ada's.
    assert two("claude", "undo").code == 0
    assert [note["text"] for note in board.data("show", ref)["notes"]] == ["by ada"]
    refused = two("claude", "undo")
    assert (refused.code, refused.err) == (
        1,
        "mlkanban: There is nothing to undo. Nothing was changed.\n",
    )
    assert two("claude", "redo").code == 0

    # Ada's last change is older than the agent's.
    assert two("", "undo").code == 0
    assert [note["text"] for note in board.data("show", ref)["notes"]] == ["by the agent"]
    assert [e["kind"] for e in board.data("undo", "--list")] == ["card.created"]
