"""Runs that the page starts: processes of their own, which outlive the page and its server."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.files import write_text
from mlip_autopipec.orchestration.run_state import LaunchNote, log_path, note_path, run_state
from mlip_autopipec.pipeline.run_directory import RunDirectory

_PROGRAM = "mlip_autopipec"


def launch_run(run_dir: Path, config_yaml: str, root: Path) -> None:
    """Start `mlip-autopipe run` on a config, detached: it goes on when the page is closed.

    The config is kept as ``config.yaml`` in the run directory, and what the process says as
    ``launch.log``. Paths in the config begin at ``root``.

    Raises:
        RunDirectoryError: Another process works on the run directory, or it cannot be written to.
    """
    directory = RunDirectory(run_dir)
    if run_state(run_dir).is_alive:
        message = f"{run_dir}: is being worked on; wait for it, or choose another name"
        raise RunDirectoryError(message)
    directory.create()
    config = directory.path / "config.yaml"
    write_text(config, config_yaml)
    command = [sys.executable, "-m", _PROGRAM, "run", str(config)]
    with log_path(directory.path).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--run-dir", str(directory.path)],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    with suppress(psutil.NoSuchProcess):  # it may have ended already; its log says why
        note = LaunchNote(pid=process.pid, created_s=psutil.Process(process.pid).create_time())
        write_text(note_path(directory.path), note.model_dump_json() + "\n")


def stop_run(run_dir: Path) -> bool:
    """Interrupt the process that works on a run, as Ctrl-C does; it can be resumed.

    Returns whether there was one on this machine.
    """
    pid = run_state(run_dir).pid
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    return True
