"""Two public logs, imported by the program itself, give the numbers other tools computed.

They lie in the folder MLKANBAN_REAL_LOGS names, or in ../shared/data beside the repository.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOGS = Path(os.environ.get("MLKANBAN_REAL_LOGS", ROOT.parent / "shared" / "data"))

COLUMNS = """
[columns]
card = "case"
timestamp = "timestamp"
state = "status"
"""
HELPDESK = f"""
board = "helpdesk"
{COLUMNS}
[[stage]]
name = "New"
states = ["Insert ticket", "Assign seriousness"]
[[stage]]
name = "Working"
states = [
    "Take in charge ticket", "Wait", "Require upgrade", "Create SW anomaly",
    "Schedule intervention", "Resolve SW anomaly",
]
commit = true
[[stage]]
name = "Resolved"
states = ["Resolve ticket", "RESOLVED", "VERIFIED", "INVALID", "DUPLICATE"]
[[stage]]
name = "Closed"
states = ["Closed"]
done = true
"""
SERVICENOW = f"""
board = "incidents"
timezone = "UTC"
{COLUMNS}
[[stage]]
name = "New"
states = ["New"]
[[stage]]
name = "Active"
states = [
    "Active", "Awaiting User Info", "Awaiting Problem", "Awaiting Vendor", "Awaiting Evidence",
]
commit = true
[[stage]]
name = "Resolved"
states = ["Resolved"]
done = true
[[stage]]
name = "Closed"
states = ["Closed"]
"""
EXPECTED = {
    "helpdesk": {
        "n": 4557, "never_worked": 0, "open": 23, "mean": 37.8330, "mode": 32, "max": 61,
        "percentiles": {"50": 37, "70": 45, "85": 49, "95": 56},
        "percentiles_with_open": {"50": 37, "70": 45, "85": 49, "95": 57},
        "window": "all", "as_of": "2014-01-03", "timezone": "UTC",
    },
    "servicenow": {
        "n": 639, "never_worked": 251, "open": 0, "mean": 16.4491, "mode": 1, "max": 335,
        "percentiles": {"50": 4, "70": 11, "85": 25, "95": 74},
        "percentiles_with_open": {"50": 4, "70": 11, "85": 25, "95": 74},
        "window": "all", "as_of": "2017-02-04", "timezone": "UTC",
    },
}  # fmt: skip
CASES = [
    ("helpdesk_italian_events.csv", HELPDESK, EXPECTED["helpdesk"], 4580),
    ("uci498_servicenow_incidents_excerpt.csv", SERVICENOW, EXPECTED["servicenow"], 890),
]


@pytest.mark.parametrize(
    ("name", "map_text", "expected", "cards"), CASES, ids=["helpdesk", "servicenow"]
)
def test_a_real_log(name, map_text, expected, cards, home, tmp_path) -> None:
    if not (LOGS / name).exists():
        pytest.skip(f"{name} is not in {LOGS}")
    (tmp_path / "map.toml").write_text(map_text)

    def mlk(*args: str):
        done = subprocess.run(
            [sys.executable, "-m", "mlkanban", "--json", *args],
            env=home | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["data"]

    begun = time.monotonic()
    told = mlk("import", "events", str(LOGS / name), "--map", str(tmp_path / "map.toml"))
    assert time.monotonic() - begun < 20
    assert told["cards"] == cards
    data = mlk("flow", "cycle-time", "--window", "all", "--as-of", expected["as_of"])
    assert {**data, "mean": round(data["mean"], 4)}.items() >= expected.items()
    assert sum(bar["count"] for bar in data["histogram"]) == data["n"]
    again = mlk("import", "events", str(LOGS / name), "--map", str(tmp_path / "map.toml"))
    assert again["new_events"] == 0
