"""The Dask workers of a run: started here, or found at an address."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from mlip_autopipec.config.execution import (
    AddressClusterConfig,
    ClusterConfig,
    KubernetesClusterConfig,
    LocalClusterConfig,
    SlurmClusterConfig,
)
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.batch import slurm_cluster
from mlip_autopipec.orchestration.kubernetes import kubernetes_cluster
from mlip_autopipec.orchestration.steady_clock import use_steady_clock

DASK_SETTINGS: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": 1,  # a task may lose one worker, not three
    "distributed.scheduler.worker-saturation": 1.0,  # structures wait at the scheduler
    "distributed.scheduler.worker-ttl": None,  # a worker busy in a library is not a dead one
    "distributed.scheduler.no-workers-timeout": "10 minutes",  # then tasks fail, none hangs
    "distributed.deploy.lost-worker-timeout": "1 hour",  # a worker may take its time to come back
    "distributed.worker.memory.spill": False,  # results are small records
    "distributed.worker.memory.target": False,
    "distributed.admin.tick.limit": "1 minute",  # no warnings while a model is loaded
}
"""What differs from Dask's defaults, and why."""

QUEUED_SETTINGS = DASK_SETTINGS | {"distributed.scheduler.no-workers-timeout": None}
"""The same for workers that a batch system starts when it has room for them."""

PRELOAD = "mlip_autopipec.orchestration.preload"
_CLOSE_TIMEOUT_S = 10.0
_CONNECT_TIMEOUT = "15 s"


@contextmanager
def open_cluster(cluster: ClusterConfig) -> Iterator[str]:
    """Start the workers, or find those that run; yield the scheduler's address.

    Workers started here end with the block, their simulations with them.

    Raises:
        OrchestrationError: The scheduler cannot be reached, or the workers cannot be started.
    """
    use_steady_clock()
    if isinstance(cluster, AddressClusterConfig):
        _check(cluster.address)
        yield cluster.address
    elif isinstance(cluster, SlurmClusterConfig):
        with _queued(slurm_cluster(cluster, PRELOAD)) as address:
            yield address
    elif isinstance(cluster, KubernetesClusterConfig):
        with _queued(kubernetes_cluster(cluster, PRELOAD, QUEUED_SETTINGS)) as address:
            yield address
    else:
        with _local_cluster(cluster) as address:
            yield address


def n_local_workers(cluster: LocalClusterConfig) -> int:
    """Return the number of workers: as given, or one for each core this process may use."""
    from dask.system import CPU_COUNT  # noqa: PLC0415 - commands that need no workers start fast

    return int(CPU_COUNT) if cluster.n_workers == "auto" else cluster.n_workers


@contextmanager
def _queued(workers: AbstractContextManager[str]) -> Iterator[str]:
    """Start workers that may wait in a queue for long."""
    import dask  # noqa: PLC0415 - commands that need no workers start fast

    with dask.config.set(QUEUED_SETTINGS), workers as address:
        yield address


@contextmanager
def _local_cluster(cluster: LocalClusterConfig) -> Iterator[str]:
    """Start single-threaded worker processes on this machine's loopback interface."""
    import dask  # noqa: PLC0415 - commands that need no workers start fast
    from distributed import LocalCluster  # noqa: PLC0415

    scratch = Path(tempfile.mkdtemp(prefix="mlip-autopipe-"))
    try:
        with dask.config.set(DASK_SETTINGS):  # some are read when a worker is lost, not before
            workers = LocalCluster(
                n_workers=n_local_workers(cluster),
                threads_per_worker=1,
                processes=True,
                memory_limit=cluster.memory_limit,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                local_directory=str(scratch),
                preload=[PRELOAD],
                silence_logs="ERROR",
            )
            with _closing(workers):
                yield str(workers.scheduler_address)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _closing(workers: Any) -> Iterator[None]:  # noqa: ANN401 - Dask's LocalCluster
    """Close the workers after the block: in good order, or at once when it was left by an error."""
    try:
        yield
    except BaseException:
        _kill(workers)  # no task is waited for any more
        raise
    finally:
        with suppress(TimeoutError):
            workers.close(timeout=_CLOSE_TIMEOUT_S)
        _kill(workers)


def _kill(workers: Any) -> None:  # noqa: ANN401 - Dask's LocalCluster
    """Kill the worker processes that live, and their simulations with them."""
    for nanny in workers.workers.values():
        pid = nanny.pid
        nanny.close_gracefully()  # or it would start another
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _check(address: str) -> None:
    """Refuse an address at which no scheduler answers, before any work begins."""
    from distributed import Client  # noqa: PLC0415 - commands that need no workers start fast

    try:
        with Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False) as client:
            n_workers = len(client.scheduler_info(n_workers=-1)["workers"])
    except (OSError, TimeoutError) as error:
        message = (
            f"execution.cluster.address: no Dask scheduler answers at {address}; start one with "
            "`dask scheduler` and workers with `dask worker`"
        )
        raise OrchestrationError(message) from error
    if not n_workers:
        message = f"execution.cluster.address: the scheduler at {address} has no workers"
        raise OrchestrationError(message)
