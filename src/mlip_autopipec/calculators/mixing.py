"""The surface that drives the dynamics: a model and the ZBL repulsion, added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import (
    Calculator,
    PropertyNotImplementedError,
    all_changes,
)
from ase.stress import full_3x3_to_voigt_6_stress

from mlip_autopipec.calculators.zbl import ZBLCalculator, ZBLSums

Floats = npt.NDArray[np.float64]

_FULL_RANK = 3


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each part gave to the last calculation; the arrays are read-only.

    Attributes:
        energy_mlip_eV: The model's energy.
        forces_mlip_eV_A: The model's forces, ``(n, 3)``.
        stress_mlip_eV_A3: The model's stress in Voigt order, ``(6,)``; None where it was not asked
            for or the cell has no volume.
        energy_zbl_eV: ZBL's energy; 0 where no pair is close or ZBL is off.
        floored: Whether the model was shown a longer distance than the true one for some pair, so
            that its share is not its own prediction (see `mlip_autopipec.calculators.floor`).
    """

    energy_mlip_eV: float
    forces_mlip_eV_A: Floats
    stress_mlip_eV_A3: Floats | None
    energy_zbl_eV: float
    floored: bool = False


class MixingCalculator(Calculator):  # type: ignore[misc]  # ASE is not typed
    """The sum of a model and the ZBL repulsion.

    The model is called once for each geometry. Its stress is asked for when a stress was asked of
    this calculator before (or `wants_stress` was set), so that molecular dynamics that reads the
    forces first and the stress second costs one call a step.

    Attributes:
        mlip: The model's calculator.
        zbl: The repulsion, or None.
        wants_stress: Whether the model is asked for its stress along with the forces.
        contributions: The parts of the last calculation.
    """

    def __init__(
        self, mlip: Calculator, zbl: ZBLCalculator | None, *, wants_stress: bool = False
    ) -> None:
        """Mix a model with a repulsion, or with none."""
        super().__init__()
        self.mlip = mlip
        self.zbl = zbl
        self.wants_stress = wants_stress
        self._contributions: Contributions | None = None
        self._model_atoms: Atoms | None = None
        self.implemented_properties = ["energy", "free_energy", "forces"]
        if "stress" in mlip.implemented_properties:
            self.implemented_properties.append("stress")

    @property
    def contributions(self) -> Contributions:
        """The parts of the last calculation.

        Raises:
            PropertyNotImplementedError: Nothing has been calculated.
        """
        if self._contributions is None:
            message = "nothing has been calculated"
            raise PropertyNotImplementedError(message)
        return self._contributions

    def reset(self) -> None:
        """Forget the last calculation, in the model as well (neighbour lists kept in it too)."""
        super().reset()
        self.mlip.reset()
        self._contributions = None

    def check_state(self, atoms: Atoms, tol: float = 0.0) -> list[str]:  # noqa: ARG002 - ASE's
        """Return what changed since the last calculation, to the last bit.

        ASE compares within 1e-15, with ten times the effort.
        """
        last = self.atoms
        if last is None:
            return list(all_changes)
        changes = [
            name
            for name, before, now in (
                ("positions", last.positions, atoms.positions),
                ("numbers", last.numbers, atoms.numbers),
                ("cell", last.cell.array, atoms.cell.array),
                ("pbc", last.pbc, atoms.pbc),
            )
            if not np.array_equal(before, now)
        ]
        changes += [
            name
            for name in ("initial_charges", "initial_magmoms")
            if (last.has(name) or atoms.has(name))
            and not np.array_equal(last.arrays.get(name, 0.0), atoms.arrays.get(name, 0.0))
        ]
        return changes

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = ("energy",),  # noqa: ANN401 - ASE's signature
        system_changes: Any = all_changes,  # noqa: ANN401 - ASE's signature
    ) -> None:
        """Fill ``results`` and `contributions` for a structure.

        Raises:
            PropertyNotImplementedError: A stress was asked for that the model or the cell lacks.
        """
        super().calculate(atoms, properties, system_changes)
        has_volume = self.atoms.cell.rank == _FULL_RANK
        if "stress" in properties:
            if not has_volume:
                message = "a stress needs a cell with a volume"
                raise PropertyNotImplementedError(message)
            self.wants_stress = True
        wants_stress = self.wants_stress and has_volume and "stress" in self.implemented_properties
        model = self._model_results(self.atoms, system_changes, stress=wants_stress)
        repulsion = None if self.zbl is None else self.zbl.sums(self.atoms)
        floor = getattr(self.mlip, "distance_floor", None)
        self._contributions = _contributions(
            model, repulsion, has_volume=has_volume, floored=floor is not None and floor.acted
        )
        self.results = _sum(self._contributions, repulsion, self.atoms)

    def _model_results(
        self, atoms: Atoms, system_changes: Sequence[str], *, stress: bool
    ) -> dict[str, Any]:
        """Return the model's results, calling it unless it holds them already.

        What changed for this calculator has changed for the model too, unless somebody else has
        used the model in between.
        """
        properties = ["energy", "forces", *(["stress"] if stress else [])]
        undisturbed = self.mlip.atoms is not None and self.mlip.atoms is self._model_atoms
        changes = list(system_changes) if undisturbed else self.mlip.check_state(atoms)
        if changes or any(name not in self.mlip.results for name in properties):
            self._model_atoms = None
            self.mlip.results = {}
            self.mlip.calculate(atoms, properties, changes)
            self._model_atoms = self.mlip.atoms
        results: dict[str, Any] = self.mlip.results
        return results


def _contributions(
    model: dict[str, Any], repulsion: ZBLSums | None, *, has_volume: bool, floored: bool
) -> Contributions:
    """Copy the parts (some calculators write their next forces into the same array)."""
    forces = np.array(model["forces"], dtype=np.float64)
    forces.flags.writeable = False
    stress = None
    if has_volume and "stress" in model:
        stress = np.array(model["stress"], dtype=np.float64)
        stress = full_3x3_to_voigt_6_stress(stress) if stress.shape == (3, 3) else stress
        stress.flags.writeable = False
    return Contributions(
        energy_mlip_eV=float(model["energy"]),
        forces_mlip_eV_A=forces,
        stress_mlip_eV_A3=stress,
        energy_zbl_eV=0.0 if repulsion is None else repulsion.energy_eV,
        floored=floored,
    )


def _sum(parts: Contributions, repulsion: ZBLSums | None, atoms: Atoms) -> dict[str, Any]:
    """Return the results of the sum."""
    energy = parts.energy_mlip_eV + parts.energy_zbl_eV
    forces = parts.forces_mlip_eV_A.copy()
    results: dict[str, Any] = {"energy": energy, "free_energy": energy, "forces": forces}
    if repulsion is not None:
        forces += repulsion.forces_eV_A
    if parts.stress_mlip_eV_A3 is not None:
        results["stress"] = parts.stress_mlip_eV_A3.copy()
        if repulsion is not None:
            results["stress"] += repulsion.stress(atoms.get_volume())
    return results
