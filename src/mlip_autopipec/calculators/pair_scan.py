"""How sound a surface is where two atoms come close: every pair of a run, before it begins.

A learned model extrapolates at short distances, often into holes of thousands of eV that no
repulsion fills. The scan finds, for each pair of elements, the wall that a collision climbs and the
distance at which it breaks down. Where the model can be shown a shortest distance, it is heard only
down to where its wall is as high as was asked for, and ZBL alone speaks below; where it cannot, the
reach of ZBL is widened, or the pair is reported at fault.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from pydantic import BaseModel, ConfigDict

from mlip_autopipec.calculators.factory import takes_floor
from mlip_autopipec.calculators.floor import WIDTH, seen_distance
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.calculator import PairRadiiConfig
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.pairs import pair_key
from mlip_autopipec.errors import CalculatorError

Floats = npt.NDArray[np.float64]

# Distances of the scan, as fractions of the sum of covalent radii: the wall, and bonds.
WALL_FRACTIONS = np.linspace(0.100, 0.775, 28)
BOND_FRACTIONS = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 2.0])
FAR_A = 6.0

# Where the wall begins if there is no ZBL to say so.
WALL_FRACTION = 0.7

# How far the radii of a pair may be widened: inner and outer fractions. The shortest bonds between
# any two elements are 0.77 of the sum (CN, N2).
WIDENED_FRACTIONS = ((0.55, 0.74), (0.60, 0.75), (0.65, 0.76))


class PairCurve(BaseModel):
    """The surface of two atoms.

    Attributes:
        pair: The elements, such as Cu-Au.
        distances_A: In rising order.
        energies_mlip_eV: The model's energy at the true distance, relative to the farthest one.
        energies_zbl_eV: ZBL's energy.
        energies_eV: The sum, with the floor.
        radii_A: Inner and outer radius of ZBL, widened if that was needed; None without ZBL.
        floor_A: Shortest distance that the model is shown; None: the true one.
        rest_distance_A: Where the sum is lowest among bond distances.
        barrier_eV: Height of the wall at the limit, above the dimer at rest.
        limit_A: Shortest distance down to which the sum repels without a dip.
        fault: Why the pair is not sound; None if it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pair: str
    distances_A: tuple[float, ...]
    energies_mlip_eV: tuple[float, ...]
    energies_zbl_eV: tuple[float, ...]
    energies_eV: tuple[float, ...]
    radii_A: tuple[float, float] | None
    floor_A: float | None
    rest_distance_A: float
    barrier_eV: float
    limit_A: float
    fault: str | None


class PairScan(BaseModel):
    """The curves of every pair of a run.

    Attributes:
        min_barrier_eV: Height above the dimer at rest that the walls were asked to have.
        curves: One for each pair of elements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_barrier_eV: float
    curves: tuple[PairCurve, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """One line for each pair that is not sound."""
        return tuple(curve.fault for curve in self.curves if curve.fault is not None)

    def applied_to(self, exploration: ExplorationConfig) -> ExplorationConfig:
        """Return the config with the radii, floors and limits that the scan found.

        Raises:
            CalculatorError: A pair is not sound; one line for each.
        """
        if self.faults:
            raise CalculatorError("\n".join(self.faults))
        found = {
            curve.pair: PairRadiiConfig(
                inner_A=curve.radii_A[0],
                outer_A=curve.radii_A[1],
                floor_A=curve.floor_A,
            )
            for curve in self.curves
            if curve.radii_A is not None
        }
        limits_A = {curve.pair: curve.limit_A for curve in self.curves}
        for name, limit_A in exploration.guards.min_distances_A.items():
            pair = next((pair for pair in limits_A if pair_key(pair) == pair_key(name)), name)
            limits_A[pair] = max(limit_A, limits_A.get(pair, 0.0))
        scanned = {pair_key(pair) for pair in found}
        given = exploration.zbl.pairs.items()
        others = {name: pair for name, pair in given if pair_key(name) not in scanned}
        zbl = exploration.zbl.model_copy(update={"pairs": {**others, **found}})
        guards = exploration.guards.model_copy(update={"min_distances_A": limits_A})
        return exploration.model_copy(update={"zbl": zbl, "guards": guards})


def scan_pairs(
    calculator: MixingCalculator, exploration: ExplorationConfig, elements: Iterable[str]
) -> PairScan:
    """Scan every pair of elements, some 40 evaluations of the model each.

    Without ZBL the model alone is scanned, and no pair is at fault.

    Args:
        calculator: The surface built from the config, without floors.
        exploration: Whose ZBL section says how high walls should be, and which radii are fixed.
        elements: Chemical symbols.
    """
    zbl = exploration.zbl
    floor = zbl.floor and zbl.enabled and takes_floor(exploration.calculator)
    fixed = {pair_key(pair) for pair in zbl.pairs}
    symbols = sorted(set(elements), key=atomic_numbers.__getitem__)
    curves = []
    for first, second in combinations_with_replacement(symbols, 2):
        model = _model_curve(calculator, first, second)
        tried = [_judged(model, calculator.zbl, zbl.min_barrier_eV, floor=floor)]
        if tried[0].fault is not None and pair_key(tried[0].pair) not in fixed:
            tried.extend(
                _judged(model, wider, zbl.min_barrier_eV, floor=floor) for wider in _wider(model)
            )
        sound = [curve for curve in tried if curve.fault is None]
        curves.append(sound[0] if sound else tried[0])
    return PairScan(min_barrier_eV=zbl.min_barrier_eV, curves=tuple(curves))


@dataclass(frozen=True, slots=True)
class _ModelCurve:
    """A model's energies (relative to the farthest) and radial forces, where they are finite."""

    symbols: tuple[str, str]
    radii_sum_A: float
    distances_A: Floats
    energies_eV: Floats
    forces_eV_A: Floats

    @property
    def bonds(self) -> npt.NDArray[np.int64]:
        """Which distances are those of bonds."""
        return np.flatnonzero(self.distances_A > WALL_FRACTIONS[-1] * self.radii_sum_A)


