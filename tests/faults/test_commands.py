"""The command line interrupted, killed and started twice, on real processes."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import explored_states, task_states, wait_until, write_config
from killing import LONG, Command, no_process_left

from mlip_autopipec.orchestration.progress import read_progress
from mlip_autopipec.orchestration.server import ensure_server, is_healthy, server_status
from mlip_autopipec.orchestration.session import read_note

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("prefect_api"),
]

Check = Callable[[Path], None]
TWO_WORKERS = {"execution.cluster": {"kind": "local", "n_workers": 2}}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "long.yaml", LONG | TWO_WORKERS)


def flow_state(run_dir: Path) -> str:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - after the server's start

    note = read_note(run_dir)
    assert note is not None
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(note.flow_run_id).state
    return "" if state is None else str(state.name)


def interrupt(config: Path, run_dir: Path, sent: signal.Signals) -> tuple[int, str, str]:
    """Signal a command's process group in mid-exploration."""
    command = Command(config, "--run-dir", run_dir)
    command.wait_for_progress(run_dir)
    with no_process_left(command):
        command.signal_all(sent)
        return command.finish()


def test_ctrl_c_ends_all_and_the_next_run_goes_on(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    code, _, errors = interrupt(config, tmp_path / "run", signal.SIGINT)
    assert code == 130
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert flow_state(tmp_path / "run") == "Cancelled"
    code, _, errors = Command(config, "--run-dir", tmp_path / "run").finish()
    assert code == 0, errors
    same_as_undisturbed(tmp_path / "run")
    assert flow_state(tmp_path / "run") == "Completed"


def test_termination_ends_all_and_is_told_to_the_api(config: Path, tmp_path: Path) -> None:
    code, _, _ = interrupt(config, tmp_path / "run", signal.SIGTERM)
    assert code in {-signal.SIGTERM, 128 + signal.SIGTERM}
    assert flow_state(tmp_path / "run") == "Crashed"


def test_a_killed_command_leaves_no_process_and_the_next_goes_on_where_it_was(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    run_dir = tmp_path / "run"
    command = Command(config, "--run-dir", run_dir)
    wait_until(lambda: any(item.step > 50 for item in read_progress(run_dir)), "some steps done")
    with no_process_left(command):
        command.process.kill()
        command.finish()
    killed = read_note(run_dir)
    assert killed is not None
    again = Command(config, "--run-dir", run_dir)
    first = wait_until(lambda: read_progress(run_dir), "the exploration goes on")
    assert max(item.step for item in first) > 1  # it did not begin anew
    code, _, errors = again.finish()
    assert code == 0, errors
    same_as_undisturbed(run_dir)
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - after the server's start

    with get_client(sync_client=True) as client:
        state = client.read_flow_run(killed.flow_run_id).state
    assert state is not None
    assert (state.name, state.message) == ("Crashed", "its process has ended")


def test_the_second_of_two_commands_is_told_who_holds_the_directory(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    first = Command(config, "--run-dir", tmp_path / "run")
    first.wait_for_progress(tmp_path / "run")
    code, _, errors = Command(config, "--run-dir", tmp_path / "run").finish()
    assert code == 2
    assert f"in use by process {first.process.pid} on" in errors
    code, _, errors = first.finish()
    assert code == 0, errors
    same_as_undisturbed(tmp_path / "run")


def test_a_server_restarted_under_a_run_costs_nothing(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    before = server_status().info
    assert before is not None
    assert before.pid is not None
    command = Command(config, "--run-dir", tmp_path / "run")
    command.wait_for_progress(tmp_path / "run")
    os.kill(before.pid, signal.SIGKILL)
    wait_until(lambda: not is_healthy(before.api_url), "the server is gone")
    assert ensure_server().api_url == before.api_url  # runs and open pages find it again
    code, _, errors = command.finish()
    assert code == 0, errors
    same_as_undisturbed(tmp_path / "run")
    assert flow_state(tmp_path / "run") == "Completed"


def test_a_clock_that_jumps_changes_nothing(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "real, calls = time.time, itertools.count()\n"
        "jumps = (0, 86_400, -86_400, 3.2e7, -3_600)\n"
        "time.time = lambda: real() + jumps[next(calls) // 50 % 5]\n"
    )
    path = os.pathsep.join([str(tmp_path / "clock"), *sys.path])
    command = Command(config, "--run-dir", tmp_path / "run", environment={"PYTHONPATH": path})
    code, _, errors = command.finish()
    assert code == 0, errors
    same_as_undisturbed(tmp_path / "run")


def test_a_run_directory_that_cannot_be_written_is_refused_in_one_line(config: Path) -> None:
    code, _, errors = Command(config, "--run-dir", "/proc/run").finish()
    assert code == 2
    (line,) = [line for line in errors.splitlines() if "error" in line]
    assert "/proc/run: cannot be written to" in line


def test_a_read_only_run_directory_is_refused_and_goes_on_when_it_can_be_written(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    program = Path(sys.executable).with_name("mlip-autopipe")
    done = run_in_namespace(
        f"mount -t tmpfs -o size=64m none {disk} || exit 77\n"
        f"{program} run {config} --run-dir {disk}/run & first=$!\n"
        f"begun={disk}/run/trajectories/.*.working/checkpoint-*\n"
        "until ls $begun >/dev/null 2>&1; do sleep 0.05; done\n"
        "kill -9 $first; wait $first\n"
        f"until mount -o remount,ro {disk} 2>/dev/null; do sleep 0.1; done\n"
        f"{program} run {config} --run-dir {disk}/run; second=$?\n"
        f"mount -o remount,rw {disk}\n"
        f"{program} run {config} --run-dir {disk}/run; third=$?\n"
        f"cp -r {disk}/run {copy}\n"
        'echo "exit codes $second $third"\n'
    )
    assert done.stdout.splitlines()[-1] == "exit codes 2 0", done.stderr
    assert f"{disk}/run: cannot be written to (Read-only file system)" in done.stderr
    assert "Traceback" not in done.stderr
    same_as_undisturbed(copy)


def run_in_namespace(script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script that may mount file systems; skip the test where that is forbidden."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    done = subprocess.run(
        [unshare, "--user", "--map-root-user", "--mount", "sh", "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("this machine lets no user mount a file system")
    return done


def test_a_full_disk_ends_the_run_and_space_lets_it_go_on(
    config: Path, tmp_path: Path, same_as_undisturbed: Check
) -> None:
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    program = Path(sys.executable).with_name("mlip-autopipe")
    done = run_in_namespace(
        f"mount -t tmpfs -o size=160k none {disk} || exit 77\n"
        f"{program} run {config} --run-dir {disk}/run; first=$?\n"
        f"mount -o remount,size=64m {disk}\n"
        f"{program} run {config} --run-dir {disk}/run; second=$?\n"
        f"cp -r {disk}/run {copy}\n"
        'echo "exit codes $first $second"\n'
    )
    assert done.stdout.splitlines()[-1] in {"exit codes 1 0", "exit codes 2 0"}, done.stderr
    assert "Traceback" not in done.stderr
    same_as_undisturbed(copy)


def test_all_states_are_settled_after_an_interruption(tmp_path: Path) -> None:
    """The API learns of a task run seconds after it began; one it never knew has no state."""
    changes = LONG | TWO_WORKERS | {"exploration.n_steps": 20_000}
    command = Command(write_config(tmp_path / "long.yaml", changes), "--run-dir", tmp_path / "run")
    command.wait_for_progress(tmp_path / "run", 2)
    note = read_note(tmp_path / "run")
    assert note is not None
    both = {"explore-alloy-0000", "explore-alloy-0001"}
    wait_until(lambda: both <= set(task_states(note.flow_run_id)), "the API knows both")
    with no_process_left(command):
        command.signal_all(signal.SIGINT)
        command.finish()
    assert set(explored_states(tmp_path / "run", 2).values()) == {"Cancelled"}
