import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.eos import EquationOfState

from mlip_autopipec.structures.relaxation import relaxed_scale


@pytest.mark.parametrize("symbol", ["Cu", "Au", "Al"])
def test_the_minimum_is_that_of_an_equation_of_state(symbol: str) -> None:
    atoms = bulk(symbol, cubic=True)
    scale = relaxed_scale(atoms, EMT())
    volumes_A3, energies_eV = [], []
    for factor in np.linspace(0.98 * scale, 1.02 * scale, 9):
        cell = bulk(symbol, cubic=True)
        cell.set_cell(cell.cell.array * factor, scale_atoms=True)
        cell.calc = EMT()
        volumes_A3.append(cell.get_volume())
        energies_eV.append(cell.get_potential_energy())
    minimum_A3, _, _ = EquationOfState(volumes_A3, energies_eV, eos="birchmurnaghan").fit()
    # the search stops at 0.0001 of the length
    assert atoms.get_volume() ** (1 / 3) * scale == pytest.approx(minimum_A3 ** (1 / 3), rel=3e-4)


def test_the_guess_does_not_matter_and_atoms_stay_as_they_are() -> None:
    near, far = bulk("Cu", a=3.6, cubic=True), bulk("Cu", a=3.9, cubic=True)
    before = far.positions.copy()
    assert 3.6 * relaxed_scale(near, EMT()) == pytest.approx(
        3.9 * relaxed_scale(far, EMT()), rel=3e-4
    )
    assert np.array_equal(far.positions, before)
    assert far.calc is None


def test_no_minimum_in_reach_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Cu4 has no minimum within lengths of 0\.85 to 1\.2 of"):
        relaxed_scale(bulk("Cu", a=2.6, cubic=True), EMT())
    with pytest.raises(ValueError, match="has no minimum"):
        relaxed_scale(Atoms("Cu", cell=[9, 9, 9], pbc=True), EMT())
