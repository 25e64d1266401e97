"""The potential energy surface as the exploration sees it: one evaluation a geometry."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import Calculator

from mlip_autopipec.calculators.mixing import Contributions, MixingCalculator
from mlip_autopipec.explorers.faults import CalculatorFault, TrajectoryFault

Floats = npt.NDArray[np.float64]

_FULL_RANK = 3


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Energy and forces of one geometry.

    Attributes:
        energy_eV: Energy of the mixed surface.
        forces_eV_A: Forces of the mixed surface, ``(n, 3)``.
        stress_eV_A3: Stress of the mixed surface, ``(3, 3)``; None where it was not asked for.
        parts: What the model and ZBL gave.
    """

    energy_eV: float
    forces_eV_A: Floats
    stress_eV_A3: Floats | None
    parts: Contributions


class Surface:
    """A model mixed with ZBL, called once for each geometry.

    Attributes:
        calculator: The mixed calculator.
        n_evaluations: Times the model was called.
    """

    def __init__(self, calculator: Calculator) -> None:
        """Take a mixing calculator as it is, and any other as a model without ZBL."""
        if not isinstance(calculator, MixingCalculator):
            calculator = MixingCalculator(calculator, None)
        self.calculator: MixingCalculator = calculator
        self.n_evaluations = 0

    def has_stress(self, atoms: Atoms) -> bool:
        """Say whether a stress is defined: the model gives one, and the structure is periodic."""
        return (
            "stress" in self.calculator.implemented_properties
            and atoms.cell.rank == _FULL_RANK
            and bool(atoms.pbc.any())
        )

    def forget(self) -> None:
        """Drop whatever the calculator kept, so that the next evaluation depends on nothing past.

        Calculators keep neighbour lists; their age changes the order of sums, hence the last bits.
        """
        self.calculator.reset()

    def evaluate(self, atoms: Atoms, *, stress: bool) -> Evaluation:
        """Evaluate a geometry.

        Raises:
            CalculatorFault: The calculator raised an exception.
            TrajectoryFault: It gave what is not finite.
        """
        calculator = self.calculator
        calculator.wants_stress = stress
        calculator.results = {}
        self.n_evaluations += 1
        try:
            # Only what has changed: told that all had, calculators make neighbour lists anew.
            changes = calculator.check_state(atoms)
            calculator.calculate(atoms, ["energy", "forces"], changes)
        except Exception as error:
            message = f"the calculator raised {type(error).__name__}: {error}"
            raise CalculatorFault(message) from error
        return _checked(calculator, stress=stress)


def _checked(calculator: MixingCalculator, *, stress: bool) -> Evaluation:
    """Return the results, unless they hold NaN or infinities."""
    results = calculator.results
    evaluation = Evaluation(
        energy_eV=float(results["energy"]),
        forces_eV_A=results["forces"],
        stress_eV_A3=_full(results["stress"]) if stress else None,
        parts=calculator.contributions,
    )
    if not np.isfinite(evaluation.energy_eV):
        message = f"the energy is {evaluation.energy_eV}"
        raise TrajectoryFault(message)
    # A sum is finite only if every term is (or two infinities met: NaN again).
    for name, array in (
        ("forces", evaluation.forces_eV_A),
        ("stress", evaluation.stress_eV_A3),
    ):
        if array is not None and not np.isfinite(array).all():
            message = f"the {name} are not finite"
            raise TrajectoryFault(message)
    return evaluation


def _full(voigt: Floats) -> Floats:
    """Return a stress in Voigt order (xx, yy, zz, yz, xz, xy) as a matrix."""
    xx, yy, zz, yz, xz, xy = voigt
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
