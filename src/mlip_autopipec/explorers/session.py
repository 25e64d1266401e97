"""The loop: steps, frames, checkpoints, roll-backs."""

import logging
import time
from collections.abc import Callable

from mlip_autopipec.explorers.checkpoints import Checkpoint, CheckpointStore
from mlip_autopipec.explorers.faults import TrajectoryFault
from mlip_autopipec.explorers.frame_log import FrameLog
from mlip_autopipec.explorers.frames import Moment, frame_packet
from mlip_autopipec.explorers.momenta import kinetic_temperature_K
from mlip_autopipec.explorers.recovery import last_good, next_recovery
from mlip_autopipec.explorers.result import Progress
from mlip_autopipec.explorers.simulation import Simulation
from mlip_autopipec.explorers.state import State

_LOGGER = logging.getLogger(__name__)
_PROGRESS_EVERY_S = 1.0

ProgressCallback = Callable[[Progress], None]


class Session:
    """Drives a simulation to its end, so that it can be killed at any moment and gone on with.

    At every ``checkpoint_every`` steps the simulation passes through a stored state, whether it was
    interrupted or not: it is rebuilt from what a checkpoint holds. Whether the checkpoint is also
    written there is a matter of cost alone, and changes nothing in the trajectory.

    Attributes:
        simulation: What is driven.
        frames: The frames so far.
        faults: What went wrong on the way.
    """

    def __init__(
        self,
        simulation: Simulation,
        *,
        frames: FrameLog,
        store: CheckpointStore,
        on_progress: ProgressCallback | None,
    ) -> None:
        """Prepare; nothing runs until `run`."""
        self.simulation = simulation
        self.frames = frames
        self.faults: tuple[str, ...] = ()
        self._config = simulation.assignment.config
        self._structure_id = simulation.assignment.structure_id
        self._store = store
        self._on_progress = on_progress
        self._last_progress_s = -float("inf")
        self._states: tuple[State, ...] = ()
        self._earlier_s = 0.0
        self._begin_s = time.monotonic()

    @property
    def wall_time_s(self) -> float:
        """Time spent, over all sessions of this exploration."""
        return self._earlier_s + time.monotonic() - self._begin_s

    def run(self) -> str:
        """Run to the last step, or until the structure is given up.

        Returns:
            Why it was given up; empty if all went well.
        """
        try:
            self._begin()
        except TrajectoryFault as fault:
            self.faults = (f"at the start: {fault}",)
            return self.faults[-1]
        while self.simulation.step < self._config.n_steps:
            try:
                self._step()
            except TrajectoryFault as fault:
                reason = f"at step {self.simulation.step}: {fault}"
                if self.simulation.recovery.count >= self._config.guards.max_recoveries:
                    self.faults = (*self.simulation.recovery.faults, reason)
                    return reason
                self._recover(reason)
        self.faults = self.simulation.recovery.faults
        return ""

    def _begin(self) -> None:
        """Go on from the newest checkpoint whose frames are all there, or start."""
        for checkpoint in self._store.load():
            if checkpoint.states[-1].n_frames <= len(self.frames):
                self._states = checkpoint.states
                self._earlier_s = checkpoint.wall_time_s
                self.simulation.restore(self._states[-1])
                self.frames.truncate(self._states[-1].n_frames)
                _LOGGER.info("%s: goes on from step %d", self._structure_id, self.simulation.step)
                return
        self.frames.truncate(0)
        self.simulation.start()
        self._take_frame()
        self._pass_checkpoint()

    def _step(self) -> None:
        """Do one step, and what is due after it."""
        config, simulation = self._config, self.simulation
        frame_is_due = (simulation.step + 1) % config.save_every == 0
        simulation.advance(stress=frame_is_due)
        if frame_is_due:
            self._take_frame()
        if simulation.step % config.checkpoint_every == 0:
            self._pass_checkpoint()
        self._report()

    def _take_frame(self) -> None:
        """Add the present state to the trajectory."""
        simulation = self.simulation
        moment = Moment(
            step=simulation.step,
            time_fs=simulation.time_fs,
            conditions=simulation.conditions,
            swap_acceptance=simulation.moves_in_all.acceptance,
        )
        self.frames.append(
            frame_packet(simulation.atoms, simulation.evaluation, moment, simulation.ensemble)
        )

    def _pass_checkpoint(self) -> None:
        """Store the state, rebuild the simulation from it, and write it down if that is cheap."""
        state = self.simulation.snapshot(len(self.frames))
        self.simulation.restore(state)
        self._states = (*self._states[-1:], state)
        if self._store.is_due():
            self._write()

    def _write(self) -> None:
        """Put the frames on disk, then the checkpoint that counts on them."""
        self.frames.flush()
        self._store.save(Checkpoint(self._states, self.wall_time_s))

    def _recover(self, fault: str) -> None:
        """Go back to a good state and try again otherwise.

        The checkpoint is written before frames are dropped: at no moment does a checkpoint count
        on frames that are gone.
        """
        place = last_good(self._states)
        good = self._states[place]
        recovery = next_recovery(self.simulation.recovery, fault, good.step)
        retry = self.simulation.recovered(good, recovery)
        self._states = (*self._states[:place], retry)
        self.simulation.restore(retry)
        self._write()
        self.frames.truncate(retry.n_frames)
        _LOGGER.warning(
            "%s: %s; goes on from step %d", self._structure_id, fault, self.simulation.step
        )

    def _report(self) -> None:
        """Tell how far the exploration is, at most once a second."""
        if self._on_progress is None:
            return
        now_s = time.monotonic()
        is_last = self.simulation.step == self._config.n_steps
        if not is_last and now_s - self._last_progress_s < _PROGRESS_EVERY_S:
            return
        self._last_progress_s = now_s
        self._on_progress(
            Progress(
                structure_id=self._structure_id,
                step=self.simulation.step,
                n_steps=self._config.n_steps,
                temperature_K=kinetic_temperature_K(self.simulation.atoms),
                energy_eV=self.simulation.evaluation.energy_eV,
            )
        )
