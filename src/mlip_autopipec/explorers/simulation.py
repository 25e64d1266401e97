"""One structure in motion: dynamics and Monte Carlo, step by step."""

from dataclasses import replace
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.constraints import FixAtoms

from mlip_autopipec.config.exploration import MonteCarloConfig, SwapConfig
from mlip_autopipec.explorers.assignment import Assignment
from mlip_autopipec.explorers.ensembles import Ensemble
from mlip_autopipec.explorers.faults import CalculatorFault, TrajectoryFault
from mlip_autopipec.explorers.guards import Guards
from mlip_autopipec.explorers.integrator import Conditions, DynamicsSettings, MomentumFreeBAOAB
from mlip_autopipec.explorers.momenta import thermal_momenta
from mlip_autopipec.explorers.monte_carlo import Moves, SpeciesSwaps
from mlip_autopipec.explorers.result import MoveCount
from mlip_autopipec.explorers.state import Recovery, State
from mlip_autopipec.explorers.surface import Evaluation, Surface
from mlip_autopipec.explorers.vacancies import VacancyExchange

_CLUSTER = 0


class Simulation:
    """A structure under dynamics, and moves if any.

    It goes on from a `State` and from nothing else: whatever the surface or the integrator kept of
    the past is rebuilt in `restore`. So a run that passes through `restore` at fixed steps is the
    same to the last bit whether or not it was interrupted there.

    Attributes:
        assignment: What is explored.
        atoms: The structure as it is now.
        ensemble: The ensemble it is in.
        step: MD steps done.
        time_fs: Simulated time.
        moves: Monte Carlo moves tried and accepted, by pair of species.
        recovery: What the faults so far have led to.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        surface: Surface,
        ensemble: Ensemble,
        guards: Guards,
    ) -> None:
        """Prepare; `start` or `restore` sets it in motion."""
        config = assignment.config
        self.assignment = assignment
        self.atoms = assignment.atoms.copy()
        self.ensemble = ensemble
        self._moves = _moves(self.atoms, config.monte_carlo)
        self._config = config
        self._surface = surface
        self._guards = guards
        self._temperature, self._pressure = assignment.schedules
        self._settings = DynamicsSettings(
            thermostat_time=config.thermostat_time_fs * units.fs,
            barostat_time=config.barostat_time_fs * units.fs,
            strain=ensemble.strain,
        )
        self._has_stress = surface.has_stress(self.atoms)
        self._dynamics: MomentumFreeBAOAB
        self._moves_rng: np.random.Generator
        self.step = 0
        self.time_fs = 0.0
        self.moves: dict[str, MoveCount] = {}
        self.recovery = Recovery()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know about the set-up."""
        config = self._config.monte_carlo
        found = [f"{name} cannot be stored and is left out" for name in self.assignment.dropped]
        if config is not None and self._moves is None:
            if isinstance(config, SwapConfig):
                lack = "no swaps: there are no two mobile atoms of elements that may trade places"
            else:
                lack = "no vacancy moves: the structure has no vacancy"
            found.append(lack)
        return tuple(found)

    @property
    def evaluation(self) -> Evaluation:
        """Energy, forces and stress at the current positions."""
        return self._dynamics.evaluation

    @property
    def conditions(self) -> Conditions:
        """What is imposed at the current step."""
        fraction = self.step / self._config.n_steps
        return Conditions(
            temperature_K=self._temperature.at(fraction) * self.recovery.temperature_scale,
            pressure_GPa=self._pressure.at(fraction),
        )

    @property
    def moves_in_all(self) -> MoveCount:
        """Moves of all pairs together."""
        return MoveCount(
            attempted=sum(count.attempted for count in self.moves.values()),
            accepted=sum(count.accepted for count in self.moves.values()),
        )

    def start(self) -> State:
        """Give the structure thermal momenta, and return its first state.

        Raises:
            TrajectoryFault: The starting structure cannot be evaluated, or is out of bounds.
        """
        _check_constraints(self.atoms)
        self._surface.forget()
        evaluation = self._surface.evaluate(self.atoms, stress=self._has_stress)
        momenta = self._draw_momenta(self.conditions.temperature_K, "velocities")
        self.atoms.set_momenta(momenta, apply_constraint=False)
        moving = self.ensemble.strain is not None
        state = State(
            step=0,
            time_fs=0.0,
            n_frames=0,
            positions=self.atoms.positions.copy(),
            momenta=momenta,
            cell=self.atoms.cell.array.copy(),
            evaluation=evaluation,
            strain_momentum=np.zeros((3, 3)) if moving else None,
            strain_force=None,
            thermostat_rng=self._random_state("thermostat"),
            moves_rng=self._random_state("moves"),
            moves={name: MoveCount() for name in self._moves.names} if self._moves else {},
            sites=self._moves.sites if self._moves else np.empty((0, 3)),
        )
        self.restore(state)
        self._guards.check(self.atoms, evaluation, self.step)
        return state

    def restore(self, state: State) -> None:
        """Go on from a state, as if nothing had been before."""
        self._surface.forget()
        self.step = state.step
        self.time_fs = state.time_fs
        self.moves = dict(state.moves)
        self.recovery = state.recovery
        self.atoms.set_cell(state.cell)
        self.atoms.positions = state.positions
        self.atoms.set_momenta(state.momenta, apply_constraint=False)
        self._moves_rng = _generator(state.moves_rng)
        if self._moves is not None:
            self._moves.sites = state.sites
        self._dynamics = MomentumFreeBAOAB(
            self.atoms,
            self._surface,
            self._settings,
            timestep=self._timestep_fs * units.fs,
            conditions=self.conditions,
            evaluation=state.evaluation,
            rng=_generator(state.thermostat_rng),
        )
        if state.strain_momentum is not None:
            self._dynamics.p_eps = state.strain_momentum.copy()
        if state.strain_force is not None:
            self._dynamics.force_eps = state.strain_force.copy()

    def snapshot(self, n_frames: int) -> State:
        """Return the present state, of which later steps change nothing."""
        moving = self.ensemble.strain is not None
        return State(
            step=self.step,
            time_fs=self.time_fs,
            n_frames=n_frames,
            positions=self.atoms.positions.copy(),
            momenta=self.atoms.get_momenta(),
            cell=self.atoms.cell.array.copy(),
            evaluation=self.evaluation,
            strain_momentum=self._dynamics.p_eps.copy() if moving else None,
            strain_force=self._dynamics.force_eps.copy() if moving else None,
            thermostat_rng=self._dynamics.rng.bit_generator.state,
            moves_rng=dict(self._moves_rng.bit_generator.state),
            moves=dict(self.moves),
            sites=self._moves.sites if self._moves else np.empty((0, 3)),
            recovery=self.recovery,
        )

    def recovered(self, state: State, recovery: Recovery) -> State:
        """Return a state from which to try again: other momenta, and the cell at rest."""
        self.restore(replace(state, recovery=recovery))
        temperature_K = self.conditions.temperature_K
        return replace(
            state,
            recovery=recovery,
            momenta=self._draw_momenta(temperature_K, "recovery", recovery.count),
            strain_momentum=None if state.strain_momentum is None else np.zeros((3, 3)),
            strain_force=None,
            thermostat_rng=self._random_state("thermostat", recovery.count),
            moves_rng=self._random_state("moves", recovery.count),
        )

    def advance(self, *, stress: bool) -> None:
        """Do one MD step, and the moves that are due after it.

        Args:
            stress: Evaluate the stress even where the cell is fixed, for a frame.

        Raises:
            TrajectoryFault: The surface failed, or the trajectory left its bounds.
        """
        self.step += 1
        self.time_fs += self._timestep_fs
        self._dynamics.impose(self.conditions)
        self._dynamics.wants_stress = stress and self._has_stress
        self._dynamics.step()
        self._guards.check(self.atoms, self.evaluation, self.step)
        config = self._config.monte_carlo
        if config is not None and self._moves is not None and self.step % config.every == 0:
            for _ in range(config.attempts):
                self._move(self._moves)

    def _move(self, moves: Moves) -> None:
        """Try one move."""
        attempt, after = moves.attempt(
            self.atoms,
            self.evaluation,
            self.conditions.temperature_K,
            evaluate=self._evaluate_move,
            rng=self._moves_rng,
        )
        self.moves[attempt.name] = self.moves[attempt.name].plus(accepted=attempt.accepted)
        if attempt.accepted:
            self._dynamics.replace_evaluation(after)

    def _evaluate_move(self, atoms: Atoms) -> Evaluation | None:
        """Evaluate where a move would lead; None if that is out of bounds, which are hard walls."""
        stress = self.evaluation.stress_eV_A3 is not None
        try:
            evaluation = self._surface.evaluate(atoms, stress=stress)
            self._guards.check_geometry(atoms, evaluation)
        except CalculatorFault:
            raise
        except TrajectoryFault:
            return None
        return evaluation

    @property
    def _timestep_fs(self) -> float:
        return self._config.timestep_fs * self.recovery.timestep_scale

    def _draw_momenta(self, temperature_K: float, *purpose: str | int) -> Any:  # noqa: ANN401
        return thermal_momenta(
            self.atoms,
            temperature_K,
            self.assignment.rng(*purpose),
            still=self.ensemble.dimensionality == _CLUSTER,
        )

    def _random_state(self, *purpose: str | int) -> dict[str, Any]:
        """Return the first state of the generator for a purpose."""
        return dict(self.assignment.rng(*purpose).bit_generator.state)


def _check_constraints(atoms: Atoms) -> None:
    """Refuse constraints that couple atoms: the thermostat knows nothing of them."""
    for constraint in atoms.constraints:
        if not isinstance(constraint, FixAtoms):
            name = type(constraint).__name__
            message = f"a {name} constraint cannot be explored with; FixAtoms can"
            raise TrajectoryFault(message)


def _moves(atoms: Atoms, config: MonteCarloConfig | None) -> Moves | None:
    """Return the moves, if they are asked for and there is anything to move."""
    if config is None:
        return None
    moves: Moves
    if isinstance(config, SwapConfig):
        moves = SpeciesSwaps(atoms, config.groups)
    else:
        moves = VacancyExchange(atoms)
    return moves if moves.names else None


def _generator(state: dict[str, Any]) -> np.random.Generator:
    """Return a generator in a given state."""
    generator = np.random.default_rng(0)
    generator.bit_generator.state = state
    return generator
