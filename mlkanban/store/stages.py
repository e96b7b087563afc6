"""The stages of a board as all replicas agree on them, whatever was written to each of them: no two
with one name, and committed stages that follow each other."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from mlkanban.core.board import Stage
from mlkanban.core.events import Entity
from mlkanban.store.rows import entity_from, stages_of


def arrange(conn: sqlite3.Connection, board_id: str, entity: Callable[[str], Entity]) -> None:
    """Adjust the names and the commitment of the stages of a board so that they fit together.

    Of stages with one name the one that got it first keeps it, the others are numbered; a stage
    between committed ones is committed; if none is committed, the one that lost its commitment last
    is. What was written stays in the `entity` of each stage, and counts again when the other stages
    allow it.
    """
    present = stages_of(conn, board_id, removed=False)
    states = {stage.id: entity(stage.id) for stage in present}
    committed = _committed(present, states)
    for stage_id, name in _names(states).items():
        conn.execute(
            "UPDATE stage SET name = ?, committed = ? WHERE id = ?",
            (name, int(stage_id in committed), stage_id),
        )


def written(conn: sqlite3.Connection, board_id: str) -> tuple[Stage, ...]:
    """The stages of a board as they were written, whether or not they fit together."""
    stages = []
    for stage in stages_of(conn, board_id, removed=False):
        row = conn.execute("SELECT state FROM entity WHERE id = ?", (stage.id,)).fetchone()
        fields = entity_from(row[0]).fields
        stages.append(replace(stage, name=fields["name"], committed=bool(fields.get("committed"))))
    return tuple(stages)


def overruled(conn: sqlite3.Connection) -> dict[str, str]:
    """Stages of all boards that are not as they were written: a sentence for each, under a key of
    its own."""
    sentences = {}
    rows = conn.execute(
        "SELECT stage.id, name, committed, state FROM stage JOIN entity ON entity.id = stage.id"
        " WHERE NOT stage.deleted ORDER BY stage.id"
    ).fetchall()
    for stage_id, name, committed, state in rows:
        written = entity_from(state).fields
        if name != written["name"]:
            sentences[f"{stage_id} {name}"] = (
                f"There are two stages {written['name']} since the merge: the later one is called "
                f"{name} now."
            )
        if bool(committed) != bool(written.get("committed")):
            sentences[f"{stage_id} committed"] = (
                f"{name} is committed since the merge: committed stages follow each other, and "
                "there is at least one."
            )
    return sentences


def _names(states: dict[str, Entity]) -> dict[str, str]:
    """The name of each stage, by id."""
    names: dict[str, str] = {}
    taken = {str(state.fields["name"]).casefold() for state in states.values()}
    used: set[str] = set()
    for stage_id, state in sorted(
        states.items(), key=lambda item: (item[1].stamps["name"], item[0])
    ):
        name, number = str(state.fields["name"]), 1
        if name.casefold() in used:
            while name.casefold() in taken:
                number += 1
                name = f"{state.fields['name']} {number}"
            taken.add(name.casefold())
        used.add(name.casefold())
        names[stage_id] = name
    return names


def _committed(present: tuple[Stage, ...], states: dict[str, Entity]) -> set[str]:
    """The ids of the committed stages: those written so and those between them."""
    at = [n for n, stage in enumerate(present) if states[stage.id].fields.get("committed")]
    if at:
        return {stage.id for stage in present[at[0] : at[-1] + 1]}
    last = max(
        present, key=lambda s: (states[s.id].stamps.get("committed", ""), s.id), default=None
    )
    return {last.id} if last else set()
