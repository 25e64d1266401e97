import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc100, fcc111, molecule
from ase.constraints import FixAtoms
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AdsorbateConfig, SlabConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.slab import SlabGenerator
from mlip_autopipec.structures.transforms.adsorption import adsorbate


def copper(size: tuple[int, int, int] = (2, 2, 4)) -> Atoms:
    slab = fcc111("Cu", size, vacuum=10.0)
    slab.pbc = True
    slab.info = {}
    return slab


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    species=st.sampled_from(["H", "CO", "H2O", "CH3OH"]),
    site=st.sampled_from(["random", "top", "bridge", "hollow"]),
    height_A=st.floats(1.0, 4.0),
    rotate=st.booleans(),
)
def test_a_rigid_molecule_lies_at_its_height(
    seed: int,
    species: str,
    site: str,
    height_A: float,
    rotate: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    slab = copper()
    config = AdsorbateConfig(species=species, site=site, height_A=height_A, rotate=rotate)
    covered = adsorbate(slab, config, np.random.default_rng(seed))
    assert np.array_equal(covered.positions[: len(slab)], slab.positions)
    assert np.array_equal(covered.cell.array, slab.cell.array)
    guest = covered[len(slab) :]
    # rotations round in the fifteenth digit of lengths of some 10 Å
    lowest_A = guest.positions[:, 2].min() - slab.positions[:, 2].max()
    assert lowest_A == pytest.approx(height_A, abs=1e-9)
    if species != "H":
        expected_A = molecule(species).get_all_distances()
        assert guest.get_all_distances() == pytest.approx(expected_A, abs=1e-9)
    again = adsorbate(slab, config, np.random.default_rng(seed))
    assert np.array_equal(again.positions, covered.positions)


def neighbours_of(site: str) -> list[int]:
    """Copper atoms equally near to a hydrogen atom on each of some sites of (100)."""
    slab = fcc100("Cu", (3, 3, 4), vacuum=10.0)
    slab.pbc = True
    found = []
    for seed in range(10):
        config = AdsorbateConfig(species="H", site=site, height_A=1.0)
        covered = adsorbate(slab, config, np.random.default_rng(seed))
        distances_A = covered.get_distances(-1, range(len(slab)), mic=True)
        found.append(int((distances_A < distances_A.min() + 1e-6).sum()))
    return found


@pytest.mark.parametrize(("site", "number"), [("top", 1), ("bridge", 2), ("hollow", 4)])
def test_sites_have_their_neighbours(site: str, number: int) -> None:
    assert neighbours_of(site) == [number] * 10


def test_random_places_are_uniform_over_the_surface() -> None:
    slab, rng = copper(), np.random.default_rng(2)
    config = AdsorbateConfig(species="H")
    scaled = [adsorbate(slab, config, rng).get_scaled_positions()[-1] for _ in range(400)]
    for axis in (0, 1):
        assert stats.kstest([s[axis] for s in scaled], "uniform").pvalue > 0.01  # the seed is fixed


def test_several_get_sites_of_their_own() -> None:
    config = AdsorbateConfig(species="H", site="top", count=4, height_A=1.5)
    covered = adsorbate(copper(), config, np.random.default_rng(0))
    places = {tuple(p) for p in covered.get_scaled_positions()[-4:, :2].round(6) % 1.0}
    assert len(places) == 4
    with pytest.raises(GenerationError, match="adsorbate: 5 on 4 top sites; enlarge the slab"):
        adsorbate(copper(), config.model_copy(update={"count": 5}), np.random.default_rng(0))


def test_fixed_atoms_stay_fixed_and_a_second_kind_sits_on_the_slab() -> None:
    slab = copper()
    slab.set_constraint(FixAtoms(mask=slab.get_tags() > 2))
    rng = np.random.default_rng(1)
    covered = adsorbate(slab, AdsorbateConfig(species="CO", site="top"), rng)
    covered = adsorbate(covered, AdsorbateConfig(species="H", site="hollow", height_A=1.0), rng)
    assert covered.constraints[0].index.tolist() == slab.constraints[0].index.tolist()
    top_A = slab.positions[:, 2].max()
    assert covered.positions[-1, 2] - top_A == pytest.approx(1.0, abs=1e-9)


def test_what_does_not_fit_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GenerationError, match="adsorbate: a slab with vacuum along one cell"):
        adsorbate(bulk("Cu", cubic=True), AdsorbateConfig(species="H"), rng)
    with pytest.raises(GenerationError, match="adsorbate: ASE knows no molecule 'Xyz'"):
        adsorbate(copper(), AdsorbateConfig(species="Xyz"), rng)


def test_a_slab_from_the_config_is_covered() -> None:
    crystal = {"kind": "ionic", "prototype": "rocksalt", "species": {"A": "Mg", "X": "O"}}
    document = {
        "crystal": crystal,
        "miller": [1, 0, 0],
        "layers": 4,
        "repeats": [2, 2],
        "n_structures": 3,
        "transforms": [{"kind": "adsorbate", "species": "H2O", "site": "top", "height_A": 2.2}],
    }
    source = SlabGenerator(validate(SlabConfig, document), label="slab", seed=1)
    for atoms in source.generate():
        assert atoms.get_chemical_formula("metal") == "Mg16H2O17"
