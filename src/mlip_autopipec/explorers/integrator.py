"""Langevin dynamics at constant temperature, and pressure, with the total momentum at zero."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase import Atoms, units
from ase.md.langevinbaoab import LangevinBAOAB

from mlip_autopipec.explorers.ensembles import StrainModes
from mlip_autopipec.explorers.momenta import degrees_of_freedom, without_drift
from mlip_autopipec.explorers.surface import Evaluation, Surface

Floats = npt.NDArray[np.float64]

# The period of the cell's oscillation is about C sqrt(W)/N^(1/6), as ASE's LangevinBAOAB found for
# Al crystals of 32 to 256 atoms; a quarter of the barostat's time is aimed at, as there.
_PERIOD_CONSTANT = 1.66 * units.fs
_PERIODS_PER_TIME = 4.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is imposed on the system at one step."""

    temperature_K: float
    pressure_GPa: float


@dataclass(frozen=True, slots=True)
class DynamicsSettings:
    """What stays the same along a trajectory, in ASE's units of time.

    Attributes:
        thermostat_time: Relaxation time of the momenta.
        barostat_time: Relaxation time of the cell.
        strain: How the cell may move; None where it is fixed.
    """

    thermostat_time: float
    barostat_time: float
    strain: StrainModes | None


class MomentumFreeBAOAB(LangevinBAOAB):  # type: ignore[misc] # ASE is not typed
    """ASE's `LangevinBAOAB` on the subspace of zero total momentum and of the allowed strains.

    What differs from ASE:

    - The noise of the thermostat is projected on zero total momentum. The momenta are then
      canonical on that subspace, with 3N - 3 degrees of freedom, and the system does not drift.
    - The strain rate is kept as a symmetric matrix projected on `StrainModes`, so that one code
      serves the volume alone, the full shape and the plane of a slab. The drag on the momenta is
      (p + tr(p)/N_f · 1)/W as Quigley and Probert have it, Eq. 5b (doi:10.1063/1.1755657); ASE 3.29
      adds the trace to the off-diagonal elements as well.
    - Forces and stress come from one call of the calculator.

    Attributes:
        evaluation: Energy, forces and stress at the current positions.
        wants_stress: Whether the next evaluation asks for the stress though the cell is fixed.
    """

    def __init__(
        self,
        atoms: Atoms,
        surface: Surface,
        settings: DynamicsSettings,
        *,
        timestep: float,
        conditions: Conditions,
        evaluation: Evaluation,
        rng: np.random.Generator,
    ) -> None:
        """Begin at the atoms' positions, whose evaluation is given; nothing is evaluated."""
        self.surface = surface
        self.strain = settings.strain
        self.evaluation = evaluation
        self.wants_stress = False
        self._given = True
        moves = settings.strain is not None
        super().__init__(
            atoms,
            timestep,
            temperature_K=conditions.temperature_K,
            externalstress=_external_stress(conditions) if moves else None,
            T_tau=settings.thermostat_time,
            P_tau=settings.barostat_time if moves else None,
            P_mass=_barostat_mass(atoms, settings) if moves else None,
            rng=rng,
        )

    def impose(self, conditions: Conditions) -> None:
        """Set temperature and pressure from here on."""
        if conditions.temperature_K != self.temperature_K:
            self.set_temperature(conditions.temperature_K)
        if self.strain is not None:
            self.externalstress = _external_stress(conditions)

    def replace_evaluation(self, evaluation: Evaluation) -> None:
        """Go on from positions that changed by other means than the dynamics."""
        self.evaluation = evaluation
        self._given = True
        self._update_accel()
        if self.strain is not None:
            self._update_force_eps()

    def _set_barostat_mass(self, P_mass: float, P_mass_factor: float) -> None:
        """Count the degrees of freedom (a lone atom has none to divide by), the cell at rest."""
        super()._set_barostat_mass(P_mass, P_mass_factor)
        self.Ndof = max(degrees_of_freedom(self.atoms), 1)
        self.p_eps = np.zeros((3, 3))

    def _update_accel(self) -> None:
        """Evaluate the surface, unless that was done already."""
        if not self._given:
            stress = self.strain is not None or self.wants_stress
            self.evaluation = self.surface.evaluate(self.atoms, stress=stress)
        self._given = False
        self.accel = self.evaluation.forces_eV_A / self.masses

    def _update_force_eps(self) -> None:
        """Compute the force on the strain: Quigley and Probert, Eq. 5d, projected."""
        volume = self.atoms.get_volume()
        momenta = self.atoms.get_momenta()
        kinetic = (momenta / self.masses).T @ momenta
        virial = -volume * self.evaluation.stress_eV_A3
        force = kinetic + virial + volume * self.externalstress
        force += np.trace(kinetic) / self.Ndof * np.eye(3)
        self.force_eps = self._project(force)

    def _BAOAB_OU(self, drag_gamma_mod: float | Floats = 0.0) -> None:  # noqa: N802 - ASE's
        """Do the Ornstein-Uhlenbeck step of the momenta, with the drag of the moving cell."""
        momenta = self.atoms.get_momenta()
        if self.strain is not None:
            momenta = momenta @ self.strain.deformation(-self.dt * drag_gamma_mod)
            momenta *= np.exp(-self.dt * np.trace(drag_gamma_mod) / self.Ndof)
        momenta *= np.exp(-self.gamma * self.dt)
        noise = self.rng.normal(size=momenta.shape)
        momenta += self.BAOAB_prefactor * np.sqrt(self.masses) * noise
        if not self.atoms.constraints:
            momenta = without_drift(momenta, self.masses)
        self.atoms.set_momenta(momenta)

    def _barostat_BAOAB_A(self) -> None:  # noqa: N802 - ASE's
        """Do a half step of the cell."""
        if self.strain is None:
            return
        deformation = self.strain.deformation(0.5 * self.dt / self.barostat_mass * self.p_eps)
        self.atoms.set_cell(self.atoms.cell.array @ deformation)
        self.atoms.positions = self.atoms.positions @ deformation

    def _barostat_BAOAB_OU(self) -> None:  # noqa: N802 - ASE's
        """Do the Ornstein-Uhlenbeck step of the strain rate."""
        noise = self.rng.normal(size=(3, 3))
        noise = self._project(0.5 * (noise + noise.T))
        self.p_eps = np.exp(-self.barostat_gamma * self.dt) * self.p_eps
        self.p_eps += self._barostat_BAOAB_prefactor * noise

    def _project(self, matrix: Floats) -> Floats:
        """Return the part of a symmetric matrix that the cell can follow."""
        projected: Floats = np.zeros((3, 3)) if self.strain is None else self.strain.project(matrix)
        return projected

    def _barostat_BAOAB_OU_gamma_mod(self) -> Floats:  # noqa: N802 - ASE's
        """Return the strain rate, which drags the momenta along, ``(3, 3)``."""
        return np.asarray(self.p_eps / self.barostat_mass, dtype=np.float64)


def _external_stress(conditions: Conditions) -> Floats:
    """Return the imposed stress, minus the pressure, in eV/Å³."""
    return np.eye(3) * float(-conditions.pressure_GPa * units.GPa)


def _barostat_mass(atoms: Atoms, settings: DynamicsSettings) -> float:
    """Return the inertia of the strain.

    An isotropic strain of n directions moves each of them with a share 1/n of the force.
    """
    period = settings.barostat_time / _PERIODS_PER_TIME
    mass = (period / _PERIOD_CONSTANT * len(atoms) ** (1.0 / 6.0)) ** 2
    strain = settings.strain
    if strain is not None and strain.isotropic:
        mass /= float(np.trace(strain.directions))
    return float(mass)
