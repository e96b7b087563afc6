"""A cluster of one node, from Debian's packages: real daemons, started without systemd in a folder
of their own, by root, and stopped again.

    python tests/slurm/cluster.py FOLDER    starts one, says how to use it, and stops it at ^C
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NEEDED = ("slurmctld", "slurmd", "slurmdbd", "mariadbd", "sbatch", "sacct", "squeue")
PACKAGES = ("slurm-wlm", "slurmdbd", "mariadb-server")
_PATH = f"/usr/sbin:/sbin:{os.environ.get('PATH', '/usr/bin:/bin')}"
_UP = 30.0

# Everything as quick as it can be: a job that is over is seen at once, one that is killed is gone.
_SLURM = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
SlurmctldPort={ctld}
SlurmdPort={d}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoreFlags=job_comment
JobAcctGatherType=jobacct_gather/linux
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
KillWait=1
MinJobAge=600
InactiveLimit=0
OverTimeLimit=0
MpiDefault=none
SlurmdParameters=config_overrides
GresTypes=gpu
AccountingStorageTRES=gres/gpu
SwitchType=switch/none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=2000 Gres=gpu:4 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES State=UP OverSubscribe=YES
"""
_GRES = "NodeName={host} Name=gpu File={folder}/gpu[0-3]\n"
_DBD = """\
AuthType=auth/none
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
CommitDelay=1
"""
_SQL = """\
CREATE DATABASE slurm;
CREATE USER slurm@'127.0.0.1' IDENTIFIED BY 'slurm';
GRANT ALL ON slurm.* TO slurm@'127.0.0.1';
"""


def missing() -> str:
    """Why there can be no cluster here, '' when there can."""
    away = [name for name in NEEDED if not shutil.which(name, path=_PATH)]
    if away:
        return f"no {', '.join(away)} here: apt-get install {' '.join(PACKAGES)}"
    return "" if os.getuid() == 0 else "the daemons of SLURM want root"


class Cluster:
    """A running cluster; `env` is what its clients need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.env = {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": _PATH,
        }
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all daemons; come back when a job could be run."""
        ports = dict(zip(("ctld", "d", "dbd", "sql"), _free_ports(4), strict=True))
        for name in ("state", "spool", "sql"):
            (self.folder / name).mkdir(parents=True)
        for number in range(4):  # any file will do
            (self.folder / f"gpu{number}").touch()
        values = {"folder": self.folder, "host": socket.gethostname().split(".")[0], **ports}
        for name, text in (
            ("slurm.conf", _SLURM),
            ("gres.conf", _GRES),
            ("slurmdbd.conf", _DBD),
        ):
            (self.folder / name).write_text(text.format(**values))
            (self.folder / name).chmod(0o600)
        self._database(ports["sql"])
        self.start_daemon("slurmdbd")
        _until(lambda: _listens(ports["dbd"]), "slurmdbd listens")
        self.ask("sacctmgr", "-i", "add", "cluster", "test")
        self.start_daemon("slurmctld")
        _until(lambda: _listens(ports["ctld"]), "slurmctld listens")
        self.start_daemon("slurmd")
        _until(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), "the node is idle")

    def start_daemon(self, name: str) -> None:
        self._run(name, [name, "-D"])

    def stop_daemon(self, name: str) -> None:
        """End one of them, as if it had crashed."""
        found = self._daemons.pop(name)
        found.kill()
        found.wait()

    def freeze(self, name: str, *, frozen: bool) -> None:
        """Let one of them hang, or go on."""
        self._daemons[name].send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self) -> None:
        with contextlib.suppress(subprocess.SubprocessError):
            self.ask("scancel", "-u", getpass.getuser(), check=False)
        for process in reversed(list(self._daemons.values())):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._daemons.values():
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()  # nothing of it is wanted any more
                process.wait()
        for pid in self._rest():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _rest(self) -> list[int]:
        """What else belongs to this cluster: jobs, and what watches over them."""
        mark = f"SLURM_CONF={self.env['SLURM_CONF']}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return [pid for pid in found if pid != os.getpid()]

    def ask(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            command, env=os.environ | self.env, capture_output=True, text=True, timeout=30,
            check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def _database(self, port: int) -> None:
        data, user = self.folder / "sql", getpass.getuser()
        own = [f"--datadir={data}", f"--user={user}", "--no-defaults"]
        own.sort(key=lambda word: word != "--no-defaults")
        subprocess.run(
            [
                "mariadb-install-db", *own, "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            env=os.environ | self.env, check=True, capture_output=True,
        )  # fmt: skip
        first = self.folder / "first.sql"
        first.write_text(_SQL)
        self._run(
            "mariadbd",
            [
                "mariadbd", *own, "--bind-address=127.0.0.1", f"--port={port}",
                f"--socket={self.folder}/sql.sock", f"--pid-file={self.folder}/sql.pid",
                f"--init-file={first}", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin",
                "--skip-name-resolve",
                "--innodb-lock-wait-timeout=900",
            ],
        )  # fmt: skip
        _until(lambda: _listens(port), "mariadbd listens")

    def _run(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        with (self.folder / f"{name}.out").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                command, env={**os.environ, **self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(what: Callable[[], bool], said: str) -> None:
    end = time.monotonic() + _UP
    while not what():
        if time.monotonic() > end:
            raise RuntimeError(f"It took too long until {said}.")
        time.sleep(0.1)


def main() -> int:
    if why := missing():
        print(why, file=sys.stderr)
        return 1
    cluster = Cluster(Path(sys.argv[1]))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        cluster.start()
        print(f"export SLURM_CONF={cluster.env['SLURM_CONF']}", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
