import pytest

from mlip_autopipec.structures.ions import (
    SHANNON_RADII_A,
    guessed_charges,
    ionic_radius,
    total_charge,
    usual_charge,
    written,
)


@pytest.mark.parametrize(
    ("symbol", "charge", "coordination", "radius_A"),
    [  # Shannon (1976), table 1
        ("Mg", 2, 6, 0.72),
        ("O", -2, 6, 1.40),
        ("Ti", 4, 6, 0.605),
        ("La", 3, 12, 1.36),
        ("Cl", -1, 8, 1.81),  # only VI is on record
        ("Mg", 2, 12, 0.89),  # VIII is the nearest
        ("Fe", 2.5, 6, 0.78),  # between II and III: the lower
        ("O", -1.9, 2, 1.35),
    ],
)
def test_radii_are_shannons_or_the_nearest(
    symbol: str, charge: float, coordination: int, radius_A: float
) -> None:
    assert ionic_radius(symbol, charge, coordination) == radius_A


def test_radii_grow_with_coordination_and_shrink_with_charge() -> None:
    for (symbol, charge), radii_A in SHANNON_RADII_A.items():
        ordered = [radii_A[number] for number in sorted(radii_A)]
        assert ordered == sorted(ordered)
        higher = SHANNON_RADII_A.get((symbol, charge + 1))
        if charge > 0 and higher is not None and 6 in radii_A and 6 in higher:
            assert higher[6] < radii_A[6]


@pytest.mark.parametrize(
    ("amounts", "given", "charges"),
    [
        ({"Mg": 1, "O": 1}, {}, "Mg+2 O-2"),
        ({"Fe": 1, "O": 1}, {}, "Fe+2 O-2"),
        ({"Fe": 2, "O": 3}, {}, "Fe+3 O-2"),
        ({"Sr": 1, "Ti": 1, "O": 3}, {}, "Sr+2 Ti+4 O-2"),
        ({"La": 1, "Mn": 1, "O": 3}, {}, "La+3 Mn+3 O-2"),
        ({"Cu": 1, "Cl": 1}, {}, "Cu+1 Cl-1"),
        ({"La": 0.75, "Sr": 0.25, "Mn": 1, "O": 3}, {"Mn": 3.25}, "La+3 Sr+2 Mn+3.25 O-2"),
    ],
)
def test_guesses_are_neutral(
    amounts: dict[str, float], given: dict[str, float], charges: str
) -> None:
    guessed = guessed_charges(amounts, given)
    assert written(guessed) == charges
    assert total_charge(amounts, guessed) == pytest.approx(0.0, abs=1e-12)


def test_what_cannot_be_neutral_is_refused_with_its_sum() -> None:
    with pytest.raises(ValueError, match=r"the charges sum to \+1 \(Al\+3 O-2\); no usual"):
        guessed_charges({"Al": 1, "O": 1}, {})
    with pytest.raises(ValueError, match="Xe has no usual oxidation state"):
        guessed_charges({"Xe": 1, "O": 1}, {})
    with pytest.raises(ValueError, match=r"no ionic radius of O with charge \+2"):
        ionic_radius("O", 2, 6)
    with pytest.raises(ValueError, match="Xe has no usual oxidation state"):
        usual_charge("Xe")
