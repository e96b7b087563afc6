import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import EXAMPLES, EXPLORE, QUICK

# The same examples each time, so that a red test is red for everybody, and again: `make explore`
# looks for new ones.
settings.register_profile("mlkanban", deadline=None, max_examples=EXAMPLES, derandomize=True)
settings.register_profile("quick", deadline=None, max_examples=QUICK, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=EXPLORE)
settings.load_profile("mlkanban")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has never used mlkanban, for a subprocess."""
    folders = {
        "HOME": "home",
        "MLKANBAN_HOME": "mlkanban",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_RUNTIME_DIR": "runtime",
        "XDG_STATE_HOME": "state",
    }
    for folder in folders.values():
        (tmp_path / folder).mkdir(mode=0o700)
    places = {variable: str(tmp_path / folder) for variable, folder in folders.items()}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **places}
