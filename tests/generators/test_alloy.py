from collections import Counter

import numpy as np
import pytest
from ase.data import atomic_numbers
from ase.neighborlist import neighbor_list
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AlloyConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.primitive import primitive_cell

SYMBOLS = ("Cr", "Mn", "Fe", "Co", "Ni", "Cu")
BOTH_TRANSFORMS = [{"kind": "strain", "max_strain": 0.05}, {"kind": "rattle", "stdev_A": 0.05}]


def generator(seed: int = 42, label: str = "alloy", **document: object) -> AlloyGenerator:
    given: dict[str, object] = {"lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}
    return AlloyGenerator(validate(AlloyConfig, given | document), label=label, seed=seed)


@settings(deadline=None, max_examples=40)
@given(
    lattice=st.sampled_from(["fcc", "bcc", "hcp"]),
    weights=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    supercell=st.tuples(*[st.integers(1, 3)] * 3),
    seed=st.integers(0, 2**63 - 1),
)
def test_composition_sites_and_periodicity_are_exact(
    lattice: str, weights: list[int], supercell: tuple[int, int, int], seed: int
) -> None:
    total = sum(weights)
    composition = {s: n / total for s, n in zip(SYMBOLS, weights, strict=False)}
    n_sites = {"fcc": 4, "bcc": 2, "hcp": 2}[lattice] * int(np.prod(supercell))
    expected = exact_counts(composition, n_sites)
    assume(all(expected.values()))
    source = generator(
        seed,
        lattice=lattice,
        composition=composition,
        supercell=supercell,
        n_structures=2,
        checks={"duplicates": "allow"},
    )
    plan = source.plan()
    for atoms in source.generate():
        assert Counter(atoms.get_chemical_symbols()) == expected
        assert len(atoms) == n_sites == plan.n_atoms
        assert atoms.pbc.all()
        assert atoms.get_chemical_formula("metal") == plan.formula
        assert set(atoms.get_chemical_symbols()) == set(plan.elements)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**63 - 1), index=st.integers(0, 30))
def test_a_structure_depends_on_seed_label_and_index_alone(seed: int, index: int) -> None:
    few = generator(seed, n_structures=1, transforms=BOTH_TRANSFORMS)
    many = generator(seed, n_structures=500, transforms=BOTH_TRANSFORMS)
    for other in range(3):
        many.make(other)
    key = structure_key(few.make(index))
    assert structure_key(many.make(index)) == key
    assert structure_key(generator(seed + 1, transforms=BOTH_TRANSFORMS).make(index)) != key
    assert structure_key(generator(seed, "b", transforms=BOTH_TRANSFORMS).make(index)) != key


def test_generate_yields_what_make_makes() -> None:
    source = generator(n_structures=5, transforms=BOTH_TRANSFORMS)
    made = [structure_key(source.make(index)) for index in range(5)]
    assert [structure_key(atoms) for atoms in source.generate()] == made
    assert len(set(made)) == 5


def test_structures_say_where_they_come_from() -> None:
    atoms = generator(label="cu_au", n_structures=4).make(3)
    assert atoms.info == {
        "lattice": "fcc",
        "structure_id": "cu_au-0003",
        "generator": "alloy",
        "seed": 42,
    }


@pytest.mark.parametrize(
    ("lattice", "composition", "expected_A", "source"),
    [
        ("fcc", {"Cu": 0.5, "Au": 0.5}, 3.872, "Pearson's Handbook (1958)"),
        ("fcc", {"Ag": 0.5, "Au": 0.5}, 4.075, "Pearson's Handbook (1958)"),
        ("fcc", {"Cu": 0.75, "Ni": 0.25}, 3.593, "Pearson's Handbook (1958)"),
        ("fcc", {"Pd": 0.5, "Ag": 0.5}, 3.975, "Pearson's Handbook (1958)"),
        ("bcc", {"Fe": 0.5, "Cr": 0.5}, 2.876, "Pearson's Handbook (1958)"),
        ("bcc", {"Mo": 0.5, "W": 0.5}, 3.155, "Pearson's Handbook (1958)"),
        ("bcc", {"Nb": 0.5, "Ta": 0.5}, 3.303, "Pearson's Handbook (1958)"),
        (
            "fcc",
            dict.fromkeys(SYMBOLS[:5], 0.2),
            3.60,
            "2.545 Å between neighbours; doi:10.1016/j.jallcom.2022.165999",
        ),
    ],
)
def test_vegard_comes_within_three_percent_of_known_alloys(
    lattice: str, composition: dict[str, float], expected_A: float, source: str
) -> None:
    (atoms,) = generator(lattice=lattice, composition=composition, supercell=[5, 5, 5]).generate()
    # Vegard's law ignores the bowing, which is below 3 % in these systems
    assert atoms.cell.lengths()[0] / 5 == pytest.approx(expected_A, rel=0.03), source


