"""What --json prints, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import KIND
from mlkanban.display.json_output import KINDS, json_schema
from mlkanban.errors import NotFound


@click.command()
@click.argument("kind", type=KIND, default="")
@pass_session
def schema(session: Session, kind: str) -> None:
    """List the kinds of JSON, or print the schema of one.

    Every object that --json prints names its kind.
    """
    if kind and kind not in KINDS:
        raise NotFound(f"There is no kind of output {kind!r}.", "List them: mlkanban schema")
    if kind:
        shape = json_schema(kind)
        session.answer("schema", lambda: shape, lambda: [json.dumps(shape, indent=2)])
        return

    def lines() -> Iterator[str]:
        yield from table([(name, about) for name, (_, about, _) in KINDS.items()], ("KIND", "OF"))

    session.answer(
        "schema", lambda: [{"kind": name, "about": KINDS[name].about} for name in KINDS], lines
    )
