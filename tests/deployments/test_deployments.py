"""The deployments at work as deployments/README.md says: server, pool, worker, runs, schedule."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
sys.path.insert(0, str(Path(__file__).parents[1] / "orchestration"))
from harness import running_server, task_runs, wait_until, write_config
from killing import LONG, Killer

from mlip_autopipec.storage.db_wrapper import AseDBWrapper

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
POOL = "mlip-autopipe"


class Project:
    """A folder with ``prefect.yaml`` and a config, and a worker that serves it.

    Attributes:
        folder: The folder.
        worker: ``prefect worker start``.
    """

    def __init__(self, folder: Path, api_url: str) -> None:
        self.folder = folder
        for name in ("prefect.yaml", "deployments/zombies.yaml"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
        (folder / "examples").mkdir()
        write_config(
            folder / "examples" / "cu-au.yaml",
            {
                "generation.0.n_structures": 2,
                # the weekly run makes more structures than eight atoms have arrangements
                "generation.0.checks": {"duplicates": "allow"},
            },
        )
        self._environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PREFECT_API_URL": api_url,
            "PREFECT_HOME": str(folder / "prefect-home"),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }
        self.worker: subprocess.Popen[bytes] | None = None

    def follow_readme(self, commands: list[str]) -> None:
        """Run the commands that put everything in place, as they stand in the README."""
        for command in commands:
            if command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                if "PORT" not in value:  # the session's server has its address already
                    self._environment[name] = value.replace("$PWD", str(self.folder))
            elif command.endswith("&"):
                self.worker = subprocess.Popen(
                    command.removesuffix("&").split(),
                    cwd=self.folder,
                    env=self._environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            else:
                self.call(command)

    def call(self, command: str) -> str:
        """Run one command; return what it printed."""
        done = subprocess.run(
            command.split(),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def trigger(self, command: str) -> "FlowRun":
        """Run a ``prefect deployment run`` to its end; return the flow run."""
        found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", self.call(command))
        assert found is not None
        return read_flow_run(found[0])


def commands() -> list[str]:
    """The ten commands of the README."""
    functions = runpy.run_path(str(Path(__file__).with_name("test_files.py")))
    found: list[str] = functions["commands"]()
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Everything in place, by the first eight of the README's commands."""
    home = tmp_path_factory.mktemp("deployments-home")
    with running_server(home) as api_url:
        project = Project(tmp_path_factory.mktemp("project"), api_url)
        project.follow_readme(commands()[:8])
        yield project
        if project.worker is not None and project.worker.poll() is None:
            end_family(project.worker.pid, signal.SIGTERM)


def end_family(pid: int, sent: signal.Signals) -> None:
    """Signal a process and all that it has started, and wait for their end."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in processes:
        process.send_signal(sent)
    _, alive = psutil.wait_procs(processes, timeout=30)
    for process in alive:
        process.kill()


def read_flow_run(flow_run_id: str) -> "FlowRun":
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - after the server's start

    with get_client(sync_client=True) as client:
        return client.read_flow_run(flow_run_id)


def ended(flow_run_id: str) -> Callable[[], "FlowRun | None"]:
    """Return a check whether a flow run has ended."""

    def check() -> "FlowRun | None":
        run = read_flow_run(flow_run_id)
        return run if run.state is not None and run.state.is_final() else None

    return check


def artifacts(flow_run: "FlowRun") -> dict[str, Any]:
    """Return the data of the artifacts of a flow run and its subflow runs, by key."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above
    from prefect.client.schemas.filters import (  # noqa: PLC0415
        ArtifactFilter,
        FlowRunFilter,
        FlowRunFilterParentFlowRunId,
    )
    from prefect.client.schemas.sorting import FlowRunSort  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        below = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run.id]))
        subflows = client.read_flow_runs(
            flow_run_filter=below, sort=FlowRunSort.START_TIME_ASC, limit=50
        )
        ids = [str(run.id) for run in (flow_run, *subflows)]
        found = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": ids}))
    return {str(artifact.key): artifact.data for artifact in found}


def latest_states(flow_run_id: str) -> dict[str, str]:
    """Return the state of the newest task run of each exploration of a flow run."""
    runs = sorted(task_runs(flow_run_id), key=lambda run: str(run.created))
    return {
        run.name.removeprefix("explore-"): str(run.state_name)
        for run in runs
        if run.name.startswith("explore-alloy")
    }


