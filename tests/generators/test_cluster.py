from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import ClusterConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.cluster import ClusterGenerator
from mlip_autopipec.structures.checks import closest_scaled_distance
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.vacuum import detect_vacuum

SHAPES = {
    "icosahedron": {"kind": "icosahedron", "shells": 3},
    "octahedron": {"kind": "octahedron", "length": 4, "cutoff": 1},
    "wulff": {
        "kind": "wulff",
        "lattice": "fcc",
        "n_atoms": 80,
        "surface_energies": {"111": 1.2, "100": 1.4},
    },
    "sphere": {"kind": "sphere", "lattice": "bcc", "n_atoms": 60},
}


def generator(name: str, seed: int = 42, **document: object) -> ClusterGenerator:
    given: dict[str, object] = {"shape": SHAPES[name], "composition": {"Pt": 1.0}}
    return ClusterGenerator(validate(ClusterConfig, given | document), label="pt", seed=seed)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_clusters_stand_alone_in_their_box(shape: str, periodic: bool) -> None:  # noqa: FBT001 - a parameter of the test
    (atoms,) = generator(shape, vacuum_A=7.0, periodic=periodic).generate()
    report = detect_vacuum(atoms)
    assert (report.axes, report.dimensionality) == ((True,) * 3, 0)
    assert atoms.pbc.tolist() == [periodic] * 3
    assert atoms.positions.min(axis=0) == pytest.approx([7.0] * 3, abs=1e-9)
    assert atoms.cell.lengths() - atoms.positions.max(axis=0) == pytest.approx([7.0] * 3, abs=1e-9)
    closest = closest_scaled_distance(atoms)
    assert closest is not None
    # nearest neighbours as in the metal: 2.77 Å against twice 1.36 Å
    assert closest.ratio == pytest.approx(1.0, abs=0.1)
    assert atoms.info["shape"] == shape


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(sorted(SHAPES)), index=st.integers(0, 5)
)
def test_composition_is_exact_and_the_seed_decides(seed: int, shape: str, index: int) -> None:
    composition = {"Pt": 0.7, "Ni": 0.3}
    source = generator(shape, seed, composition=composition, n_structures=6)
    atoms = source.make(index)
    assert Counter(atoms.get_chemical_symbols()) == exact_counts(composition, len(atoms))
    again = generator(shape, seed, composition=composition).make(index)
    assert structure_key(again) == structure_key(atoms)
    assert structure_key(source.make(index + 1)) != structure_key(atoms)


def test_the_plan_says_shape_and_size() -> None:
    plan = generator("icosahedron").plan()
    assert plan.detail == "icosahedron of 55 sites, a = 3.920 Å"
    assert (plan.formula, plan.n_atoms) == ("Pt55", 55)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(GenerationError, match="pt: H has no solid on record"):
        generator("sphere", composition={"H": 1.0})
    with pytest.raises(ConfigError, match="cutoff 2 should be at most 1"):
        generator("sphere", shape={"kind": "octahedron", "length": 4, "cutoff": 2})
    with pytest.raises(ConfigError, match="kind 'cube' is not one of"):
        generator("sphere", shape={"kind": "cube"})
    with pytest.raises(ConfigError, match="000 is no facet"):
        generator("wulff", shape=SHAPES["wulff"] | {"surface_energies": {"000": 1.0}})
