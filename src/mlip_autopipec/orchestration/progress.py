"""Live progress of the explorations: one small JSON file a structure, in the run directory.

Written by the process that simulates, at most once a second; read by whoever shows it.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from mlip_autopipec.explorers.result import Progress
from mlip_autopipec.pipeline.run_directory import RunDirectory

_INTERVAL_S = 1.0


class StructureProgress(BaseModel):
    """Where one exploration is.

    Attributes:
        structure_id: The structure.
        step: MD steps done.
        n_steps: MD steps to do.
        steps_per_s: Speed since this process took the structure up.
        temperature_K: Kinetic temperature.
        energy_eV: Potential energy of the mixed surface.
        updated_s: When this was written, in s since the epoch.
        pid: The process that simulates.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    structure_id: str
    step: int
    n_steps: int
    steps_per_s: float
    temperature_K: float
    energy_eV: float
    updated_s: float
    pid: int = 0

    @property
    def remaining_s(self) -> float | None:
        """Time to the end at this speed, in s; None while the speed is unknown."""
        if self.steps_per_s <= 0:
            return None
        return (self.n_steps - self.step) / self.steps_per_s


class ProgressFile:
    """Writes the progress of one structure; the file is gone when the block ends.

    Progress is worth nothing after a power cut, so unlike results it is not flushed to disk.
    """

    def __init__(self, run_dir: Path, structure_id: str) -> None:
        """Name the file."""
        self._path = RunDirectory(run_dir).progress / f"{structure_id}.json"
        self._first: tuple[float, int] | None = None
        self._written_s: float | None = None

    def __enter__(self) -> Self:
        """Make the folder."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __call__(self, progress: Progress) -> None:
        """Take note of the progress; write it when the last time was a second ago."""
        now_s = time.monotonic()
        if self._first is None:
            self._first = (now_s, progress.step)
        if self._written_s is not None and now_s - self._written_s < _INTERVAL_S:
            return
        self._written_s = now_s
        with suppress(OSError):  # a full disk is for the trajectory to report
            self._write(progress, now_s)

    def _write(self, progress: Progress, now_s: float) -> None:
        first_s, first_step = self._first or (now_s, progress.step)
        elapsed_s = now_s - first_s
        speed = (progress.step - first_step) / elapsed_s if elapsed_s > 0 else 0.0
        content = progress.model_dump(mode="json")
        content |= {"steps_per_s": speed, "updated_s": time.time(), "pid": os.getpid()}
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self._path)


def read_progress(run_dir: str | Path) -> list[StructureProgress]:
    """Return the progress of the explorations that run now, by structure identifier.

    What a killed process left is there too until the structure is taken up again; see
    `StructureProgress.updated_s`.
    """
    found = []
    for path in sorted(RunDirectory(run_dir).progress.glob("*.json")):
        with suppress(OSError, ValidationError):
            found.append(StructureProgress.model_validate_json(path.read_text(encoding="utf-8")))
    return found


def forget_progress(run_dir: str | Path) -> None:
    """Remove what killed processes left; nobody may be at work on the run directory."""
    for path in RunDirectory(run_dir).progress.glob("*"):
        with suppress(OSError):
            path.unlink()
