"""Launch words: what starts a run and says where, on what and under which name it runs, apart from
the hyper-parameters that decide what it computes. Seeds are among them: repeats differ in these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple

from mlkanban.patterns import LatePattern, pattern
from mlkanban.runs.model.parameters import (
    GIVEN,
    has_argument_name,
    is_word,
    known_parameters,
    launcher_options,
)
from mlkanban.runs.model.repeats import DEFAULT, Repeats, plain_name
from mlkanban.runs.model.run import Run

_OF_MACHINE = (
    # On what it runs
    "device", "devices", "device_id", "device_ids", "device_map", "gpu", "gpus", "gpu_id",
    "gpu_ids", "cuda", "use_cuda", "no_cuda", "cuda_visible_devices", "accelerator", "cpu",
    "use_cpu", "tpu", "mps", "use_mps", "hostname",
    # With how many helpers
    "n_jobs", "jobs", "num_proc", "workers", "num_workers", "n_workers", "max_workers",
    "dataloader_num_workers", "preprocessing_num_workers", "threads", "n_threads", "num_threads",
    "omp_num_threads", "pin_memory", "persistent_workers", "prefetch_factor", "local_rank",
    "node_rank", "machine_rank", "master_addr", "master_port", "main_process_ip",
    "main_process_port", "rdzv_id", "rdzv_backend", "rdzv_endpoint", "rdzv_conf", "port",
    # What it reports
    "verbose", "verbosity", "quiet", "silent", "loglevel", "log_level", "log_interval", "log_every",
    "log_every_n_steps", "log_freq", "log_steps", "logging_steps", "logging_strategy",
    "logging_first_step", "print_freq", "print_every", "print_interval", "progress",
    "progress_bar", "enable_progress_bar", "disable_tqdm", "no_tqdm", "job_name",
)  # fmt: skip
"""Words that decide nothing of what is computed: runs that differ in these alone are repeats."""
_NAMES = (
    *_OF_MACHINE,
    # In how many processes, each with a batch of its own
    "n_gpu", "n_gpus", "ngpu", "ngpus", "num_gpus", "world_size", "nnodes", "num_nodes",
    "num_machines", "nproc", "nproc_per_node", "num_processes", "dist_url", "dist_backend",
    "ddp_backend", "ddp_timeout", "ddp_find_unused_parameters", "host",
    # Where it reads and writes
    "*_dir", "*_dirs", "*_path", "*_paths", "*_file", "*_files", "*_folder", "*_root", "dir",
    "path", "file", "folder", "workdir", "cwd",
    # What it reports and keeps, under which name
    "debug", "log_to", "log_model", "log_completions", "save_model", "save_best", "save_every",
    "save_freq", "save_interval", "save_steps", "save_strategy", "save_total_limit", "save_name",
    "save_last", "save_top_k", "save_checkpoint", "save_checkpoints", "save_only_model",
    "save_safetensors", "report_to", "wandb", "no_wandb", "wandb_*", "mlflow", "mlflow_*",
    "tensorboard", "tb_log", "tb_name", "tracking_uri", "project", "project_name", "entity",
    "tags", "notes", "resume", "resume_from", "resume_from_checkpoint", "resume_id", "overwrite",
    "overwrite_cache", "dry_run",
)  # fmt: skip
"""In lower case with `_` for `-`, compared with the last part of a parameter's name. `*` stands for
anything, and only where what it is beside leaves no doubt: a hyper-parameter is called `log_lr`,
`nodes` or `dist_weight`."""
_OF_LAUNCHERS = ("hydra.*", "hydra/*")
"""Compared with the whole name."""
_LETTERS = frozenset("mv")
"""Options of one letter without a value: several runs at once, more output."""
_CHOICES = (
    "config*", "cfg*", "conf*", "model*", "pretrained*", "tokenizer*", "dataset*", "init*", "data",
    "data_*", "datadir", "train_*", "val_*", "valid_*", "validation_*", "test_*", "eval_*",
    "input_*",
)  # fmt: skip
"""Names of paths that choose what is computed: a file with parameters, a base model, data."""
_PLACE = pattern(r"(?:/|\.{1,2}/|~|[a-z][a-z0-9+]*://).*", re.DOTALL)
"""A value that is a place, whatever the name."""


def _any_of(names: Iterable[str]) -> LatePattern:
    return pattern("|".join(map(translate, names)))


_LAUNCH, _WHOLE, _CHOICE, _MACHINE = map(_any_of, (_NAMES, _OF_LAUNCHERS, _CHOICES, _OF_MACHINE))


class ParameterSets(NamedTuple):
    """The hyper-parameters of one run, or those in which several differ, and beside them the launch
    words."""

    parameters: Mapping[str, str]
    launch: Mapping[str, str]


class Differing(NamedTuple):
    """The hyper-parameters in which the rows of a table are not the same, with the value of each
    row, and the launch words in which they are not."""

    parameters: Mapping[str, Sequence[str]]
    launch: Mapping[str, Sequence[str]]

    def rows(self, places: Sequence[int]) -> Differing:
        """The same of some of the rows."""
        return Differing(
            *({name: [values[at] for at in places] for name, values in s.items()} for s in self)
        )

    def row(self, at: int) -> ParameterSets:
        """What one of the rows has of them."""
        return ParameterSets(
            *({name: values[at] for name, values in some.items() if values[at]} for some in self)
        )


NO_PARAMETERS, NO_DIFFERENCE = ParameterSets({}, {}), Differing({}, {})


@lru_cache(maxsize=1024)
def is_of_machine(name: str) -> bool:
    """Whether a parameter with this name decides nothing of what is computed, as the device."""
    return bool(_MACHINE.match(re.split(r"[./]", plain_name(name))[-1]))


def is_launch_word(name: str, value: str = "", repeats: Repeats = DEFAULT) -> bool:
    """Whether a parameter with this name and value says how a run is started, not what it
    computes."""
    if name in _LETTERS and value == GIVEN:
        return True
    by_name = _by_name(name, repeats)
    return bool(_PLACE.fullmatch(value)) if by_name is None else by_name


@lru_cache(maxsize=1024)
def _by_name(name: str, repeats: Repeats) -> bool | None:
    """The same as far as the name says it, None where the value decides."""
    if is_word(name) and not has_argument_name(name):
        return True  # the interpreter, the script, what is before them
    whole = plain_name(name)
    if repeats.names_one(name) or _WHOLE.match(whole):
        return True
    last = re.split(r"[./]", whole)[-1]
    if _CHOICE.match(last):
        return False
    return True if _LAUNCH.match(last) else None


def launch_names(runs: Iterable[Run], repeats: Repeats = DEFAULT) -> frozenset[str]:
    """The names of the parameters of runs that are launch words of each of those that have them."""
    launch: dict[str, bool] = {}
    for run in runs:
        of_launcher = launcher_options(run.argv)
        for name, value in known_parameters(run).items():
            if launch.get(name, True):
                launch[name] = name in of_launcher or is_launch_word(name, value, repeats)
    return frozenset(name for name, is_one in launch.items() if is_one)


def parameter_sets(run: Run, repeats: Repeats = DEFAULT) -> ParameterSets:
    """All that is known of the parameters of a run."""
    launch, known = launch_names([run], repeats), known_parameters(run)
    return ParameterSets(
        {name: value for name, value in known.items() if name not in launch},
        {name: value for name, value in known.items() if name in launch},
    )
