"""Task runs are gathered as they finish, whatever becomes of each."""

import concurrent.futures
import threading
from typing import Any
from uuid import uuid4

import pytest
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


def test_nothing_to_do_yields_nothing() -> None:
    assert list(gather(Runner({}).submit, [])) == []
