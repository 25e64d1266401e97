"""Structures from the user's own files."""

import warnings
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.db import connect
from ase.io import read
from ase.io.formats import string2index

from mlip_autopipec.config.generation import FileCrystalConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.crystal import CrystalGenerator, CrystalSource
from mlip_autopipec.structures.occupancy import SITE, Crystal


class FileSource(CrystalSource[FileCrystalConfig]):
    """Structures that ASE reads: a file, a glob or a folder.

    Species, positions, cell, periodicity, tags and fixed atoms are taken over; results, velocities
    and notes are not. Sites with partial occupancies are occupied at random, with exact counts.

    Raises:
        GenerationError: There is no file, one cannot be read, or occupancies cannot be met.
    """

    def __init__(self, config: FileCrystalConfig, *, label: str) -> None:
        """Read the files."""
        super().__init__(config, label=label)
        self._paths = self._found_paths()
        self._crystals = [crystal for path in self._paths for crystal in self._read(path)]
        if not self._crystals:
            message = f"{label}: no file of {config.path} can be read; {self.skipped[0]}"
            raise GenerationError(message)

    @property
    def n_crystals(self) -> int:
        """Number of frames."""
        return len(self._crystals)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files."""
        return tuple(self._paths)

    @property
    def detail(self) -> str:
        """Where the structures come from."""
        skipped = f", {len(self.skipped)} files skipped" if self.skipped else ""
        n_files = len(self._paths) - len(self.skipped)
        return f"{len(self._crystals)} structures of {n_files} files ({self.config.path}){skipped}"

    def crystal(self, index: int) -> Crystal:
        """Return one frame."""
        return self._crystals[index]

    def _found_paths(self) -> list[Path]:
        """Return the files meant by the config, sorted."""
        path = Path(self.config.path).expanduser()
        if path.is_dir():
            found = [entry for entry in path.iterdir() if entry.name[0] != "."]
        elif path.exists():
            found = [path]
        else:
            found = list(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        files = sorted(entry for entry in found if entry.is_file())
        if not files:
            message = f"{self.label}: {self.config.path} matches no file"
            raise GenerationError(message)
        return files

    def _read(self, path: Path) -> list[Crystal]:
        """Return the frames of one file, or note why it is skipped."""
        try:
            frames = _read_frames(path, self.config)
            _refuse_empty(frames, self.config.index)
            return [_crystal(frame, f"{path}@{place}") for place, frame in enumerate(frames)]
        except Exception as error:
            reason = f"{path} cannot be read ({type(error).__name__}: {_one_line(error)})"
            if not self.config.skip_broken:
                message = f"{self.label}: {reason} (skip_broken: true leaves it out)"
                raise GenerationError(message) from error
            self.skipped.append(reason)
            return []


class FileGenerator(CrystalGenerator):
    """Supercells of the structures in files."""

    filled = False
    source_type = FileSource


def _read_frames(path: Path, config: FileCrystalConfig) -> list[Atoms]:
    """Return the frames that the config asks for."""
    if path.suffix == ".db" or config.select is not None:
        with connect(path) as database:
            rows = [row.toatoms() for row in database.select(config.select)]
        chosen = rows[string2index(config.index)]
        return chosen if isinstance(chosen, list) else [chosen]
    with warnings.catch_warnings():
        # CIF files in the wild are full of harmless deviations, on which ASE remarks.
        warnings.simplefilter("ignore", UserWarning)
        frames = read(path, index=config.index, do_not_split_by_at_sign=True)
    return frames if isinstance(frames, list) else [frames]


def _refuse_empty(frames: list[Atoms], index: str) -> None:
    """Refuse a file that gives nothing: ASE reads a CIF without atoms as no structures."""
    if not frames:
        message = f"it holds no structure at index {index}"
        raise ValueError(message)


def _crystal(frame: Atoms, source: str) -> Crystal:
    """Keep what describes the structure, and what CIF says of occupancies."""
    if len(frame) == 0:
        message = "it holds no atoms"
        raise ValueError(message)
    if (frame.numbers < 1).any():
        message = "it holds atoms without an element"
        raise ValueError(message)
    atoms = Atoms(
        frame.numbers,
        positions=frame.positions,
        cell=frame.cell,
        pbc=frame.pbc,
        tags=frame.get_tags(),
        constraint=frame.constraints,
        info={"source": source},
    )
    shares = _shares(frame)
    groups = {share: number for number, share in enumerate(dict.fromkeys(shares))}
    atoms.set_array(SITE, np.array([groups[share] for share in shares]))
    return Crystal(atoms, {number: dict(share) for share, number in groups.items()})


def _shares(frame: Atoms) -> list[tuple[tuple[str, float], ...]]:
    """Return the fraction of each species on the site of each atom.

    Sites with the same fractions belong together, wherever they lie: a CIF without symmetry lists
    each of them apart.
    """
    occupancy = frame.info.get("occupancy")
    if occupancy is None:
        return [((symbol, 1.0),) for symbol in frame.symbols]
    kinds = frame.arrays.get("spacegroup_kinds", np.arange(len(frame)))
    return [tuple(sorted(occupancy[str(kind)].items())) for kind in kinds]


def _one_line(error: Exception) -> str:
    """Return an error's message in one line."""
    return " ".join(str(error).split())
