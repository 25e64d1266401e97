"""The checks that a candidate passes, and the reasons to refuse it."""

from collections.abc import Mapping

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.structures.cell_shape import cell_shape_fault
from mlip_autopipec.structures.checks import shortest_distance_fault
from mlip_autopipec.structures.composition import element_counts
from mlip_autopipec.structures.density import density_fault
from mlip_autopipec.structures.ions import charge_fault

COMPOSITION = "composition not as asked for"
DUPLICATE = "near-duplicate"
TOO_CLOSE = "atoms too close"


class Rejected(AutoPipeError):  # noqa: N818 - no error: the next attempt may do
    """A candidate is refused.

    Attributes:
        reason: The kind of fault, in a few words that are the same for all its cases.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the kind of fault; the message is the case at hand."""
        self.reason = reason
        super().__init__(detail)


def refuse(reason: str, fault: str | None) -> None:
    """Refuse a candidate if there is a fault.

    Raises:
        Rejected: With the reason.
    """
    if fault is not None:
        raise Rejected(reason, fault)


def check_structure(
    atoms: Atoms,
    config: GeneratorBaseConfig,
    *,
    charges: Mapping[str, float] | None,
    filled: bool,
) -> None:
    """Refuse a structure that nothing should be computed with.

    Args:
        atoms: The structure.
        config: The limits.
        charges: Oxidation states, where they are known.
        filled: The structure has to fill its cell, and be no slab, wire or cluster.

    Raises:
        Rejected: With the reason.
    """
    checks = config.checks
    finite = np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()
    refuse("not finite", None if finite else "positions or cell are not finite")
    refuse(
        "cell misshapen",
        cell_shape_fault(atoms, checks.min_cell_openness, checks.max_cell_elongation),
    )
    refuse(TOO_CLOSE, shortest_distance_fault(atoms, config.min_distance_scale))
    refuse(
        "density out of bounds",
        density_fault(atoms, checks.packing, checks.density_g_cm3, filled=filled),
    )
    if checks.neutral and charges is not None:
        counts = element_counts(atoms)
        if set(counts) <= set(charges):
            refuse("not neutral", charge_fault(counts, charges))
