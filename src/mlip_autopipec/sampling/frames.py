"""What is known of each frame beside its descriptor: the numbers that filters and strata go by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.geometry import find_mic
from ase.neighborlist import neighbor_list

from mlip_autopipec.structures.checks import closest_scaled_distance

Floats = npt.NDArray[np.float64]

NEIGHBOUR_A = 6.0  # nearest neighbours are looked for within this distance
FULL_RANK = 3


@dataclass(frozen=True, slots=True)
class Labels:
    """One name a frame, stored as numbers.

    Attributes:
        codes: Place of each frame's name among the names, shape ``(n_frames,)``.
        names: The different names, in alphabetical order.
    """

    codes: npt.NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        """Number a name a frame."""
        different, codes = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
        return cls(codes.astype(np.int32), tuple(different.tolist()))

    def __getitem__(self, frame: int) -> str:
        """Return the name of a frame."""
        return self.names[int(self.codes[frame])]

    def equal(self, wanted: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Say which frames have one of the wanted names."""
        places = [place for place, name in enumerate(self.names) if name in set(wanted)]
        return np.isin(self.codes, places)

    @classmethod
    def joined(cls, parts: Sequence["Labels"]) -> Self:
        """Put tables one after the other."""
        names = sorted({name for part in parts for name in part.names})
        place = {name: number for number, name in enumerate(names)}
        codes = [
            np.array([place[name] for name in part.names], dtype=np.int32)[part.codes]
            for part in parts
        ]
        return cls(np.concatenate([np.empty(0, np.int32), *codes]), tuple(names))


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Numbers of many frames; NaN where a number is not defined.

    Attributes:
        structure_id: Which trajectory a frame belongs to.
        generator: What made the structure that the trajectory began with.
        composition: Reduced formula.
        quality: ``ok`` or ``pre_failure``.
        step: MD step.
        temperature_K: Of the thermostat.
        energy_eV_atom: The model's own energy.
        max_force_eV_A: Largest force on an atom.
        min_distance_scale: Shortest distance as a fraction of the sum of covalent radii; infinite
            for a lone atom.
        volume_A3_atom: Volume of the cell; NaN without a full cell.
        displacement: Root-mean-square displacement from the trajectory's first frame, in units of
            that frame's mean nearest-neighbour distance, without the common translation and the
            strain of the cell.
    """

    structure_id: Labels
    generator: Labels
    composition: Labels
    quality: Labels
    step: npt.NDArray[np.int64]
    temperature_K: Floats
    energy_eV_atom: Floats
    max_force_eV_A: Floats
    min_distance_scale: Floats
    volume_A3_atom: Floats
    displacement: Floats

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.step)

    def trajectories(self) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the places of the frames of each trajectory, in the order of their steps."""
        for code in range(len(self.structure_id.names)):
            places = np.flatnonzero(self.structure_id.codes == code)
            yield places[np.argsort(self.step[places], kind="stable")]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the table as named arrays."""
        arrays: dict[str, Any] = {}
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, Labels):
                arrays[f"table.{column.name}.names"] = np.array(value.names, dtype=np.str_)
                value = value.codes
            arrays[f"table.{column.name}"] = value
        return arrays

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the table that `arrays` took apart.

        Raises:
            KeyError: A column is missing.
        """
        values: dict[str, Any] = {}
        for column in fields(cls):
            name = f"table.{column.name}"
            values[column.name] = arrays[name]
            if f"{name}.names" in arrays:
                names = tuple(arrays[f"{name}.names"].tolist())
                values[column.name] = Labels(arrays[name], names)
        return cls(**values)

    @classmethod
    def joined(cls, tables: Sequence["FrameTable"]) -> Self:
        """Put tables one after the other.

        Raises:
            ValueError: There are none.
        """
        values: dict[str, Any] = {}
        for field in fields(cls):
            parts = [getattr(table, field.name) for table in tables]
            is_labels = isinstance(parts[0], Labels)
            values[field.name] = Labels.joined(parts) if is_labels else np.concatenate(parts)
        return cls(**values)


def tabulate(frames: Iterable[Atoms]) -> FrameTable:
    """Return the table of the frames of one trajectory, which are consumed once."""
    reference: Reference | None = None
    rows = []
    for frame in frames:
        reference = Reference.of(frame) if reference is None else reference
        rows.append(_row(frame, reference))
    columns = zip(*rows, strict=True) if rows else [() for _ in fields(FrameTable)]
    values: dict[str, Any] = {}
    for field, column in zip(fields(FrameTable), columns, strict=True):
        if field.type is Labels:
            values[field.name] = Labels.of(column)
        else:
            dtype = np.int64 if field.name == "step" else np.float64
            values[field.name] = np.array(column, dtype=dtype)
    return FrameTable(**values)


@dataclass(frozen=True, slots=True)
class Reference:
    """The first frame of a trajectory, from which displacements are measured."""

    scaled: Floats
    neighbour_A: float

    @classmethod
    def of(cls, frame: Atoms) -> Self:
        """Take a frame as the reference."""
        firsts, distances = neighbor_list("id", frame, NEIGHBOUR_A)
        nearest = np.full(len(frame), np.nan)
        np.fmin.at(nearest, firsts, distances)
        known = nearest[np.isfinite(nearest)]
        return cls(_scaled(frame), float(known.mean()) if len(known) else np.nan)

    def displacement(self, frame: Atoms) -> float:
        """Return the scaled root-mean-square displacement of a frame; NaN if it has other atoms."""
        if len(frame) != len(self.scaled):
            return float("nan")
        cell = frame.cell.complete().array
        moved = (_scaled(frame) - self.scaled) @ cell
        moved, _ = find_mic(moved - moved.mean(axis=0), frame.cell.complete(), frame.pbc)
        moved -= moved.mean(axis=0)
        return float(np.sqrt((moved**2).sum(axis=1).mean()) / self.neighbour_A)


def _scaled(frame: Atoms) -> Floats:
    """Return fractional coordinates, with unit vectors for missing cell vectors."""
    cell = frame.cell.complete()
    scaled: Floats = np.linalg.solve(cell.array.T, frame.positions.T).T
    return scaled


def _row(frame: Atoms, reference: Reference) -> tuple[object, ...]:
    """Return the numbers of one frame, in the order of the table's fields."""
    info = frame.info
    n_atoms = len(frame)
    forces = frame.arrays.get("forces_mlip", np.full((n_atoms, 3), np.nan))
    pair = closest_scaled_distance(frame)
    volume = frame.get_volume() / n_atoms if frame.cell.rank == FULL_RANK else np.nan
    return (
        str(info.get("structure_id", "")),
        str(info.get("generator", "")),
        str(frame.symbols.formula.reduce()[0].format("hill")),
        str(info.get("quality", "ok")),
        int(info.get("step", 0)),
        _number(info.get("temperature_K")),
        _number(info.get("energy_mlip_eV")) / n_atoms,
        float(np.sqrt((forces**2).sum(axis=1).max())),
        np.inf if pair is None else pair.ratio,
        volume,
        reference.displacement(frame),
    )


def _number(value: float | None) -> float:
    """Return a number, or NaN where there is none."""
    return float("nan") if value is None else float(value)
