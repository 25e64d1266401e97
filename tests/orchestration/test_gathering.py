"""Task runs are gathered as they finish, whatever becomes of each."""

import concurrent.futures
import threading
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.futures import PrefectConcurrentFuture
from prefect.states import Completed, Failed

from mlip_autopipec.orchestration import gathering
from mlip_autopipec.orchestration.gathering import WorkerLost, gather


class Runner:
    """Submits to threads as Prefect's thread pool does, and counts what is under way."""

    def __init__(self, outcomes: dict[str, Any]) -> None:
        self.pool = concurrent.futures.ThreadPoolExecutor(4)
        self.outcomes = outcomes
        self.lock = threading.Lock()
        self.under_way = 0
        self.most = 0

    def submit(self, name: str) -> PrefectConcurrentFuture[Any]:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        return PrefectConcurrentFuture(uuid4(), self.pool.submit(self.work, name))

    def work(self, name: str) -> Any:  # noqa: ANN401 - a state or an error
        with self.lock:
            self.under_way -= 1
        outcome = self.outcomes[name]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture
def crashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reasons of the task runs that were marked as crashed."""
    reasons: list[str] = []
    monkeypatch.setattr(gathering, "mark_crashed", lambda _id, reason: reasons.append(reason))
    return reasons


def test_every_name_comes_back_once(crashed: list[str]) -> None:
    names = [f"n{number}" for number in range(50)]
    runner = Runner({name: Completed(data=name) for name in names})
    results = dict(gather(runner.submit, names))
    assert results == {name: name for name in names}
    assert crashed == []


def test_no_more_than_the_window_is_under_way(crashed: list[str]) -> None:
    names = [f"n{number}" for number in range(40)]
    runner = Runner({name: Completed(data=name) for name in names})
    assert len(list(gather(runner.submit, names, window=3))) == 40
    # A task run that is read makes room for the next, which may begin before the next is read.
    assert runner.most <= 3
    assert crashed == []


def test_a_failure_is_a_value(crashed: list[str]) -> None:
    error = ValueError("hot")
    runner = Runner({"a": Failed(data=error), "b": Completed(data=1)})
    assert dict(gather(runner.submit, ["a", "b"])) == {"a": error, "b": 1}
    assert crashed == []


def test_a_lost_worker_is_a_value_and_its_task_run_is_ended(crashed: list[str]) -> None:
    class KilledWorker(Exception):  # noqa: N818 - the name that Dask gives it
        pass

    runner = Runner({"a": KilledWorker("gone"), "b": Completed(data=1)})
    results = dict(gather(runner.submit, ["a", "b"]))
    assert results["b"] == 1
    assert isinstance(results["a"], WorkerLost)
    assert str(results["a"]) == "its worker was lost (KilledWorker)"
    assert crashed == ["its worker was lost (KilledWorker)"]


UNREACHED = RuntimeError("Failed to reach API at http://127.0.0.1:1/api")


class Away(Runner):
    """A runner whose first task runs cannot begin, since the API is away."""

    def __init__(self, times: int, error: Exception = UNREACHED) -> None:
        super().__init__({"a": Completed(data=1), "b": Completed(data=2)})
        self.times = times
        self.error = error

    def work(self, name: str) -> Any:  # noqa: ANN401 - a state or an error
        with self.lock:
            self.times -= 1
            if self.times >= 0:
                raise self.error
        return super().work(name)


@pytest.fixture
def regained(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time that the server was waited for."""
    times: list[None] = []
    monkeypatch.setattr(gathering, "regain_server", lambda: times.append(None))
    return times


@pytest.mark.parametrize(
    "error",
    [
        UNREACHED,
        httpx.ConnectError("refused"),
        ConcurrencySlotAcquisitionError("Unable to acquire concurrency slots"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_could_not_begin_is_submitted_again(
    crashed: list[str], regained: list[None], error: Exception
) -> None:
    runner = Away(3, error)
    assert dict(gather(runner.submit, ["a", "b"])) == {"a": 1, "b": 2}
    assert len(regained) == 3
    assert crashed == []


def test_a_cancelled_task_run_is_a_value(crashed: list[str]) -> None:
    """As Dask gives it when the scheduler has forgotten the task."""

    def submit(name: str) -> PrefectConcurrentFuture[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        if name == "a":
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_result(Completed(data=1))
        return PrefectConcurrentFuture(uuid4(), future)

    results = dict(gather(submit, ["a", "b"]))
    assert results["b"] == 1
    assert str(results["a"]) == "its worker was lost (CancelledError)"
    assert len(crashed) == 1


def test_an_api_that_stays_away_is_given_up(crashed: list[str], regained: list[None]) -> None:
    results = dict(gather(Away(100).submit, ["a", "b"]))
    assert [str(outcome) for outcome in results.values()] == ["the Prefect API was away"] * 2
    assert len(regained) == 6
    assert len(crashed) == 2


def test_nothing_to_do_yields_nothing() -> None:
    assert list(gather(Runner({}).submit, [])) == []
