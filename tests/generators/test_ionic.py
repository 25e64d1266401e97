from collections import Counter

import pytest
from ase.formula import Formula
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import IonicConfig, SlabConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.ionic import IonicGenerator
from mlip_autopipec.generators.slab import SlabGenerator
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.identity import structure_key

MAGNESIA = {"prototype": "rocksalt", "species": {"A": "Mg", "X": "O"}}
ZIRCONIA = {"prototype": "fluorite", "species": {"A": "Zr", "X": "O"}}


def generator(seed: int = 42, **document: object) -> IonicGenerator:
    return IonicGenerator(validate(IonicConfig, MAGNESIA | document), label="ion", seed=seed)


def counts_of(**document: object) -> Counter[str]:
    (atoms,) = generator(**document).generate()
    return Counter(atoms.get_chemical_symbols())


WYCKOFF = "R. W. G. Wyckoff, Crystal Structures (1963)"
LATTICE_CONSTANTS_A = [  # at room temperature
    ("rocksalt", "MgO", 4.214, "Zhang, Phys. Chem. Minerals 27 (2000) 145"),
    ("rocksalt", "NaCl", 5.640, "Walker et al., Am. Mineral. 89 (2004) 204"),
    ("rocksalt", "LiF", 4.026, WYCKOFF),
    ("cesiumchloride", "CsCl", 4.123, WYCKOFF),
    ("zincblende", "ZnS", 5.409, "Skinner, Am. Mineral. 46 (1961) 1399"),
    ("wurtzite", "ZnO", 3.250, WYCKOFF),
    ("fluorite", "CaF2", 5.463, WYCKOFF),
    ("fluorite", "CeO2", 5.411, WYCKOFF),
    ("antifluorite", "Li2O", 4.619, WYCKOFF),
    ("rutile", "TiO2", 4.592, "Swope, Smyth, Larson, Am. Mineral. 80 (1995) 448"),
    ("rutile", "SnO2", 4.7373, "A. A. Bolzan et al., Acta Cryst. B 53, 373 (1997)"),
    ("perovskite", "SrTiO3", 3.905, "Jauch, Reehuis, Acta Cryst. A 61 (2005) 411"),
    ("perovskite", "KMgF3", 3.992, "Mitchell et al. (2006), doi:10.1007/s00269-006-0106-x"),
    ("spinel", "MgAl2O4", 8.083, "Hill, Craig, Gibbs, Phys. Chem. Minerals 4 (1979) 317"),
    ("corundum", "Al2O3", 4.761, "Finger, Hazen, J. Appl. Phys. 49 (1978) 5823"),
    ("corundum", "Fe2O3", 5.038, "Blake et al., Am. Mineral. 51 (1966) 123"),
]


@pytest.mark.parametrize(("prototype", "formula", "expected_A", "source"), LATTICE_CONSTANTS_A)
def test_radii_give_lattice_constants_within_five_percent(
    prototype: str, formula: str, expected_A: float, source: str
) -> None:
    count = Formula(formula).count()
    roles = ["A", "B", "X"] if len(count) == 3 else ["A", "X"]
    species = dict(zip(roles, count, strict=True))
    (atoms,) = generator(prototype=prototype, species=species).generate()
    assert atoms.cell.lengths()[0] == pytest.approx(expected_A, rel=0.05), source
    assert atoms.symbols.formula.reduce()[0].count() == count


def test_structures_say_prototype_and_oxidation_states() -> None:
    (atoms,) = generator().generate()
    assert atoms.info == {
        "prototype": "rocksalt",
        "oxidation_states": "Mg+2 O-2",
        "structure_id": "ion-0000",
        "generator": "ionic",
        "seed": 42,
    }
    assert generator().plan().detail == "rocksalt, a = 4.240 Å (radii), Mg+2 O-2, 1×1×1 cells"


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), iron=st.integers(1, 31), index=st.integers(0, 4))
def test_a_mixed_sublattice_is_exact_and_leaves_the_other(seed: int, iron: int, index: int) -> None:
    species = {"A": {"Mg": 1 - iron / 32, "Fe": iron / 32}, "X": "O"}
    document = {
        "species": species,
        "supercell": [2, 2, 2],
        "n_structures": 5,
        "checks": {"duplicates": "allow"},  # one iron ion is as good as another
    }
    atoms = generator(seed, **document).make(index)
    assert Counter(atoms.get_chemical_symbols()) == {"Mg": 32 - iron, "Fe": iron, "O": 32}
    again = generator(seed, **document | {"n_structures": 50}).make(index)
    assert structure_key(again) == structure_key(atoms)


def charge(counts: Counter[str], states: dict[str, int]) -> int:
    return sum(states[symbol] * n for symbol, n in counts.items())


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    pairs=st.integers(1, 4),
    dopants=st.integers(1, 4),
)
def test_defects_leave_the_crystal_neutral(seed: int, pairs: int, dopants: int) -> None:
    states = {"Zr": 4, "Y": 3, "O": -2}
    source = generator(
        seed,
        **ZIRCONIA,
        supercell=[2, 2, 1],
        defects=[
            {"kind": "schottky", "count": pairs},
            {"kind": "dopant", "element": "Y", "on": "Zr", "count": 2 * dopants},
        ],
    )
    counts = Counter(source.make(0).get_chemical_symbols())
    assert charge(counts, states) == 0
    assert counts["Y"] == 2 * dopants
    assert counts["Zr"] == 16 - pairs - 2 * dopants
    assert counts["O"] == 32 - 2 * pairs - dopants


def test_schottky_pairs_of_magnesia() -> None:
    schottky = [{"kind": "schottky", "count": 2}]
    assert counts_of(supercell=[2, 2, 2], defects=schottky) == {"Mg": 30, "O": 30}


