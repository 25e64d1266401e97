"""How far a run has come, read from its directory: for the live view, `status` and the web page."""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.orchestration.progress import StructureProgress, read_progress
from mlip_autopipec.pipeline.records import StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner

STALE_S = 60.0
"""A progress file not written for so long belongs to a process that is gone, or to a slow step."""


@dataclass(frozen=True)
class RunSnapshot:
    """A run at one moment.

    Attributes:
        n_structures: Structures generated; 0 before that.
        n_done: Structures whose exploration has ended, well or not.
        n_failed: Those that failed.
        n_steps_each: MD steps of one structure.
        running: Explorations that run now.
    """

    n_structures: int
    n_done: int
    n_failed: int
    n_steps_each: int
    running: tuple[StructureProgress, ...]

    @property
    def steps_per_s(self) -> float:
        """MD steps per second of all workers together."""
        return sum(progress.steps_per_s for progress in self.running)

    @property
    def steps_left(self) -> int:
        """MD steps that are still to be done."""
        begun = sum(progress.step for progress in self.running)
        return max(0, (self.n_structures - self.n_done) * self.n_steps_each - begun)

    @property
    def fraction(self) -> float:
        """Share of all MD steps that is done."""
        total = self.n_structures * self.n_steps_each
        return 1.0 - self.steps_left / total if total else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Time left at the present speed, in s; None while no speed is known."""
        return self.steps_left / self.steps_per_s if self.steps_per_s > 0 else None


class RunMonitor:
    """Follows one run; what has ended is looked at once."""

    def __init__(self, run_dir: str | Path) -> None:
        """Name the run directory; it need not hold a run yet."""
        self._run_dir = Path(run_dir)
        self._done: dict[str, bool] = {}

    @cached_property
    def _runner(self) -> PipelineRunner:
        return PipelineRunner.open(self._run_dir)

    def snapshot(self) -> RunSnapshot:
        """Read how far the run is; a run that has not begun has 0 structures."""
        try:
            names = self._runner.structure_ids()
        except RunDirectoryError:
            return RunSnapshot(0, 0, 0, 1, ())
        for name in names:
            if name not in self._done:
                self._look_at(name)
        now_s = time.time()
        running = tuple(
            progress
            for progress in read_progress(self._run_dir)
            if progress.structure_id not in self._done and now_s - progress.updated_s < STALE_S
        )
        n_failed = sum(self._done.values())
        steps = self._runner.config.exploration.n_steps
        return RunSnapshot(len(names), len(self._done), n_failed, steps, running)

    def _look_at(self, name: str) -> None:
        """Take note of a structure whose exploration has ended, for this config."""
        record = self._runner.directory.read_record(StructureRecord, "explore", name)
        if record is not None and record.key == self._runner.explore_key(name):
            self._done[name] = record.status == "failed"
