"""Selected sets as files that MACE trains on, for a confirmation by a slower learner."""

from pathlib import Path

from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from benchmarks.data_efficiency import held_out, pools
from benchmarks.data_efficiency.grid import all_cells
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.storage.training import MACE_KEYS
from mlip_autopipec.structures.extxyz import write_frames


def export(case: Case, folder: Path, names: list[str]) -> int:
    """Write the training set of every cell, and all test sets.

    Args:
        case: The case.
        folder: Where to.
        names: Pools to export; all, if there is none.

    Returns:
        The number of training sets.
    """
    frames = {name: pools.frames_of(case, name) for name in names or list(pools.POOLS)}
    count = 0
    for pool, strategy, cell in all_cells(case):
        if pool in frames:
            path = folder / f"{pool}-{strategy}-{cell['n']}-seed{cell['seed']}.xyz"
            write_frames(path, (exported(frames[pool][place]) for place in cell["frames"]))
            count += 1
    for name in case.system.tests:
        write_frames(folder / f"test-{name}.xyz", map(exported, held_out.set_of(case, name)))
    return count


def exported(frame: Atoms) -> Atoms:
    """Return a frame with its labels as ASE's results and under the names that MACE looks for."""
    copy = Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=frame.pbc)
    energy_eV, forces_eV_A = frame.info["energy_mlip_eV"], frame.arrays["forces_mlip"]
    copy.info = {"structure_id": frame.info["structure_id"], MACE_KEYS["energy"]: energy_eV}
    copy.set_array(MACE_KEYS["forces"], forces_eV_A)
    copy.calc = SinglePointCalculator(copy, energy=energy_eV, forces=forces_eV_A)
    return copy
