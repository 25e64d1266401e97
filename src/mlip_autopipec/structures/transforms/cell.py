"""Transforms of the cell: strain and repetition."""

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation.transforms import StrainConfig, SupercellConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.supercells import most_cubic_supercell
from mlip_autopipec.structures.vacuum import detect_vacuum

_BULK = 3


def strain(
    atoms: Atoms, config: StrainConfig, rng: np.random.Generator, *, index: int = 0
) -> Atoms:
    """Strain a structure homogeneously: cell and positions follow ``x → (1 + ε) x``.

    ``general``: the six components of a symmetric ε are drawn uniformly from ``±max_strain``.
    ``hydrostatic``: ε = e·1; ``uniaxial``: one diagonal component is e, along a random Cartesian
    axis; ``shear``: one off-diagonal pair is e. The amplitude e is drawn alike, or is number
    ``index`` of the amplitudes given (which begin anew after the last).
    """
    tensor = _strain_tensor(config, rng, index)
    strained = atoms.copy()
    strained.set_cell(atoms.cell.array @ (np.eye(3) + tensor))
    strained.positions = atoms.positions @ (np.eye(3) + tensor)
    return strained


def supercell(atoms: Atoms, config: SupercellConfig, rng: np.random.Generator) -> Atoms:  # noqa: ARG001 - as all transforms
    """Repeat the cell, by given numbers or to a number of atoms.

    Raises:
        GenerationError: A number of atoms is asked for of what is not bulk, or it is too small.
    """
    if config.repeats is not None:
        return atoms.repeat(config.repeats)
    if config.n_atoms is None or config.n_atoms < len(atoms):
        message = f"a supercell of {config.n_atoms} atoms is smaller than its cell of {len(atoms)}"
        raise GenerationError(message)
    report = detect_vacuum(atoms)
    if report.dimensionality != _BULK:
        message = f"a supercell by n_atoms needs bulk; give repeats ({report.reason})"
        raise GenerationError(message)
    return most_cubic_supercell(atoms, config.n_atoms // len(atoms))


def _strain_tensor(config: StrainConfig, rng: np.random.Generator, index: int) -> np.ndarray:
    """Return ε, symmetric, of shape ``(3, 3)``."""
    if config.mode == "general":
        upper = np.triu(rng.uniform(-config.max_strain, config.max_strain, size=(3, 3)))
        return upper + np.triu(upper, 1).T
    if config.amplitudes is None:
        amplitude = rng.uniform(-config.max_strain, config.max_strain)
    else:
        amplitude = config.amplitudes[index % len(config.amplitudes)]
    if config.mode == "hydrostatic":
        return amplitude * np.eye(3)
    tensor = np.zeros((3, 3))
    axis = rng.integers(3)
    if config.mode == "uniaxial":
        tensor[axis, axis] = amplitude
    else:
        others = [k for k in range(3) if k != axis]
        tensor[others, others[::-1]] = amplitude
    return tensor
