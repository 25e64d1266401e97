import math

import pytest

from mlip_autopipec.structures.elements import IDEAL_C_OVER_A, atomic_volume, lattice_constant


@pytest.mark.parametrize(
    ("symbol", "volume"),
    [  # Å³ an atom at ambient conditions, from molar volumes (CRC Handbook, densities at 25 °C)
        ("Cu", 11.8),
        ("Fe", 11.8),
        ("Mg", 23.2),
        ("Si", 20.0),
        ("Mn", 12.2),
        ("Ga", 19.6),
        ("In", 26.2),
        ("Sn", 27.0),
        ("Bi", 35.4),
        ("Sb", 30.2),
        ("Sm", 33.2),
        ("U", 20.8),
        ("Te", 33.9),
        ("Se", 27.3),
        ("Pa", 25.0),
        ("Np", 19.3),
    ],
)
def test_atomic_volumes_are_those_of_the_elements(symbol: str, volume: float) -> None:
    # the tables differ by temperature and sample in the third digit
    assert atomic_volume(symbol) == pytest.approx(volume, rel=0.02)


@pytest.mark.parametrize("symbol", ["H", "He", "N", "O", "F", "Cl", "Pm", "Pu"])
def test_elements_without_a_solid_on_record_have_none(symbol: str) -> None:
    assert atomic_volume(symbol) is None
    assert lattice_constant(symbol, "fcc", IDEAL_C_OVER_A) is None


def test_an_element_in_its_own_lattice_keeps_its_constant() -> None:
    assert lattice_constant("Au", "fcc", IDEAL_C_OVER_A) == pytest.approx(4.08, rel=1e-12)
    assert lattice_constant("W", "bcc", IDEAL_C_OVER_A) == pytest.approx(3.16, rel=1e-12)
    assert lattice_constant("Mg", "hcp", 1.624) == pytest.approx(3.21, rel=1e-12)


def test_another_lattice_keeps_the_volume_of_an_atom() -> None:
    volume = atomic_volume("Fe")
    fcc_A = lattice_constant("Fe", "fcc", IDEAL_C_OVER_A)
    hcp_A = lattice_constant("Fe", "hcp", 1.6)
    assert volume is not None
    assert fcc_A is not None
    assert hcp_A is not None
    assert fcc_A**3 / 4 == pytest.approx(volume, rel=1e-9)
    assert hcp_A**3 * 1.6 * math.sqrt(3) / 2 / 2 == pytest.approx(volume, rel=1e-9)
