"""A frame: a structure, the model's own labels, and where it comes from."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.explorers.ensembles import Ensemble
from mlip_autopipec.explorers.integrator import Conditions
from mlip_autopipec.explorers.packets import Packet
from mlip_autopipec.explorers.surface import Evaluation

Quality = Literal["ok", "pre_failure"]

PROVENANCE_KEYS = (
    "structure_id",
    "generator",
    "step",
    "time_fs",
    "temperature_K",
    "pressure_GPa",
    "ensemble",
    "ensemble_reason",
    "energy_mlip_eV",
    "energy_zbl_eV",
    "swap_acceptance",
    "seed",
    "quality",
)
_BULK = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """When a frame is taken, and under which conditions.

    Attributes:
        step: MD steps since the start.
        time_fs: Simulated time since the start.
        conditions: What the thermostat and the barostat impose.
        swap_acceptance: Fraction of the moves accepted so far.
    """

    step: int
    time_fs: float
    conditions: Conditions
    swap_acceptance: float


def frame_packet(
    atoms: Atoms, evaluation: Evaluation, moment: Moment, ensemble: Ensemble
) -> Packet:
    """Return what distinguishes a frame from the others of its trajectory.

    Energy, forces and stress are the model's own. ``temperature_K`` is the thermostat's. So is
    ``pressure_GPa`` the barostat's; where the cell is fixed it is 0 with vacuum around, and in bulk
    the frame's own pressure.
    """
    parts = evaluation.parts
    arrays = {
        "positions": atoms.get_positions(),
        "momenta": atoms.get_momenta(),
        "cell": atoms.cell.array.copy(),
        "forces": parts.forces_mlip_eV_A,
    }
    if parts.stress_mlip_eV_A3 is not None:
        arrays["stress"] = parts.stress_mlip_eV_A3
    info = {
        "step": moment.step,
        "time_fs": moment.time_fs,
        "temperature_K": moment.conditions.temperature_K,
        "pressure_GPa": _pressure_GPa(atoms, evaluation, moment, ensemble),
        "energy_mlip_eV": parts.energy_mlip_eV,
        "energy_zbl_eV": parts.energy_zbl_eV,
        "swap_acceptance": moment.swap_acceptance,
    }
    return Packet(info, arrays)


def _pressure_GPa(  # noqa: N802 - the unit is part of the name
    atoms: Atoms, evaluation: Evaluation, moment: Moment, ensemble: Ensemble
) -> float:
    """Return the pressure that a frame is filed under (see `frame_packet`)."""
    if ensemble.strain is not None:
        return moment.conditions.pressure_GPa
    if ensemble.dimensionality < _BULK or evaluation.stress_eV_A3 is None:
        return 0.0
    kinetic = 2.0 / 3.0 * atoms.get_kinetic_energy() / atoms.get_volume()
    return float((kinetic - np.trace(evaluation.stress_eV_A3) / 3.0) / units.GPa)


def frame_atoms(
    packet: Packet, template: Atoms, constant_info: dict[str, Any], quality: Quality
) -> Atoms:
    """Build a frame.

    Args:
        packet: What distinguishes it.
        template: The starting structure, for species, periodicity and further arrays and info.
        constant_info: Provenance that all frames share.
        quality: ``pre_failure`` for the last frames before a failure.
    """
    arrays = packet.arrays
    frame = template.copy()
    frame.calc = None
    frame.set_cell(arrays["cell"])
    frame.positions = arrays["positions"]
    frame.set_momenta(arrays["momenta"], apply_constraint=False)
    frame.set_array("forces_mlip", arrays["forces"])
    info = {**constant_info, **packet.data, "quality": quality}
    frame.info = {**template.info, **{key: info[key] for key in PROVENANCE_KEYS}}
    results = {"energy": packet.data["energy_mlip_eV"], "forces": arrays["forces"]}
    if "stress" in arrays:
        results["stress"] = arrays["stress"]
    frame.calc = SinglePointCalculator(frame, **results)
    return frame
