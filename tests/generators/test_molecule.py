import numpy as np
import pytest
from ase.build import molecule
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import MoleculeConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.molecule import MoleculeGenerator
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.vacuum import detect_vacuum


def generator(seed: int = 42, **document: object) -> MoleculeGenerator:
    given: dict[str, object] = {
        "names": ["H2O", "CH3CH2OH", "N2"],
        "checks": {"duplicates": "allow"},
    }
    return MoleculeGenerator(validate(MoleculeConfig, given | document), label="mol", seed=seed)


def test_each_molecule_is_made_in_turn() -> None:
    atoms = list(generator(n_structures=5).generate())
    assert [frame.info["molecule"] for frame in atoms] == [
        "H2O",
        "CH3CH2OH",
        "N2",
        "H2O",
        "CH3CH2OH",
    ]
    assert len(list(generator().generate())) == 3
    assert generator().plan().elements == ("C", "H", "N", "O")


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), index=st.integers(0, 8))
def test_turning_keeps_the_shape(seed: int, index: int) -> None:
    source = generator(seed, n_structures=9, vacuum_A=5.0, periodic=True)
    atoms = source.make(index)
    original = molecule(atoms.info["molecule"])
    # rotation rounds in the fifteenth digit
    assert atoms.get_all_distances() == pytest.approx(original.get_all_distances(), abs=1e-9)
    assert detect_vacuum(atoms).dimensionality == 0
    assert structure_key(generator(seed, vacuum_A=5.0, periodic=True).make(index)) == structure_key(
        atoms
    )
    assert not np.allclose(source.make(index + 3).positions, atoms.positions, rtol=0, atol=1e-3)


def test_directions_are_uniform() -> None:
    source = generator(names=["N2"], n_structures=300)
    axes = []
    for atoms in source.generate():
        axis = atoms.positions[1] - atoms.positions[0]
        axes.append(axis / np.linalg.norm(axis))
    # <x_i x_j> of a uniform direction is δ_ij/3; the standard error is below 0.02 for 300
    assert np.array(axes).T @ np.array(axes) / 300 == pytest.approx(np.eye(3) / 3, abs=0.07)


def test_without_turning_it_lies_as_ase_has_it() -> None:
    (water,) = generator(names=["H2O"], rotate=False).generate()
    expected = molecule("H2O", vacuum=6.0)
    assert water.positions == pytest.approx(expected.positions, abs=1e-12)
    assert not water.pbc.any()


def test_an_unknown_molecule_is_named() -> None:
    with pytest.raises(GenerationError, match="mol: ASE knows no molecule 'Xyz'"):
        generator(names=["Xyz"])
