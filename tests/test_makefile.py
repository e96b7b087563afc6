"""`make` on a machine that is fresh, or odd: what it does, and the sentence where it cannot.

The Python it is given here is a stand-in that answers as the one of such a machine does.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import needs

ROOT = Path(__file__).parent.parent
STAND_IN = f"""#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
    *ensurepip*) [ "$LACKS" != ensurepip ] && [ "$LACKS" != pip ]; exit;;
    *"import venv, pip"*) [ "$LACKS" != pip ]; exit;;
    *gettempdir*) [ "$LACKS" != tmp ] || exit 1;;
esac
case "$*" in
    *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
    *"-m pip"*) [ -z "$PIP_SAYS" ] || {{ echo "$PIP_SAYS"; exit 1; }};;
    *"import mlkanban"*) ;;
    *) exec {sys.executable} "$@";;
esac
"""


class Checkout:
    def __init__(self, folder: Path) -> None:
        needs("make")
        self.folder = folder / "mlkanban"
        self.folder.mkdir()
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder)
        self._python, self._log = folder / "python", folder / "log"
        self._python.write_text(STAND_IN)
        self._python.chmod(0o755)

    def make(self, **env: str) -> tuple[int, str]:
        self._log.unlink(missing_ok=True)
        done = subprocess.run(
            ["make", "--no-print-directory", ".venv/.ready", f"PYTHON={self._python}"],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LOG": str(self._log)} | env,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def calls(self) -> list[str]:
        return [line for line in self._log.read_text().splitlines() if line.startswith("-m")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_sets_itself_up_once(checkout) -> None:
    code, said = checkout.make()
    assert (code, said) == (0, "Setting up .venv (once) ...\n")
    assert checkout.calls()[0] == "-m venv .venv"
    code, said = checkout.make()
    assert (code, checkout.calls()) == (0, [])


def test_without_ensurepip_the_pip_of_the_machine_helps(checkout) -> None:
    assert checkout.make(LACKS="ensurepip")[0] == 0
    made, first, then = checkout.calls()
    assert made == "-m venv --without-pip .venv"
    assert first.startswith("-m pip --python .venv/bin/python ")
    assert first.endswith(" install pip")
    assert then.endswith(" install -e .")


def test_a_checkout_that_was_moved_is_set_up_again(checkout) -> None:
    checkout.make()
    python = checkout.folder / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    code, said = checkout.make()
    assert code == 0
    assert "not of this folder" in said
    assert checkout.calls()[0] == "-m venv --clear .venv"


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"LACKS": "pip"}, "sudo apt install python3-venv"),
        ({"LACKS": "tmp"}, "TMPDIR=/path make"),
        ({"PIP_SAYS": "Failed: NameResolutionError: pypi.org"}, "the package index is not reached"),
        ({"PIP_SAYS": "ERROR: No matching distribution\nhint"}, "No matching distribution"),
    ],
)
def test_why_it_cannot_be_set_up_is_said(checkout, env, sentence) -> None:
    code, said = checkout.make(**env)
    assert code == 2
    assert sentence in said
    assert "Traceback" not in said
    assert not (checkout.folder / ".venv" / ".ready").exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_checkout_that_cannot_be_written_is_to_be_copied(checkout) -> None:
    checkout.folder.chmod(0o555)
    try:
        assert "Copy the checkout" in checkout.make()[1]
    finally:
        checkout.folder.chmod(0o755)
