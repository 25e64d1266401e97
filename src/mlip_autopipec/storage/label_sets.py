"""Further sets of labels beside the model's own, such as DFT results."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.db.core import Database

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.rows import geometry_key, searchable

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
TAKEN = frozenset({"mlip", "zbl"})


@dataclass(frozen=True, slots=True)
class LabelCount:
    """What became of the labels that were added.

    Attributes:
        n_frames: Frames that were given.
        n_rows: Rows that have these labels now (a geometry may be stored once for each model).
        n_unmatched: Frames whose geometry is not in the database.
    """

    n_frames: int
    n_rows: int
    n_unmatched: int


def check_label_name(name: str) -> None:
    """Refuse a name that would not do as a part of a key.

    Raises:
        StorageError: The name does not do.
    """
    if NAME.fullmatch(name) is None or name in TAKEN:
        message = (
            f"label set {name!r}: a name has lower-case letters, digits and underscores, begins "
            f"with a letter, and is not {' or '.join(sorted(TAKEN))}"
        )
        raise StorageError(message)


def label_key(name: str) -> str:
    """Return the key under which the energy of a label set can be searched for."""
    return f"energy_{name}_eV"


def label_rows(database: Database, name: str, frame: Atoms) -> int:
    """Write the labels of a frame to the rows of its geometry, within a transaction.

    Returns:
        The number of rows.

    Raises:
        StorageError: The frame has no energy or no forces.
    """
    labels = _labels(frame)
    rows = list(database.select([("geometry", "=", searchable(geometry_key(frame)))]))
    for row in rows:
        sets = {**row.data.get("labels", {}), name: labels}
        pairs = {label_key(name): float(labels["energy"])}
        database.update(row.id, data={"labels": sets}, **pairs)
        database.change_count = 0  # ASE would commit at every 5000th change
    return len(rows)


def _labels(frame: Atoms) -> dict[str, Any]:
    """Return the results of a frame."""
    results = {} if frame.calc is None else dict(frame.calc.results)
    missing = [key for key in ("energy", "forces") if key not in results]
    if missing:
        where = frame.info.get("structure_id", frame.get_chemical_formula())
        message = f"{where}: has no {' and no '.join(missing)}, so it labels nothing"
        raise StorageError(message)
    labels: dict[str, Any] = {"energy": float(results["energy"])}
    labels |= {key: np.asarray(results[key]) for key in ("forces", "stress") if key in results}
    return labels
