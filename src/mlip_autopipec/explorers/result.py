"""What an exploration reports: its outcome at the end, its progress on the way."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt


class _Report(BaseModel):
    """Base of the reports: exact fields, never changed after they are made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoveCount(_Report):
    """How often a Monte Carlo move was tried and accepted."""

    attempted: NonNegativeInt = 0
    accepted: NonNegativeInt = 0

    @property
    def acceptance(self) -> float:
        """Accepted moves as a fraction of those tried; 0 if none was."""
        return self.accepted / self.attempted if self.attempted else 0.0

    def plus(self, *, accepted: bool) -> "MoveCount":
        """Return the count after one more move."""
        return MoveCount(attempted=self.attempted + 1, accepted=self.accepted + accepted)


class Progress(_Report):
    """Where a running exploration is.

    Attributes:
        structure_id: The structure.
        step: MD steps done.
        n_steps: MD steps to do.
        temperature_K: Kinetic temperature now.
        energy_eV: Potential energy of the mixed surface now.
    """

    structure_id: str
    step: int
    n_steps: int
    temperature_K: float
    energy_eV: float


class ExplorationResult(_Report):
    """How an exploration ended, JSON-ready.

    Attributes:
        structure_id: The structure.
        status: ``failed`` when it was given up; the good frames are kept all the same.
        reason: Why it was given up; empty otherwise.
        path: The trajectory; None when no frame could be kept.
        n_frames: Frames of the trajectory.
        n_steps: MD steps done.
        ensemble: ``nvt``, ``npt`` or ``npt_in_plane``.
        ensemble_reason: Why this ensemble.
        moves: Monte Carlo moves tried and accepted.
        moves_by_pair: The same for each pair of species, for instance ``Au-Cu``.
        recoveries: Times the run was rolled back.
        faults: What each roll-back, and the failure, was for.
        zbl_fraction: Fraction of the frames with a pair inside ZBL's range.
        wall_time_s: Time spent, over all sessions of a resumed run.
        steps_per_s: MD steps per second of it.
        warnings: What the user should know.
    """

    structure_id: str
    status: Literal["ok", "failed"]
    reason: str = ""
    path: Path | None
    n_frames: NonNegativeInt
    n_steps: NonNegativeInt
    ensemble: str
    ensemble_reason: str
    moves: MoveCount = MoveCount()
    moves_by_pair: dict[str, MoveCount] = {}
    recoveries: NonNegativeInt = 0
    faults: tuple[str, ...] = ()
    zbl_fraction: float = 0.0
    wall_time_s: float = 0.0
    steps_per_s: float = 0.0
    warnings: tuple[str, ...] = ()
