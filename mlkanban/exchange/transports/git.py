"""Any git repository, by path or over SSH, with the person's own git and credentials.

A private clone beside the store holds what was fetched and what is to be sent; it can be deleted
without harm. Everything lies on one branch, which others only ever add files to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mlkanban.errors import MlkanbanError, StoreProblem
from mlkanban.exchange.transports.folder import Folder

BRANCH = "mlkanban"
SECONDS = 60
_OURS = (
    "user.name=mlkanban", "user.email=mlkanban@localhost", "commit.gpgsign=false",
    "core.hooksPath=/dev/null", "core.symlinks=false", "core.autocrlf=false",
    "core.attributesFile=/dev/null", "gc.auto=0", "advice.detachedHead=false",
)  # fmt: skip
_QUICKER = re.compile(r"non-fast-forward|fetch first|cannot lock ref|stale info|failed to update")


class GitFailed(Exception):
    """git said no; `last` is the line that says why."""

    def __init__(self, output: str) -> None:
        lines = [line for line in output.splitlines() if line.strip()]
        super().__init__(output)
        self.last = next(
            (li for li in lines if li.startswith(("fatal:", "ssh:", "error:"))), "".join(lines[-1:])
        )


class Git(Folder):
    """A folder that is a clone of `remote`."""

    def __init__(self, remote: str, clone: Path) -> None:
        super().__init__(clone)
        self.remote = remote
        self._clone = clone

    def begin(self) -> None:
        """Fetch, and put the files of the branch as they are there into the clone."""
        try:
            self._prepare()
            self._git("fetch", "--quiet", "--prune", "origin")
            if self._git("branch", "--remotes", "--list", f"origin/{BRANCH}"):
                self._git("checkout", "--quiet", "--force", "-B", BRANCH, f"origin/{BRANCH}")
                self._git("clean", "--quiet", "--force", "-d", "-x")
        except GitFailed as error:
            raise _told(self.remote, error) from error

    def end(self) -> bool:
        """Commit and push what is new; False when somebody pushed meanwhile."""
        try:
            first = not self._git("branch", "--remotes", "--list", f"origin/{BRANCH}")
            self._git("add", "--all", "--force", ".")
            if not first and not self._git("status", "--porcelain"):
                return True
            self._git("commit", "--quiet", "--allow-empty", "--message", "Changes of the board")
            self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
        except GitFailed as error:
            if _QUICKER.search(str(error)):
                return False
            raise _told(self.remote, error) from error
        return True

    def _prepare(self) -> None:
        """A clone of this remote, whatever a killed process left."""
        if not (self._clone / ".git").is_dir():
            self._clone.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git("init", "--quiet")
        (self._clone / ".git" / "index.lock").unlink(missing_ok=True)
        self._git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        if self._git("remote"):
            self._git("remote", "set-url", "--", "origin", self.remote)
        else:
            self._git("remote", "add", "--", "origin", self.remote)

    def _git(self, *args: str) -> str:
        options = [part for option in _OURS for part in ("-c", option)]
        try:
            done = subprocess.run(
                ["git", *options, "-C", str(self._clone), *args], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=SECONDS,
                env=_environment(os.environ), check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise StoreProblem(
                "git is not installed here.", "Install it, or use: mlkanban sync --dir PATH"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise StoreProblem(
                f"{self.remote} did not answer within {SECONDS} seconds.",
                "Nothing is lost; the next sync catches up.",
            ) from error
        if done.returncode:
            raise GitFailed(done.stderr or done.stdout)
        return done.stdout.strip()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """No question may be asked: nobody is there to answer. English, for the messages are read."""
    env = {name: value for name, value in given.items() if not name.startswith("GIT_")}
    ssh = given.get("GIT_SSH_COMMAND", "ssh")
    quiet = f"{ssh} -o BatchMode=yes -o ConnectTimeout=15"
    return env | {
        "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "LC_ALL": "C",
        "GIT_SSH_COMMAND": quiet,
    }  # fmt: skip


_NO_PROGRAM = re.compile(r"cannot run \S+: No such file|: (?:command )?not found$", re.MULTILINE)
"""What git or the shell below it says where ssh is not installed."""
_CAUSES = (
    (r"Could not resolve|unable to connect|Connection (refused|timed out)|unreachable|unable to a",
     "cannot be reached"),
    (r"Permission denied|Authentication failed|could not read Username|Host key", "lets nobody in"),
    (r"does not appear to be a git|not found|No such file|does not exist", "is no git repository"),
)  # fmt: skip


def _told(remote: str, error: GitFailed) -> MlkanbanError:
    if _NO_PROGRAM.search(str(error)) and not shutil.which("ssh"):
        return StoreProblem(
            f"{remote} cannot be reached: ssh is not installed here.",
            "Nothing is lost. Install it (on Debian and Ubuntu: sudo apt install openssh-client).",
        )
    words = next((said for cause, said in _CAUSES if re.search(cause, str(error))), "")
    return StoreProblem(
        f"{remote} {words or 'did not take it'} (git: {error.last}).",
        "Nothing is lost; the next sync catches up.",
    )
