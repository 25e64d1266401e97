"""What labels the frames."""

from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.exploration import ExplorationConfig


def oracle(case: Case, *, zbl: bool = False) -> Calculator:
    """Return the model as the package builds it: with fused kernels; bare, unless ZBL is asked."""
    config = {"calculator": case.oracle, "zbl": {"enabled": zbl}}
    return build_calculator(ExplorationConfig.model_validate(config), case.system.elements)
