"""Everything that determines how a trajectory goes on."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.mixing import Contributions
from mlip_autopipec.explorers.packets import Packet
from mlip_autopipec.explorers.result import MoveCount
from mlip_autopipec.explorers.surface import Evaluation

Floats = npt.NDArray[np.float64]
RandomState = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the faults so far have led to.

    Attributes:
        count: Times the run was rolled back.
        timestep_scale: Timestep over the config's.
        temperature_scale: Temperature over the config's.
        faults: What each roll-back was for.
        step: Step that the last one went back to.
    """

    count: int = 0
    timestep_scale: float = 1.0
    temperature_scale: float = 1.0
    faults: tuple[str, ...] = ()
    step: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """A simulation between two steps, with nothing left out.

    Attributes:
        step: MD steps done.
        time_fs: Simulated time.
        n_frames: Frames taken.
        positions: ``(n, 3)`` in Å.
        momenta: ``(n, 3)`` in ASE's units.
        cell: ``(3, 3)`` in Å.
        evaluation: Energy, forces and stress at these positions.
        strain_momentum: Momentum of the cell, ``(3, 3)``; None where the cell is fixed.
        strain_force: Force on it as the integrator holds it, which is not that of this state: it
            was computed with the momenta of half a step ago.
        thermostat_rng: State of the integrator's generator.
        moves_rng: State of the Monte Carlo generator.
        moves: Moves tried and accepted, by pair of species.
        sites: What the moves themselves remember, fractional coordinates ``(n, 3)``.
        recovery: What the faults so far have led to.
    """

    step: int
    time_fs: float
    n_frames: int
    positions: Floats
    momenta: Floats
    cell: Floats
    evaluation: Evaluation
    strain_momentum: Floats | None
    strain_force: Floats | None
    thermostat_rng: RandomState
    moves_rng: RandomState
    moves: dict[str, MoveCount]
    sites: Floats
    recovery: Recovery = field(default_factory=Recovery)

    def to_packet(self) -> Packet:
        """Return the state as a packet."""
        parts = self.evaluation.parts
        data = {
            "step": self.step,
            "time_fs": self.time_fs,
            "n_frames": self.n_frames,
            "energy_eV": self.evaluation.energy_eV,
            "energy_mlip_eV": parts.energy_mlip_eV,
            "energy_zbl_eV": parts.energy_zbl_eV,
            "thermostat_rng": self.thermostat_rng,
            "moves_rng": self.moves_rng,
            "moves": {name: [m.attempted, m.accepted] for name, m in self.moves.items()},
            "recovery": {
                "count": self.recovery.count,
                "timestep_scale": self.recovery.timestep_scale,
                "temperature_scale": self.recovery.temperature_scale,
                "faults": self.recovery.faults,
                "step": self.recovery.step,
            },
        }
        arrays = {
            "positions": self.positions,
            "momenta": self.momenta,
            "cell": self.cell,
            "forces": self.evaluation.forces_eV_A,
            "stress": self.evaluation.stress_eV_A3,
            "forces_mlip": parts.forces_mlip_eV_A,
            "stress_mlip": parts.stress_mlip_eV_A3,
            "sites": self.sites,
            "strain_momentum": self.strain_momentum,
            "strain_force": self.strain_force,
        }
        return Packet(data, {name: a for name, a in arrays.items() if a is not None})

    @classmethod
    def from_packet(cls, packet: Packet) -> "State":
        """Return the state that a packet holds."""
        data, arrays = packet.data, packet.arrays
        parts = Contributions(
            energy_mlip_eV=data["energy_mlip_eV"],
            forces_mlip_eV_A=arrays["forces_mlip"],
            stress_mlip_eV_A3=arrays.get("stress_mlip"),
            energy_zbl_eV=data["energy_zbl_eV"],
        )
        moves = {
            name: MoveCount(attempted=attempted, accepted=accepted)
            for name, (attempted, accepted) in data["moves"].items()
        }
        recovery = data["recovery"] | {"faults": tuple(data["recovery"]["faults"])}
        return cls(
            step=data["step"],
            time_fs=data["time_fs"],
            n_frames=data["n_frames"],
            positions=arrays["positions"],
            momenta=arrays["momenta"],
            cell=arrays["cell"],
            evaluation=Evaluation(data["energy_eV"], arrays["forces"], arrays.get("stress"), parts),
            strain_momentum=arrays.get("strain_momentum"),
            strain_force=arrays.get("strain_force"),
            thermostat_rng=data["thermostat_rng"],
            moves_rng=data["moves_rng"],
            moves=moves,
            sites=arrays["sites"],
            recovery=Recovery(**recovery),
        )