@pytest.mark.parametrize(
    ("order", "composition", "expected_A", "source"),
    [  # a of the prototype's cell
        ("L1_2", {"Cu": 0.75, "Au": 0.25}, 3.740, "Owen, Liu, Philos. Mag. 38 (1947) 354"),
        ("L1_2", {"Ni": 0.75, "Al": 0.25}, 3.572, "Pearson's Handbook (1958)"),
        ("B2", {"Ni": 0.5, "Al": 0.5}, 2.887, "Pearson's Handbook (1958)"),
        ("D0_3", {"Fe": 0.75, "Al": 0.25}, 5.792, "Pearson's Handbook (1958)"),
        ("D0_19", {"Ti": 0.75, "Al": 0.25}, 5.77, "Pearson's Handbook (1958)"),
        ("L1_0", {"Cu": 0.5, "Au": 0.5}, 3.96, "Bayliss, Can. Mineral. 28 (1990) 751"),
        ("L1_0", {"Ti": 0.5, "Al": 0.5}, 4.00, "a; c is 4.07; Pearson's Handbook (1958)"),
    ],
)
def test_vegard_comes_within_five_percent_of_known_compounds(
    order: str, composition: dict[str, float], expected_A: float, source: str
) -> None:
    lattice = ORDERED[order][0]
    (atoms,) = generator(
        lattice=lattice, composition=composition, order=order, supercell=[1, 1, 1]
    ).generate()
    assert len(atoms) == ORDERED[order][2]
    # compounds contract by their heat of formation, which Vegard's law does not know
    assert atoms.cell.lengths()[0] == pytest.approx(expected_A, rel=0.05), source


def test_a_pure_element_keeps_its_own_constant() -> None:
    (gold,) = generator(composition={"Au": 1.0}, supercell=[1, 1, 1]).generate()
    assert gold.cell.lengths() == pytest.approx([4.08] * 3, rel=1e-9)


def test_a_given_constant_and_ratio_are_kept() -> None:
    (atoms,) = generator(
        lattice="hcp",
        composition={"Mg": 1.0},
        lattice_constant_A=3.3,
        c_over_a=1.7,
        supercell=[1, 1, 1],
    ).generate()
    assert atoms.cell.cellpar() == pytest.approx([3.3, 3.3, 3.3 * 1.7, 90, 90, 120], rel=1e-9)


@pytest.mark.parametrize(
    ("lattice", "neighbours", "distance"),
    [("fcc", 12, np.sqrt(0.5)), ("bcc", 8, np.sqrt(0.75)), ("hcp", 12, 1.0)],
)
def test_coordination_is_that_of_the_lattice(
    lattice: str, neighbours: int, distance: float
) -> None:
    (atoms,) = generator(
        lattice=lattice, lattice_constant_A=3.0, composition={"Cu": 1.0}, supercell=[2, 2, 2]
    ).generate()
    first, distances_A = neighbor_list("id", atoms, 3.0 * distance + 0.05)
    assert np.bincount(first).tolist() == [neighbours] * len(atoms)
    # the ideal c/a makes both distances of hcp the same
    assert distances_A == pytest.approx(3.0 * distance, rel=1e-9)


