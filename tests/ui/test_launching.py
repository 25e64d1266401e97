"""How a run stands, from its directory and the processes there are; launching for real is slow."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.ui.launching import LaunchNote, launch_run, run_state, stop_run


def _note(run_dir: Path, pid: int, created_s: float) -> None:
    text = LaunchNote(pid=pid, created_s=created_s).model_dump_json()
    (run_dir / "launch.json").write_text(text, encoding="utf-8")


def test_a_folder_in_which_nothing_happens_is_a_stopped_run(tmp_path: Path) -> None:
    state = run_state(tmp_path)
    assert (state.state, state.pid, state.url, state.log) == ("stopped", None, "", ())
    assert not stop_run(tmp_path)


def test_a_finished_run(finished_root: Path) -> None:
    assert run_state(finished_root / "runs" / "small").state == "finished"


def test_a_launched_process_counts_while_it_lives(tmp_path: Path) -> None:
    code = "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: raise SystemExit(0)"
    process = subprocess.Popen([sys.executable, "-c", code])
    created_s = psutil.Process(process.pid).create_time()
    _note(tmp_path, process.pid, created_s)
    assert (run_state(tmp_path).state, run_state(tmp_path).pid) == ("starting", process.pid)
    with pytest.raises(RunDirectoryError, match="is being worked on"):
        launch_run(tmp_path, "name: a\n", tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run_state(tmp_path).state == "stopped"


def test_another_process_of_the_same_number_does_not_count(tmp_path: Path) -> None:
    _note(tmp_path, os.getpid(), psutil.Process().create_time() - 100.0)
    assert run_state(tmp_path).state == "stopped"


def test_a_bad_config_ends_with_its_fault_in_the_log(tmp_path: Path) -> None:
    run_dir = tmp_path / "runs" / "bad"
    launch_run(run_dir, "name: [\n", tmp_path)
    while run_state(run_dir).is_alive:
        time.sleep(0.1)
    (line,) = run_state(run_dir).log
    assert line.startswith("error: ")
    assert "is not valid YAML" in line
