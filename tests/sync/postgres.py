"""A PostgreSQL server from Debian's package, for tests and measurements: started as its own user in
a folder of its own, and stopped again.

    python tests/sync/postgres.py FOLDER    starts one, says how to use it, and stops it at ^C
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

_USER = "postgres"
LOGINS = ("ada", "bob", "cy")


def programs() -> Path | None:
    """The folder of the newest installed server."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=_version)


def _version(folder: Path) -> int:
    return int(folder.parent.name)


def missing() -> str:
    """Why there can be no server here, '' when there can."""
    if programs() is None:
        return "no PostgreSQL here: apt-get install postgresql"
    return "" if os.getuid() == 0 or getpass.getuser() == _USER else f"not root and not {_USER}"


class Server:
    """A running server on the loopback; every one of `logins` may come in without a password, but
    `locked`, which has the password `secret`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.port = _free_port()
        self.log = self.folder / "log"

    def start(self) -> None:
        """Make the cluster, if there is none yet, and start it."""
        if not self.folder.joinpath("data").is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            if os.getuid() == 0:
                user = pwd.getpwnam(_USER)
                os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._run("initdb", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
            data = self.folder / "data"
            hba = data / "pg_hba.conf"
            hba.write_text("host all locked 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(
                    f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                    f"unix_socket_directories = ''\nfsync = off\nshared_buffers = 32MB\n"
                )
            self._run("pg_ctl", "-w", "-l", str(self.log), "start")
            for login in LOGINS:
                self.sql("postgres", f"CREATE ROLE {login} LOGIN")
            self.sql("postgres", "CREATE ROLE locked LOGIN PASSWORD 'secret'")
        else:
            self._run("pg_ctl", "-w", "-l", str(self.log), "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def database(self, name: str, owner: str = "ada") -> None:
        """Make a database in which `owner` may create tables."""
        self.sql("postgres", f'CREATE DATABASE "{name}" OWNER {owner}')

    def address(self, name: str, login: str = "ada", port: int = 0) -> str:
        return f"postgresql://{login}@127.0.0.1:{port or self.port}/{name}"

    def sql(self, database: str, *statements: str, login: str = _USER) -> str:
        """Run statements as a login; what they answer, one row a line."""
        found = programs()
        assert found is not None
        done = subprocess.run(
            [found / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             self.address(database, login), *(part for one in statements for part in ("-c", one))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _run(self, program: str, *args: str) -> None:
        found = programs()
        assert found is not None
        command = [str(found / program), "-D", str(self.folder / "data"), *args]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups",
                       *command]  # fmt: skip
        subprocess.run(
            command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    server = Server(Path(sys.argv[1]))
    server.start()
    server.database("board")
    print(f"{server.address('board')}, and for {', '.join(LOGINS[1:])}. ^C stops it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.stop()
        shutil.rmtree(server.folder)


if __name__ == "__main__":
    main()
