"""Runs that the page starts and stops; launching for real is a test in the browser."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.orchestration.run_state import LaunchNote, note_path, run_state
from mlip_autopipec.ui.launching import launch_run, stop_run


def test_where_nobody_works_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert not stop_run(tmp_path)


def test_a_run_that_is_worked_on_is_not_launched_again_but_stopped_as_by_ctrl_c(
    tmp_path: Path,
) -> None:
    code = (  # which heeds Ctrl-C also where the tests run in a shell's background
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        created_s = psutil.Process(process.pid).create_time()
        note = LaunchNote(pid=process.pid, created_s=created_s)
        note_path(tmp_path).write_text(note.model_dump_json(), encoding="utf-8")
        with pytest.raises(RunDirectoryError, match="is being worked on"):
            launch_run(tmp_path, "name: a\n", tmp_path)
        assert stop_run(tmp_path)
    assert process.returncode == -signal.SIGINT
    assert run_state(tmp_path).state == "stopped"


def test_a_bad_config_ends_with_its_fault_in_the_log(tmp_path: Path) -> None:
    run_dir = tmp_path / "runs" / "bad"
    launch_run(run_dir, "name: [\n", tmp_path)
    while run_state(run_dir).is_alive:
        time.sleep(0.1)
    (line,) = run_state(run_dir).log
    assert line.startswith("error: ")
    assert "is not valid YAML" in line
