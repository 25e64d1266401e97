"""Radial distributions, averaged over frames that are seen once."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.reporting.models import RadialPart, Values
from mlip_autopipec.structures.neighbours import neighbour_pairs

Floats = npt.NDArray[np.float64]

CUTOFF_A = 8.0
BIN_A = 0.1

TOTAL = "total"


class RadialDistribution:
    """The mean radial distribution of frames, in all and by pair of species.

    In bulk it is ``g(r)``: neighbours at a distance relative to an ideal gas of the same density,
    periodic images included, so that cells may be smaller than the cutoff (Allen and Tildesley
    2017, section 2.6, https://doi.org/10.1093/oso/9780198803195.001.0001). Where there is vacuum,
    which has no density, it is the number of neighbours an Å. Frames of different composition count
    the same; a pair is averaged over the frames that have both its species.

    Attributes:
        bulk: Which of the two.
        edges_A: Edges of the bins, shape ``(n_bins + 1,)``.
    """

    def __init__(self, *, bulk: bool, cutoff_A: float = CUTOFF_A, bin_A: float = BIN_A) -> None:
        """Begin with no frame."""
        self.bulk = bulk
        self.edges_A: Floats = np.linspace(0.0, cutoff_A, round(cutoff_A / bin_A) + 1)
        self._sums: dict[str, Floats] = {}
        self._counts: dict[str, int] = {}

    @property
    def distances_A(self) -> Floats:  # noqa: N802 - the unit is part of the name
        """Middle of each bin, shape ``(n_bins,)``."""
        return 0.5 * (self.edges_A[1:] + self.edges_A[:-1])

    def add(self, frame: Atoms) -> None:
        """Take a frame into the mean.

        Raises:
            ValueError: Positions or cell are not finite, or the cell has no volume in bulk.
        """
        pairs = neighbour_pairs(frame, float(self.edges_A[-1]))
        symbols = np.asarray(frame.get_chemical_symbols())
        species = sorted(set(symbols.tolist()))
        self._count(TOTAL, pairs.distances_A, len(frame), len(frame), frame)
        first, second = symbols[pairs.first], symbols[pairs.second]
        numbers = {name: int(np.count_nonzero(symbols == name)) for name in species}
        for place, one in enumerate(species):
            for other in species[place:]:
                distances = pairs.distances_A[(first == one) & (second == other)]
                self._count(f"{one}-{other}", distances, numbers[one], numbers[other], frame)

    def part(self) -> RadialPart:
        """Return the mean over the frames so far."""
        means: Mapping[str, Values] = {
            name: tuple((total / self._counts[name]).round(5).tolist())
            for name, total in self._sums.items()
        }
        nothing = tuple(0.0 for _ in self.distances_A)
        return RadialPart(
            n_frames=self._counts.get(TOTAL, 0),
            total=means.get(TOTAL, nothing),
            pairs={name: means[name] for name in sorted(means) if name != TOTAL},
        )

    def _count(
        self, name: str, distances_A: Floats, n_around: int, n_others: int, frame: Atoms
    ) -> None:
        """Add the neighbours of one kind of atom, of which there are so many."""
        counts = np.histogram(distances_A, bins=self.edges_A)[0] / n_around
        if self.bulk:
            shells_A3 = 4.0 / 3.0 * np.pi * np.diff(self.edges_A**3)
            counts = counts / (shells_A3 * n_others / frame.get_volume())
        else:
            counts = counts / np.diff(self.edges_A)
        self._sums[name] = self._sums.get(name, 0.0) + counts
        self._counts[name] = self._counts.get(name, 0) + 1
