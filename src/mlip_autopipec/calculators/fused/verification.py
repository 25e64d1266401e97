"""Whether a fused model gives what the stock model gives, on structures of the run's elements."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import covalent_radii

Floats = npt.NDArray[np.float64]

# A probe has this many atoms, or one of each element if these are more.
MIN_ATOMS = 8

# Nearest neighbours of the first probes lie this far apart, in sums of mean covalent radii: near a
# metal's. Small atoms beside large ones, or molecules' elements as a dense crystal, are out of a
# model's depth there, and such probes say nothing: the spacing grows until the stock model is sane,
# at most to one at which every pair is still well inside a model's cutoff.
CLOSENESS = 1.05
GROWTH = 1.12
LARGEST_SPACING_A = 3.2
SANE_STRESS_eV_A3 = 0.25  # 40 GPa
STRAIN = ((0.03, 0.02, -0.01), (0.02, -0.02, 0.015), (-0.01, 0.015, 0.01))
RATTLE_A = 0.05

# Rounding grows with the forces themselves: above this they are compared relative to the largest.
LARGE_FORCE_eV_A = 5.0


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far two evaluations may lie apart.

    Attributes:
        energy_eV: For each atom.
        force_eV_A: For each component, up to forces of 5 eV/Å.
        virial_eV: For each component and atom: the stress times the volume. It is a sum of forces
            times distances, some Å.
    """

    energy_eV: float
    force_eV_A: float
    virial_eV: float


TOLERANCES = {
    "float32": Tolerances(energy_eV=1e-6, force_eV_A=1e-5, virial_eV=1e-5),
    "float64": Tolerances(energy_eV=1e-10, force_eV_A=1e-10, virial_eV=1e-9),
}


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a model says about a structure.

    Attributes:
        energy_eV: Its energy.
        forces_eV_A: Forces, ``(n, 3)``.
        stress_eV_A3: Stress in Voigt order, ``(6,)``.
    """

    energy_eV: float
    forces_eV_A: Floats
    stress_eV_A3: Floats


Evaluate = Callable[[Atoms], Evaluation]


def spacings_A(numbers: Sequence[int]) -> Iterator[float]:  # noqa: N802 - the unit
    """Yield the distances of nearest neighbours to try, in Å, for some atomic numbers."""
    spacing_A = 2.0 * float(np.mean(covalent_radii[list(numbers)])) * CLOSENESS
    yield spacing_A
    while (spacing_A := spacing_A * GROWTH) <= LARGEST_SPACING_A:
        yield spacing_A


def probes(numbers: Sequence[int], spacing_A: float) -> tuple[Atoms, Atoms]:
    """Return a crystal of some elements, and the same strained and rattled.

    Args:
        numbers: Atomic numbers.
        spacing_A: Distance of nearest neighbours in the crystal, in Å.
    """
    n_cells = -(-max(MIN_ATOMS, len(numbers)) // 4)
    edge_A = spacing_A * np.sqrt(2.0)
    base = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = np.concatenate([base + np.array([index, 0, 0]) for index in range(n_cells)])
    crystal = Atoms(
        numbers=np.resize(sorted(numbers), len(sites)),
        positions=edge_A * sites,
        cell=np.diag([n_cells * edge_A, edge_A, edge_A]),
        pbc=True,
    )
    disturbed = crystal.copy()
    deformation = np.eye(3) + np.array(STRAIN)
    disturbed.set_cell(disturbed.cell.array @ deformation, scale_atoms=True)
    shifts = np.random.default_rng(0).normal(0.0, RATTLE_A, (len(sites), 3))
    disturbed.positions += shifts
    return crystal, disturbed


def difference(
    stock: Evaluate, fused: Evaluate, *, numbers: Sequence[int], dtype: str
) -> str | None:
    """Compare two models on probes of some elements; return what differs, or None.

    Args:
        stock: The model as it comes.
        fused: The model to be tried.
        numbers: Atomic numbers.
        dtype: What the models compute in.
    """
    tolerances = TOLERANCES[dtype]
    crystals, evaluations = _sane_probes(stock, numbers)
    names = ("crystal", "strained, rattled crystal")
    for name, atoms, expected in zip(names, crystals, evaluations, strict=True):
        found = fused(atoms)
        largest = float(np.abs(expected.forces_eV_A).max())
        scale = max(1.0, largest / LARGE_FORCE_eV_A)
        pairs = (
            (
                "energy by {:.1e} eV an atom, more than {:.0e}",
                (found.energy_eV - expected.energy_eV) / len(atoms),
                tolerances.energy_eV,
            ),
            (
                "forces by {:.1e} eV/Å, more than {:.0e}",
                found.forces_eV_A - expected.forces_eV_A,
                tolerances.force_eV_A * scale,
            ),
            (
                "virial by {:.1e} eV an atom, more than {:.0e}",
                (found.stress_eV_A3 - expected.stress_eV_A3) * atoms.get_volume() / len(atoms),
                tolerances.virial_eV * scale,
            ),
        )
        for text, error, tolerance in pairs:
            worst = float(np.abs(error).max())
            if not worst <= tolerance:  # NaN differs
                return f"on a {name} the {text.format(worst, tolerance)}"
    return None


def _sane_probes(
    stock: Evaluate, numbers: Sequence[int]
) -> tuple[tuple[Atoms, Atoms], tuple[Evaluation, ...]]:
    """Return the densest probes on which the stock model is sane, and what it says there.

    If it never is, the widest are returned.
    """
    for spacing_A in spacings_A(numbers):
        crystals = probes(numbers, spacing_A)
        evaluations = tuple(stock(atoms) for atoms in crystals)
        if all(_is_sane(evaluation) for evaluation in evaluations):
            break
    return crystals, evaluations


def _is_sane(evaluation: Evaluation) -> bool:
    """Say whether forces and stress are those of matter; NaN is not."""
    forces, stress = np.abs(evaluation.forces_eV_A), np.abs(evaluation.stress_eV_A3)
    return bool(forces.max() <= LARGE_FORCE_eV_A and stress.max() <= SANE_STRESS_eV_A3)