def _model_curve(calculator: MixingCalculator, first: str, second: str) -> _ModelCurve:
    """Evaluate the model on dimers."""
    total = float(sum(covalent_radii[atomic_numbers[symbol]] for symbol in (first, second)))
    fractions = np.concatenate([WALL_FRACTIONS, BOND_FRACTIONS])
    distances = np.append(fractions * total, max(FAR_A, 2.5 * total))
    model = MixingCalculator(calculator.mlip, None)
    energies, forces = np.empty(len(distances)), np.empty(len(distances))
    for k, distance in enumerate(distances):
        dimer = Atoms([first, second], positions=[[0, 0, 0], [0, 0, distance]], calculator=model)
        forces[k] = dimer.get_forces()[1, 2]
        energies[k] = model.contributions.energy_mlip_eV
    broken = np.flatnonzero(~(np.isfinite(energies) & np.isfinite(forces)))
    kept = slice(broken[-1] + 1 if len(broken) else 0, None)
    return _ModelCurve(
        (first, second), total, distances[kept], energies[kept] - energies[-1], forces[kept]
    )


def _wider(model: _ModelCurve) -> list[ZBLCalculator]:
    """Return repulsions of growing reach that still leave the dimer at rest alone."""
    rest_A = model.distances_A[model.bonds[np.argmin(model.energies_eV[model.bonds])]]
    name, total = "-".join(model.symbols), model.radii_sum_A
    return [
        ZBLCalculator(pairs={name: (inner * total, outer * total)})
        for inner, outer in WIDENED_FRACTIONS
        if outer * total < rest_A
    ]


def _judged(
    model: _ModelCurve, zbl: ZBLCalculator | None, min_barrier_eV: float, *, floor: bool
) -> PairCurve:
    """Add a repulsion to the model's curve, with a floor if it may have one, and judge the wall."""
    repulsion, push = _repulsion(model, zbl)
    energies, forces = model.energies_eV + repulsion, model.forces_eV_A + push
    rest = int(model.bonds[np.argmin(energies[model.bonds])])
    radii = None if zbl is None else zbl.radii(*model.symbols)
    outer_A = WALL_FRACTION * model.radii_sum_A if radii is None else radii[1]
    begin = min(int(np.searchsorted(model.distances_A, outer_A)), rest)
    limit = _wall_end(energies, forces, begin)
    floor_A = None
    if floor:
        high = np.flatnonzero(energies[limit : begin + 1] - energies[rest] >= min_barrier_eV)
        end = limit + int(high[-1]) if len(high) else limit
        floor_A = float(model.distances_A[end]) / (1.0 - WIDTH)
        seen = seen_distance(model.distances_A, floor_A)
        energies = np.interp(seen, model.distances_A, model.energies_eV) + repulsion
        limit = _wall_end(energies, np.full(len(energies), np.inf), begin)
    barrier = float(energies[limit] - energies[rest])
    limit_A = float(model.distances_A[limit])
    pair = "-".join(model.symbols)
    fault = None
    if zbl is not None and barrier < min_barrier_eV:
        fault = (
            f"exploration.zbl.pairs: {pair} repels without a dip only down to {limit_A:.2f} Å, "
            f"{barrier:.0f} eV above the dimer at rest; {min_barrier_eV:g} eV is needed"
        )
    return PairCurve(
        pair=pair,
        distances_A=tuple(model.distances_A.tolist()),
        energies_mlip_eV=tuple(model.energies_eV.tolist()),
        energies_zbl_eV=tuple(repulsion.tolist()),
        energies_eV=tuple(energies.tolist()),
        radii_A=radii,
        floor_A=floor_A,
        rest_distance_A=float(model.distances_A[rest]),
        barrier_eV=barrier,
        limit_A=limit_A,
        fault=fault,
    )


def _wall_end(energies: Floats, forces: Floats, begin: int) -> int:
    """Follow a wall inward from an index for as long as it rises and repels."""
    end = begin
    while end > 0 and energies[end - 1] > energies[end] and forces[end - 1] > 0.0:
        end -= 1
    return end


def _repulsion(model: _ModelCurve, zbl: ZBLCalculator | None) -> tuple[Floats, Floats]:
    """Return ZBL's energies and radial forces at the distances of a curve."""
    energies, forces = np.zeros(len(model.distances_A)), np.zeros(len(model.distances_A))
    if zbl is not None:
        for k, distance in enumerate(model.distances_A):
            sums = zbl.sums(Atoms(model.symbols, positions=[[0, 0, 0], [0, 0, distance]]))
            energies[k], forces[k] = sums.energy_eV, sums.forces_eV_A[1, 2]
    return energies, forces
