"""Ions: oxidation states and radii."""

import re
from collections.abc import Mapping
from itertools import product

Radii = Mapping[int, float]
Charges = Mapping[str, float]

SHANNON_RADII_A: Mapping[tuple[str, int], Radii] = {
    ("Li", 1): {4: 0.59, 6: 0.76, 8: 0.92},
    ("Na", 1): {4: 0.99, 6: 1.02, 8: 1.18, 12: 1.39},
    ("K", 1): {4: 1.37, 6: 1.38, 8: 1.51, 12: 1.64},
    ("Rb", 1): {6: 1.52, 8: 1.61, 12: 1.72},
    ("Cs", 1): {6: 1.67, 8: 1.74, 12: 1.88},
    ("Cu", 1): {4: 0.60, 6: 0.77},
    ("Ag", 1): {4: 1.00, 6: 1.15, 8: 1.28},
    ("Tl", 1): {6: 1.50, 8: 1.59, 12: 1.70},
    ("Be", 2): {4: 0.27, 6: 0.45},
    ("Mg", 2): {4: 0.57, 6: 0.72, 8: 0.89},
    ("Ca", 2): {6: 1.00, 8: 1.12, 12: 1.34},
    ("Sr", 2): {6: 1.18, 8: 1.26, 12: 1.44},
    ("Ba", 2): {6: 1.35, 8: 1.42, 12: 1.61},
    ("Mn", 2): {4: 0.66, 6: 0.83, 8: 0.96},
    ("Fe", 2): {4: 0.63, 6: 0.78, 8: 0.92},
    ("Co", 2): {4: 0.58, 6: 0.745, 8: 0.90},
    ("Ni", 2): {4: 0.55, 6: 0.69},
    ("Cu", 2): {4: 0.57, 6: 0.73},
    ("Zn", 2): {4: 0.60, 6: 0.74, 8: 0.90},
    ("Cd", 2): {4: 0.78, 6: 0.95, 8: 1.10, 12: 1.31},
    ("Hg", 2): {4: 0.96, 6: 1.02, 8: 1.14},
    ("Pb", 2): {6: 1.19, 8: 1.29, 12: 1.49},
    ("Eu", 2): {6: 1.17, 8: 1.25},
    ("Yb", 2): {6: 1.02, 8: 1.14},
    ("B", 3): {4: 0.11, 6: 0.27},
    ("Al", 3): {4: 0.39, 6: 0.535},
    ("Ga", 3): {4: 0.47, 6: 0.62},
    ("In", 3): {4: 0.62, 6: 0.80, 8: 0.92},
    ("Sc", 3): {6: 0.745, 8: 0.87},
    ("Y", 3): {6: 0.90, 8: 1.019},
    ("La", 3): {6: 1.032, 8: 1.16, 12: 1.36},
    ("Ce", 3): {6: 1.01, 8: 1.143, 12: 1.34},
    ("Nd", 3): {6: 0.983, 8: 1.109, 12: 1.27},
    ("Sm", 3): {6: 0.958, 8: 1.079, 12: 1.24},
    ("Gd", 3): {6: 0.938, 8: 1.053},
    ("Dy", 3): {6: 0.912, 8: 1.027},
    ("Er", 3): {6: 0.89, 8: 1.004},
    ("Yb", 3): {6: 0.868, 8: 0.985},
    ("Lu", 3): {6: 0.861, 8: 0.977},
    ("Ti", 3): {6: 0.67},
    ("V", 3): {6: 0.64},
    ("Cr", 3): {6: 0.615},
    ("Mn", 3): {6: 0.645},
    ("Fe", 3): {4: 0.49, 6: 0.645, 8: 0.78},
    ("Co", 3): {6: 0.545},
    ("Rh", 3): {6: 0.665},
    ("Bi", 3): {6: 1.03, 8: 1.17},
    ("Si", 4): {4: 0.26, 6: 0.40},
    ("Ge", 4): {4: 0.39, 6: 0.53},
    ("Sn", 4): {4: 0.55, 6: 0.69, 8: 0.81},
    ("Pb", 4): {4: 0.65, 6: 0.775, 8: 0.94},
    ("Ti", 4): {4: 0.42, 6: 0.605, 8: 0.74},
    ("Zr", 4): {4: 0.59, 6: 0.72, 8: 0.84},
    ("Hf", 4): {4: 0.58, 6: 0.71, 8: 0.83},
    ("V", 4): {6: 0.58, 8: 0.72},
    ("Mn", 4): {4: 0.39, 6: 0.53},
    ("Ru", 4): {6: 0.62},
    ("Ir", 4): {6: 0.625},
    ("Ce", 4): {6: 0.87, 8: 0.97, 12: 1.14},
    ("Th", 4): {6: 0.94, 8: 1.05, 12: 1.21},
    ("U", 4): {6: 0.89, 8: 1.00, 12: 1.17},
    ("V", 5): {4: 0.355, 6: 0.54},
    ("Nb", 5): {4: 0.48, 6: 0.64, 8: 0.74},
    ("Ta", 5): {6: 0.64, 8: 0.74},
    ("W", 6): {4: 0.42, 6: 0.60},
    ("F", -1): {2: 1.285, 3: 1.30, 4: 1.31, 6: 1.33},
    ("Cl", -1): {6: 1.81},
    ("Br", -1): {6: 1.96},
    ("I", -1): {6: 2.20},
    ("O", -2): {2: 1.35, 3: 1.36, 4: 1.38, 6: 1.40, 8: 1.42},
    ("S", -2): {6: 1.84},
    ("Se", -2): {6: 1.98},
    ("Te", -2): {6: 2.21},
    ("N", -3): {4: 1.46},
}
"""Effective ionic radii in Å by element, charge and coordination number (R. D. Shannon 1976,
https://doi.org/10.1107/S0567739476001551); high spin, but for Co(III)."""

