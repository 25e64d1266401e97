"""How a run stands, from what lies in its directory and the processes of this machine."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from mlip_autopipec.orchestration.session import read_note
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.run_directory import RunDirectory

State = Literal["starting", "running", "finished", "stopped"]

_LOG_LINES = 12


class LaunchNote(BaseModel):
    """Which process was started for a run directory, apart from whoever started it.

    Attributes:
        pid: The process.
        created_s: When it began, in s since the epoch: a later process may get the same number.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    pid: int
    created_s: float


@dataclass(frozen=True)
class RunState:
    """How a run stands.

    Attributes:
        state: ``stopped`` where nobody works on it and the dataset is not there.
        pid: The process that works on it; None if there is none on this machine.
        url: Its page in the Prefect UI; empty if it has none yet.
        log: The last lines that the process wrote.
    """

    state: State
    pid: int | None
    url: str
    log: tuple[str, ...]

    @property
    def is_alive(self) -> bool:
        """Whether a process works on the run."""
        return self.state in {"starting", "running"}


def run_state(run_dir: Path) -> RunState:
    """Return how a run stands, from what lies in its directory and the processes there are."""
    directory = RunDirectory(run_dir)
    note = read_note(run_dir)
    holder, launched = _holder(directory.path), _launched(directory.path)
    finished = directory.read_record(StageRecord, "store") is not None
    state: State = "finished" if finished else "stopped"
    if launched is not None:
        state = "starting"
    if holder is not None:
        state = "running"
    url = "" if note is None or state == "starting" else note.url
    return RunState(state, launched if holder is None else holder, url, log_lines(run_dir))


def log_lines(run_dir: Path) -> tuple[str, ...]:
    """Return the last lines that a launched process wrote."""
    try:
        text = log_path(run_dir).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-_LOG_LINES:])


def log_path(run_dir: Path) -> Path:
    """Return where a process that was started apart writes what it says."""
    return run_dir / "launch.log"


def note_path(run_dir: Path) -> Path:
    """Return where it is noted which process that is."""
    return run_dir / "launch.json"


def _holder(run_dir: Path) -> int | None:
    """Return the process of this machine that holds a run directory."""
    with suppress(OSError, ValueError):
        words = (run_dir / ".holder").read_text(encoding="utf-8").split()
        pid, host = int(words[1]), words[-1]
        if host == socket.gethostname() and _is_alive(pid):
            return pid
    return None


def _launched(run_dir: Path) -> int | None:
    """Return the process that was started apart, while it lives."""
    with suppress(OSError, ValidationError, psutil.NoSuchProcess):
        note = LaunchNote.model_validate_json(note_path(run_dir).read_text(encoding="utf-8"))
        if psutil.Process(note.pid).create_time() == note.created_s and _is_alive(note.pid):
            return note.pid
    return None


def _is_alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and is not yet waited for does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
