import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.extxyz import read_frames, write_frames
from mlip_autopipec.structures.identity import structure_key

coordinates = st.floats(-50.0, 50.0)


@settings(deadline=None)
@given(
    positions=st.lists(st.tuples(coordinates, coordinates, coordinates), min_size=1, max_size=4),
    shift=st.sampled_from([0.0, 0.5e-8, 1.5e-8, -0.5e-8]),
)
def test_the_key_is_the_same_after_a_file(
    tmp_path_factory: pytest.TempPathFactory,
    positions: list[tuple[float, float, float]],
    shift: float,
) -> None:
    path = tmp_path_factory.mktemp("frames") / "frame.xyz"
    atoms = Atoms(
        "H" * len(positions), positions=np.array(positions) + shift, cell=np.eye(3) / 3.0, pbc=True
    )
    write_frames(path, [atoms])
    (back,) = read_frames(path)
    assert structure_key(back) == structure_key(atoms)


def test_what_counts_and_what_does_not() -> None:
    copper = bulk("Cu", cubic=True)
    key = structure_key(copper)
    same = copper.copy()
    same.set_momenta(np.ones((4, 3)))
    same.info["structure_id"] = "alloy-0000"
    same.positions[0] = -0.0
    same.positions[1] += 4e-9
    assert structure_key(same) == key

    other = {name: copper.copy() for name in ("species", "place", "cell", "pbc", "order")}
    other["species"].numbers[0] = 79
    other["place"].positions[0, 0] += 1e-8
    other["cell"].cell[2, 2] += 1e-8
    other["pbc"].pbc[1] = False
    other["order"] = other["order"][[1, 0, 2, 3]]
    keys = {structure_key(atoms) for atoms in other.values()}
    assert len(keys | {key}) == 6


def test_the_key_is_fixed() -> None:
    # a change of this value makes every database forget what it holds
    assert structure_key(bulk("Cu")) == (
        "b07200257bf8c097fa592dd2f328ae4d30860ac20797f208e6539c66e135ba4d"
    )
