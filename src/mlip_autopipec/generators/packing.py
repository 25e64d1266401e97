"""Random packing of rigid molecules into a periodic cube, by packmol."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read, write

from mlip_autopipec.errors import GenerationError

_LARGEST_SEED = 2**31 - 1
_ROUNDS = 40
_TIMEOUT_S = 600.0
_IMPERFECT = 173
"""What packmol returns when its best arrangement is not good enough."""


class PackingError(ValueError):
    """What is to be packed did not find room."""


@dataclass(frozen=True)
class Ingredient:
    """One kind of molecule.

    Attributes:
        molecule: A rigid molecule, or a single atom.
        count: How many of it.
        radii_A: Radius of each atom, in Å, shape ``(n_atoms,)``: atoms of different molecules stay
            apart by the sum of theirs.
    """

    molecule: Atoms
    count: int
    radii_A: np.ndarray


def packed(ingredients: Sequence[Ingredient], edge_A: float, rng: np.random.Generator) -> Atoms:
    """Pack molecules, turned at random, so that none comes too close to another or to its image.

    L. Martínez et al. (2009), https://doi.org/10.1002/jcc.21224.

    Args:
        ingredients: What is packed.
        edge_A: Edge of the cube, in Å.
        rng: All randomness comes from here.

    Returns:
        The atoms in the order of the ingredients, in a periodic cube.

    Raises:
        PackingError: No arrangement was found.
        GenerationError: The program crashed.
    """
    from packmol.cli import get_binary_path  # noqa: PLC0415 - an extra

    with tempfile.TemporaryDirectory(prefix="packing-") as name:
        folder = Path(name)
        for place, ingredient in enumerate(ingredients):
            write(folder / f"{place}.xyz", ingredient.molecule, format="xyz")
        order = _order(ingredients, edge_A, int(rng.integers(1, _LARGEST_SEED)))
        (folder / "order.inp").write_text(order, encoding="utf-8")
        try:
            with (folder / "order.inp").open(encoding="utf-8") as stream:  # it reads it twice
                done = subprocess.run(  # noqa: S603 - the program of the package packmol
                    [get_binary_path()],
                    cwd=folder,
                    stdin=stream,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=_TIMEOUT_S,
                )
        except subprocess.TimeoutExpired as error:
            message = f"no packing was found within {_TIMEOUT_S:g} s"
            raise PackingError(message) from error
        if done.returncode == _IMPERFECT:
            message = f"{_contents(ingredients)} find no room in a cube of {edge_A:.2f} Å"
            raise PackingError(message)
        if done.returncode != 0 or "Success!" not in done.stdout:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            message = f"packmol ended with code {done.returncode}: {''.join(last)}"
            raise GenerationError(message)
        atoms: Atoms = read(folder / "packed.xyz", format="xyz")
    return Atoms(atoms.numbers, positions=atoms.positions, cell=[edge_A] * 3, pbc=True)


def _order(ingredients: Sequence[Ingredient], edge_A: float, seed: int) -> str:
    """Return packmol's input."""
    lines = [f"seed {seed}", f"nloop {_ROUNDS}", "filetype xyz", "output packed.xyz"]
    largest_A = max(float(ingredient.radii_A.max()) for ingredient in ingredients)
    lines += [f"tolerance {2.0 * largest_A:.6f}", f"pbc {edge_A:.8f} {edge_A:.8f} {edge_A:.8f}"]
    for place, ingredient in enumerate(ingredients):
        lines += [f"structure {place}.xyz", f"  number {ingredient.count}"]
        for atom, radius_A in enumerate(ingredient.radii_A, start=1):
            lines += [f"  atoms {atom}", f"    radius {radius_A:.6f}", "  end atoms"]
        lines.append("end structure")
    return "\n".join(lines) + "\n"


def _contents(ingredients: Sequence[Ingredient]) -> str:
    """Name what is packed."""
    return ", ".join(
        f"{ingredient.count} {ingredient.molecule.get_chemical_formula()}"
        for ingredient in ingredients
    )
