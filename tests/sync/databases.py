"""A PostgreSQL server for the tests of a module, and a database for each test."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.sync.transports.postgresql import PostgreSQL
from tests.sync.postgres import Server, missing


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if why := missing():
        pytest.skip(f"PostgreSQL cannot be started: {why}")
    folder = Path(tempfile.mkdtemp(prefix="mlkanban-pg-"))
    folder.chmod(0o755)
    made = Server(folder / "server")
    try:
        made.start()
        yield made
    finally:
        made.stop("immediate")
        shutil.rmtree(folder)


@pytest.fixture
def database(server: Server) -> str:
    """The name of a database of ada's with the tables, where bob takes part."""
    name = uuid.uuid4().hex
    server.database(name)
    way = PostgreSQL(server.address(name))
    way.prepare(["bob"])
    way.close()
    return name
