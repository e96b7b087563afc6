"""Any git repository, by path or over SSH, with the person's own git and credentials.

A private clone beside the store holds what was fetched and what is to be sent; it can be deleted
without harm. Everything lies on one branch, which others only ever add files to.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from mlkanban.errors import MlkanbanError, StoreProblem
from mlkanban.files import write_whole
from mlkanban.hints import hint
from mlkanban.log import logger
from mlkanban.sync.exchange import KnownEvents, Progress
from mlkanban.sync.transports import external_program
from mlkanban.sync.transports.folder import Folder, explained

BRANCH = "mlkanban"
SILENCE_SECONDS = 60
"""Seconds the other side may stay silent; a transfer that goes on may take its time."""
ATTRIBUTES = "* -text -diff -merge -filter -ident !working-tree-encoding\n*.jsonl -delta\n"
"""Sync files are bytes: nothing converts, compares or merges them. None is packed as the difference
to another: that takes minutes and saves little."""
_OURS = (
    "user.name=mlkanban", "user.email=mlkanban@localhost", "commit.gpgsign=false",
    "core.hooksPath=/dev/null", "core.symlinks=false", "core.autocrlf=false",
    "core.attributesFile=/dev/null", "core.fsmonitor=false", "core.logAllRefUpdates=false",
    "gc.auto=0", "advice.detachedHead=false",
)  # fmt: skip
_LOOSE = 1000
"""So many loose objects are packed; a sync adds about five, of which the list of files grows."""
_PACKING = ("gc.autoDetach=false", f"gc.auto={_LOOSE}", "gc.pruneExpire=now")
_QUICKER = re.compile(r"non-fast-forward|fetch first|cannot lock ref|stale info|failed to update")


class GitFailed(Exception):
    """git failed; `last` is the line that says why."""

    def __init__(self, output: str) -> None:
        lines = [line for line in output.splitlines() if line.strip()]
        super().__init__(output)
        self.last = next(
            (li for li in lines if li.startswith(("fatal:", "ssh:", "error:"))), "".join(lines[-1:])
        )


class Git(Folder):
    """A folder that is a clone of `remote`."""

    def __init__(self, remote: str, clone: Path) -> None:
        super().__init__(clone, clone / ".git" / "mlkanban-seen.json")
        self._trees: dict[str, str] = {}
        self._wrote = False
        self.remote = remote
        self._clone = clone

    def begin(self, progress: Progress = lambda _: None) -> None:
        """Fetch, and check out the files of the branch into the clone."""
        try:
            self._wrote = False
            self._prepare()
            self._reach(progress, "fetch", "--prune", *self._upload_pack, "origin")
            if self._git("branch", "--remotes", "--list", f"origin/{BRANCH}"):
                self._git("checkout", "--quiet", "--force", "-B", BRANCH, f"origin/{BRANCH}")
                self._git("clean", "--quiet", "--force", "-d", "-x")
            self._trees = self._trees_at(f"origin/{BRANCH}")
            self._pack()
        except GitFailed as error:
            raise _problem(self.remote, error) from error

    def write(self, replica: str, first: int, content: bytes) -> None:
        self._wrote = True
        super().write(replica, first, content)

    def _mark(self, replica: str, newest: int) -> str:
        """What git calls all files of a replica together."""
        return self._trees.get(replica, "")

    def _trees_at(self, commit: str) -> dict[str, str]:
        """The name that git gives to the files of each replica; none before the first commit."""
        try:
            lines = self._git("ls-tree", commit, "log/").splitlines()
        except GitFailed:
            return {}
        return {path.removeprefix("log/"): head.split()[2] for head, path in
                (line.split("\t") for line in lines)}  # fmt: skip

    def end(self, progress: Progress, known: KnownEvents, ends: Mapping[str, int]) -> bool:
        """Commit and push what is new; False when somebody else pushed meanwhile."""
        if not self._sent(progress):
            return False
        if self._wrote:
            self._trees = self._trees_at("HEAD")
        self._marks = {replica: self._mark(replica, 0) for replica in self._newest}
        self._note(known, ends)
        return True

    def _sent(self, progress: Progress) -> bool:
        try:
            first = not self._trees
            put = self._put(self._clone / ".gitattributes")
            if not (first or put or self._wrote):
                return True
            self._git("add", "--all", "--force", ".")
            if not first and not self._git("status", "--porcelain"):
                return True
            self._git("commit", "--quiet", "--allow-empty", "--message", "Changes of the board")
            self._reach(progress, "push", "origin", f"HEAD:refs/heads/{BRANCH}")
        except GitFailed as error:
            if _QUICKER.search(str(error)):
                return False
            raise _problem(self.remote, error) from error
        return True

    def _prepare(self) -> None:
        """Create or repair the clone of this remote, whatever a killed process left. A clone of
        another remote goes: the history of one repository is not for the other."""
        if self._git_folder.is_dir() and self._cloned() != self.remote:
            with explained(self._clone):
                shutil.rmtree(self._clone)
        if not self._git_folder.is_dir():
            self._clone.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git("init", "--quiet")
        for left in (self._git_folder.glob("*.lock"), self._git_folder.glob("refs/**/*.lock")):
            for lock in left:
                lock.unlink(missing_ok=True)
        # Before the attributes of the branch, which others may write, come those of the clone.
        self._put(self._git_folder / "info" / "attributes")
        self._git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        if not self._git("remote"):
            self._git("remote", "add", "--", "origin", self.remote)

    def _cloned(self) -> str:
        """The remote that the clone is of, '' where a killed process left too little."""
        try:
            return self._git("config", "--get", "remote.origin.url")
        except GitFailed:
            return ""

    def _put(self, attributes: Path) -> bool:
        """Write the attributes where they are not there; whether that was so."""
        with explained(attributes):
            if not attributes.is_file() or attributes.read_text(errors="replace") != ATTRIBUTES:
                attributes.parent.mkdir(exist_ok=True)
                write_whole(attributes, ATTRIBUTES.encode())
                return True
        return False

    def _pack(self) -> None:
        """Pack the loose objects of many syncs, now and then. Nothing depends on it: when it fails,
        the sync goes on."""
        with contextlib.suppress(GitFailed):
            self._git(*(part for option in _PACKING for part in ("-c", option)),
                      "gc", "--auto", "--quiet")  # fmt: skip

    @property
    def _upload_pack(self) -> list[str]:
        """Options that make a repository on a disk of this machine pack without deltas, since it
        knows nothing of our attributes. Another machine decides that itself."""
        there = os.path.exists(self.remote)
        return ["--upload-pack=git -c pack.window=0 upload-pack"] if there else []

    @property
    def _git_folder(self) -> Path:
        return self._clone / ".git"

    def _reach(self, progress: Progress, *args: str) -> None:
        """Run a git command that talks to the other side; it must not fall silent."""

        def hear(text: str) -> None:
            if match := _PROGRESS.findall(text):
                what, percent = match[-1]
                progress(f"{_DOING[what]} {percent} %")

        try:
            self._run(args[0], "--progress", *args[1:], silence=SILENCE_SECONDS, hear=hear)
        except external_program.Silent as error:
            raise StoreProblem(
                f"{self.remote} said nothing for {SILENCE_SECONDS} seconds.",
                "Nothing is lost; the next sync catches up.",
            ) from error

    def _git(self, *args: str) -> str:
        """Run a git command on the clone alone."""
        return self._run(*args)

    def _run(
        self, *args: str, silence: float | None = None, hear: Progress = lambda _: None
    ) -> str:
        options = [part for option in _OURS for part in ("-c", option)]
        try:
            done = external_program.run(
                ["git", *options, "-C", str(self._clone), *args], self._env, silence, hear
            )
        except FileNotFoundError as error:
            raise StoreProblem(
                "git is not installed here.", hint("Install it, or use: {sync --dir PATH}")
            ) from error
        # The first word alone: the others may hold addresses with names and passwords in them.
        logger("program").debug("git %s: exit %d", args[0], done.code)
        if done.code:
            raise GitFailed(_OVERWRITTEN.sub("", done.errors) or done.output)
        return done.output.strip()

    @cached_property
    def _env(self) -> dict[str, str]:
        """The environment for git, computed once: git's settings may say how the person calls
        ssh."""
        asking = ["git", "-C", str(self._clone), "config", "--get"]
        settings = {
            name: external_program.run([*asking, name], _without_git(os.environ)).output.strip()
            for name in ("core.sshCommand", "ssh.variant")
        }
        return environment(os.environ, settings["core.sshCommand"], settings["ssh.variant"])


_DOING = {"Receiving": "receiving", "Writing": "sending"}
_PROGRESS = re.compile(r"(Receiving|Writing) objects: +([0-9]+)%")
_OVERWRITTEN = re.compile(r"[^\r\n]*\r(?!\n)")
"""Progress lines that git itself overwrote; they are no messages."""
_OTHER_SSH = re.compile(r"plink|putty|simple", re.IGNORECASE)
"""ssh programs that do not know `-o`."""


def environment(inherited: Mapping[str, str], ssh: str = "", variant: str = "") -> dict[str, str]:
    """The environment for git: no prompts, since nobody is there to answer, and messages in
    English, since they are parsed.

    How the person calls ssh stays, in git's order of precedence: of an option that is given twice
    the first one counts, and that is the person's. `ssh` and `variant` are those of git's settings.
    """
    ssh = inherited.get("GIT_SSH_COMMAND") or ssh or shlex.quote(inherited.get("GIT_SSH") or "ssh")
    variant = inherited.get("GIT_SSH_VARIANT") or variant
    if not _OTHER_SSH.search(variant or Path(ssh.split()[0]).name):
        ssh = (
            f"{ssh} -o BatchMode=yes -o ConnectTimeout=15"
            f" -o ServerAliveInterval=15 -o ServerAliveCountMax={SILENCE_SECONDS // 15}"
        )
    return _without_git(inherited) | {
        "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "LC_ALL": "C",
        "GIT_SSH_COMMAND": ssh,
        "GIT_HTTP_LOW_SPEED_LIMIT": inherited.get("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
        "GIT_HTTP_LOW_SPEED_TIME": inherited.get("GIT_HTTP_LOW_SPEED_TIME", str(SILENCE_SECONDS)),
    } | ({"GIT_SSH_VARIANT": variant} if variant else {})  # fmt: skip


def _without_git(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables of a repository that the person is working in."""
    return {name: value for name, value in inherited.items() if not name.startswith("GIT_")}


_NO_PROGRAM = re.compile(r"cannot run \S+: No such file|: (?:command )?not found$", re.MULTILINE)
"""What git, or the shell it starts, says where ssh is not installed."""
_CAUSES = (
    (r"Could not resolve|unable to connect|Connection (refused|timed out)|unreachable|unable to a",
     "cannot be reached"),
    (r"Operation too slow|Timeout, server", "does not answer any more"),
    (r"Permission denied|Authentication failed|could not read Username|Host key", "lets nobody in"),
    (r"does not appear to be a git|not found|No such file|does not exist", "is no git repository"),
)  # fmt: skip


def _problem(remote: str, error: GitFailed) -> MlkanbanError:
    if _NO_PROGRAM.search(str(error)) and not shutil.which("ssh"):
        return StoreProblem(
            f"{remote} cannot be reached: ssh is not installed here.",
            "Nothing is lost. Install it (on Debian and Ubuntu: sudo apt install openssh-client).",
        )
    cause_text = next((text for cause, text in _CAUSES if re.search(cause, str(error))), "")
    return StoreProblem(
        f"{remote} {cause_text or 'did not take it'} (git: {error.last}).",
        "Nothing is lost; the next sync catches up.",
    )
