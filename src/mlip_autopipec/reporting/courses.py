"""Thermodynamics along a trajectory, from frames that are seen once."""

from dataclasses import dataclass, field

import numpy as np
from ase import Atoms, units

from mlip_autopipec.explorers.momenta import kinetic_temperature_K
from mlip_autopipec.reporting.models import Course
from mlip_autopipec.structures.vacuum import detect_vacuum

BULK = 3


@dataclass(slots=True)
class CourseLog:
    """Takes note of the frames of one trajectory.

    Attributes:
        structure_id: The structure.
        every: Each how many-th saved frame it is shown.
        dimensionality: 3 bulk, 2 slab, 1 wire, 0 cluster; known from the first frame on.
    """

    structure_id: str
    every: int
    dimensionality: int = BULK
    _first: Atoms | None = None
    _rows: list[tuple[float, ...]] = field(default_factory=list)
    _pressures_GPa: list[float] = field(default_factory=list)

    @property
    def is_bulk(self) -> bool:
        """Whether the trajectory is one of bulk."""
        return self.dimensionality == BULK

    def add(self, frame: Atoms) -> None:
        """Take note of a frame."""
        if self._first is None:
            self._first = frame
            self.dimensionality = detect_vacuum(frame).dimensionality
        info = frame.info
        forces = frame.arrays["forces_mlip"]
        self._rows.append(
            (
                float(info["step"]),
                float(info["temperature_K"]),
                kinetic_temperature_K(frame),
                float(info["energy_mlip_eV"]) / len(frame),
                float(np.sqrt((forces**2).sum(axis=1).max())),
                frame.get_volume() / len(frame) if self.is_bulk else 0.0,
            )
        )
        if self.is_bulk and "stress" in frame.calc.results:
            self._pressures_GPa.append(pressure_GPa(frame))

    def course(self) -> Course | None:
        """Return what was noted; None if there was no frame."""
        first = self._first
        if first is None:
            return None
        columns = [tuple(column.tolist()) for column in np.array(self._rows).T.round(6)]
        whole = len(self._pressures_GPa) == len(self._rows)
        return Course(
            structure_id=self.structure_id,
            generator=generator_label(self.structure_id),
            formula=str(first.symbols.formula.reduce()[0].format("hill")),
            n_atoms=len(first),
            dimensionality=self.dimensionality,
            every=self.every,
            steps=tuple(round(step) for step in columns[0]),
            thermostat_K=columns[1],
            temperature_K=columns[2],
            energy_eV_atom=columns[3],
            max_force_eV_A=columns[4],
            volume_A3_atom=columns[5] if self.is_bulk else (),
            pressure_GPa=tuple(np.round(self._pressures_GPa, 6).tolist()) if whole else (),
        )


def generator_label(structure_id: str) -> str:
    """Return the label of the generator that made a structure.

    Example:
        >>> generator_label("silver_rich-0003")
        'silver_rich'
    """
    return structure_id.rpartition("-")[0] or structure_id


def pressure_GPa(frame: Atoms) -> float:  # noqa: N802 - the unit is part of the name
    """Return the pressure of a bulk frame: kinetic part, and the trace of the model's own stress.

    ``p = (2 K / 3 - V tr σ / 3) / V``; ZBL's share, which is no label, is left out.
    """
    kinetic = 2.0 / 3.0 * frame.get_kinetic_energy() / frame.get_volume()
    virial = float(np.sum(frame.get_stress(apply_constraint=False)[:3])) / 3.0
    return float((kinetic - virial) / units.GPa)
