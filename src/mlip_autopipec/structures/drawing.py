"""Pictures of structures: shaded balls, bonds and the cell, in parallel projection."""

from itertools import product

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import chemical_symbols, covalent_radii
from ase.data.colors import jmol_colors
from ase.geometry import complete_cell
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Circle, Patch, Polygon
from scipy.spatial.transform import Rotation

from mlip_autopipec.structures.neighbours import periodic_axes
from mlip_autopipec.structures.vacuum import detect_vacuum

Floats = npt.NDArray[np.float64]

_VIEW = Rotation.from_euler("zx", [-16.0, -76.0], degrees=True)
"""The viewer looks along y, from a little to the left and above; z points up."""
_BALL = 0.7
"""Radius of a ball as a fraction of the covalent radius; a little less where bonds are drawn."""
_BALL_BONDED = 0.42
_STICK_A = 0.11
_BONDED = 1.2
_NEAREST = 1.2
"""Bonds of a non-metal are up to this much longer than its shortest, as the radii measure them."""
_WRAPPED_A = 0.5
"""Atoms this far outside of the cell are left there: rattled ones at its faces."""
_BULK = 3
_FARTHEST_SHADE = 0.45
_LIGHTS = ((1.0, 0.0), (0.78, 0.28), (0.55, 0.5), (0.3, 0.75))
"""Discs of which a ball is made: radius, and share of white; each nearer to the light."""
_CELL_COLOUR = "#5a6472"
_NON_METALS = frozenset(
    ["H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"]
)


def draw_structure(axes: Axes, atoms: Atoms) -> None:
    """Draw a structure into axes, which are scaled to it.

    Bulk is wrapped into its cell, which is turned so that a points to the right. The box of what
    repeats in no direction is left out; of other cells, edges along which nothing repeats are
    dotted. Bonds are drawn from non-metals to their nearest neighbours within the cell.

    Args:
        axes: Where to draw.
        atoms: A structure of one atom or more.
    """
    shown = atoms.copy()
    dimensionality = detect_vacuum(shown).dimensionality
    if dimensionality == _BULK:
        upright, _ = shown.cell.standard_form()
        shown.set_cell(upright, scale_atoms=True)
        shown.wrap(eps=_WRAPPED_A / shown.cell.lengths())
    points = shown.positions @ _VIEW.as_matrix().T
    everything = points[:, :2]
    if dimensionality:
        everything = np.vstack([everything, _draw_cell(axes, shown)])
    _draw_atoms(axes, shown, points)
    margin_A = 0.8 * float(covalent_radii[shown.numbers].max(initial=0.0)) + 0.2
    low, high = everything.min(axis=0) - margin_A, everything.max(axis=0) + margin_A
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.set_axis_off()


def element_colour(symbol: str) -> tuple[float, float, float]:
    """Return the colour of an element: Jmol's, as ASE has it."""
    red, green, blue = (float(part) for part in jmol_colors[chemical_symbols.index(symbol)])
    return red, green, blue


def ball(centre: Floats, radius: float, colour: npt.ArrayLike) -> list[tuple[Patch, Floats]]:
    """Return the discs that make a shaded ball, with their colours.

    Args:
        centre: In the plane of the picture, shape ``(2,)``.
        radius: In the units of the picture.
        colour: Red, green and blue, from 0 to 1.
    """
    discs: list[tuple[Patch, Floats]] = []
    base = np.asarray(colour, dtype=float)
    discs.append((Circle((centre[0], centre[1]), radius * 1.05), 0.35 * base))
    for size, white in _LIGHTS:
        shift = 0.3 * radius * (1.0 - size)
        place = (centre[0] - shift, centre[1] + shift)
        shade = 0.9 * base + (1.0 - 0.9 * base) * white * 0.75
        discs.append((Circle(place, radius * size), shade))
    return discs


def _draw_cell(axes: Axes, atoms: Atoms) -> Floats:
    """Draw the edges of the cell, hidden ones fainter; return its corners in the picture."""
    cell = complete_cell(atoms.cell) @ _VIEW.as_matrix().T
    repeats = periodic_axes(atoms)
    corners = {corner: np.array(corner) @ cell for corner in product((0, 1), repeat=3)}
    farthest = min(corners, key=lambda corner: corners[corner][2])
    for axis in range(3):
        for begin in (corner for corner in corners if corner[axis] == 0):
            end = (*begin[:axis], 1, *begin[axis + 1 :])
            hidden = farthest in {begin, end}
            lines = LineCollection(
                [[corners[begin][:2].tolist(), corners[end][:2].tolist()]],
                colors=_CELL_COLOUR,
                linewidths=0.7 if hidden else 1.0,
                alpha=0.45 if hidden else 0.9,
                linestyles="solid" if repeats[axis] else "dotted",
                zorder=1 if hidden else 3,
            )
            axes.add_collection(lines, autolim=False)
    return np.array(list(corners.values()))[:, :2]


def _draw_atoms(axes: Axes, atoms: Atoms, points: Floats) -> None:
    """Draw balls and sticks, the farthest first and paler."""
    bonds = _bonds(atoms)
    scale = _BALL_BONDED if len(bonds) else _BALL
    depths = points[:, 2]
    nearness = (depths - depths.min()) / max(float(np.ptp(depths)), 1e-9)
    colours = np.array([element_colour(symbol) for symbol in atoms.symbols]).reshape(-1, 3)
    pale = (_FARTHEST_SHADE * (1.0 - nearness))[:, None]
    colours = colours * (1.0 - pale) + pale
    parts: list[tuple[float, list[tuple[Patch, Floats]]]] = []
    for place, number in enumerate(atoms.numbers):
        radius_A = scale * covalent_radii[number]
        parts.append((depths[place], ball(points[place, :2], radius_A, colours[place])))
    for i, j in bonds:
        middle = 0.5 * (points[i] + points[j])
        for end in (i, j):
            inside = 0.85 * scale * covalent_radii[atoms.numbers[end]]
            outward = (middle - points[end]) / np.linalg.norm(middle - points[end])
            stick = (_stick(points[end] + inside * outward, middle), 0.75 * colours[end])
            parts.append((0.5 * (depths[end] + middle[2]) - 1e-3, [stick]))
    patches = [piece for _, pieces in sorted(parts, key=lambda part: part[0]) for piece in pieces]
    collection = PatchCollection(
        [patch for patch, _ in patches],
        facecolors=np.clip([colour for _, colour in patches], 0.0, 1.0).tolist(),
        edgecolors="none",
        zorder=2,
    )
    axes.add_collection(collection, autolim=False)


def _stick(begin: Floats, end: Floats) -> Polygon:
    """Return half a bond."""
    along = end[:2] - begin[:2]
    across = np.array([-along[1], along[0]]) * _STICK_A / max(float(np.hypot(*along)), 1e-9)
    corners = [begin[:2] + across, end[:2] + across, end[:2] - across, begin[:2] - across]
    return Polygon(np.array(corners), closed=True)


def _bonds(atoms: Atoms) -> list[tuple[int, int]]:
    """Return the pairs to draw a bond between: neighbours in the cell, one of them a non-metal."""
    light = np.array([symbol in _NON_METALS for symbol in atoms.symbols], dtype=bool)
    if not light.any():
        return []
    radii_A = covalent_radii[atoms.numbers]
    ratios = atoms.get_all_distances() / (radii_A[:, None] + radii_A)
    np.fill_diagonal(ratios, np.inf)
    longest = np.where(light, np.minimum(_BONDED, _NEAREST * ratios.min(axis=1)), 0.0)
    near = ratios <= np.maximum(longest[:, None], longest)
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(near, 1))]
