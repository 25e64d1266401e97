"""A contestant timed from outside: from the start of its process to its end, or through a kill."""

import ctypes
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.peers.contestants import SCRIPTS, Contestant, Done
from benchmarks.peers.workload import REPORT, Workload

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
WATCH_S = 0.02
SET_CHILD_SUBREAPER = 36  # of prctl


@dataclass(frozen=True)
class Place:
    """Where measurements are made.

    Attributes:
        scratch: Folder of the runs, which goes with the measurement.
        environments: Folder of the peers' environments.
    """

    scratch: Path
    environments: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every process: one thread, a package home of its own."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
        home = {"MLIP_AUTOPIPE_HOME": str(self.scratch / "home")}
        return kept | dict.fromkeys(THREADS, "1") | home


@dataclass(frozen=True)
class Timing:
    """One undisturbed run.

    Attributes:
        seconds: From the start of the process to its end.
        cpu_seconds: Processor time of all its processes, and of the Prefect server meanwhile.
        ends: From the start of the process to the end of each stage, in s.
        n_evaluations: Of the calculator; None where nobody counts (SevenNet).
    """

    seconds: float
    cpu_seconds: float
    ends: dict[str, float]
    n_evaluations: int | None


def adopt_orphans() -> None:
    """Let processes whose parent ends become this one's, so that their time is not lost.

    Raises:
        OSError: The system refuses.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def family_cpu_s() -> float:
    """Return the processor time of all processes below this one, ended or not, in s."""
    for child in psutil.Process().children():
        if child.status() == psutil.STATUS_ZOMBIE:
            os.waitpid(child.pid, os.WNOHANG)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def end_family(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all below it, if it still runs, and wait until they are gone."""
    if process.poll() is not None:
        return
    parent = psutil.Process(process.pid)
    family = [parent, *parent.children(recursive=True)]
    os.killpg(process.pid, signal.SIGKILL)
    for each in family:
        if each.is_running():
            each.kill()
    process.wait()
    psutil.wait_procs(family, timeout=10)


class Run:
    """One folder in which a contestant works, once or again."""

    def __init__(self, contestant: Contestant, work: Workload, place: Place, folder: Path) -> None:
        """Prepare the folder."""
        self._contestant, self._work, self._place = contestant, work, place
        self._folder = folder
        self._counter = folder / "evaluations"
        folder.mkdir()
        contestant.prepare(work, folder)

    @property
    def n_evaluations(self) -> int:
        """Evaluations so far, by all processes of all starts."""
        return self._counter.stat().st_size if self._counter.exists() else 0

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the process in a group of its own, its output in a file."""
        variables = self._place.variables
        if self._work.calculator == "emt":
            variables["EVALUATIONS_FILE"] = str(self._counter)
            variables["PYTHONPATH"] = str(SCRIPTS / "counting")
        with (self._folder / "output.txt").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the program under measurement
                self._contestant.command(self._folder, self._place.environments),
                cwd=self._folder,
                env=variables,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def to_its_end(self) -> tuple[float, float, float]:
        """Start it and wait.

        Returns:
            When it began, in s since the epoch, how long it took, and its processor time, in s.

        Raises:
            RuntimeError: It failed; the message holds its output.
        """
        adopt_orphans()
        cpu = family_cpu_s()
        epoch, began = time.time(), time.perf_counter()
        process = self.start()
        try:
            code = process.wait()
            seconds = time.perf_counter() - began
        finally:
            end_family(process)
        if code:
            output = (self._folder / "output.txt").read_text(encoding="utf-8", errors="replace")
            message = f"{self._contestant.name}: exit code {code}\n{output[-4000:]}"
            raise RuntimeError(message)
        return epoch, seconds, family_cpu_s() - cpu

    def killed_at(self, n_evaluations: int) -> float:
        """Start it and kill all its processes after so many evaluations; return the time in s."""
        began = time.perf_counter()
        process = self.start()
        while self.n_evaluations < n_evaluations:
            if process.poll() is not None:
                message = f"{self._contestant.name} ended before it was killed"
                raise RuntimeError(message)
            time.sleep(WATCH_S)
        end_family(process)
        return time.perf_counter() - began

    def reported_ends(self) -> dict[str, float]:
        """Return when each stage of a script had ended, in s since the epoch."""
        text = (self._folder / REPORT).read_text(encoding="utf-8")
        ends: dict[str, float] = json.loads(text)["ends"]
        return ends

    def checked(self) -> Done:
        """Return what was done, if it is what was to be done.

        Raises:
            ValueError: It is not.
        """
        done, work = self._contestant.done(self._folder), self._work
        found = (done.n_frames, done.n_selected, done.n_atoms)
        wanted = (work.n_frames, work.n_selected, work.n_selected * work.n_atoms)
        if found != wanted:
            message = (
                f"{self._contestant.name}: frames, rows and their atoms are {found}, not {wanted}"
            )
            raise ValueError(message)
        return done


@contextmanager
def run_in(place: Place, contestant: Contestant, work: Workload) -> Iterator[Run]:
    """Yield a prepared run in a folder that goes with the block."""
    with tempfile.TemporaryDirectory(dir=place.scratch) as name:
        yield Run(contestant, work, place, Path(name) / "work")


def timed(contestant: Contestant, work: Workload, place: Place) -> Timing:
    """Time one run.

    Raises:
        ValueError: Frames, rows, atoms or evaluations are not those of the workload.
    """
    with run_in(place, contestant, work) as run:
        epoch, seconds, cpu_seconds = run.to_its_end()
        done = run.checked()
        counted = run.n_evaluations if work.calculator == "emt" else None
    if counted is not None and not work.n_evaluations <= counted <= 1.02 * work.n_evaluations:
        message = f"{contestant.name}: {counted} evaluations, not {work.n_evaluations}"
        raise ValueError(message)
    ends = {stage: end - epoch for stage, end in done.ends.items()}
    return Timing(seconds, cpu_seconds, ends, counted)


def killed(contestant: Contestant, work: Workload, place: Place) -> dict[str, Any]:
    """Kill a run when half of its evaluations are done, run it again, and see what was lost.

    Returns:
        Seconds and evaluations until the kill, seconds and evaluations after it, and how many of
        all were done twice.
    """
    with run_in(place, contestant, work) as run:
        before_s = run.killed_at(work.n_evaluations // 2)
        before = run.n_evaluations
        _, after_s, _ = run.to_its_end()
        run.checked()
        total = run.n_evaluations
    return {
        "seconds_until_kill": before_s,
        "evaluations_until_kill": before,
        "seconds_after_kill": after_s,
        "evaluations_after_kill": total - before,
        "evaluations_repeated": total - work.n_evaluations,
    }


def as_json(work: Workload) -> dict[str, Any]:
    """Return a workload JSON-ready, with what follows from it."""
    counts = {name: getattr(work, name) for name in ("n_atoms", "n_frames", "n_evaluations")}
    return asdict(work) | counts
