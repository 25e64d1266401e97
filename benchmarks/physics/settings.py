"""The systems, and how long each is simulated. LAMMPS's side imports this too: nothing heavy."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "physics"
ZBL_REFERENCE = ROOT / "tests" / "data" / "zbl_reference.json"

N_CELLS = 3
"""Cubic cells along each axis: 108 atoms of fcc."""
N_ATOMS = 4 * N_CELLS**3

ARGON_EPSILON_EV, SIGMA_A, CUTOFF_A = 0.0104, 3.40, 7.5
"""Argon, force-shifted at the cutoff (LAMMPS: ``lj/smooth/linear``)."""
UNLIKE_EPSILON_EV = 1.5 * ARGON_EPSILON_EV
"""Of unlike pairs in the binary crystal, which orders for it."""
EAM_FILE = "Cu_u3.eam"
"""Of LAMMPS's package: Foiles, Baskes, Daw (1986), doi:10.1103/PhysRevB.33.7983."""

Potential = Literal["lj", "eam", "binary"]


@dataclass(frozen=True, slots=True)
class Case:
    """One crystal under constant conditions.

    Attributes:
        potential: What holds it together; ``binary`` has swaps of species as well.
        temperature_K: Of the thermostat.
        pressure_GPa: Of the barostat; None: the cell is fixed.
        lattice_A: Lattice constant, of the start only if there is a barostat.
        timestep_fs: Of both sides.
        thermostat_fs: Relaxation time of the momenta, on both sides.
        ordered: Start from L1_0, not from a random alloy (``binary`` only).
        longer: How many times longer than the others both sides simulate it.
    """

    potential: Potential
    temperature_K: float
    pressure_GPa: float | None
    lattice_A: float
    timestep_fs: float
    thermostat_fs: float
    ordered: bool = False
    longer: int = 1

    @property
    def name(self) -> str:
        """A name for files."""
        ensemble = "nvt" if self.pressure_GPa is None else f"npt-{self.pressure_GPa:g}GPa"
        start = {"binary": "-ordered" if self.ordered else "-random"}.get(self.potential, "")
        return f"{self.potential}-{self.temperature_K:g}K-{ensemble}{start}"

    @property
    def title(self) -> str:
        """A name for people."""
        crystal = {"lj": "LJ Ar", "eam": "EAM Cu", "binary": "LJ binary"}[self.potential]
        imposed = "NVT" if self.pressure_GPa is None else f"NPT {self.pressure_GPa:g} GPa"
        start = (", from L1_0" if self.ordered else ", from random") if self.swaps else ""
        return f"{crystal}, {self.temperature_K:g} K, {imposed}{start}"

    @property
    def swaps(self) -> bool:
        """Whether species trade places."""
        return self.potential == "binary"


def argon(temperature_K: float, pressure_GPa: float | None) -> Case:  # noqa: D103 - a short name
    return Case("lj", temperature_K, pressure_GPa, 5.4, 4.0, 300.0)


def copper(temperature_K: float, pressure_GPa: float | None, lattice_A: float = 3.62) -> Case:  # noqa: D103
    return Case("eam", temperature_K, pressure_GPa, lattice_A, 1.0, 100.0)


def binary(temperature_K: float, *, ordered: bool, longer: int = 1) -> Case:  # noqa: D103 - as above
    return Case("binary", temperature_K, None, 5.3, 4.0, 300.0, ordered=ordered, longer=longer)


CASES = (
    argon(30.0, None),
    argon(60.0, None),
    argon(30.0, 0.0),
    argon(60.0, 0.0),
    argon(60.0, 0.1),
    copper(300.0, None),
    copper(900.0, None, 3.66),
    copper(300.0, 0.0),
    copper(900.0, 0.0),
    copper(300.0, 10.0, 3.55),
    binary(28.0, ordered=True, longer=8),  # next to the transition, where 1 % of swaps succeed
    binary(28.0, ordered=False, longer=8),
    binary(40.0, ordered=True, longer=4),
    binary(40.0, ordered=False, longer=4),
    *(binary(temperature_K, ordered=False) for temperature_K in (60.0, 90.0)),
)


@dataclass(frozen=True, slots=True)
class Length:
    """How long each case is simulated.

    Attributes:
        n_replicas: Independent runs of this package; LAMMPS makes one.
        n_steps: Steps of each of them, after equilibration.
        lammps_factor: Steps of LAMMPS, as a multiple of all replicas' together.
        n_equilibration: Steps that are left out before.
        sample_every: Steps between two samples.
        swap_every: Steps between two rounds of swaps.
        swap_attempts: Swaps tried in a round.
    """

    n_replicas: int = 4
    n_steps: int = 15_000
    lammps_factor: int = 6
    n_equilibration: int = 8_000
    sample_every: int = 50
    swap_every: int = 10
    swap_attempts: int = 4

    def of(self, case: Case) -> "Length":
        """Return what it is for a case that may take longer."""
        return replace(
            self,
            n_steps=self.n_steps * case.longer,
            n_equilibration=self.n_equilibration * case.longer,
        )


QUICK = Length(n_replicas=2, n_steps=400, n_equilibration=100, sample_every=20)
