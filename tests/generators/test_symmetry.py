"""Space groups and sites of every lattice and prototype, as spglib finds them."""

import numpy as np
import pytest
import spglib
from ase import Atoms

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AlloyConfig, IonicConfig
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.generators.ionic import IonicGenerator
from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.prototypes import PROTOTYPES

# Space group, point symmetry of each kind of site, and nearest neighbours of an atom there, from
# M. J. Mehl et al., The AFLOW Library of Crystallographic Prototypes, part 1 (2017),
# https://doi.org/10.1016/j.commatsci.2017.01.017
LATTICES = {
    "fcc": (225, {"Cu": {"m-3m"}}, {"Cu": 12}),
    "bcc": (229, {"Cu": {"m-3m"}}, {"Cu": 8}),
    "hcp": (194, {"Cu": {"-6m2"}}, {"Cu": 12}),
    "sc": (221, {"Cu": {"m-3m"}}, {"Cu": 6}),
    "diamond": (227, {"Cu": {"-43m"}}, {"Cu": 4}),
}
ORDERED = {
    "L1_0": ("fcc", {"Cu": 0.5, "Au": 0.5}, 123, {"Cu": {"4/mmm"}, "Au": {"4/mmm"}}),
    "L1_2": ("fcc", {"Cu": 0.75, "Au": 0.25}, 221, {"Cu": {"4/mmm"}, "Au": {"m-3m"}}),
    "B2": ("bcc", {"Ni": 0.5, "Al": 0.5}, 221, {"Ni": {"m-3m"}, "Al": {"m-3m"}}),
    "D0_3": ("bcc", {"Fe": 0.75, "Al": 0.25}, 225, {"Fe": {"-43m", "m-3m"}, "Al": {"m-3m"}}),
    "D0_19": ("hcp", {"Ti": 0.75, "Al": 0.25}, 194, {"Ti": {"mm2"}, "Al": {"-6m2"}}),
}
IONIC = {
    "rocksalt": ("MgO", 225, {"Mg": {"m-3m"}, "O": {"m-3m"}}, {"Mg": 6, "O": 6}),
    "cesiumchloride": ("CsCl", 221, {"Cs": {"m-3m"}, "Cl": {"m-3m"}}, {"Cs": 8, "Cl": 8}),
    "zincblende": ("ZnS", 216, {"Zn": {"-43m"}, "S": {"-43m"}}, {"Zn": 4, "S": 4}),
    "wurtzite": ("ZnO", 186, {"Zn": {"3m"}, "O": {"3m"}}, {"Zn": 4, "O": 4}),
    "fluorite": ("CaF2", 225, {"Ca": {"m-3m"}, "F": {"-43m"}}, {"Ca": 8, "F": 4}),
    "antifluorite": ("Li2O", 225, {"Li": {"-43m"}, "O": {"m-3m"}}, {"Li": 4, "O": 8}),
    "rutile": ("TiO2", 136, {"Ti": {"mmm"}, "O": {"m2m"}}, {"Ti": 6, "O": 3}),
    "perovskite": (
        "SrTiO3",
        221,
        {"Sr": {"m-3m"}, "Ti": {"m-3m"}, "O": {"4/mmm"}},
        {"Sr": 12, "Ti": 6, "O": 2},
    ),
    "spinel": (
        "MgAl2O4",
        227,
        {"Mg": {"-43m"}, "Al": {"-3m"}, "O": {"3m"}},
        {"Mg": 4, "Al": 6, "O": 4},
    ),
    "corundum": ("Al2O3", 167, {"Al": {"3"}, "O": {"2"}}, {"Al": 6, "O": 4}),
}


def symmetry(atoms: Atoms) -> tuple[int, dict[str, set[str]]]:
    """Space group and point symmetries of the sites of each element; dots mark axes in spglib."""
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    dataset = spglib.get_symmetry_dataset(cell, symprec=1e-4)
    sites: dict[str, set[str]] = {}
    for symbol, site in zip(atoms.symbols, dataset.site_symmetry_symbols, strict=True):
        sites.setdefault(symbol, set()).add(site.replace(".", ""))
    return dataset.number, sites


def same_sites(found: dict[str, set[str]], expected: dict[str, set[str]]) -> bool:
    """Compare point groups whatever the order of their axes: m2m is mm2, -6m2 is m2-6."""
    sort = {element: {"".join(sorted(site)) for site in sites} for element, sites in found.items()}
    return sort == {
        element: {"".join(sorted(site)) for site in sites} for element, sites in expected.items()
    }


def alloy(**document: object) -> Atoms:
    config = validate(AlloyConfig, {"supercell": [2, 2, 2]} | document)
    return AlloyGenerator(config, label="alloy", seed=1).make(0)


def ionic(prototype: str, formula: str) -> Atoms:
    elements = list(dict.fromkeys(Atoms(formula).symbols))
    roles = ["A", "B", "X"] if len(elements) == 3 else ["A", "X"]
    species = dict(zip(roles, elements, strict=True))
    config = validate(IonicConfig, {"prototype": prototype, "species": species})
    return IonicGenerator(config, label="ion", seed=1).make(0)


@pytest.mark.parametrize("lattice", LATTICES)
def test_lattices(lattice: str) -> None:
    number, sites, neighbours = LATTICES[lattice]
    atoms = alloy(lattice=lattice, composition={"Cu": 1.0})
    found, found_sites = symmetry(atoms)
    assert found == number
    assert same_sites(found_sites, sites)
    pairs = neighbour_pairs(atoms, 6.0)
    near = pairs.distances_A < pairs.distances_A.min() * 1.01
    assert set(np.bincount(pairs.first[near])) == {neighbours["Cu"]}


@pytest.mark.parametrize("order", ORDERED)
def test_ordered_alloys(order: str) -> None:
    lattice, composition, number, sites = ORDERED[order]
    atoms = alloy(lattice=lattice, composition=composition, order=order)
    found, found_sites = symmetry(atoms)
    assert found == number
    assert same_sites(found_sites, sites)


def test_the_cases_are_all_there_are() -> None:
    fields = AlloyConfig.model_json_schema()["properties"]
    assert set(fields["lattice"]["enum"]) == set(LATTICES)
    assert set(fields["order"]["enum"]) - {"random", "sqs"} == set(ORDERED)
    assert set(PROTOTYPES) == set(IONIC)


@pytest.mark.parametrize("prototype", IONIC)
def test_ionic_crystals(prototype: str) -> None:
    formula, number, sites, neighbours = IONIC[prototype]
    atoms = ionic(prototype, formula)
    found, found_sites = symmetry(atoms)
    assert found == number
    assert same_sites(found_sites, sites)
    anion = list(dict.fromkeys(Atoms(formula).symbols))[-1]
    is_anion = atoms.symbols == anion
    pairs = neighbour_pairs(atoms, 4.0)
    unlike = is_anion[pairs.first] != is_anion[pairs.second]
    for element, expected in neighbours.items():
        mine = unlike & (atoms.symbols == element)[pairs.first]
        shortest_A = pairs.distances_A[mine].min()
        # the two bond lengths of rutile and of corundum differ by 1.7 and 6.3 %; the anion of
        # perovskite is counted with its two nearest cations alone
        near = mine & (pairs.distances_A < 1.1 * shortest_A)
        counts = np.bincount(pairs.first[near], minlength=len(atoms))
        assert set(counts[atoms.symbols == element]) == {expected}
