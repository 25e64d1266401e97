import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ase.data import atomic_numbers

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AlloyConfig, SlabConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.extxyz import read_frames, write_frames
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.neighbours import neighbour_pairs

icet = pytest.importorskip("icet", reason="the extra sqs is not installed")
icet_structures = pytest.importorskip("icet.tools.structure_generation")

CANTOR = dict.fromkeys(("Cr", "Mn", "Fe", "Co", "Ni"), 0.2)
SHORT = {"n_steps": 500}
CASES = [  # lattice, composition, largest number of atoms
    ("fcc", {"Cu": 0.5, "Au": 0.5}, 32),
    ("fcc", {"Cu": 0.75, "Au": 0.25}, 32),
    ("bcc", CANTOR, 50),
    ("hcp", {"Ti": 0.7, "Al": 0.2, "V": 0.1}, 36),
    ("sc", {"Po": 0.5, "Bi": 0.5}, 27),
    ("diamond", {"Si": 0.5, "Ge": 0.5}, 32),
]


def generator(seed: int = 42, **document: object) -> AlloyGenerator:
    given = {"lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}, "n_atoms": 32, "sqs": SHORT}
    config = validate(AlloyConfig, given | {"order": "sqs"} | document)
    return AlloyGenerator(config, label="sqs", seed=seed)


def icet_error(atoms: object, lattice: str, composition: dict[str, float]) -> float:
    """The same figure by icet's own means: its primitive cell, its vector of the random alloy."""
    (one,) = AlloyGenerator(
        validate(AlloyConfig, {"lattice": lattice, "composition": {"Fe": 1.0}, "n_atoms": 2}),
        label="cell",
        seed=0,
    ).generate()
    shortest_A = neighbour_pairs(one, 4.0).distances_A.min()
    true_A = neighbour_pairs(atoms, 4.0).distances_A.min()
    one.set_cell(one.cell.array * true_A / shortest_A, scale_atoms=True)
    cutoffs_A = [2.05 * true_A, 1.2 * true_A]
    space = icet.ClusterSpace(one, cutoffs_A, sorted(composition, key=atomic_numbers.__getitem__))
    counts = Counter(atoms.get_chemical_symbols())
    shares = {symbol: n / len(atoms) for symbol, n in counts.items()}
    differences = space.get_cluster_vector(atoms) - icet_structures._get_sqs_cluster_vector(
        space, shares
    )
    orders = np.array([orbit["order"] for orbit in space.as_list])
    return float(np.abs(differences[orders >= 2]).mean())


@pytest.mark.parametrize(("lattice", "composition", "n_atoms"), CASES)
def test_the_error_is_icets_and_below_that_of_random_cells(
    lattice: str, composition: dict[str, float], n_atoms: int
) -> None:
    source = generator(lattice=lattice, composition=composition, n_atoms=n_atoms)
    atoms = source.make(0)
    assert Counter(atoms.get_chemical_symbols()) == exact_counts(composition, len(atoms))
    assert atoms.info["order"] == "sqs"
    # the fractions add up in another order: the last digits of numbers of order 1
    assert atoms.info["sqs_error"] == pytest.approx(
        icet_error(atoms, lattice, composition), abs=1e-12
    )
    by_chance = [source.draft(0, np.random.default_rng(k)) for k in range(20)]
    errors = [icet_error(cell, lattice, composition) for cell in by_chance]
    assert atoms.info["sqs_error"] <= min(errors)
    assert atoms.info["sqs_error"] < 0.7 * np.mean(errors)


def test_pairs_are_as_in_the_random_alloy_by_counting() -> None:
    # Warren-Cowley parameters 1 - P(AB)/c_B of the first shells, without any cluster function
    atoms = generator(sqs={"n_steps": 3000}).make(0)
    pairs = neighbour_pairs(atoms, 0.75 * atoms.cell.lengths()[0])
    shells = np.round(pairs.distances_A / pairs.distances_A.min(), 3)
    gold = atoms.numbers == 79
    for shell in (1.0, 1.414):
        mine = gold[pairs.first] & (shells == shell)
        unlike = float((~gold[pairs.second][mine]).mean())
        # 192 and 96 bonds: two of them astray are allowed
        assert 1 - unlike / 0.5 == pytest.approx(0.0, abs=0.05)


def test_the_error_passes_through_the_file(tmp_path: Path) -> None:
    atoms = generator().make(1)
    write_frames(tmp_path / "initial_structures.xyz", [atoms])
    (read,) = read_frames(tmp_path / "initial_structures.xyz")
    assert read.info["sqs_error"] == atoms.info["sqs_error"]


def test_a_structure_depends_on_seed_and_index_alone() -> None:
    few, many = generator(n_structures=5), generator(n_structures=500)
    many.make(1)
    key = structure_key(few.make(3))
    assert structure_key(many.make(3)) == key
    assert structure_key(generator(seed=43).make(3)) != key
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_quasirandom import generator, structure_key\n"
        "print(json.dumps(structure_key(generator().make(3))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == key


def test_the_worlds_random_numbers_are_left_alone() -> None:
    random.seed(7)
    expected = random.random()
    random.seed(7)
    generator().make(0)
    assert random.random() == expected


def test_a_pure_element_is_as_random_as_can_be() -> None:
    compositions = [{"Cu": 1.0}, {"Cu": 0.5, "Au": 0.5}]
    pure, mixed = generator(composition=None, compositions=compositions).generate()
    assert pure.info["sqs_error"] == 0.0
    assert Counter(mixed.get_chemical_symbols()) == {"Cu": 16, "Au": 16}


def test_the_plan_needs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    source = generator()
    monkeypatch.setattr(source, "_correlations_of", None)  # calling it would fail
    plan = source.plan()
    assert (plan.n_atoms, plan.formula) == (32, "Au16Cu16")
    assert plan.detail == "sqs fcc, a = 3.845 Å (Vegard), up to 32 atoms"


def test_without_icet_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icet", None)
    with pytest.raises(GenerationError) as caught:
        generator()
    assert str(caught.value) == (
        "sqs: order sqs needs the package icet; install it with: pip install 'mlip-autopipe[sqs]'"
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"order": "random"}, "sqs has no meaning for order random"),
        ({"disorder": 0.5}, "disorder has no meaning for a random alloy"),
        ({"sqs": {"pair_reach": 0.5}}, "sqs.pair_reach: 0.5 is below 1"),
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)


def test_a_slab_is_not_quasirandom() -> None:
    crystal = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}, "order": "sqs"}
    with pytest.raises(ConfigError, match="order sqs is for bulk"):
        validate(SlabConfig, {"crystal": crystal, "miller": [1, 1, 1], "layers": 4})
