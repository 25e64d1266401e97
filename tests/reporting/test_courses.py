"""Thermodynamics along a trajectory."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, fcc111
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.explorers.momenta import kinetic_temperature_K, thermal_momenta
from mlip_autopipec.reporting.courses import CourseLog, pressure_GPa


def _frame(atoms: Atoms, step: int = 0) -> Atoms:
    frame = atoms.copy()
    atoms.calc = EMT()
    forces = atoms.get_forces()
    energy = atoms.get_potential_energy()
    stress = atoms.get_stress() if atoms.cell.rank == 3 else None
    frame.calc = SinglePointCalculator(frame, energy=energy, forces=forces, stress=stress)
    frame.set_array("forces_mlip", forces)
    frame.info = {"step": step, "temperature_K": 500.0, "energy_mlip_eV": energy}
    return frame


def _crystal() -> Atoms:
    crystal = bulk("Cu", cubic=True).repeat(2)
    rng = np.random.default_rng(5)
    crystal.rattle(0.05, rng=rng)
    crystal.set_momenta(thermal_momenta(crystal, 500.0, rng))
    return crystal


def test_pressure_is_what_the_volume_resists() -> None:
    crystal = _crystal()
    strain = 1e-4
    energies, volumes = [], []
    for sign in (-1.0, 1.0):
        strained = crystal.copy()
        strained.set_cell(crystal.cell * (1.0 + sign * strain), scale_atoms=True)
        strained.calc = EMT()
        energies.append(strained.get_potential_energy())
        volumes.append(strained.get_volume())
    virial = -(energies[1] - energies[0]) / (volumes[1] - volumes[0])
    # the volume moves against the momenta as well: the ideal gas's 2 K / 3 V
    ideal = 2.0 / 3.0 * crystal.get_kinetic_energy() / crystal.get_volume()
    expected = (virial + ideal) / units.GPa
    # the central difference is good to strain² × bulk modulus × its derivative: 1e-8 × 140 GPa × 5
    assert pressure_GPa(_frame(crystal)) == pytest.approx(expected, abs=2e-5)


def test_a_bulk_course_has_all_columns() -> None:
    crystal = _crystal()
    log = CourseLog("cu-0000", 3)
    for step in (0, 15):
        log.add(_frame(crystal, step))
    course = log.course()
    assert course is not None
    assert (course.generator, course.formula, course.n_atoms) == ("cu", "Cu", 32)
    assert (course.steps, course.every, course.dimensionality) == ((0, 15), 3, 3)
    assert course.temperature_K[0] == pytest.approx(kinetic_temperature_K(crystal), abs=1e-5)
    assert course.volume_A3_atom[0] == pytest.approx(3.61**3 / 4, abs=1e-5)
    assert len(course.pressure_GPa) == 2


def test_vacuum_has_neither_volume_nor_pressure() -> None:
    log = CourseLog("slab-0000", 1)
    log.add(_frame(fcc111("Cu", (2, 2, 3), vacuum=8.0)))
    course = log.course()
    assert course is not None
    assert (course.dimensionality, course.volume_A3_atom, course.pressure_GPa) == (2, (), ())


def test_no_frame_is_no_course() -> None:
    assert CourseLog("a-0000", 1).course() is None
