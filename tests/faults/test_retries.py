"""A run repeated by hand, as the UI and ``prefect flow-run retry`` do: only what failed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import run, task_runs, wait_until, write_config
from killing import LONG, Killer

from mlip_autopipec.orchestration.session import read_note

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Check = Callable[[Path], None]


def test_a_retry_does_again_only_what_failed(
    dask_address: str, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    cluster = {"execution.cluster": {"kind": "address", "address": dask_address}}
    changes = {"execution.retries": 0, "execution.max_failed_fraction": 0.25}
    config = write_config(tmp_path / "long.yaml", LONG | cluster | changes)
    run_dir = tmp_path / "run"
    with Killer(run_dir, "alloy-0001", signal.SIGKILL):
        assert run(config, run_dir).kind == "failed"
    note = read_note(run_dir)
    assert note is not None
    kept = run_dir / "trajectories" / "alloy-0000.xyz"
    written = kept.stat().st_mtime_ns

    entrypoint = ("--entrypoint", "flows.pipeline.pipeline_flow")
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "flow-run", "retry", note.flow_run_id, *entrypoint],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    same_as_undisturbed(run_dir)
    assert kept.stat().st_mtime_ns == written

    def explored() -> bool:
        states = [
            (task_run.name, task_run.state_name)
            for task_run in sorted(task_runs(note.flow_run_id), key=lambda each: str(each.created))
            if task_run.name.startswith("explore-")
        ]
        return (
            states[-2:]
            == [
                ("explore-alloy-0000", "Cached"),
                ("explore-alloy-0001", "Completed"),
            ]
            and ("explore-alloy-0001", "Crashed") in states
        )

    assert wait_until(explored, "the API knows of both attempts")
