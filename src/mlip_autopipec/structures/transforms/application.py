"""From a list of configs to the changes that they mean, in order."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation import transforms as configs
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.transforms.adsorption import adsorbate
from mlip_autopipec.structures.transforms.cell import strain, supercell
from mlip_autopipec.structures.transforms.displacements import close_pair, rattle
from mlip_autopipec.structures.transforms.interstitials import interstitials
from mlip_autopipec.structures.transforms.occupation import antisites, substitution, vacancies

Transform = Callable[[Atoms, Any, np.random.Generator], Atoms]

_TRANSFORMS: dict[type[configs.TransformConfig], Transform] = {
    configs.RattleConfig: rattle,
    configs.SupercellConfig: supercell,
    configs.VacanciesConfig: vacancies,
    configs.SubstitutionConfig: substitution,
    configs.AntisitesConfig: antisites,
    configs.InterstitialsConfig: interstitials,
    configs.AdsorbateConfig: adsorbate,
}


def is_random(step: configs.TransformConfig) -> bool:
    """Say whether a transform makes different structures of the same one."""
    if isinstance(step, configs.StrainConfig):
        return step.amplitudes is None or step.mode != "hydrostatic"
    return not isinstance(step, configs.SupercellConfig)


def apply_transforms(
    atoms: Atoms,
    steps: Iterable[configs.TransformConfig],
    rng: np.random.Generator,
    *,
    index: int = 0,
    limits: PairLimits | None = None,
) -> Atoms:
    """Apply transforms in the order given; the atoms passed in are not changed.

    Args:
        atoms: The structure.
        steps: The config of each transform.
        rng: All randomness comes from here.
        index: Number of the structure, which chooses from a grid of strains.
        limits: Shortest distances that the exploration allows, where they are known.

    Raises:
        GenerationError: A transform does not fit the structure.
    """
    for step in steps:
        if isinstance(step, configs.StrainConfig):
            atoms = strain(atoms, step, rng, index=index)
        elif isinstance(step, configs.ClosePairConfig):
            atoms = close_pair(atoms, step, rng, limits=limits)
        else:
            atoms = _TRANSFORMS[type(step)](atoms, step, rng)
    return atoms