def test_decoration_is_uniform_over_the_sites() -> None:
    source = generator(supercell=[1, 1, 1], n_structures=1200, checks={"duplicates": "allow"})
    seen = Counter(tuple(atoms.numbers) for atoms in source.generate())
    assert len(seen) == 6  # 4 sites, 2 of each: all arrangements
    expected = 1200 / 6
    chi_squared = sum((n - expected) ** 2 / expected for n in seen.values())
    assert chi_squared < 20.5  # the 99.9 % point for 5 degrees of freedom; the seed is fixed


def test_the_plan_says_what_is_made_without_making_it() -> None:
    plan = generator(n_structures=7).plan()
    assert (plan.label, plan.kind, plan.n_structures) == ("alloy", "alloy", 7)
    assert (plan.n_atoms, plan.formula, plan.elements) == (32, "Au16Cu16", ("Au", "Cu"))
    assert plan.detail == "random fcc, a = 3.845 Å (Vegard), 2×2×2 cells"


def test_elements_of_fraction_zero_are_left_out() -> None:
    (atoms,) = generator(composition={"Cu": 1.0, "H": 0.0}).generate()
    assert set(atoms.get_chemical_symbols()) == {"Cu"}


def test_a_cell_too_small_for_its_composition_is_refused() -> None:
    with pytest.raises(GenerationError) as caught:
        generator(composition={"Cu": 0.99, "Au": 0.01}).plan()
    assert str(caught.value) == (
        "alloy: 32 sites are too few for 0.01 of Au; enlarge the supercell"
    )


def test_an_element_without_a_solid_needs_a_lattice_constant() -> None:
    with pytest.raises(GenerationError) as caught:
        generator(composition={"Cu": 0.5, "H": 0.5})
    assert str(caught.value) == (
        "alloy: H has no solid on record from which a lattice constant could follow; "
        "give lattice_constant_A"
    )
    assert generator(composition={"Cu": 0.5, "H": 0.5}, lattice_constant_A=4.0).plan()


def test_it_says_why_when_no_attempt_passes() -> None:
    source = generator(lattice_constant_A=1.5, max_attempts=3)
    with pytest.raises(GenerationError) as caught:
        source.make(0)
    message = str(caught.value)
    assert message.startswith("alloy-0000: none of 3 attempts passed: atoms too close (3×); ")
    assert message.endswith("the limit is 1.632 Å")  # Au–Au, the widest of the pairs at 1.061 Å
    assert source.rejections == {"atoms too close": 3}


def test_another_attempt_is_made_after_a_refusal() -> None:
    source = generator(
        n_structures=30, max_attempts=50, transforms=[{"kind": "rattle", "stdev_A": 0.25}]
    )
    assert len(list(source.generate())) == 30
    assert source.rejections["atoms too close"] > 0


ORDERED = {
    "L1_0": ("fcc", {"Cu": 0.5, "Au": 0.5}, 4, 2),
    "L1_2": ("fcc", {"Cu": 0.75, "Au": 0.25}, 4, 4),
    "B2": ("bcc", {"Ni": 0.5, "Al": 0.5}, 2, 2),
    "D0_3": ("bcc", {"Fe": 0.75, "Al": 0.25}, 16, 4),
    "D0_19": ("hcp", {"Ti": 0.75, "Al": 0.25}, 8, 8),
}
NEIGHBOURS = {  # unlike nearest neighbours of the rarer (or second) element, of all of them
    "L1_0": (8, 12),
    "L1_2": (12, 12),
    "B2": (8, 8),
    "D0_3": (8, 8),
    "D0_19": (12, 12),
}


@pytest.mark.parametrize("order", ORDERED)
def test_prototypes_have_their_cell_and_neighbours(order: str) -> None:
    lattice, composition, n_cell, n_primitive = ORDERED[order]
    (atoms,) = generator(
        lattice=lattice, composition=composition, order=order, supercell=[2, 2, 2]
    ).generate()
    assert len(atoms) == 8 * n_cell
    assert atoms.info["order"] == order
    assert len(primitive_cell(atoms, atoms.numbers)) == n_primitive
    rare = atomic_numbers[list(composition)[1]]
    pairs = neighbour_pairs(atoms, 1.1 * neighbour_pairs(atoms, 4.0).distances_A.min())
    mine = atoms.numbers[pairs.first] == rare
    unlike, all_of_them = NEIGHBOURS[order]
    n_rare = int((atoms.numbers == rare).sum())
    assert mine.sum() == all_of_them * n_rare
    assert (mine & (atoms.numbers[pairs.second] != rare)).sum() == unlike * n_rare


