"""Long ids for what tests write: events with other ones do not count."""

from uuid import NAMESPACE_URL, uuid5


def fixed_id(name: str) -> str:
    """The same id for the same name, in every process."""
    return str(uuid5(NAMESPACE_URL, name))
