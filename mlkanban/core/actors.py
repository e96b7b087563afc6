"""Who acts, as the log names them."""

import re

_OF = re.compile(r" (?=of(?: |$))")


def agent_actor(agent: str, person: str) -> str:
    """The actor that a program is which acts for a person: what it does is undone apart from what
    the person does. An agent called `best of breed` is named `best-of breed`: its person stands
    behind the first ` of `."""
    return f"agent:{_OF.sub('-', agent)} of {person}"


def person_of(actor: str) -> str:
    """The person who acted, or for whom an agent did; '' for a run or a condition."""
    if actor.startswith("agent:"):
        return actor.partition(" of ")[2]
    return actor if is_person(actor) else ""


CONDITION = "condition"
"""The actor of the events that lift a block whose condition holds: they are nobody's own."""


def is_person(actor: str) -> bool:
    """Whether an actor is a person or an agent, not a run or a condition."""
    return not actor.startswith("run:") and actor != CONDITION
