"""Compiled sum of the ZBL repulsion over close pairs of any cell, in time linear in the atoms.

The search is exact for triclinic cells, cells smaller than the cutoff, any choice of periodic axes
and atoms outside the cell. Positions that are not finite, or a cell so thin that an atom would
have more than `MAX_REACH` images of itself within the cutoff, give NaN.
"""

import math

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Columns of a pair's row in the table of `mlip_autopipec.calculators.zbl.pair_table`.
OUTER, INNER, STRENGTH, INVERSE_LENGTH, SWITCH_A, SWITCH_B, SWITCH_C, N_COLUMNS = range(8)

# Ziegler, Biersack and Littmark's universal screening function, sum of C exp(-D x).
C1, C2, C3, C4 = 0.18175, 0.50986, 0.28022, 0.02817
D1, D2, D3, D4 = 3.19980, 0.94229, 0.40290, 0.20162

MAX_REACH = 64


@compiled
def pair_energy(distance_A: float, row: Floats) -> tuple[float, float]:
    """Return the switched energy in eV and its derivative in eV/Å at a distance below the outer."""
    x = distance_A * row[INVERSE_LENGTH]
    term_1, term_2 = C1 * math.exp(-D1 * x), C2 * math.exp(-D2 * x)
    term_3, term_4 = C3 * math.exp(-D3 * x), C4 * math.exp(-D4 * x)
    screening = term_1 + term_2 + term_3 + term_4
    slope = -(D1 * term_1 + D2 * term_2 + D3 * term_3 + D4 * term_4) * row[INVERSE_LENGTH]
    coulomb = row[STRENGTH] / distance_A
    energy = coulomb * screening + row[SWITCH_C]
    derivative = coulomb * (slope - screening / distance_A)
    t = distance_A - row[INNER]
    if t > 0.0:
        energy += t * t * t * (row[SWITCH_A] / 3.0 + row[SWITCH_B] / 4.0 * t)
        derivative += t * t * (row[SWITCH_A] + row[SWITCH_B] * t)
    return energy, derivative


@compiled
def largest_outer(numbers: Integers, table: Floats) -> float:
    """Return the largest outer radius among the pairs of species that are present, in Å."""
    present = np.zeros(table.shape[0], dtype=np.bool_)
    for number in numbers:
        present[number] = True
    largest = 0.0
    for first in range(table.shape[0]):
        if present[first]:
            for second in range(first, table.shape[0]):
                if present[second]:
                    largest = max(largest, table[first, second, OUTER])
    return largest


@compiled
def axis_bins(
    coordinates: Floats, height_A: float, cutoff_A: float, periodic: np.bool_, bins: Integers
) -> tuple[int, int]:
    """Sort the atoms into bins along one axis.

    Args:
        coordinates: Fractional coordinates along the axis, in [0, 1) if it is periodic, ``(n,)``.
        height_A: Distance between the cell's two faces across the axis.
        cutoff_A: Longest distance of a pair.
        periodic: Whether the axis is.
        bins: Receives the bin of each atom, ``(n,)``.

    Returns:
        The number of bins, and how many bins away a neighbour may lie.
    """
    low, extent = 0.0, 1.0
    if not periodic:
        low, high = coordinates[0], coordinates[0]
        for coordinate in coordinates:
            low, high = min(low, coordinate), max(high, coordinate)
        extent = high - low
    most = int(2.0 * len(coordinates) ** (1.0 / 3.0)) + 1
    wanted = extent * height_A / cutoff_A
    n_bins = most if wanted > most else max(1, int(wanted))
    for i, coordinate in enumerate(coordinates):
        place = (coordinate - low) / extent * n_bins
        bins[i] = min(int(place), n_bins - 1) if place > 0.0 else 0
    if not periodic and n_bins == 1:
        return n_bins, 0
    if n_bins * cutoff_A < MAX_REACH * extent * height_A:
        return n_bins, math.ceil(n_bins * cutoff_A / (extent * height_A))
    return n_bins, MAX_REACH + 1


@compiled
def neighbour_bin(index: int, n_bins: int, periodic: np.bool_) -> tuple[int, int]:
    """Return the bin that an index means (-1: none) and the image of the cell it lies in."""
    if 0 <= index < n_bins:
        return index, 0
    if not periodic:
        return -1, 0
    image = index // n_bins
    return index - image * n_bins, image


@compiled
def wrapped(
    positions: Floats, cell: Floats, inverse_cell: Floats, periodic: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats, bool]:
    """Move positions into the cell along its periodic axes.

    Returns:
        The positions ``(n, 3)``, their fractional coordinates ``(n, 3)``, and whether all of them
        are finite.
    """
    fractional, inside = np.empty_like(positions), positions.copy()
    for i in range(len(positions)):
        for axis in range(3):
            coordinate = 0.0
            for k in range(3):
                coordinate += positions[i, k] * inverse_cell[k, axis]
            if not math.isfinite(coordinate):
                return inside, fractional, False
            image = np.floor(coordinate) if periodic[axis] else 0.0
            fractional[i, axis] = coordinate - image
            for k in range(3):
                inside[i, k] -= image * cell[axis, k]
    return inside, fractional, True