@settings(deadline=None, max_examples=25)
@example(order="B2", disorder=1.0, repeats=3)  # 13.5 of 27 sites, twice
@given(
    order=st.sampled_from(sorted(ORDERED)),
    disorder=st.floats(0.0, 1.0),
    repeats=st.integers(1, 3),
)
def test_disorder_keeps_the_composition(order: str, disorder: float, repeats: int) -> None:
    lattice, composition, _, _ = ORDERED[order]
    source = generator(
        lattice=lattice,
        composition=composition,
        order=order,
        disorder=disorder,
        supercell=[repeats] * 3,
    )
    try:
        atoms = source.make(0)
    except GenerationError as error:
        assume("too few" not in str(error))
        raise
    assert Counter(atoms.get_chemical_symbols()) == exact_counts(composition, len(atoms))


def test_disorder_moves_the_share_asked_for() -> None:
    composition = {"Cu": 0.75, "Au": 0.25}
    (atoms,) = generator(
        composition=composition, order="L1_2", disorder=0.4, supercell=[5, 5, 5]
    ).generate()
    (perfect,) = generator(composition=composition, order="L1_2", supercell=[5, 5, 5]).generate()
    gold = perfect.symbols == "Au"
    # of the 125 gold sites, 0.4 × 0.75 hold copper: 37.5
    assert (atoms.symbols[gold] == "Cu").sum() in {37, 38}


def test_compositions_come_in_turn() -> None:
    compositions = [{"Cu": 1.0}, {"Cu": 0.5, "Au": 0.5}]
    source = generator(composition=None, compositions=compositions, supercell=[1, 1, 1])
    formulas = [atoms.get_chemical_formula() for atoms in source.generate()]
    assert formulas == ["Cu4", "Au2Cu2"]
    assert source.plan().detail == "random fcc, a = 3.610 to 3.845 Å (Vegard), 1×1×1 cells"


@pytest.mark.parametrize(
    ("n_elements", "divisions", "pure", "n_compositions"),
    [(2, 4, True, 5), (2, 4, False, 3), (3, 4, True, 15), (3, 4, False, 3), (5, 5, False, 1)],
)
def test_a_grid_covers_the_simplex(
    n_elements: int,
    divisions: int,
    pure: bool,  # noqa: FBT001 - a parameter of the test
    n_compositions: int,
) -> None:
    # combinations with repetition: C(n + k - 1, k - 1), and C(n - 1, k - 1) without zeros
    grid = {"elements": list(SYMBOLS[:n_elements]), "divisions": divisions, "pure": pure}
    source = generator(composition=None, composition_grid=grid, n_atoms=60)
    assert source.n_structures == n_compositions
    assert len({atoms.get_chemical_formula() for atoms in source.generate()}) == n_compositions


@pytest.mark.parametrize(
    ("lattice", "n_atoms", "found"), [("fcc", 110, 108), ("bcc", 60, 54), ("sc", 30, 27)]
)
def test_a_number_of_atoms_gives_the_most_cubic_cell(
    lattice: str, n_atoms: int, found: int
) -> None:
    (atoms,) = generator(lattice=lattice, n_atoms=n_atoms).generate()
    assert len(atoms) == found
    assert np.ptp(atoms.cell.lengths()) < 1e-6  # rounding of lengths of some 10 Å
    assert atoms.cell.angles() == pytest.approx([90.0] * 3, abs=1e-6)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"composition": None}, "one of composition, compositions and composition_grid"),
        ({"compositions": [{"Cu": 1.0}]}, "one of composition, compositions and composition_grid"),
        ({"order": "B2"}, "order B2 belongs to bcc, not to fcc"),
        ({"order": "L1_2"}, r"order L1_2 needs one composition, of 0\.25 and 0\.75"),
        ({"disorder": 0.5}, "disorder has no meaning for a random alloy"),
        ({"n_atoms": 32, "supercell": [2, 2, 2]}, "either supercell or n_atoms"),
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)
