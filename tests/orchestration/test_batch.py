"""Workers as SLURM jobs: the script is rendered and read; no SLURM is at hand to run it."""

import pytest
from dask_jobqueue import SLURMCluster

from mlip_autopipec.config.execution import SlurmClusterConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.batch import check_reachable, slurm_options

PRELOAD = "mlip_autopipec.orchestration.preload"
CLUSTER = SlurmClusterConfig(
    partition="gpu",
    account="mat42",
    cores=4,
    memory="8GiB",
    walltime_h=23.5,
    directives=("--gres=gpu:1",),
    prologue=("module load cuda",),
)


@pytest.fixture(scope="module")
def script() -> str:
    with SLURMCluster(**slurm_options(CLUSTER, PRELOAD)) as jobs:
        return str(jobs.job_script())


@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH -p gpu",
        "#SBATCH -A mat42",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=8G",
        "#SBATCH -t 23:30:00",
        "#SBATCH --gres=gpu:1",
        "module load cuda",
        "export OMP_NUM_THREADS=4",
    ],
)
def test_the_job_script_asks_for_what_the_config_says(script: str, line: str) -> None:
    assert line in script.splitlines()


def test_a_worker_runs_one_simulation_and_leaves_before_its_walltime(script: str) -> None:
    (command,) = [line for line in script.splitlines() if "distributed.cli.dask_worker" in line]
    assert "--nthreads 1" in command
    assert "--lifetime 1400m --lifetime-stagger 5m" in command
    assert f"--preload {PRELOAD}" in command


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:4200/api", "http://localhost:4200/api"])
def test_a_server_that_jobs_cannot_reach_is_refused(url: str | None) -> None:
    with pytest.raises(OrchestrationError, match=r"^execution\.cluster: workers on other machines"):
        check_reachable(url)


def test_a_server_that_jobs_can_reach_is_accepted() -> None:
    check_reachable("http://10.0.0.5:4200/api")


def test_the_schedulers_web_page_stays_on_this_machine() -> None:
    options = slurm_options(CLUSTER, PRELOAD)["scheduler_options"]
    assert options == {"dashboard_address": "127.0.0.1:0"}
