"""Extended XYZ files that MACE and SevenNet train on as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db.row import AtomsRow

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.provenance import label_statement
from mlip_autopipec.storage.rows import LABEL_KEYS, SEARCH_KEYS, frame_of
from mlip_autopipec.storage.splitting import PARTS, Fractions, split_by_group
from mlip_autopipec.storage.training import MACE_KEYS, ExportReport, write_hints
from mlip_autopipec.structures.extxyz import write_frames

STATE_ARRAYS = ("initial_magmoms", "initial_charges")
"""Arrays that are part of a frame's identity beside its geometry."""


def export_extxyz(
    database: AseDBWrapper,
    folder: Path,
    *,
    fractions: Fractions | None = None,
    seed: int = 0,
    selection: str | None = None,
    label_set: str | None = None,
) -> ExportReport:
    """Write ``train.xyz``, ``valid.xyz`` and ``test.xyz``, and beside them what trainers are told.

    Labels are there twice: as ASE's results, which SevenNet reads, and under `MACE_KEYS`. All
    frames of a trajectory are in one part. Each file is written whole, one frame in memory at a
    time; numbers have the 8 decimals of the format, which is all that frames from files have.

    Args:
        database: Where the frames are.
        folder: Made if it is missing.
        fractions: Shares of the parts; 0.8, 0.1 and 0.1, if None.
        seed: Of the split.
        selection: Query in ASE's language; all frames, if None.
        label_set: Labels to write; the model's own, if None.

    Raises:
        StorageError: There is nothing to write, a frame has no labels, or the shares do not do.
    """
    wanted = (selection, label_set)
    keys = [_split_key(row, frame) for row, frame in _labelled(database, *wanted)]
    if not keys:
        asked = [f"that fits {selection!r}"] if selection else []
        asked += [f"with the labels {label_set!r}"] if label_set else []
        message = " ".join([f"{database.location}: has no frame to export", *asked])
        raise StorageError(message)
    groups, strata = [key.group for key in keys], [key.stratum for key in keys]
    rng = np.random.default_rng(seed)
    parts = split_by_group(groups, strata, fractions or Fractions(), rng)
    files, n_frames, n_trajectories = {}, {}, {}
    for part in PARTS:
        path = folder / f"{part}.xyz"
        mine = {
            key.number: key.group for key, owner in zip(keys, parts, strict=True) if owner == part
        }
        if not mine:
            path.unlink(missing_ok=True)  # of an earlier export with other shares
            continue
        frames = (
            _exported(row, frame, label_set)
            for row, frame in _labelled(database, *wanted)
            if row.id in mine
        )
        files[part], n_frames[part] = path.name, write_frames(path, frames)
        n_trajectories[part] = len(set(mine.values()))
    training = [key for key, owner in zip(keys, parts, strict=True) if owner == "train"]
    elements = sorted({element for key in keys for element in key.counts})
    energies = reference_energies(training, elements)
    statement = _statement(database, keys, label_set)
    report = ExportReport(files, n_frames, n_trajectories, energies, statement)
    write_hints(folder, report)
    return report


@dataclass(frozen=True, slots=True)
class SplitKey:
    """What decides on a row's part, and what the fit of energies needs.

    Attributes:
        number: The row's id.
        group: Its trajectory.
        stratum: Generator and reduced composition.
        counts: Number of atoms of each element.
        energy_eV: The label.
        label: What made the model's own labels, in words; empty where the row does not say.
    """

    number: int
    group: str
    stratum: tuple[str, str]
    counts: dict[str, int]
    energy_eV: float
    label: str = ""


def reference_energies(keys: Sequence[SplitKey], elements: Sequence[str]) -> dict[str, float]:
    """Fit energies by composition, and return the energy of each element in eV.

    Args:
        keys: Frames that are fitted.
        elements: Those that get an energy; one that no frame holds gets zero.
    """
    counts = np.array([[key.counts.get(element, 0) for element in elements] for key in keys])
    energies = np.array([key.energy_eV for key in keys])
    solution = np.linalg.lstsq(counts.astype(float), energies, rcond=None)[0]
    return dict(zip(elements, solution.tolist(), strict=True))


def _labelled(
    database: AseDBWrapper, selection: str | None, label_set: str | None
) -> Iterator[tuple[AtomsRow, Atoms]]:
    """Yield the rows that are asked for, with the labels that are asked for as results.

    Raises:
        StorageError: A row has none of the model's own.
    """
    for row in database.rows(selection):
        if label_set is not None and label_set not in row.data.get("labels", {}):
            continue
        frame = frame_of(row, label_set)
        results = {} if frame.calc is None else frame.calc.results
        if "energy" not in results or "forces" not in results:
            message = f"{database.location}: row {row.id} has no energy or no forces"
            raise StorageError(message)
        yield row, frame


def _split_key(row: AtomsRow, frame: Atoms) -> SplitKey:
    """Return what the split goes by; a row of unknown origin is a trajectory of its own."""
    return SplitKey(
        number=row.id,
        group=str(frame.info.get("structure_id", f"row {row.id}")),
        stratum=(
            str(frame.info.get("generator", "")),
            frame.symbols.formula.reduce()[0].format("hill"),
        ),
        counts=frame.symbols.formula.count(),
        energy_eV=float(frame.calc.results["energy"]),
        label=_own_label(row),
    )


def _own_label(row: AtomsRow) -> str:
    """Say what made the model's own labels of a row; nothing where the row does not say."""
    kind, model, sha256 = (row.get(key) for key in LABEL_KEYS)
    if kind is None or model is None:
        return ""
    return label_statement({"kind": kind, "model": model, "sha256": sha256})


def _exported(row: AtomsRow, frame: Atoms, label_set: str | None) -> Atoms:
    """Return a frame as it is written: geometry, labels in both manners, and where it is from."""
    bare = Atoms(frame.numbers, cell=frame.cell, pbc=frame.pbc, positions=frame.positions)
    for name in STATE_ARRAYS:
        if frame.has(name):
            bare.set_array(name, frame.arrays[name])
    results = frame.calc.results
    found = {key: results[key] for key in MACE_KEYS if key in results}
    bare.calc = SinglePointCalculator(bare, **found)
    bare.set_array(MACE_KEYS["forces"], np.asarray(found["forces"]))
    bare.info = {key: frame.info[key] for key in SEARCH_KEYS if frame.info.get(key) is not None}
    bare.info["unique_id"] = row.unique_id
    marks = LABEL_KEYS if label_set is None else ()
    bare.info |= {key: row[key] for key in marks if key in row}
    bare.info |= {"label_set": label_set} if label_set is not None else {}
    bare.info |= {MACE_KEYS[key]: found[key] for key in ("energy", "stress") if key in found}
    return bare


def _statement(database: AseDBWrapper, keys: Sequence[SplitKey], label_set: str | None) -> str:
    """Say what made the labels: as the rows say, of which there may be several, or the metadata."""
    metadata = database.metadata
    if label_set is not None:
        return f"{label_set}: {metadata.get('label_sets', {}).get(label_set, 'unknown')}"
    told = sorted({key.label for key in keys} - {""})
    return "; ".join(told) or str(metadata.get("labels", "unknown"))
