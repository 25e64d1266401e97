"""A Prefect server of the test session, and short runs to put through it."""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun

    from mlip_autopipec.orchestration.launch import Outcome
from mlip_autopipec.config.execution import LocalClusterConfig
from mlip_autopipec.orchestration.environment import prepare_client
from mlip_autopipec.orchestration.server import ensure_server, stop_server
from mlip_autopipec.orchestration.session import read_note

WAIT_S = 120.0
"""The API learns of task runs by events, seconds to minutes after they have ended."""

EMT: dict[str, Any] = {
    "name": "emt",
    "seed": 7,
    "generation": [
        {
            "kind": "alloy",
            "lattice": "fcc",
            "composition": {"Cu": 0.5, "Au": 0.5},
            "supercell": [2, 1, 1],
            "n_structures": 3,
        }
    ],
    "exploration": {
        "calculator": {"kind": "emt"},
        "temperature_K": 300,
        "n_steps": 20,
        "save_every": 5,
        "checkpoint_every": 10,
        "monte_carlo": {"kind": "swap", "every": 10, "attempts": 2},
    },
    "sampling": {
        "kind": "fps",
        "n_samples": 5,
        "descriptor": {"kind": "soap", "n_max": 2, "l_max": 2},
    },
    "execution": {"cluster": {"kind": "local", "n_workers": 1}, "retry_delay_s": 0.1},
}
"""Eight atoms, twenty steps: everything real, nothing slow."""


@contextmanager
def running_server(home: Path) -> Iterator[str]:
    """Run the package's own server from a folder of its own, whether Prefect is imported or not."""
    os.environ["MLIP_AUTOPIPE_HOME"] = str(home)
    prepare_client()
    info = ensure_server()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import prefect.context  # noqa: PLC0415 - after the server's address is known
        from prefect.settings import (  # noqa: PLC0415
            PREFECT_API_URL,
            PREFECT_HOME,
            temporary_settings,
        )
    settings = {PREFECT_API_URL: info.api_url, PREFECT_HOME: home / "prefect"}
    with (
        temporary_settings(settings),
        prefect.context._temporary_global_settings_context(prefect.context.get_settings_context()),
    ):
        yield info.api_url
    stop_server()


@contextmanager
def running_workers(n_workers: int = 2) -> Iterator[str]:
    """Keep workers at an address for several runs, which saves each the seconds of their start."""
    from mlip_autopipec.orchestration.cluster import open_cluster  # noqa: PLC0415 - as above

    with open_cluster(LocalClusterConfig(n_workers=n_workers)) as address:
        yield address


def write_config(path: Path, changes: dict[str, Any] | None = None) -> Path:
    """Write the short EMT config with some values changed (``{"exploration.n_steps": 40}``)."""
    document = yaml.safe_load(yaml.safe_dump(EMT))
    for name, value in (changes or {}).items():
        node: Any = document
        *parents, last = name.split(".")
        for key in parents:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        node[last] = value
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], what: str, timeout_s: float = WAIT_S) -> Value:
    """Wait until a condition gives something true, and return that."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    message = f"waited {timeout_s:g} s in vain until {what}"
    raise TimeoutError(message)


def run(config: Path, run_dir: Path, overrides: list[str] | None = None) -> "Outcome":
    """Run the pipeline as the command line does."""
    from flows.pipeline import pipeline_flow  # noqa: PLC0415 - after the server's address is known
    from mlip_autopipec.orchestration.launch import launch  # noqa: PLC0415

    return launch(pipeline_flow, config, overrides, run_dir)


def explored_states(run_dir: Path, n_structures: int) -> dict[str, str]:
    """Wait until the API knows how the last run's explorations ended; return that by structure."""
    note = read_note(run_dir)
    if note is None:
        message = f"{run_dir} holds no flow run"
        raise ValueError(message)
    flow_run_id = note.flow_run_id
    unsettled = {"Running", "Pending", "Scheduled", "AwaitingRetry", "Retrying"}

    def ended() -> dict[str, str]:
        states = {
            name.removeprefix("explore-"): state
            for name, state in task_states(flow_run_id).items()
            if name.startswith("explore-alloy-")
        }
        settled = len(states) == n_structures and not set(states.values()) & unsettled
        return dict(sorted(states.items())) if settled else {}

    return wait_until(ended, "all explorations have ended")


def task_states(flow_run_id: str) -> dict[str, str]:
    """Return the state's name of every task run below a flow run and its subflow runs."""
    return {run.name: str(run.state_name) for run in task_runs(flow_run_id)}


def explored_tags(run_dir: Path) -> dict[str, set[str]]:
    """Return the tags of the last run's explorations, by structure."""
    return {
        run.name.removeprefix("explore-"): set(run.tags)
        for run in last_task_runs(run_dir)
        if run.name.startswith("explore-alloy-")
    }


def task_logs(run_dir: Path, name: str) -> list[str]:
    """Wait until the API has log lines of a task run of the last run; return them."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above
    from prefect.client.schemas.filters import LogFilter  # noqa: PLC0415

    def lines() -> list[str]:
        ids = [str(run.id) for run in last_task_runs(run_dir) if run.name == name]
        with get_client(sync_client=True) as client:
            logs = client.read_logs(LogFilter(task_run_id={"any_": ids}), limit=200, offset=0)
        return [log.message for log in logs] if ids else []

    return wait_until(lines, f"{name} has a log")


def last_task_runs(run_dir: Path) -> "list[TaskRun]":
    """Return the task runs of the last flow run on a run directory."""
    note = read_note(run_dir)
    if note is None:
        message = f"{run_dir} holds no flow run"
        raise ValueError(message)
    return task_runs(note.flow_run_id)


def task_runs(flow_run_id: str) -> "list[TaskRun]":
    """Return every task run below a flow run and its subflow runs."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above
    from prefect.client.schemas.filters import FlowRunFilter  # noqa: PLC0415
    from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        parents = FlowRunFilter(parent_flow_run_id={"any_": [flow_run_id]})
        subflows = client.read_flow_runs(
            flow_run_filter=parents, sort=FlowRunSort.START_TIME_ASC, limit=200
        )
        ids = [flow_run_id, *(str(run.id) for run in subflows)]
        return client.read_task_runs(
            flow_run_filter=FlowRunFilter(id={"any_": ids}),
            sort=TaskRunSort.EXPECTED_START_TIME_DESC,
            limit=200,
        )
