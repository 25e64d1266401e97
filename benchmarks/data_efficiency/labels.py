"""What a labelled frame is."""

from ase import Atoms
from ase.calculators.calculator import Calculator


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
