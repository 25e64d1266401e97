"""The first structures that a config would generate, and what can be said of them at once."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from ase.neighborlist import neighbor_list

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.plan import RunPlan, make_plan
from mlip_autopipec.structures.vacuum import detect_vacuum

MOST_STRUCTURES = 12
_BULK = 3
_NEAR_A = 6.0
_SHAPES = {3: "bulk", 2: "slab", 1: "wire", 0: "cluster"}


@dataclass(frozen=True)
class Preview:
    """What a run would begin with.

    Attributes:
        plan: Its size.
        structures: The first structures of each generator.
    """

    plan: RunPlan
    structures: tuple[Atoms, ...]

    def rows(self) -> list[dict[str, str | int | float | None]]:
        """Return a row of figures for each structure."""
        return [structure_row(atoms) for atoms in self.structures]


def make_preview(config: PipelineConfig) -> Preview:
    """Generate the first structures of a config, the same that a run would.

    Raises:
        GenerationError: A generator cannot make what is asked for.
        CalculatorError: The model is missing or does not know an element.
    """
    plan = make_plan(config)
    generators = build_generators(config)
    each = max(1, MOST_STRUCTURES // len(generators))
    structures = [
        generator.make(index)
        for generator in generators
        for index in range(min(each, generator.n_structures))
    ]
    return Preview(plan, tuple(structures))


def structure_row(atoms: Atoms) -> dict[str, str | int | float | None]:
    """Return the figures of a structure; those that need a volume are None unless it is bulk."""
    dimensionality = detect_vacuum(atoms).dimensionality
    bulk = dimensionality == _BULK
    grams = atoms.get_masses().sum() / units._Nav  # noqa: SLF001 - ASE's name for Avogadro's number
    volume_A3 = atoms.get_volume() if bulk else None
    return {
        "structure": str(atoms.info.get("structure_id", "")),
        "formula": atoms.get_chemical_formula("metal"),
        "atoms": len(atoms),
        "shape": _SHAPES[dimensionality],
        "volume (Å³/atom)": None if volume_A3 is None else volume_A3 / len(atoms),
        "density (g/cm³)": None if volume_A3 is None else float(grams / (volume_A3 * 1e-24)),
        "shortest distance (Å)": _shortest_A(atoms),
    }


def _shortest_A(atoms: Atoms) -> float | None:  # noqa: N802 - the unit is part of the name
    """Return the shortest distance; None where no two atoms are near."""
    distances = neighbor_list("d", atoms, _NEAR_A)
    return float(np.min(distances)) if len(distances) else None
