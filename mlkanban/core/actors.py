"""Who acts, as the log names them."""


def agent_actor(agent: str, person: str) -> str:
    """The actor that a program is which acts for a person: what it does is undone apart from what
    the person does."""
    return f"agent:{agent} of {person}"