_STATES: dict[str, list[int]] = {}
for _symbol, _charge in SHANNON_RADII_A:
    _STATES.setdefault(_symbol, []).append(_charge)
_STATES |= {"Fe": [3, 2], "Mn": [2, 3, 4], "Co": [2, 3], "Cu": [2, 1], "Ce": [4, 3], "Ti": [4, 3]}
_STATES |= {"V": [5, 4, 3], "Eu": [3, 2], "Yb": [3, 2], "Pr": [3], "Tb": [3], "Ho": [3], "Tm": [3]}
_STATES |= {"Ra": [2], "Mo": [6, 4], "P": [5, -3], "As": [3, -3], "Sb": [3, 5], "H": [1, -1]}
"""Usual oxidation states, the commonest first."""

_NEUTRAL = 1e-6


def ionic_radius(symbol: str, charge: float, coordination: int) -> float:
    """Return Shannon's radius of an ion, in Å.

    Where the coordination number is not on record, the nearest one that is (the larger of two)
    stands for it; likewise the nearest charge of the same sign.

    Raises:
        ValueError: No radius of the element is on record for that sign of charge.

    Example:
        >>> ionic_radius("Mg", 2, 6)
        0.72
    """
    charges = [q for s, q in SHANNON_RADII_A if s == symbol and q * charge > 0]
    if not charges:
        message = f"no ionic radius of {symbol} with charge {charge:+g} is on record"
        raise ValueError(message)
    nearest = min(charges, key=lambda q: (abs(q - charge), q))
    radii_A = SHANNON_RADII_A[symbol, nearest]
    return radii_A[min(radii_A, key=lambda number: (abs(number - coordination), -number))]


def guessed_charges(amounts: Mapping[str, float], given: Charges) -> dict[str, float]:
    """Return oxidation states that add up to nothing.

    Args:
        amounts: How much there is of each element.
        given: Oxidation states that are known; the others are guessed, the commonest first.

    Raises:
        ValueError: An element has no usual state, or no choice of states is neutral; the message
            has the sum that the commonest leave.

    Example:
        >>> guessed_charges({"Sr": 1, "Ti": 1, "O": 3}, {})
        {'Sr': 2.0, 'Ti': 4.0, 'O': -2.0}
    """
    choices = []
    for symbol in amounts:
        states = [given[symbol]] if symbol in given else _STATES.get(symbol, [])
        if not states:
            message = f"{symbol} has no usual oxidation state; give it in charges"
            raise ValueError(message)
        choices.append(list(enumerate(states)))
    ranked = sorted(product(*choices), key=lambda choice: sum(rank for rank, _ in choice))
    for choice in ranked:
        charges = {symbol: float(q) for symbol, (_, q) in zip(amounts, choice, strict=True)}
        if abs(total_charge(amounts, charges)) < _NEUTRAL * sum(amounts.values()):
            return charges
    charges = {symbol: float(q) for symbol, (_, q) in zip(amounts, ranked[0], strict=True)}
    message = (
        f"the charges sum to {total_charge(amounts, charges):+g} ({written(charges)}); no usual "
        f"oxidation states make {', '.join(f'{n:g} {s}' for s, n in amounts.items())} neutral"
    )
    raise ValueError(message)


def usual_charge(symbol: str) -> float:
    """Return the commonest oxidation state of an element.

    Raises:
        ValueError: None is on record.
    """
    if symbol not in _STATES:
        message = f"{symbol} has no usual oxidation state; give it in charges"
        raise ValueError(message)
    return float(_STATES[symbol][0])


def total_charge(amounts: Mapping[str, float], charges: Charges) -> float:
    """Return the sum of the charges of all ions, in elementary charges."""
    return sum(amount * charges[symbol] for symbol, amount in amounts.items())


def charge_fault(amounts: Mapping[str, int], charges: Charges) -> str | None:
    """Say what is left of the charges of all ions; None where they cancel."""
    charge = total_charge(amounts, charges)
    if abs(charge) <= _NEUTRAL * sum(amounts.values()):
        return None
    states = written({symbol: charges[symbol] for symbol in amounts})
    return f"the charges sum to {charge:+g} ({states})"


def read_charges(text: str) -> dict[str, float]:
    """Return the oxidation states that `written` wrote.

    Example:
        >>> read_charges("Mg+2 O-2")
        {'Mg': 2.0, 'O': -2.0}
    """
    found = re.findall(r"([A-Z][a-z]?)([+-][0-9.e+-]+)", text)
    return {symbol: float(charge) for symbol, charge in found}


def written(charges: Charges) -> str:
    """Write oxidation states.

    Example:
        >>> written({"Mg": 2.0, "O": -2.0})
        'Mg+2 O-2'
    """
    return " ".join(f"{symbol}{charge:+g}" for symbol, charge in charges.items())
