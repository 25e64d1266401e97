from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.io import write
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import SlabConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.slab import SlabGenerator
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.vacuum import detect_vacuum

COPPER = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}}
ALLOY = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.75, "Au": 0.25}}


def generator(seed: int = 42, **document: object) -> SlabGenerator:
    given: dict[str, object] = {"crystal": COPPER, "miller": [1, 1, 1], "layers": 4}
    return SlabGenerator(validate(SlabConfig, given | document), label="slab", seed=seed)


def test_a_copper_slab_says_what_it_is() -> None:
    source = generator(repeats=[2, 3], fixed_layers=2)
    (slab,) = source.generate()
    assert len(slab) == 24
    assert detect_vacuum(slab).reason == "slab: 12.6 Å empty along c"  # 15 Å less two radii
    assert slab.info == {
        "lattice": "fcc",
        "miller": "1 1 1",
        "termination": 0,
        "structure_id": "slab-0000",
        "generator": "slab",
        "seed": 42,
    }
    fixed = slab.constraints[0].index
    assert len(fixed) == 12
    assert slab.positions[fixed, 2].max() < np.delete(slab.positions[:, 2], fixed).min()
    assert source.plan().detail == (
        "(111) of random fcc, a = 3.610 Å (Vegard): 4 layers, 2×3, 15 Å vacuum"
    )


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), index=st.integers(0, 9))
def test_an_alloy_is_mixed_after_the_cut(seed: int, index: int) -> None:
    source = generator(seed, crystal=ALLOY, repeats=[3, 3], n_structures=10)
    slab = source.make(index)
    assert Counter(slab.get_chemical_symbols()) == exact_counts({"Cu": 0.75, "Au": 0.25}, 36)
    again = generator(seed, crystal=ALLOY, repeats=[3, 3], n_structures=2).make(index)
    assert structure_key(again) == structure_key(slab)
    assert structure_key(source.make(index + 1)) != structure_key(slab)


def test_all_terminations_of_a_file_come_in_turn(tmp_path: Path) -> None:
    write(tmp_path / "salt.cif", bulk("NaCl", "rocksalt", a=5.64, cubic=True))
    crystal = {"kind": "file", "path": str(tmp_path / "salt.cif")}
    source = generator(crystal=crystal, layers=5, termination="all")
    slabs = list(source.generate())
    assert [slab.info["termination"] for slab in slabs] == [0, 1]
    assert {slab.get_chemical_formula() for slab in slabs} == {"Cl2Na3", "Cl3Na2"}
    assert source.inputs == (tmp_path / "salt.cif",)


def test_a_termination_that_is_not_there_is_refused() -> None:
    with pytest.raises(GenerationError, match=r"termination 1 is not one of 1 \(0 to 0\)"):
        generator(termination=1).plan()


def test_a_molecule_has_no_planes(tmp_path: Path) -> None:
    write(tmp_path / "water.xyz", molecule("H2O"))
    crystal = {"kind": "file", "path": str(tmp_path / "water.xyz")}
    with pytest.raises(GenerationError, match="cut from what is periodic in three directions"):
        generator(crystal=crystal).plan()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"miller": [0, 0, 0]}, r"miller \(0, 0, 0\) is no plane"),
        ({"fixed_layers": 4}, "fixed_layers 4 should be below layers 4"),
        ({"crystal": {"kind": "slab"}}, "kind 'slab' is not one of"),
        ({"layers": 0}, "layers: 0 is below 1"),
    ],
)
def test_bad_slabs_are_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)
