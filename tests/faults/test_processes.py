"""Simulations and workers that are killed, crash or hang, on real processes."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import explored_states, run, write_config
from killing import LONG, Killer

# The first test starts server and workers
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Check = Callable[[Path], None]


def at_address(folder: Path, address: str, changes: dict[str, Any] | None = None) -> Path:
    cluster = {"execution.cluster": {"kind": "address", "address": address}}
    return write_config(folder / "long.yaml", LONG | cluster | (changes or {}))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS])
def test_a_simulation_that_crashes_once_goes_on_where_it_was(
    dask_address: str, tmp_path: Path, same_as_undisturbed: Check, sent: signal.Signals
) -> None:
    config = at_address(tmp_path, dask_address)
    with Killer(tmp_path / "run", "alloy-0001", sent) as killer:
        outcome = run(config, tmp_path / "run")
    assert len(killer.hits) == 1
    assert outcome.kind == "completed"
    same_as_undisturbed(tmp_path / "run")
    assert explored_states(tmp_path / "run", 2) == dict.fromkeys(
        ["alloy-0000", "alloy-0001"], "Completed"
    )


def test_a_structure_that_always_kills_its_process_fails_alone(
    dask_address: str, tmp_path: Path
) -> None:
    config = at_address(tmp_path, dask_address, {"execution.retries": 1})
    with Killer(tmp_path / "run", "alloy-0001", signal.SIGKILL, times=99) as killer:
        outcome = run(config, tmp_path / "run")
    assert len(killer.hits) == 2
    assert outcome.kind == "partial"
    reason = "its process was killed (SIGKILL: by hand, or because memory ran out)"
    assert outcome.summary.failures == (("alloy-0001", reason),)
    assert outcome.summary.n_selected == 5
    assert explored_states(tmp_path / "run", 2) == {
        "alloy-0000": "Completed",
        "alloy-0001": "Crashed",
    }


def test_what_was_lost_is_all_that_the_next_run_does(
    dask_address: str, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    config = at_address(tmp_path, dask_address, {"execution.retries": 0})
    with Killer(tmp_path / "run", "alloy-0001", signal.SIGKILL, times=99):
        run(config, tmp_path / "run")
    assert run(config, tmp_path / "run").kind == "completed"
    same_as_undisturbed(tmp_path / "run")
    assert explored_states(tmp_path / "run", 2) == {
        "alloy-0000": "Cached",
        "alloy-0001": "Completed",
    }


def test_a_simulation_that_hangs_is_ended_at_its_time_limit(
    dask_address: str, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    config = at_address(tmp_path, dask_address, {"execution.structure_timeout_s": 30})
    with Killer(tmp_path / "run", "alloy-0001", signal.SIGSTOP) as killer:
        outcome = run(config, tmp_path / "run")
    assert len(killer.hits) == 1
    assert outcome.kind == "completed"
    same_as_undisturbed(tmp_path / "run")


def test_a_killed_worker_costs_its_structure_nothing(
    dask_address: str, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    config = at_address(tmp_path, dask_address)
    with Killer(tmp_path / "run", "alloy-0001", signal.SIGKILL, worker=True) as killer:
        outcome = run(config, tmp_path / "run")
    assert len(killer.hits) == 1
    assert outcome.kind == "completed"
    same_as_undisturbed(tmp_path / "run")


def test_a_structure_that_always_kills_its_worker_fails_alone_and_is_crashed(
    dask_address: str, tmp_path: Path
) -> None:
    config = at_address(tmp_path, dask_address)
    with Killer(tmp_path / "run", "alloy-0001", signal.SIGKILL, times=99, worker=True) as killer:
        outcome = run(config, tmp_path / "run")
    assert len(killer.hits) == 2  # one worker may be lost for a task, and then it is given up
    assert outcome.kind == "partial"
    assert outcome.summary.failures == (("alloy-0001", "its worker was lost (KilledWorker)"),)
    assert explored_states(tmp_path / "run", 2) == {
        "alloy-0000": "Completed",
        "alloy-0001": "Crashed",
    }
