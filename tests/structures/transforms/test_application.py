import numpy as np
from ase.build import bulk

from mlip_autopipec.config.generation import RattleConfig, StrainConfig
from mlip_autopipec.structures.transforms import apply_transforms
from mlip_autopipec.structures.transforms.cell import strain
from mlip_autopipec.structures.transforms.displacements import rattle


def test_transforms_follow_their_order_and_leave_the_original() -> None:
    atoms = bulk("Cu", cubic=True)
    before = atoms.positions.copy(), atoms.cell.array.copy()
    first, second = StrainConfig(max_strain=0.1), RattleConfig(stdev_A=0.1)

    both = apply_transforms(atoms, [first, second], np.random.default_rng(9))
    rng = np.random.default_rng(9)
    by_hand = rattle(strain(atoms, first, rng), second, rng)

    assert np.array_equal(both.positions, by_hand.positions)
    assert np.array_equal(atoms.positions, before[0])
    assert np.array_equal(atoms.cell.array, before[1])