@compiled
def linked_atoms(bins: Integers, n_bins: Integers) -> tuple[Integers, Integers]:
    """Return the last atom of each bin, and for each atom the one before it in its bin (or -1)."""
    last = np.full(n_bins[0] * n_bins[1] * n_bins[2], -1, dtype=np.int64)
    before = np.empty(bins.shape[1], dtype=np.int64)
    for i in range(bins.shape[1]):
        flat = (bins[0, i] * n_bins[1] + bins[1, i]) * n_bins[2] + bins[2, i]
        before[i] = last[flat]
        last[flat] = i
    return last, before


@compiled
def add_pair(
    i: int,
    j: int,
    vector: tuple[float, float, float],
    row: Floats,
    sums: tuple[Floats, Floats, Floats],
) -> None:
    """Add one pair, whose vector points from the first atom to the second."""
    energies, forces, virial = sums
    distance = math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    if distance >= row[OUTER]:
        return
    energy, derivative = pair_energy(distance, row)
    energies[i] += 0.5 * energy
    energies[j] += 0.5 * energy
    for k in range(3):
        component = derivative * vector[k] / distance
        forces[i, k] += component
        forces[j, k] -= component
        for m in range(3):
            virial[k, m] += component * vector[m]


@compiled
def add_pairs(
    offset: tuple[int, int, int],
    system: tuple[Floats, Integers, Floats, npt.NDArray[np.bool_], Floats, float],
    grid: tuple[Integers, Integers, Integers, Integers],
    sums: tuple[Floats, Floats, Floats],
) -> None:
    """Add the pairs of every atom with the atoms of the bin at an offset from its own."""
    inside, numbers, cell, periodic, table, cutoff = system
    bins, n_bins, last, before = grid
    shift = np.zeros(3)
    for i in range(len(numbers)):
        flat = 0
        shift[:] = 0.0
        for axis in range(3):
            index, image = neighbour_bin(bins[axis, i] + offset[axis], n_bins[axis], periodic[axis])
            if index < 0:
                flat = -1
                break
            flat = flat * n_bins[axis] + index
            if image != 0:
                for k in range(3):
                    shift[k] += image * cell[axis, k]
        if flat < 0:
            continue
        j = last[flat]
        while j > i or (j == i and offset > (0, 0, 0)):
            x = inside[j, 0] - inside[i, 0] + shift[0]
            y = inside[j, 1] - inside[i, 1] + shift[1]
            z = inside[j, 2] - inside[i, 2] + shift[2]
            square = x * x + y * y + z * z
            if square < cutoff * cutoff:
                add_pair(i, j, (x, y, z), table[numbers[i], numbers[j]], sums)
            j = before[j]


@compiled
def zbl_sums(
    positions: Floats,
    numbers: Integers,
    cell: Floats,
    inverse_cell: Floats,
    periodic: npt.NDArray[np.bool_],
    table: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Sum the repulsion over all pairs.

    Args:
        positions: In Å, ``(n, 3)``.
        numbers: Atomic numbers, ``(n,)``.
        cell: Cell vectors as rows, in Å, of full rank, ``(3, 3)``.
        inverse_cell: Its inverse, in 1/Å.
        periodic: Which axes repeat, ``(3,)``.
        table: A row of parameters for each pair of atomic numbers.

    Returns:
        Energies in eV, half of each pair's to each atom ``(n,)``; forces in eV/Å ``(n, 3)``; the
        derivative of the energy by strain in eV ``(3, 3)``.
    """
    n_atoms = len(numbers)
    energies, forces, virial = np.zeros(n_atoms), np.zeros((n_atoms, 3)), np.zeros((3, 3))
    cutoff = largest_outer(numbers, table)
    if n_atoms == 0 or cutoff == 0.0:
        return energies, forces, virial
    inside, fractional, valid = wrapped(positions, cell, inverse_cell, periodic)
    bins = np.empty((3, n_atoms), dtype=np.int64)
    n_bins, reach = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    for axis in range(3):
        height = 1.0 / math.sqrt(
            inverse_cell[0, axis] ** 2 + inverse_cell[1, axis] ** 2 + inverse_cell[2, axis] ** 2
        )
        n_bins[axis], reach[axis] = axis_bins(
            fractional[:, axis], height, cutoff, periodic[axis], bins[axis]
        )
        valid = valid and reach[axis] <= MAX_REACH
    if not valid:
        energies[:], forces[:], virial[:] = np.nan, np.nan, np.nan
        return energies, forces, virial
    last, before = linked_atoms(bins, n_bins)
    for x in range(-reach[0], reach[0] + 1):
        for y in range(-reach[1], reach[1] + 1):
            for z in range(-reach[2], reach[2] + 1):
                add_pairs(
                    (x, y, z),
                    (inside, numbers, cell, periodic, table, cutoff),
                    (bins, n_bins, last, before),
                    (energies, forces, virial),
                )
    return energies, forces, virial
