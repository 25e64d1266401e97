"""Guards: what a trajectory must keep to if its frames are to be trusted."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.exploration import GuardsConfig
from mlip_autopipec.explorers.ensembles import Ensemble
from mlip_autopipec.explorers.faults import TrajectoryFault
from mlip_autopipec.explorers.fragments import Fragments
from mlip_autopipec.explorers.momenta import kinetic_temperature_K
from mlip_autopipec.explorers.surface import Evaluation
from mlip_autopipec.structures.checks import PairLimits

_PAIRS_EVERY = 10
_FRAGMENTS_EVERY = 100
_BULK = 3


@dataclass(frozen=True, slots=True)
class _PairAlarm:
    """How ZBL's energy, known at every step, tells when distances must be looked at.

    No pair of atoms can be at its limit while ZBL's energy, a sum of positive terms, is below what
    any one pair has there.

    Attributes:
        energy_eV: The least energy of a pair at its limit.
    """

    energy_eV: float


class Guards:
    """Checks a trajectory, each as often as its cost allows.

    Forces, temperature and volume are checked at every step. So are distances where ZBL's energy
    tells when to look; else every 10 steps, for a search costs as much as a cheap potential does.
    Atoms that leave a slab or a cluster need hundreds of steps, and are looked for every 100.
    """

    def __init__(
        self,
        atoms: Atoms,
        config: GuardsConfig,
        *,
        ensemble: Ensemble,
        zbl: ZBLCalculator | None,
    ) -> None:
        """Take the limits from the config and from the starting structure."""
        self._config = config
        self._has_cell = ensemble.strain is not None
        self._start_volume_A3 = atoms.get_volume() if self._has_cell else 0.0
        self._pair_limits = PairLimits(config.min_distance_scale, config.min_distances_A)
        self._alarm = _pair_alarm(atoms, self._pair_limits, zbl)
        self._fragments = None if ensemble.dimensionality == _BULK else Fragments.of(atoms)

    def check(self, atoms: Atoms, evaluation: Evaluation, step: int) -> None:
        """Check the state after a step.

        Raises:
            TrajectoryFault: Names what is out of bounds, its value and the limit.
        """
        self._check_forces(atoms, evaluation)
        self._check_temperature(atoms)
        if self._has_cell:
            self._check_volume(atoms)
        if self._alarm is not None:
            self._check_alarm(atoms, evaluation, self._alarm)
        elif step % _PAIRS_EVERY == 0:
            self._check_pairs(atoms)
        if self._fragments is not None and step % _FRAGMENTS_EVERY == 0:
            self._fragments.check(atoms)

    def check_geometry(self, atoms: Atoms, evaluation: Evaluation) -> None:
        """Check what a Monte Carlo move can spoil.

        Raises:
            TrajectoryFault: As for `check`.
        """
        self._check_forces(atoms, evaluation)
        if self._alarm is not None:
            self._check_alarm(atoms, evaluation, self._alarm)
        else:
            self._check_pairs(atoms)

    def _check_forces(self, atoms: Atoms, evaluation: Evaluation) -> None:
        forces = evaluation.forces_eV_A
        squares = np.einsum("ij,ij->i", forces, forces)
        limit = self._config.max_force_eV_A
        worst = int(np.argmax(squares))
        if squares[worst] > limit**2:
            symbol = chemical_symbols[atoms.numbers[worst]]
            size = float(np.sqrt(squares[worst]))
            message = f"the force on {symbol} (atom {worst}) is {size:.4g} eV/Å"
            message += f"; the limit is {limit:g} eV/Å"
            raise TrajectoryFault(message)

    def _check_temperature(self, atoms: Atoms) -> None:
        temperature_K = kinetic_temperature_K(atoms)
        limit = self._config.max_temperature_K
        if temperature_K > limit:
            message = f"the kinetic temperature is {temperature_K:.0f} K; the limit is {limit:g} K"
            raise TrajectoryFault(message)

    def _check_volume(self, atoms: Atoms) -> None:
        ratio = atoms.get_volume() / self._start_volume_A3
        limit = self._config.max_volume_ratio
        if not 1.0 / limit <= ratio <= limit:
            message = f"the volume is {ratio:.3g} of the starting one"
            message += f"; the limits are {1.0 / limit:.3g} and {limit:g}"
            raise TrajectoryFault(message)

    def _check_alarm(self, atoms: Atoms, evaluation: Evaluation, alarm: _PairAlarm) -> None:
        if evaluation.parts.energy_zbl_eV >= alarm.energy_eV:
            self._check_pairs(atoms)

    def _check_pairs(self, atoms: Atoms) -> None:
        fault = self._pair_limits.fault(atoms)
        if fault is not None:
            raise TrajectoryFault(fault)


def _pair_alarm(atoms: Atoms, limits: PairLimits, zbl: ZBLCalculator | None) -> _PairAlarm | None:
    """Return the alarm, if ZBL reaches beyond the limit of every pair of species."""
    if zbl is None:
        return None
    energies = []
    for pair in combinations_with_replacement(np.unique(atoms.numbers), 2):
        limit_A = float(limits.limits_A[pair])
        if limit_A == 0.0:
            continue
        dimer = Atoms(pair, positions=[[0.0, 0.0, 0.0], [0.0, 0.0, limit_A]])
        energies.append(zbl.sums(dimer).energy_eV)
    least = min(energies, default=0.0)
    return _PairAlarm(least) if least > 0.0 else None
