import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import StrainConfig, SupercellConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.structures.transforms.cell import strain, supercell


def deformation(before: Atoms, after: Atoms) -> np.ndarray:
    return np.linalg.solve(before.cell.array, after.cell.array)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), max_strain=st.floats(0.001, 0.3))
def test_strain_is_homogeneous_symmetric_and_bounded(seed: int, max_strain: float) -> None:
    atoms = bulk("Cu", cubic=True) * (2, 1, 1)
    strained = strain(atoms, StrainConfig(max_strain=max_strain), np.random.default_rng(seed))
    tensor = deformation(atoms, strained) - np.eye(3)
    # rounding of the solve, for cells of 7 Å
    assert np.allclose(tensor, tensor.T, rtol=0, atol=1e-12)
    assert np.abs(tensor).max() <= max_strain * (1 + 1e-9)
    assert np.allclose(
        strained.get_scaled_positions(wrap=False),
        atoms.get_scaled_positions(wrap=False),
        rtol=0,
        atol=1e-12,
    )


def test_strain_components_are_independent_and_uniform() -> None:
    atoms, rng = bulk("Cu"), np.random.default_rng(3)
    config = StrainConfig(max_strain=0.1)
    tensors = [deformation(atoms, strain(atoms, config, rng)) - np.eye(3) for _ in range(2000)]
    components = np.array(tensors)[:, *np.triu_indices(3)].T
    for component in components:
        # a fixed seed: the Kolmogorov-Smirnov test cannot fail by chance from run to run
        assert stats.kstest(component, stats.uniform(-0.1, 0.2).cdf).pvalue > 0.01
    correlations = np.corrcoef(components) - np.eye(6)
    assert np.abs(correlations).max() < 4.0 / np.sqrt(2000)  # four standard errors


def test_a_molecule_without_cell_is_strained_as_well() -> None:
    water = molecule("H2O")
    strained = strain(water, StrainConfig(max_strain=0.1), np.random.default_rng(0))
    assert not strained.cell.array.any()
    assert not np.allclose(strained.positions, water.positions, rtol=0, atol=1e-3)


SHAPES = {
    "hydrostatic": [0.02, 0.02, 0.02, 0, 0, 0],
    "uniaxial": [0.02, 0, 0, 0, 0, 0],
    "shear": [0, 0, 0, 0.02, 0, 0],
}


@pytest.mark.parametrize("mode", SHAPES)
def test_modes_have_one_component(mode: str) -> None:
    atoms = bulk("Cu")
    config = validate(StrainConfig, {"mode": mode, "amplitudes": [0.02]})
    seen = set()
    for seed in range(30):
        tensor = deformation(atoms, strain(atoms, config, np.random.default_rng(seed))) - np.eye(3)
        diagonal, shears = np.diag(tensor), tensor[np.triu_indices(3, 1)]
        assert np.allclose(tensor, tensor.T, rtol=0, atol=1e-12)
        assert np.allclose(np.sort(diagonal), np.sort(SHAPES[mode][:3]), rtol=0, atol=1e-12)
        assert np.allclose(np.sort(shears), np.sort(SHAPES[mode][3:]), rtol=0, atol=1e-12)
        seen.add(tuple(np.round(tensor.ravel(), 6) + 0.0))
    assert len(seen) == (1 if mode == "hydrostatic" else 3)  # all axes come up


def test_amplitudes_go_by_the_number_of_the_structure() -> None:
    atoms, rng = bulk("Cu"), np.random.default_rng(0)
    config = validate(StrainConfig, {"mode": "hydrostatic", "amplitudes": [-0.04, 0.0, 0.04]})
    volumes = [
        strain(atoms, config, rng, index=index).cell.volume / atoms.cell.volume
        for index in range(5)
    ]
    expected = [(1 + e) ** 3 for e in (-0.04, 0.0, 0.04, -0.04, 0.0)]
    assert volumes == pytest.approx(expected, rel=1e-12)


def test_amplitudes_of_a_general_strain_are_refused() -> None:
    with pytest.raises(ConfigError, match="amplitudes need a mode of one component"):
        validate(StrainConfig, {"amplitudes": [0.01]})


def test_a_supercell_is_repeated_or_made_to_size() -> None:
    atoms, rng = bulk("Cu"), np.random.default_rng(0)
    repeated = supercell(atoms, SupercellConfig(repeats=(2, 3, 1)), rng)
    assert np.array_equal(repeated.cell.array, atoms.cell.array * [[2], [3], [1]])
    sized = supercell(atoms, SupercellConfig(n_atoms=110), rng)
    assert len(sized) == 108


def test_a_size_is_for_bulk_and_for_more_than_a_cell() -> None:
    rng, slab = np.random.default_rng(0), fcc111("Cu", (1, 1, 3), vacuum=5.0)
    with pytest.raises(
        GenerationError, match=r"by n_atoms needs bulk; give repeats \(slab: not per"
    ):
        supercell(slab, SupercellConfig(n_atoms=100), rng)
    with pytest.raises(GenerationError, match="of 3 atoms is smaller than its cell of 4"):
        supercell(bulk("Cu", cubic=True), SupercellConfig(n_atoms=3), rng)


@pytest.mark.parametrize("document", [{}, {"repeats": [1, 1, 2], "n_atoms": 4}])
def test_a_supercell_has_one_size(document: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="either repeats or n_atoms"):
        validate(SupercellConfig, document)