def test_schottky_defects_of_a_mixed_sublattice_are_formula_units_of_sites() -> None:
    species = {"A": {"Mg": 0.75, "Fe": 0.25}, "X": "O"}
    counts = counts_of(species=species, supercell=[2, 2, 2], defects=[{"kind": "schottky"}])
    assert counts["O"] == 31
    assert counts["Mg"] + counts["Fe"] == 31


def test_a_higher_dopant_leaves_cation_vacancies() -> None:
    defects = [{"kind": "dopant", "element": "Al", "on": "Mg", "count": 2}]
    counts = counts_of(supercell=[2, 2, 2], defects=defects)
    assert counts == {"Mg": 29, "Al": 2, "O": 32}  # two Al3+ for three Mg2+


def test_a_frenkel_defect_moves_an_ion_into_a_void() -> None:
    document = {"species": {"A": "Ag", "X": "Cl"}, "supercell": [2, 2, 2]}
    (perfect,) = generator(**document).generate()
    source = generator(**document, defects=[{"kind": "frenkel", "element": "Ag"}])
    (atoms,) = source.generate()
    assert Counter(atoms.get_chemical_symbols()) == {"Ag": 32, "Cl": 32}
    sites = {tuple(p) for p in perfect.positions.round(6) + 0.0}
    moved = [atom.symbol for atom in atoms if tuple(atom.position.round(6) + 0.0) not in sites]
    assert moved == ["Ag"]


def test_charges_that_do_not_balance_are_refused_with_their_sum() -> None:
    with pytest.raises(GenerationError, match=r"ion: the charges sum to \+1 \(Al\+3 O-2\)"):
        generator(species={"A": "Al", "X": "O"})
    odd = [{"kind": "dopant", "element": "Y", "on": "Zr", "count": 3}]
    with pytest.raises(GenerationError, match=r"3 Y on Zr leave a charge of -3, which 1\.5 vacanc"):
        generator(**ZIRCONIA, supercell=[2, 2, 2], defects=odd).make(0)
    alone = [{"kind": "vacancies", "element": "O", "count": 1}]
    with pytest.raises(GenerationError, match=r"not neutral \(20×\); .* sum to \+2 \(Mg\+2 O-2\)"):
        generator(supercell=[2, 2, 2], transforms=alone).make(0)


def test_mixed_valence_is_made_with_given_charges() -> None:
    document = {
        "prototype": "perovskite",
        "species": {"A": {"La": 0.75, "Sr": 0.25}, "B": "Mn", "X": "O"},
        "supercell": [2, 2, 1],
    }
    with pytest.raises(GenerationError, match="the charges sum to"):
        generator(**document)
    (atoms,) = generator(**document, charges={"Mn": 3.25}).generate()
    assert Counter(atoms.get_chemical_symbols()) == exact_counts(
        {"La": 0.15, "Sr": 0.05, "Mn": 0.2, "O": 0.6}, 20
    )
    # in a cell of three, three quarters of lanthanum is no whole number
    with pytest.raises(GenerationError, match="not neutral"):
        generator(**document | {"supercell": [3, 1, 1]}, charges={"Mn": 3.25}).make(0)


def test_a_given_size_needs_no_radii() -> None:
    document = {"species": {"A": "Xe", "X": "O"}, "charges": {"Xe": 2}}
    with pytest.raises(GenerationError, match="no ionic radius of Xe with charge \\+2"):
        generator(**document)
    (atoms,) = generator(**document, lattice_constant_A=4.9).generate()
    assert atoms.cell.lengths() == pytest.approx([4.9] * 3, rel=1e-12)
    zincite = {"prototype": "wurtzite", "species": {"A": "Zn", "X": "O"}}
    (atoms,) = generator(**zincite, lattice_constant_A=3.25, c_over_a=1.602).generate()
    assert atoms.cell.cellpar()[:3] == pytest.approx([3.25, 3.25, 3.25 * 1.602], rel=1e-12)


def test_a_slab_is_cut_from_an_ionic_crystal() -> None:
    species = {"A": "Sr", "B": "Ti", "X": "O"}
    crystal = {"kind": "ionic", "prototype": "perovskite", "species": species}
    config = validate(
        SlabConfig, {"crystal": crystal, "miller": [1, 0, 0], "layers": 5, "termination": "all"}
    )
    slabs = list(SlabGenerator(config, label="sto", seed=1).generate())
    formulas = [slab.get_chemical_formula("metal") for slab in slabs]
    assert sorted(formulas) == ["Sr2Ti3O8", "Sr3Ti2O7"]  # ends of TiO2, and of SrO


def test_a_slab_that_is_another_turned_over_is_left_out() -> None:
    species = {"A": "Sr", "B": "Ti", "X": "O"}
    crystal = {"kind": "ionic", "prototype": "perovskite", "species": species}
    config = validate(
        SlabConfig, {"crystal": crystal, "miller": [1, 0, 0], "layers": 6, "termination": "all"}
    )
    source = SlabGenerator(config, label="sto", seed=1)
    assert source.plan().n_structures == 1
    (slab,) = source.generate()
    assert slab.get_chemical_formula("metal") == "Sr3Ti3O9"
    assert source.rejections == {"near-duplicate": 1}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"species": {"A": "Mg"}}, "species of rocksalt should name A, X"),
        ({"species": {"A": "Mg", "B": "Al", "X": "O"}}, "species of rocksalt should name A, X"),
        ({"prototype": "perovskite"}, "species of perovskite should name A, B, X"),
        ({"c_over_a": 1.5}, "c_over_a has no meaning for rocksalt"),
        ({"species": {"A": {"Mg": 0.5}, "X": "O"}}, "sums to 0.5"),
    ],
)
def test_bad_ionic_configs_are_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)
