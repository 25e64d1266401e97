from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.constraints import FixAtoms

from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.ensembles import StrainModes, choose_ensemble

Config = Callable[..., ExplorationConfig]


def slab() -> Atoms:
    return fcc111("Cu", (2, 2, 3), vacuum=6.0, periodic=True)


def open_slab() -> Atoms:
    return fcc111("Cu", (2, 2, 3), vacuum=6.0)


def wire() -> Atoms:
    atoms = Atoms("Cu", cell=[15.0, 15.0, 2.5], pbc=True) * (1, 1, 4)
    atoms.center()
    return atoms


def cluster() -> Atoms:
    atoms = molecule("C6H6")
    atoms.center(vacuum=6.0)
    return atoms


STRUCTURES = {
    "bulk": lambda: bulk("Cu", cubic=True),
    "slab": slab,
    "open slab": open_slab,
    "wire": wire,
    "cluster": cluster,
}


@pytest.mark.parametrize(
    ("asked", "structure", "name", "dimensionality"),
    [
        ("auto", "bulk", "npt", 3),
        ("auto", "slab", "nvt", 2),
        ("auto", "open slab", "nvt", 2),
        ("auto", "wire", "nvt", 1),
        ("auto", "cluster", "nvt", 0),
        ("nvt", "bulk", "nvt", 3),
        ("npt", "bulk", "npt", 3),
        ("npt", "slab", "npt", 2),
        ("npt", "open slab", "npt_in_plane", 2),
        ("npt", "cluster", "nvt", 0),
        ("npt_in_plane", "bulk", "npt", 3),
        ("npt_in_plane", "slab", "npt_in_plane", 2),
        ("npt_in_plane", "open slab", "npt_in_plane", 2),
        ("npt_in_plane", "wire", "nvt", 1),
        ("npt_in_plane", "cluster", "nvt", 0),
    ],
)
def test_the_ensemble_by_config_and_vacuum(
    asked: str, structure: str, name: str, dimensionality: int, config: Config
) -> None:
    ensemble = choose_ensemble(STRUCTURES[structure](), config(ensemble=asked))
    assert (ensemble.name, ensemble.dimensionality) == (name, dimensionality)
    assert (ensemble.strain is None) == (name == "nvt")
    assert ensemble.reason


def test_what_keeps_the_cell_fixed_is_told(config: Config) -> None:
    atoms = bulk("Cu", cubic=True)
    no_stress = choose_ensemble(atoms, config(), has_stress=False)
    assert no_stress.reason == "the potential gives no stress, so the cell is fixed"
    atoms.set_constraint(FixAtoms([0]))
    fixed = choose_ensemble(atoms, config(ensemble="npt"))
    assert (fixed.name, fixed.reason) == ("nvt", "atoms are fixed in space, so the cell is fixed")
    flat = open_slab()
    flat.cell[2] = 0.0
    assert choose_ensemble(flat, config(ensemble="npt")).reason == (
        "the cell has no volume, so the cell is fixed"
    )


@pytest.mark.parametrize("shape", ["isotropic", "full"])
def test_in_plane_nothing_moves_across_the_plane(shape: str, config: Config) -> None:
    # A tilted slab: the third vector leans over, the plane is that of the first two.
    atoms = slab()
    atoms.cell[2] += 1.3 * atoms.cell[0] + 0.4 * atoms.cell[1]
    ensemble = choose_ensemble(atoms, config(ensemble="npt_in_plane", cell_shape=shape))
    assert ensemble.strain is not None
    normal = np.cross(*atoms.cell[:2])
    matrix = np.array([[0.02, 0.01, 0.03], [0.01, -0.01, 0.02], [0.03, 0.02, 0.05]])
    deformation = ensemble.strain.deformation(ensemble.strain.project(matrix))
    np.testing.assert_allclose(normal @ deformation, normal, rtol=0.0, atol=1e-13)
    in_plane = atoms.cell[:2] @ deformation
    np.testing.assert_allclose(in_plane @ normal, 0.0, atol=1e-13)
    assert not np.allclose(in_plane, atoms.cell[:2], atol=1e-3)


@pytest.mark.parametrize("directions", [np.eye(3), np.diag([1.0, 0.0, 1.0])])
@pytest.mark.parametrize("shape", ["isotropic", "full"])
def test_strains_are_projected_orthogonally_and_deform_as_their_exponential(
    directions: np.ndarray, shape: str, rng: np.random.Generator
) -> None:
    strain = StrainModes(directions, isotropic=shape == "isotropic")
    first, second = (matrix + matrix.T for matrix in rng.normal(size=(2, 3, 3)))
    once = strain.project(first)
    np.testing.assert_allclose(strain.project(once), once, atol=1e-15)
    # Orthogonal: what is left out is perpendicular to what is allowed.
    assert abs(np.sum((first - once) * strain.project(second))) < 1e-14
    half = strain.deformation(0.5 * once)
    np.testing.assert_allclose(half @ half, strain.deformation(once), rtol=1e-13)
    assert np.linalg.det(strain.deformation(once)) == pytest.approx(np.exp(np.trace(once)))
