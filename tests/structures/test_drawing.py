import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure

from mlip_autopipec.structures.drawing import draw_structure, element_colour

DISCS = 5  # of which a ball is made
EDGES = 12


def drawn(atoms: Atoms) -> tuple[np.ndarray, int, int, tuple[float, float]]:
    """Pixels, patches, edges of the cell, and the width and height of the picture in Å."""
    figure = Figure(figsize=(2, 2), dpi=80)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    draw_structure(axes, atoms)
    canvas.draw()
    patches = [c for c in axes.collections if isinstance(c, PatchCollection)]
    lines = [c for c in axes.collections if isinstance(c, LineCollection)]
    size = (float(np.ptp(axes.get_xlim())), float(np.ptp(axes.get_ylim())))
    pixels = np.asarray(canvas.buffer_rgba())[..., :3] / 255.0
    return pixels, sum(len(c.get_paths()) for c in patches), len(lines), size


@pytest.mark.parametrize(
    ("atoms", "n_bonds", "n_edges"),
    [
        (bulk("Cu", cubic=True), 0, EDGES),
        (fcc111("Cu", (2, 2, 3), vacuum=6.0, periodic=True), 0, EDGES),
        (molecule("H2O", vacuum=6.0), 2, 0),
        (molecule("C6H6"), 12, 0),
        (bulk("MgO", "rocksalt", a=4.24, cubic=True), 12, EDGES),  # the edges of a cube of 8 ions
    ],
    ids=str,
)
def test_every_atom_bond_and_edge_is_drawn(atoms: Atoms, n_bonds: int, n_edges: int) -> None:
    _, n_patches, n_lines, size = drawn(atoms)
    assert n_patches == DISCS * len(atoms) + 2 * n_bonds
    assert n_lines == n_edges
    # nothing lies outside of the picture: the atoms' extent fits its diagonal
    assert np.ptp(atoms.positions, axis=0).max() < np.hypot(*size)


def test_a_picture_shows_the_colour_of_the_element() -> None:
    pixels, *_ = drawn(Atoms("Au", cell=[3, 3, 3], pbc=True))
    red, green, blue = pixels[np.abs(pixels - 1.0).max(axis=2) > 0.3].mean(axis=0)
    assert red > green > blue  # gold
    assert element_colour("Au")[0] > element_colour("Au")[2]


def test_atoms_are_not_changed() -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.positions -= 20.0
    before = atoms.copy()
    _, _, _, size = drawn(atoms)
    assert atoms == before
    assert max(size) < 12.0  # they were wrapped into the cell in the picture
