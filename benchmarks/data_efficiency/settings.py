"""The case: what all parts of the benchmark agree on."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.data_efficiency.systems import SYSTEMS, System

RESULTS = Path(__file__).parents[1] / "results" / "data_efficiency"


@dataclass(frozen=True, slots=True)
class Case:
    """Sizes of a run of the benchmark.

    Attributes:
        system: The material.
        oracle: Section ``calculator`` of a config: what labels all frames.
        frames: Folder of all systems' frames and design matrices, which are made again where
            they are missing.
        kept: Folder of all systems' results.
        n_trajectories: Trajectories of the pools that are made by molecular dynamics.
        n_steps: Steps of each of them; a frame is kept every ``save_every``.
        save_every: See ``n_steps``.
        pool_size: Frames of the pool that each seed draws from all frames of that kind.
        sizes: Numbers of structures that are selected.
        seeds: Of the draw of the pool and of the selection.
        degree: Largest total degree of the basis.
        seed: Of everything that is made once: pools and test sets.
    """

    system: System = SYSTEMS["cu-au"]
    oracle: dict[str, Any] = field(default_factory=lambda: {"kind": "sevennet", "model": "7net-0"})
    frames: Path = Path("runs/data-efficiency")
    kept: Path = RESULTS
    n_trajectories: int = 6
    n_steps: int = 500
    save_every: int = 5
    pool_size: int = 400
    sizes: tuple[int, ...] = (25, 50, 100, 200)
    seeds: tuple[int, ...] = (0, 1, 2)
    degree: int = 8
    seed: int = 2026

    @property
    def work(self) -> Path:
        """Folder of the system's frames and design matrices."""
        return self.frames / self.system.name

    @property
    def results(self) -> Path:
        """Folder of the system's results."""
        return self.kept / self.system.name

    @property
    def n_strained(self) -> int:
        """Number of strained and rattled cells: as many as a pool of trajectories has frames."""
        return self.n_trajectories * (self.n_steps // self.save_every + 1)


def smoke(case: Case) -> Case:
    """Return a case that goes through everything in seconds, on EMT; its figures mean nothing."""
    return replace(
        case,
        oracle={"kind": "emt"},
        kept=case.frames / "results",
        n_trajectories=3,
        n_steps=60,
        pool_size=30,
        sizes=(5, 10),
        seeds=(0, 1),
        degree=4,
    )
