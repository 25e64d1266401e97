"""The exploration of one structure, from its start to its trajectory file."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from ase import Atoms
from ase.calculators.calculator import Calculator

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.assignment import Assignment
from mlip_autopipec.explorers.checkpoints import CheckpointStore
from mlip_autopipec.explorers.ensembles import choose_ensemble
from mlip_autopipec.explorers.frame_log import FrameLog
from mlip_autopipec.explorers.frames import frame_atoms
from mlip_autopipec.explorers.guards import Guards
from mlip_autopipec.explorers.result import ExplorationResult
from mlip_autopipec.explorers.session import ProgressCallback, Session
from mlip_autopipec.explorers.simulation import Simulation
from mlip_autopipec.explorers.surface import Surface
from mlip_autopipec.explorers.template import storable
from mlip_autopipec.structures.extxyz import write_frames

_LOGGER = logging.getLogger(__name__)


def explore(
    atoms: Atoms,
    exploration: ExplorationConfig,
    *,
    seed: int,
    directory: Path,
    calculator: Calculator | None = None,
    on_progress: ProgressCallback | None = None,
) -> ExplorationResult:
    """Explore from one structure, and write its trajectory to ``directory/<structure_id>.xyz``.

    While it runs, frames and checkpoints lie in a hidden folder beside that file. When the process
    is killed, the next call with the same content goes on from there, and the trajectory is the
    same to the last bit. A structure that fails is a result with a reason, not an exception.

    Args:
        atoms: The structure; it is not changed. ``info`` may hold ``structure_id``, ``generator``
            and ``schedule_index`` (its place in the run, for lists of temperatures and pressures).
        exploration: How to explore.
        seed: The run's seed; the structure's generators follow from it and from its identifier.
        directory: Where the trajectory goes.
        calculator: The surface, if it has been built already; an ASE calculator other than a
            `MixingCalculator` counts as a model without ZBL.
        on_progress: Called at most about once a second.

    Returns:
        How it ended.

    Raises:
        CalculatorError: The calculator cannot be built.
        OSError: The directory cannot be written to.
    """
    template, dropped = storable(atoms)
    assignment = Assignment(template, exploration, seed, dropped)
    surface = Surface(build_calculator(exploration) if calculator is None else calculator)
    working = directory / f".{assignment.structure_id}.working"
    working.mkdir(parents=True, exist_ok=True)
    frames = FrameLog(working / "frames.bin")
    try:
        session = Session(
            _simulation(assignment, surface),
            frames=frames,
            store=CheckpointStore(working, assignment.key(surface)),
            on_progress=on_progress,
        )
        reason = session.run()
        if reason:
            _LOGGER.error("%s: given up %s", assignment.structure_id, reason)
        result = _finish(session, reason, directory / f"{assignment.structure_id}.xyz")
    finally:
        frames.close()
    shutil.rmtree(working)
    return result


def _simulation(assignment: Assignment, surface: Surface) -> Simulation:
    """Choose the ensemble and set up the simulation."""
    atoms = assignment.atoms
    ensemble = choose_ensemble(atoms, assignment.config, has_stress=surface.has_stress(atoms))
    _LOGGER.info("%s: %s (%s)", assignment.structure_id, ensemble.name, ensemble.reason)
    guards = Guards(atoms, assignment.config.guards, ensemble=ensemble, zbl=surface.calculator.zbl)
    return Simulation(assignment, surface=surface, ensemble=ensemble, guards=guards)


def _finish(session: Session, reason: str, path: Path) -> ExplorationResult:
    """Write the trajectory, and report."""
    simulation = session.simulation
    n_frames = len(session.frames)
    if n_frames:
        write_frames(path, _frames(session, failed=bool(reason)))
    touched = sum(packet.data["energy_zbl_eV"] > 0.0 for packet in session.frames)
    wall_time_s = session.wall_time_s
    return ExplorationResult(
        structure_id=simulation.assignment.structure_id,
        status="failed" if reason else "ok",
        reason=reason,
        path=path if n_frames else None,
        n_frames=n_frames,
        n_steps=simulation.step,
        ensemble=simulation.ensemble.name,
        ensemble_reason=simulation.ensemble.reason,
        moves=simulation.moves_in_all,
        moves_by_pair=simulation.moves,
        recoveries=simulation.recovery.count,
        faults=session.faults,
        zbl_fraction=touched / n_frames if n_frames else 0.0,
        wall_time_s=wall_time_s,
        steps_per_s=simulation.step / wall_time_s if wall_time_s > 0.0 else 0.0,
        warnings=simulation.warnings,
    )


def _frames(session: Session, *, failed: bool) -> Iterator[Atoms]:
    """Yield the frames; those of the last stretch before a failure are tagged."""
    simulation, assignment = session.simulation, session.simulation.assignment
    provenance = assignment.provenance(simulation.ensemble)
    doubtful_after = simulation.step - assignment.config.checkpoint_every
    for packet in session.frames:
        doubtful = failed and packet.data["step"] > doubtful_after
        yield frame_atoms(packet, assignment.atoms, provenance, "pre_failure" if doubtful else "ok")
