"""The size of a crystal on a potential."""

from ase import Atoms
from ase.calculators.calculator import Calculator
from scipy.optimize import minimize_scalar

_SMALLEST, _LARGEST = 0.85, 1.20
"""Where the factor is looked for: learned potentials are out of their depth far beyond."""
_PRECISION = 1e-4
_BORDER = 0.005


def relaxed_scale(atoms: Atoms, calculator: Calculator) -> float:
    """Return the factor for all lengths of a crystal that gives the least energy.

    Shape and relative positions are kept; the factor is found to 0.0001 by Brent's method
    (https://doi.org/10.1093/comjnl/14.4.422), with some fifteen evaluations.

    Raises:
        ValueError: The energy is least at an end of the range from 0.85 to 1.20.
    """
    scaled = atoms.copy()
    scaled.calc = calculator

    def energy(scale: float) -> float:
        scaled.set_cell(atoms.cell.array * scale, scale_atoms=True)
        return float(scaled.get_potential_energy())

    found = minimize_scalar(
        energy,
        bounds=(_SMALLEST, _LARGEST),
        method="bounded",
        options={"xatol": _PRECISION},
    )
    scale = float(found.x)
    if not _SMALLEST + _BORDER < scale < _LARGEST - _BORDER:
        message = (
            f"the energy of {atoms.get_chemical_formula('metal')} has no minimum within lengths of "
            f"{_SMALLEST:g} to {_LARGEST:g} of the guess"
        )
        raise ValueError(message)
    return scale
