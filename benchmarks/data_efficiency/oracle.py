"""What labels the frames, and what a labelled frame is."""

from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.settings import ELEMENTS, Case
from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.exploration import ExplorationConfig


def oracle(case: Case, *, zbl: bool = False) -> Calculator:
    """Return the model as the package builds it: with fused kernels; bare, unless ZBL is asked."""
    config = {"calculator": case.oracle, "zbl": {"enabled": zbl}}
    return build_calculator(ExplorationConfig.model_validate(config), ELEMENTS)


def labelled(
    atoms: Atoms, calculator: Calculator, name: str, *, step: int = 0, temperature_K: float = 0.0
) -> Atoms:
    """Return a copy that carries its labels where the package's own frames have them."""
    frame = atoms.copy()
    frame.calc = calculator
    energy_eV, forces_eV_A = frame.get_potential_energy(), frame.get_forces().copy()
    frame.calc = None
    frame.set_array("forces_mlip", forces_eV_A)
    frame.info = {
        "structure_id": name,
        "generator": name.rsplit("-", 1)[0],
        "step": step,
        "temperature_K": temperature_K,
        "energy_mlip_eV": float(energy_eV),
        "quality": "ok",
    }
    return frame
