"""The GPUs of this machine, as nvidia-smi names them, and which of them are free."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from typing import NamedTuple

from mlkanban.errors import MlkanbanError

_SECONDS = 20.0


class Gpu(NamedTuple):
    """`number` is the place in the order of the PCI bus, as nvidia-smi counts."""

    number: int
    uuid: str


class Gpus(NamedTuple):
    """`busy` are the uuids of those that any process computes on."""

    all: Sequence[Gpu]
    busy: Collection[str]

    def visible(self, names: str | None) -> list[Gpu]:
        """Those that CUDA_VISIBLE_DEVICES leaves to a job; all where it is not set."""
        if names is None:
            return list(self.all)
        known = {str(gpu.number): gpu for gpu in self.all} | {gpu.uuid: gpu for gpu in self.all}
        wanted = (name.strip() for name in names.split(","))
        return list(dict.fromkeys(known[name] for name in wanted if name in known))

    def free(self, names: str | None, given: Collection[int]) -> list[int]:
        """The numbers of those that are visible, that nobody computes on, and that are not `given`
        to another run of the queue."""
        return [
            gpu.number
            for gpu in self.visible(names)
            if gpu.uuid not in self.busy and gpu.number not in given
        ]


def machine_gpus() -> Gpus:
    """Ask nvidia-smi; MlkanbanError where it is missing or does not answer."""
    rows = [line.split(",") for line in _ask("--query-gpu=index,uuid")]
    gpus = [
        Gpu(int(row[0]), row[1].strip())
        for row in rows if len(row) == 2 and row[0].strip().isdecimal()
    ]  # fmt: skip
    if not gpus:
        raise MlkanbanError("nvidia-smi names no GPU of this machine.", "Leave out --gpus.")
    return Gpus(gpus, {line.strip() for line in _ask("--query-compute-apps=gpu_uuid")})


def _ask(query: str) -> list[str]:
    try:
        done = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader"],
            capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
            timeout=_SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise MlkanbanError(
            "There is no nvidia-smi on this machine, so nobody can say which GPUs are free.",
            "Leave out --gpus: the run then waits for a slot only.",
        ) from None
    except (OSError, subprocess.SubprocessError) as error:
        raise MlkanbanError(f"nvidia-smi does not answer: {error}.") from error
    if done.returncode:
        why = (done.stderr or done.stdout).strip().partition("\n")[0]
        raise MlkanbanError(f"nvidia-smi failed: {why or f'exit {done.returncode}'}.")
    return done.stdout.splitlines()
