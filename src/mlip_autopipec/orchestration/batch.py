"""Dask workers as jobs of a batch system."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlip_autopipec.config.execution import SlurmClusterConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.environment import is_loopback, users_api_url

_LEAVE_BEFORE_MIN = 10
_LEAVE_STAGGER = "5m"
_MINUTES_AN_HOUR = 60
LOOPBACK_DASHBOARD = "127.0.0.1:0"
"""Jobs have to reach the scheduler; nobody has to reach its web page."""


def slurm_options(cluster: SlurmClusterConfig, preload: str) -> dict[str, Any]:
    """Return the arguments of ``dask_jobqueue.SLURMCluster``.

    A worker leaves some minutes before its walltime, not all at the same moment: its structure goes
    on elsewhere from the last checkpoint.

    Args:
        cluster: The config.
        preload: Module that workers import when they start.
    """
    minutes = round(cluster.walltime_h * _MINUTES_AN_HOUR)
    lifetime = f"{minutes - _LEAVE_BEFORE_MIN}m"
    leave = ["--lifetime", lifetime, "--lifetime-stagger", _LEAVE_STAGGER]
    return {
        "queue": cluster.partition,
        "account": cluster.account,
        "cores": 1,  # one simulation at a time
        "processes": 1,
        "job_cpu": cluster.cores,
        "memory": cluster.memory,
        "walltime": f"{minutes // _MINUTES_AN_HOUR:02d}:{minutes % _MINUTES_AN_HOUR:02d}:00",
        "interface": cluster.interface,
        "python": sys.executable,
        "worker_extra_args": [*leave, "--preload", preload],
        "job_extra_directives": list(cluster.directives),
        "job_script_prologue": [f"export OMP_NUM_THREADS={cluster.cores}", *cluster.prologue],
        "log_directory": "logs-slurm",
        "scheduler_options": {"dashboard_address": LOOPBACK_DASHBOARD},
    }


@contextmanager
def slurm_cluster(cluster: SlurmClusterConfig, preload: str) -> Iterator[str]:
    """Start a scheduler here whose workers are SLURM jobs; yield its address.

    Raises:
        OrchestrationError: dask-jobqueue is missing, or the Prefect server is out of the jobs'
            reach.
    """
    check_reachable(users_api_url())
    try:
        from dask_jobqueue import SLURMCluster  # noqa: PLC0415 - of the extra `hpc`
    except ImportError as error:
        message = "execution.cluster.kind slurm needs dask-jobqueue: install mlip-autopipe[hpc]"
        raise OrchestrationError(message) from error
    with SLURMCluster(**slurm_options(cluster, preload)) as jobs:
        jobs.adapt(minimum=0, maximum=cluster.n_workers_max)
        yield str(jobs.scheduler_address)


def check_reachable(api_url: str | None) -> None:
    """Refuse a Prefect server that listens on this machine alone, when workers are elsewhere.

    Raises:
        OrchestrationError: The address is a loopback one, or there is none.
    """
    if api_url is None or is_loopback(api_url):
        message = (
            "execution.cluster: workers on other machines cannot reach a Prefect server on "
            f"{api_url or 'this machine'}; start one at an address they can reach and set "
            "PREFECT_API_URL (deployments/README.md shows how)"
        )
        raise OrchestrationError(message)
