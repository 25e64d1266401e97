"""Which frames may be selected, and why the others may not."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from mlip_autopipec.config.sampling import FiltersConfig
from mlip_autopipec.sampling.correlation import Correlation, correlation
from mlip_autopipec.sampling.frames import FrameTable

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Sieve:
    """The frames that are left, and how many were rejected for which reason.

    Attributes:
        kept: Whether a frame is left.
        rejected: Number of frames by reason; a frame counts for the first that it met.
    """

    kept: Mask
    rejected: dict[str, int] = field(default_factory=dict)

    @classmethod
    def over(cls, n_frames: int) -> Self:
        """Begin with all frames."""
        return cls(np.ones(n_frames, dtype=np.bool_))

    def reject(self, reason: str, frames: Mask) -> None:
        """Take frames out; reasons that met no frame are not listed."""
        met = int(np.count_nonzero(self.kept & frames))
        if met:
            self.rejected[reason] = self.rejected.get(reason, 0) + met
        self.kept &= ~frames


def reject_by_values(sieve: Sieve, table: FrameTable, config: FiltersConfig) -> None:
    """Reject frames by quality, force, distance, volume and energy, in this order.

    A value that is not defined (NaN) passes: a cluster has no volume. The lowest energy of a
    composition is that of the frames that passed the others.
    """
    sieve.reject("quality", ~table.quality.equal(config.qualities))
    if config.max_force_eV_A is not None:
        sieve.reject("force", table.max_force_eV_A > config.max_force_eV_A)
    if config.min_distance_scale is not None:
        sieve.reject("distance", table.min_distance_scale < config.min_distance_scale)
    if config.volume_range_A3_atom is not None:
        low, high = config.volume_range_A3_atom
        volume = table.volume_A3_atom
        sieve.reject("volume", (volume < low) | (volume > high))
    if config.energy_window_eV_atom is not None:
        above = energy_above_lowest(table, sieve.kept)
        sieve.reject("energy", above > config.energy_window_eV_atom)


def energy_above_lowest(table: FrameTable, among: Mask) -> npt.NDArray[np.float64]:
    """Return the energy in eV an atom above the lowest frame of the same composition.

    Args:
        table: All frames.
        among: Frames of which the lowest is taken.
    """
    lowest = np.full(len(table.composition.names), np.inf)
    known = among & np.isfinite(table.energy_eV_atom)
    np.minimum.at(lowest, table.composition.codes[known], table.energy_eV_atom[known])
    above: npt.NDArray[np.float64] = table.energy_eV_atom - lowest[table.composition.codes]
    return above


def correlations(table: FrameTable, among: Mask) -> dict[str, Correlation]:
    """Measure burn-in and correlation of each trajectory's frames that are left."""
    measured = {}
    for places in table.trajectories():
        left = places[among[places]]
        if len(left):
            measured[table.structure_id[int(left[0])]] = correlation(
                table.energy_eV_atom[left], table.temperature_K[left]
            )
    return measured


def stationary_frames(table: FrameTable, among: Mask, measured: dict[str, Correlation]) -> Mask:
    """Return the frames of ``among`` that come after the burn-in of their trajectory."""
    mask = np.zeros(len(table), dtype=np.bool_)
    for places in table.trajectories():
        left = places[among[places]]
        if len(left):
            mask[left[measured[table.structure_id[int(left[0])]].burn_in :]] = True
    return mask


def reject_by_correlation(
    sieve: Sieve, table: FrameTable, measured: dict[str, Correlation], config: FiltersConfig
) -> None:
    """Reject the burn-in, and what is not independent, where the config asks for it."""
    before = sieve.kept.copy()
    if config.drop_burn_in:
        sieve.reject("burn_in", ~stationary_frames(table, before, measured))
    if config.decorrelate:
        independent = np.zeros(len(table), dtype=np.bool_)
        for places in table.trajectories():
            left = places[sieve.kept[places]]
            if len(left):
                stride = measured[table.structure_id[int(left[0])]].stride
                independent[left[::stride]] = True
        sieve.reject("correlated", ~independent)
