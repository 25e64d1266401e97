"""The workers that a flow submits to: started at the first submission, shared by its subflows."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner
from prefect_dask.task_runners import DaskTaskRunner

from mlip_autopipec.config.execution import ClusterConfig
from mlip_autopipec.orchestration.cluster import open_cluster
from mlip_autopipec.pipeline.run_directory import RunDirectory


class _Session:
    """Workers that are started when somebody asks for their address."""

    def __init__(self, cluster: ClusterConfig, stack: ExitStack) -> None:
        self._cluster = cluster
        self._stack = stack
        self._address: str | None = None

    def address(self) -> str:
        if self._address is None:
            self._address = self._stack.enter_context(open_cluster(self._cluster))
        return self._address


_session: ContextVar[_Session | None] = ContextVar("workers", default=None)


@contextmanager
def shared_workers(cluster: ClusterConfig) -> Iterator[None]:
    """Let the flows called in the block share workers.

    They are started when the first task is submitted, so a run that finds everything done starts
    none, and end with the block.
    """
    with ExitStack() as stack:
        token = _session.set(_Session(cluster, stack))
        stack.callback(_session.reset, token)
        yield


@contextmanager
def lease() -> Iterator[str]:
    """Yield the address of the scheduler that the current flow run submits to.

    It is the shared one; a flow run on its own, with ``run_dir`` as a parameter, has workers as
    the run's config says.
    """
    session = _session.get()
    if session is not None:
        yield session.address()
        return
    directory = RunDirectory(flow_run.parameters["run_dir"])
    with open_cluster(directory.read_config().execution.cluster) as address:
        yield address


def build_task_runner() -> TaskRunner[Any]:
    """Return the task runner of all flows: Dask, connected when the first task is submitted."""
    return DaskTaskRunner(cluster_class=lease)
