"""What no generator lets pass, shown by generators that make nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AlloyConfig, ChecksConfig, GeneratorBaseConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.structures.identity import structure_key

Builder = Callable[[int, np.random.Generator], Atoms]
RATTLE = {"kind": "rattle", "stdev_A": 0.05}


class Made(BaseStructureGenerator[GeneratorBaseConfig]):
    """Yields what a function makes."""

    def __init__(self, builder: Builder, **document: object) -> None:
        config = validate(GeneratorBaseConfig, {"kind": "made", "max_attempts": 5, **document})
        super().__init__(config, label="made", seed=3)
        self._builder = builder

    @property
    def detail(self) -> str:
        return "made"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        return self._builder(index, rng)


def flat() -> Atoms:
    return Atoms(
        "Cu2", positions=[[0, 0, 0], [0, 0, 2.5]], cell=[[3, 0, 0], [6, 0, 0], [0, 0, 9]], pbc=True
    )


def infinite() -> Atoms:
    return Atoms("Cu2", positions=[[0, 0, 0], [np.nan, 0, 2.5]])


def charged() -> Atoms:
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    salt.info["oxidation_states"] = "Na+1 Cl-1"
    del salt[0]
    return salt


FAULTS = {
    "not finite": (infinite, "positions or cell are not finite"),
    "cell misshapen": (flat, "checks.min_cell_openness: cell vectors of"),
    "atoms too close": (
        lambda: Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 0.5]]),
        "is 0.500 Å from",
    ),
    "density out of bounds": (lambda: bulk("Cu", a=3.6), "9.05 g/cm³; the most is 9"),
    "not neutral": (charged, "the charges sum to -1 (Cl-1 Na+1)"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_is_counted_by_its_reason(reason: str) -> None:
    build, detail = FAULTS[reason]
    source = Made(lambda _index, _rng: build(), checks={"density_g_cm3": [0.0001, 9.0]})
    with pytest.raises(GenerationError) as caught:
        source.make(0)
    assert f"none of 5 attempts passed: {reason} (5×)" in str(caught.value)
    assert detail in str(caught.value)
    assert source.rejections == {reason: 5}


def test_a_charge_may_be_allowed() -> None:
    source = Made(lambda _index, _rng: charged(), checks={"neutral": False})
    assert len(source.make(0)) == 7


def test_a_composition_that_was_not_asked_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}, "max_attempts": 2}
    source = AlloyGenerator(validate(AlloyConfig, document), label="alloy", seed=1)
    honest = source.build

    def one_off(index: int, rng: np.random.Generator) -> Atoms:
        atoms = honest(index, rng)
        atoms.symbols[np.flatnonzero(atoms.symbols == "Au")[0]] = "Cu"
        return atoms

    monkeypatch.setattr(source, "build", one_off)
    with pytest.raises(
        GenerationError, match="composition not as asked for \\(2×\\); the last: 17 "
    ):
        source.make(0)


def rare(index: int, rng: np.random.Generator) -> Atoms:
    """One of a few crystals, so that chance repeats itself."""
    del index
    return bulk("Cu", a=3.5 + 0.01 * rng.integers(12))


def test_a_structure_never_equals_one_before_and_depends_on_no_other() -> None:
    many = Made(rare, n_structures=8, max_attempts=100)
    sizes = [atoms.cell.volume for atoms in many.generate()]
    assert len({round(size, 6) for size in sizes}) == 8
    assert many.rejections["near-duplicate"] > 0
    for n_structures in (1, 3, 5):
        few = Made(rare, n_structures=n_structures, max_attempts=100)
        assert [atoms.cell.volume for atoms in few.generate()] == sizes[:n_structures]


def test_a_structure_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    keys = [structure_key(a) for a in Made(rare, n_structures=8, max_attempts=100).generate()]
    source = Made(rare, n_structures=8, max_attempts=100)
    assert structure_key(source.make(5)) == keys[5]
    counted = source.rejections.copy()
    assert structure_key(source.make(2)) == keys[2]
    assert structure_key(source.make(5)) == keys[5]
    assert source.rejections == counted
    assert [structure_key(atoms) for atoms in source.generate()] == keys


def test_tries_end_when_chance_has_nothing_new() -> None:
    source = Made(rare, n_structures=13, max_attempts=200)
    with pytest.raises(GenerationError) as caught:
        list(source.generate())
    assert str(caught.value).startswith("made-0012: it is the same as made-00")
    assert str(caught.value).endswith(
        ", in all of its attempts; ask for fewer structures, add a transform such as rattle, or "
        "set checks.duplicates: allow"
    )


def test_a_pure_element_four_times_is_refused_by_the_plan_already() -> None:
    document = {"lattice": "fcc", "composition": {"Cu": 1.0}, "n_structures": 4}
    source = AlloyGenerator(validate(AlloyConfig, document), label="alloy", seed=1)
    with pytest.raises(GenerationError) as caught:
        source.plan()
    assert str(caught.value).startswith(
        "alloy-0001: it is the same as alloy-0000, as nothing in it is left to chance; ask for"
    )
    assert source.rejections == {"near-duplicate": 1}
    for way in ({"transforms": [RATTLE]}, {"checks": {"duplicates": "allow"}}):
        free = AlloyGenerator(validate(AlloyConfig, document | way), label="alloy", seed=1)
        assert free.plan().n_structures == len(list(free.generate())) == 4


def test_an_equation_of_state_needs_no_chance() -> None:
    strain = {
        "kind": "strain",
        "mode": "hydrostatic",
        "amplitudes": [-0.04, -0.02, 0.0, 0.02, 0.04],
    }
    document = {
        "lattice": "fcc",
        "composition": {"Cu": 1.0},
        "n_structures": 5,
        "supercell": [1, 1, 1],
    }
    config = validate(AlloyConfig, document | {"transforms": [strain]})
    source = AlloyGenerator(config, label="alloy", seed=1)
    lengths = [atoms.cell.lengths()[0] for atoms in source.generate()]
    assert lengths == pytest.approx([3.61 * (1 + e) for e in strain["amplitudes"]], rel=1e-12)


def test_a_slab_may_hold_vacuum_and_a_crystal_may_not() -> None:
    slab = fcc111("Cu", (1, 1, 2), vacuum=100.0, periodic=True)
    source = Made(lambda _index, _rng: slab)
    assert len(source.make(0)) == 2
    document = {"lattice": "fcc", "composition": {"Cu": 1.0}, "lattice_constant_A": 36.1}
    crystal = AlloyGenerator(validate(AlloyConfig, document), label="alloy", seed=1)
    with pytest.raises(GenerationError, match=r"fill 0\.000819 of the cell; the least is 0\.02"):
        crystal.plan()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"packing": [3.0, 0.02]}, r"packing \[3\.0, 0\.02\] should rise"),
        ({"duplicates": "maybe"}, "duplicates"),
        ({"max_cell_elongation": 0.5}, "max_cell_elongation: 0.5 is below 1"),
        ({"densities": 3}, "is not a known key"),
    ],
)
def test_bad_checks_are_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        validate(ChecksConfig, document)