def test_a_triggered_run_ends_and_its_state_and_artifacts_can_be_read(project: Project) -> None:
    nightly = project.trigger(commands()[8])
    assert nightly.state is not None
    assert (nightly.state.name, nightly.run_count) == ("Completed", 1)
    assert str(nightly.state.message).startswith("2 of 2 structures explored, 0 failed")
    found = artifacts(nightly)
    assert "| structures generated | 2 |" in found["summary-emt"]
    table = json.loads(found["structures-emt"])
    assert [(row["structure"], row["status"]) for row in table] == [
        ("alloy-0000", "ok"),
        ("alloy-0001", "ok"),
    ]
    assert found["progress-emt"] == 100.0
    with AseDBWrapper(project.folder / "runs" / "nightly" / "dataset.db") as database:
        assert len(list(database.frames())) == 5


def test_the_weekly_run_continues_the_nightly_dataset(project: Project) -> None:
    weekly = project.trigger("prefect deployment run pipeline/weekly --watch")
    assert weekly.state is not None
    assert weekly.state.name == "Completed"
    assert str(weekly.state.message).startswith("8 of 8 structures explored")
    report = json.loads((project.folder / "runs" / "weekly" / "sampling.json").read_text())
    assert report["known"]
    assert "summary-cu-au-weekly" in artifacts(weekly)


def test_a_scheduled_run_comes_due(project: Project) -> None:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above
    from prefect.client.schemas.filters import (  # noqa: PLC0415
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import TERMINAL_STATES  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("pipeline/nightly")
    assert [schedule.active for schedule in deployment.schedules] == [True]
    project.call("prefect deployment schedule create pipeline/nightly --interval 20")
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    # else a page of the answer holds nothing but the many runs that are scheduled ahead
    over = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(TERMINAL_STATES)))

    def due() -> "FlowRun | None":
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                deployment_filter=chosen, flow_run_filter=FlowRunFilter(state=over)
            )
        return next((run for run in runs if run.auto_scheduled), None)

    run = wait_until(due, "a scheduled run has ended", timeout_s=240)
    project.call("prefect deployment schedule clear --accept-yes pipeline/nightly")
    assert run.state is not None
    assert run.state.name == "Completed"
    assert set(latest_states(str(run.id)).values()) == {"Cached"}  # all was there from before


def test_a_retry_by_hand_does_again_only_what_failed(project: Project) -> None:
    write_config(project.folder / "long.yaml", LONG | {"execution.retries": 0})
    run_dir = project.folder / "runs" / "nightly-long"
    (project.folder / "parameters.json").write_text(
        json.dumps(
            {
                "config_path": "long.yaml",
                "run_dir": "runs/nightly-long",
                "overrides": {"execution.max_failed_fraction": 0.25},
            }
        )
    )
    with Killer(run_dir, "alloy-0001", signal.SIGKILL) as killer:
        output = project.call(
            f"prefect deployment run pipeline/nightly --params {json_argument(project)}"
        )
        found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", output)
        assert found is not None
        failed = wait_until(ended(found[0]), "the run has ended", timeout_s=240)
    assert len(killer.hits) == 1
    assert failed.state is not None
    assert failed.state.name == "Failed"
    assert "1 failed" in str(failed.state.message)
    kept = run_dir / "trajectories" / "alloy-0000.xyz"
    written = kept.stat().st_mtime_ns

    project.call(commands()[9].replace("FLOW_RUN_ID", str(failed.id)))
    wait_until(lambda: read_flow_run(str(failed.id)).run_count == 2, "the retry has begun")
    retried = wait_until(ended(str(failed.id)), "the retry has ended", timeout_s=240)
    assert retried.state is not None
    assert retried.state.name == "Completed"
    assert kept.stat().st_mtime_ns == written
    assert wait_until(
        lambda: (
            latest_states(str(failed.id)) == {"alloy-0000": "Cached", "alloy-0001": "Completed"}
        ),
        "the API knows of the explorations",
    )


def json_argument(project: Project) -> str:
    """Return the parameters as one word of a command line."""
    return (project.folder / "parameters.json").read_text().replace(" ", "")


def test_a_run_whose_machine_is_gone_is_crashed_by_the_automation(project: Project) -> None:
    write_config(project.folder / "endless.yaml", LONG | {"exploration.n_steps": 200_000})
    run_dir = project.folder / "runs" / "endless"
    parameters = {"config_path": "endless.yaml", "run_dir": "runs/endless", "overrides": {}}
    argument = json.dumps(parameters).replace(" ", "")
    output = project.call(f"prefect deployment run pipeline/nightly --params {argument}")
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", output)
    assert found is not None
    wait_until(lambda: list(run_dir.glob("progress/*.json")), "the exploration has begun")
    assert project.worker is not None
    end_family(project.worker.pid, signal.SIGKILL)
    state = read_flow_run(found[0]).state
    assert state is not None
    assert state.name == "Running"  # nobody is left who could say anything else
    crashed = wait_until(ended(found[0]), "the automation has marked it", timeout_s=300)
    assert crashed.state is not None
    assert crashed.state.name == "Crashed"
    assert "No heartbeat" in str(crashed.state.message)
