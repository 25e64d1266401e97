"""Where two atoms that are shot at each other turn back: on the explored surface and without ZBL.

Head-on, at constant energy, two atoms approach until the potential energy equals the kinetic energy
that they had in the centre-of-mass frame when they were far apart. That distance is read off the
curves of the pair scan, between whose points the energy is taken to be linear; no trajectory is
run, and a hole narrower than their spacing goes unseen.
"""

from collections.abc import Sequence

import numpy as np

from mlip_autopipec.calculators.pair_scan import PairScan
from mlip_autopipec.reporting.models import Shot

ENERGIES_EV = (20.0, 100.0, 300.0)


def shots(scan: PairScan | None) -> tuple[Shot, ...]:
    """Return what becomes of each pair at each energy; nothing where pairs were not scanned."""
    if scan is None:
        return ()
    return tuple(
        Shot(
            pair=curve.pair,
            energy_eV=energy_eV,
            explored_A=turning_point(curve.distances_A, curve.energies_eV, energy_eV),
            bare_A=turning_point(curve.distances_A, curve.energies_mlip_eV, energy_eV),
        )
        for curve in scan.curves
        for energy_eV in ENERGIES_EV
    )


def turning_point(
    distances_A: Sequence[float], energies_eV: Sequence[float], energy_eV: float
) -> float | None:
    """Return where a curve first reaches an energy, coming from outside, in Å.

    Args:
        distances_A: In rising order.
        energies_eV: Potential energy at each, above that of the atoms far apart.
        energy_eV: Kinetic energy of the shot, far apart and in the centre-of-mass frame.

    Returns:
        The distance; None if the curve never reaches the energy, so that the atoms fall through
        to its shortest distance.

    Example:
        >>> turning_point([1.0, 2.0, 3.0], [40.0, 20.0, 0.0], 30.0)
        1.5
        >>> turning_point([1.0, 2.0, 3.0], [-40.0, 20.0, 0.0], 30.0) is None
        True
    """
    above = np.flatnonzero(np.asarray(energies_eV) >= energy_eV)
    if not len(above):
        return None
    near = int(above[-1])
    if near + 1 == len(distances_A):
        return float(distances_A[near])
    nearer, farther = distances_A[near], distances_A[near + 1]
    rise_eV = energies_eV[near] - energies_eV[near + 1]
    return float(farther - (farther - nearer) * (energy_eV - energies_eV[near + 1]) / rise_eV)
