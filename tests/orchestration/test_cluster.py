"""Workers of this machine, and those found at an address."""

import os
import signal
import socket
from pathlib import Path

import dask
import psutil
import pytest

from mlip_autopipec.config.execution import AddressClusterConfig, LocalClusterConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.cluster import n_local_workers, open_cluster


def test_one_worker_a_core_unless_told() -> None:
    assert n_local_workers(LocalClusterConfig()) == len(os.sched_getaffinity(0))
    assert n_local_workers(LocalClusterConfig(n_workers=7)) == 7


def test_an_address_without_a_scheduler_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlip_autopipec.orchestration.cluster._CONNECT_TIMEOUT", "1 s")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
    message = rf"^execution\.cluster\.address: no Dask scheduler answers at {address}; start one"
    with (
        pytest.raises(OrchestrationError, match=message),
        open_cluster(AddressClusterConfig(address=address)),
    ):
        pass


def test_workers_leave_signals_to_the_flow_and_nothing_stays_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client  # noqa: PLC0415 - a second's import

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)  # Dask leaves what is set
    before = set(psutil.Process().children(recursive=True))
    with open_cluster(LocalClusterConfig(n_workers=1)) as address:
        assert address.startswith("tcp://127.0.0.1:")
        assert list(tmp_path.glob("mlip-autopipe-*"))
        with Client(address, set_as_default=False) as client:
            (worker,) = client.run(os.getpid).values()
            os.kill(worker, signal.SIGINT)
            os.kill(worker, signal.SIGTERM)
            assert list(client.run(os.getpid).values()) == [worker]
            (threads,) = client.run(os.environ.get, "OMP_NUM_THREADS").values()
            assert threads == "1"
    left = [
        process for process in psutil.Process().children(recursive=True) if process not in before
    ]
    assert [
        process.cmdline() for process in left if "resource_tracker" not in str(process.cmdline())
    ] == []
    assert list(tmp_path.glob("mlip-autopipe-*")) == []


def test_the_settings_hold_while_the_workers_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask reads some of them when a worker is lost, long after the cluster was made."""
    monkeypatch.setattr("distributed.LocalCluster", FakeCluster)
    # What holds outside is set here: the session's own workers may live beside this test.
    outside = {
        "distributed.deploy.lost-worker-timeout": "15s",
        "distributed.scheduler.no-workers-timeout": None,
    }
    with dask.config.set(outside):
        with open_cluster(LocalClusterConfig()):
            # Dask's own 15 s would close a worker for good that takes longer to come back.
            assert dask.config.get("distributed.deploy.lost-worker-timeout") == "1 hour"
            assert dask.config.get("distributed.scheduler.no-workers-timeout") == "10 minutes"
        assert {name: dask.config.get(name) for name in outside} == outside


class FakeCluster:
    """Stands in for Dask's, which takes seconds to start."""

    scheduler_address = "tcp://127.0.0.1:1"

    def __init__(self, **_: object) -> None:
        self.workers: dict[int, object] = {}

    def close(self, timeout: float) -> None:
        """Have nothing to close."""


def test_an_error_in_the_block_ends_the_workers_at_once() -> None:
    from distributed import Client  # noqa: PLC0415 - a second's import

    pids: list[int] = []

    def work_and_fail() -> None:
        with open_cluster(LocalClusterConfig(n_workers=1)) as address:
            with Client(address, set_as_default=False) as client:
                pids.extend(client.run(os.getpid).values())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_and_fail()
    assert not psutil.pid_exists(pids[0]) or psutil.Process(pids[0]).status() == "zombie"
