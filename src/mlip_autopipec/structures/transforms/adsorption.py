"""Adsorbates on the upper surface of a slab."""

import numpy as np
from ase import Atoms
from scipy.spatial.transform import Rotation

from mlip_autopipec.config.generation.transforms import AdsorbateConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.molecules import known_molecule
from mlip_autopipec.structures.surfaces import Surface, upper_surface


def adsorbate(atoms: Atoms, config: AdsorbateConfig, rng: np.random.Generator) -> Atoms:
    """Put atoms or molecules on a slab; the lowest atom of each is above its site.

    Returns:
        The slab and, behind its atoms, those of the adsorbates, tagged 0.

    Raises:
        GenerationError: It is no slab, it has too few such sites, or the molecule is not known.
    """
    try:
        surface = upper_surface(atoms)
        molecule = known_molecule(config.species)
    except ValueError as error:
        message = f"adsorbate: {error}"
        raise GenerationError(message) from error
    covered = atoms.copy()
    for place in _places(surface, config, rng):
        guest = molecule.copy()
        if config.rotate:
            guest.positions = Rotation.random(rng=rng).apply(guest.positions)
        guest.positions = guest.positions @ _frame(surface)
        lowest = int(np.argmin(guest.positions @ surface.normal))
        guest.positions += place + config.height_A * surface.normal - guest.positions[lowest]
        covered.extend(guest)
    return covered


def _places(surface: Surface, config: AdsorbateConfig, rng: np.random.Generator) -> np.ndarray:
    """Draw the places of the adsorbates, shape ``(count, 3)``."""
    if config.site == "random":
        return np.array([surface.at(rng.uniform(size=2)) for _ in range(config.count)])
    sites = surface.sites(config.site)
    if config.count > len(sites):
        message = f"adsorbate: {config.count} on {len(sites)} {config.site} sites; enlarge the slab"
        raise GenerationError(message)
    return np.asarray(sites[rng.choice(len(sites), size=config.count, replace=False)])


def _frame(surface: Surface) -> np.ndarray:
    """Return the rotation that takes z to the surface's normal, to be applied from the right."""
    first = surface.vectors_A[0] / np.linalg.norm(surface.vectors_A[0])
    return np.array([first, np.cross(surface.normal, first), surface.normal])
