"""Draw the steps of a real training again, from the idea to the shipped card, as text in both
sizes: `.venv/bin/python -m tests.training_pictures`.

The runs are real, so their times and ids are others each time.
"""

import os
import tempfile
from pathlib import Path

from tests.runs.training.journey import Journey
from tests.screenshots import FOLDER, SIZES


def main() -> None:
    for size in SIZES:
        with tempfile.TemporaryDirectory() as place:
            home, cwd = Path(place) / "home", Path(place) / "work"
            for folder in (home, cwd):
                folder.mkdir(mode=0o700)
            env = {"PATH": os.environ["PATH"], "HOME": str(home), "MLKANBAN_HOME": str(home)}
            for step in Journey(env, cwd, size).steps():
                file = FOLDER / f"training-{step.name}-{size[0]}x{size[1]}.txt"
                file.write_text(f"{step.screen}\n")


if __name__ == "__main__":
    main()
