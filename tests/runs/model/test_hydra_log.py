"""What a log says of the jobs of a Hydra sweep, as Hydra 1.3 wrote it."""

from mlkanban.runs.model.hydra_log import SweepLog, failed_job, overrides, reports

ONE_AFTER_THE_OTHER = """\
[2026-12-01 02:08:01,254][HYDRA] Launching 2 jobs locally
[2026-12-01 02:08:01,262][HYDRA] \t#0 : lr=0.01 seed=1
[2026-12-01 02:08:01,411][__main__][INFO] - start {'lr': 0.01, 'seed': 1}
mlkanban: step=0 val_auc=0.81
mlkanban: step=1 val_auc=0.83
[2026-12-01 02:08:01,671][HYDRA] \t#1 : lr=0.02 seed=1
mlkanban: step=0 val_auc=0.82
[2026-12-01 02:08:01,700][__main__][INFO] - mlkanban: step=1 val_auc=0.84 loss=nan
""".splitlines()
AT_ONCE = """\
[2026-12-01 04:05:22,408][HYDRA] Joblib.Parallel(n_jobs=-1,backend=loky) is launching 2 jobs
[2026-12-01 04:05:22,409][HYDRA] Launching jobs, sweep output dir : multirun/2026-12-01/04-05-19
[2026-12-01 04:05:22,409][HYDRA] \t#0 : lr=0.03 seed=1
[2026-12-01 04:05:22,409][HYDRA] \t#1 : lr=0.03 seed=2
mlkanban: step=0 val_auc=0.8
mlkanban: step=0 val_auc=0.9
""".splitlines()


def test_what_follows_the_heading_of_a_job_is_its_own() -> None:
    (first, one), (second, other) = reports(ONE_AFTER_THE_OTHER)
    assert (first.number, first.params) == (0, {"lr": "0.01", "seed": "1"})
    assert (second.number, second.words) == (1, "lr=0.02 seed=1")
    assert first.began is not None
    assert second.began is not None
    assert round(second.began - first.began, 3) == 0.409
    assert (one.values, one.unread) == ({"val_auc": 0.83}, ())
    assert (other.values, other.unread) == ({"val_auc": 0.84}, ("loss=nan",))


def test_jobs_that_run_at_once_are_known_but_not_whose_a_line_is() -> None:
    assert [(job.params["seed"], job.alone, found.values) for job, found in reports(AT_ONCE)] == [
        ("1", False, {}), ("2", False, {}),
    ]  # fmt: skip


def test_colours_do_not_hide_a_heading() -> None:
    log = SweepLog()
    head = "[\x1b[36m2026-12-01 02:08:01,254\x1b[0m][\x1b[35mHYDRA\x1b[0m] "
    assert log.take(f"{head}Launching 1 jobs locally") is None
    job = log.take(f"{head}\t#0 : lr=1")
    assert job is not None
    assert (job.params, job.alone) == ({"lr": "1"}, True)


def test_two_sweeps_in_one_log_have_jobs_of_their_own() -> None:
    numbers = [job.number for job, _ in reports(ONE_AFTER_THE_OTHER * 2)]
    assert numbers == [0, 1, 2, 3]


def test_values_with_blanks_are_whole() -> None:
    assert overrides("name=a b +opt.lr=0.1 ~x= model@net=[1, 2]") == {
        "name": "a b", "opt.lr": "0.1", "x": "", "model@net": "[1, 2]",
    }  # fmt: skip


def test_the_job_that_failed_is_the_one_that_hydra_names() -> None:
    jobs = [job for job, _ in reports(ONE_AFTER_THE_OTHER)]
    errors = "noise\nError executing job with overrides: ['lr=0.02', 'seed=1']\nTraceback ..."
    assert failed_job(jobs, errors) == 1
    assert failed_job(jobs, "Error executing job with overrides: ['lr=7']") is None
    assert failed_job(jobs, "Error executing job with overrides: [oops]") is None
    assert failed_job(jobs, "") is None


def test_other_lines_are_no_jobs() -> None:
    assert reports(["HYDRA", "mlkanban: auc=1", "[x][HYDRA] something", "#1 : lr=1"]) == []
