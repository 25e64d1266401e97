"""Somebody who kills, and commands run as a user runs them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil

from mlip_autopipec.orchestration.progress import StructureProgress, read_progress

LONG: dict[str, Any] = {
    "exploration.n_steps": 400,
    "exploration.save_every": 50,
    "exploration.checkpoint_every": 50,
    "generation.0.n_structures": 2,
    "execution.max_failed_fraction": 0.5,
}
"""A few seconds an exploration: long enough to be hit in the middle."""


class Killer:
    """Sends a signal to the process that simulates a structure, once it has begun to.

    Attributes:
        hits: Processes that got the signal.
    """

    def __init__(
        self,
        run_dir: Path,
        structure_id: str,
        sent: signal.Signals,
        *,
        times: int = 1,
        worker: bool = False,
    ) -> None:
        self.hits: list[int] = []
        self._run_dir = run_dir
        self._structure_id = structure_id
        self._signal = sent
        self._times = times
        self._worker = worker
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hunt, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _hunt(self) -> None:
        while len(self.hits) < self._times and not self._stop.wait(0.02):
            for progress in read_progress(self._run_dir):
                if progress.structure_id == self._structure_id and self._is_new(progress):
                    self._strike(progress.pid)

    def _is_new(self, progress: StructureProgress) -> bool:
        return progress.pid not in self.hits and progress.step > 0

    def _strike(self, pid: int) -> None:
        with suppress(psutil.Error, ProcessLookupError):
            target = psutil.Process(pid).ppid() if self._worker else pid
            os.kill(target, self._signal)
            self.hits.append(pid)


class Command:
    """``mlip-autopipe run`` in a process group of its own, like a job of a terminal."""

    def __init__(self, *arguments: object, environment: dict[str, str] | None = None) -> None:
        program = Path(sys.executable).with_name("mlip-autopipe")
        search = {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [str(program), "run", *map(str, arguments)],
            env=os.environ | search | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for_progress(self, run_dir: Path, n_structures: int = 1) -> None:
        """Wait until some explorations are under way."""
        while True:
            under_way = [progress for progress in read_progress(run_dir) if progress.step > 0]
            if len(under_way) >= n_structures:
                return
            if self.process.poll() is not None:
                message = f"the command ended early: {self.process.communicate()}"
                raise AssertionError(message)
            time.sleep(0.05)

    def signal_all(self, sent: signal.Signals) -> None:
        """Signal the whole process group, as a terminal does on Ctrl-C."""
        os.killpg(self.process.pid, sent)

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end; return exit code, standard output and standard error."""
        output, errors = self.process.communicate(timeout=240)
        return self.process.returncode, output, errors


@contextmanager
def no_process_left(command: Command) -> Iterator[None]:
    """Assert that every process the command had at the start of the block ends soon after it."""
    family = psutil.Process(command.process.pid).children(recursive=True)
    yield
    _, alive = psutil.wait_procs(family, timeout=15)
    living = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert living == []
