"""How a run stands, from its directory and the processes there are."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration.run_state import (
    LaunchNote,
    RunState,
    log_path,
    note_path,
    run_state,
)
from mlip_autopipec.pipeline.runner import PipelineRunner


def _note(run_dir: Path, pid: int, created_s: float) -> None:
    text = LaunchNote(pid=pid, created_s=created_s).model_dump_json()
    note_path(run_dir).write_text(text, encoding="utf-8")


def test_a_folder_in_which_nothing_happens_is_a_stopped_run(tmp_path: Path) -> None:
    assert run_state(tmp_path) == RunState("stopped", None, "", ())
    assert not run_state(tmp_path).is_alive


def test_a_finished_run_and_what_a_process_said_last(tmp_path: Path) -> None:
    document = {
        "name": "small",
        "generation": [{"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}}],
        "exploration": {"calculator": {"kind": "emt"}, "n_steps": 2, "save_every": 1},
        "sampling": {"kind": "random", "n_samples": 1},
    }
    PipelineRunner(PipelineConfig.model_validate(document), tmp_path).run()
    log_path(tmp_path).write_text("".join(f"line {n}\n" for n in range(50)), encoding="utf-8")
    state = run_state(tmp_path)
    assert (state.state, state.pid) == ("finished", None)
    assert state.log == tuple(f"line {n}" for n in range(38, 50))


def test_a_process_that_was_started_counts_while_it_lives(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        _note(tmp_path, process.pid, psutil.Process(process.pid).create_time())
        assert (run_state(tmp_path).state, run_state(tmp_path).pid) == ("starting", process.pid)
        process.kill()
    assert run_state(tmp_path).state == "stopped"


def test_another_process_of_the_same_number_does_not_count(tmp_path: Path) -> None:
    _note(tmp_path, os.getpid(), psutil.Process().create_time() - 100.0)
    assert run_state(tmp_path).state == "stopped"
