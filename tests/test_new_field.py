"""A field of a card is one entry in THE table: nothing else is touched to have it everywhere."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mlkanban
from tests.new_field import SURFACES

ENTRY = '    CardField("model_card", Prose(), "What the model is for.", searchable=True),\n'
BEFORE = '    CardField(\n        "score",'
ROOT = Path(mlkanban.__file__).parents[1]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What goes wrong on each surface with a package whose table has one more entry."""
    place = tmp_path_factory.mktemp("new-field")
    for folder in ("mlkanban", "themes"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    table = place / "mlkanban" / "core" / "card_fields.py"
    text = table.read_text()
    assert text.count(BEFORE) == 1
    table.write_text(text.replace(BEFORE, ENTRY + BEFORE))
    (place / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.new_field", str(place / "work")],
        cwd=place,
        env={
            "PYTHONPATH": f"{place}:{ROOT}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
            "HOME": str(place / "work"), "TERM": "xterm-256color",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize("name", SURFACES)
def test_one_entry_brings_a_field_to_every_surface(walked: dict[str, str], name: str) -> None:
    assert walked[name] == ""
