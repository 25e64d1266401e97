"""What is to be explored: a structure, how, and under which seed."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.calculators.identity import model_identity
from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.schedule import PressureSchedule, TemperatureSchedule
from mlip_autopipec.explorers.ensembles import Ensemble
from mlip_autopipec.explorers.surface import Surface
from mlip_autopipec.seeds import child_rng

_VERSION = 2
"""Raised when the same content would give another trajectory."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One structure's exploration.

    Attributes:
        atoms: The starting structure; never changed.
        config: How to explore.
        seed: The run's seed.
        dropped: Names of the structure's info and arrays that no file can hold.
    """

    atoms: Atoms
    config: ExplorationConfig
    seed: int
    dropped: tuple[str, ...] = ()

    @property
    def structure_id(self) -> str:
        """The structure's identifier."""
        return str(self.atoms.info.get("structure_id", "structure"))

    @property
    def schedules(self) -> tuple[TemperatureSchedule, PressureSchedule]:
        """Temperature and pressure of this structure."""
        return self.config.schedules_for(int(self.atoms.info.get("schedule_index", 0)))

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """Return the generator for a purpose; it depends on nothing but seed and identifier."""
        return child_rng(self.seed, "explore", self.structure_id, *purpose)

    def provenance(self, ensemble: Ensemble) -> dict[str, Any]:
        """Return what all frames say about where they come from."""
        return {
            "structure_id": self.structure_id,
            "generator": str(self.atoms.info.get("generator", "unknown")),
            "ensemble": ensemble.name,
            "ensemble_reason": ensemble.reason,
            "seed": self.seed,
        }

    def key(self, surface: Surface) -> str:
        """Return the content key: equal keys mean the same trajectory.

        The structure counts to the last bit, and with everything the dynamics can feel.
        """
        temperature, pressure = self.schedules
        calculator = surface.calculator.mlip
        return content_key(
            _VERSION,
            self.structure_id,
            self.seed,
            self.config.content(),
            [schedule.model_dump(mode="json") for schedule in (temperature, pressure)],
            model_identity(self.config.calculator).model_dump(mode="json"),
            f"{type(calculator).__module__}.{type(calculator).__qualname__}",
            {name: _digest(array) for name, array in self.atoms.arrays.items()},
            _digest(self.atoms.cell.array),
            _digest(self.atoms.pbc),
            [str(constraint.todict()) for constraint in self.atoms.constraints],
        )


def _digest(array: npt.NDArray[Any]) -> str:
    """Return the SHA-256 of an array's type, shape and bytes."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
