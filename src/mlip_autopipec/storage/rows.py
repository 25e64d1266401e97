"""Between a frame and a row of an ASE database, with nothing lost on the way.

A row holds the geometry, the model's own energy, forces and stress as its results, and the keys of
`SEARCH_KEYS` as key-value pairs for queries. The whole of ``info`` and all further arrays are kept
in the row's data, from which a frame comes back as it was.

ASE refuses text that reads as a number or truth value (``"12"``, ``"inf"``, ``"True"``); such text
is searched for in double quotes (``generator='"12"'``). None, NaN and infinities cannot be searched
for and are in the data only.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db.core import convert_str_to_int_float_bool_or_str
from ase.db.row import AtomsRow

from mlip_autopipec.config.canonical import content_key as content_hash
from mlip_autopipec.errors import StorageError
from mlip_autopipec.structures.identity import structure_key

SEARCH_KEYS = (
    "structure_id",
    "generator",
    "step",
    "time_fs",
    "temperature_K",
    "pressure_GPa",
    "ensemble",
    "energy_mlip_eV",
    "energy_zbl_eV",
    "swap_acceptance",
    "seed",
    "quality",
)
LABEL_KEYS = ("label_kind", "label_model", "label_sha256")
"""Key-value pairs that say what made the labels of a row."""

UNIQUE_ID_DIGITS = 32  # as many hexadecimal digits as ASE's own unique_id
# The energy is stored in full and forces with 8 decimals, by files on the way too.
ENERGY_TOLERANCE_EV = 1e-6
FORCE_TOLERANCE_EV_A = 1e-6

Model = Mapping[str, Any]


def content_key(frame: Atoms, model: Model | None = None) -> str:
    """Return the key of a labelled geometry: the same frame always has the same.

    It is made of the geometry (`mlip_autopipec.structures.identity.structure_key`), initial
    magnetic moments and charges, and the model that made the labels. Where the frame comes from
    does not count.

    Returns:
        `UNIQUE_ID_DIGITS` hexadecimal digits.
    """
    state = {
        key: [f"{value:.8f}" for value in np.ravel(frame.arrays[key]).tolist()]
        for key in ("initial_magmoms", "initial_charges")
        if frame.has(key)
    }
    key = content_hash(structure_key(frame), state, label_pairs(model))
    return key[:UNIQUE_ID_DIGITS]


def geometry_key(frame: Atoms) -> str:
    """Return the key of a geometry, by which labels of other origin find their rows."""
    return structure_key(frame)[:UNIQUE_ID_DIGITS]


def label_pairs(model: Model | None) -> dict[str, Any]:
    """Return the key-value pairs that mark labels with the model that made them."""
    if model is None:
        return {}
    pairs = {key: model.get(key.removeprefix("label_")) for key in LABEL_KEYS}
    return {key: searchable(value) for key, value in pairs.items() if value is not None}


def searchable(value: Any) -> str | float | None:  # noqa: ANN401 - info holds anything
    """Return a value as ASE stores key-value pairs, or None where that is impossible."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str):
        is_text = isinstance(convert_str_to_int_float_bool_or_str(plain), str)
        return plain if is_text else json.dumps(plain)
    if isinstance(plain, bool | int):
        return plain
    if isinstance(plain, float) and math.isfinite(plain):
        return plain
    return None


def row_of(
    frame: Atoms, model: Model | None = None
) -> tuple[AtomsRow, dict[str, str | float], dict[str, Any]]:
    """Return a frame as a row, its key-value pairs and its data.

    Raises:
        StorageError: The frame's results are not the model's own.
    """
    bare = Atoms(frame.numbers, cell=frame.cell, pbc=frame.pbc, positions=frame.positions)
    arrays: dict[str, Any] = {}
    for name, array in frame.arrays.items():
        if name in _COLUMNS:
            bare.set_array(name, array)
        else:
            arrays[name] = array if array.dtype.kind in "biufc" else array.tolist()
    bare.set_constraint(frame.constraints)
    row = AtomsRow(bare)
    row.unique_id = content_key(frame, model)
    row.calculator = "unknown" if model is None else str(model.get("kind"))
    row.calculator_parameters = {}
    # A calculator would compare the geometry with its own for each result that it is asked for.
    for key, value in labels(frame).items():
        setattr(row, key, value)
    pairs = {key: searchable(frame.info.get(key)) for key in SEARCH_KEYS}
    pairs |= label_pairs(model) | {"geometry": searchable(geometry_key(frame))}
    data = {"info": _plain(frame.info), "arrays": arrays}
    return row, {key: value for key, value in pairs.items() if value is not None}, data


def frame_of(row: AtomsRow, label_set: str | None = None) -> Atoms:
    """Return the frame that a row holds; rows of other origin bring their key-value pairs.

    Args:
        row: The row.
        label_set: The label set that becomes the frame's results; the model's own, if None.
    """
    frame = row.toatoms()
    data = row.data
    if label_set is not None:
        found = data["labels"][label_set]
        results: dict[str, Any] = {"energy": float(found["energy"])}
        results |= {key: np.asarray(found[key]) for key in ("forces", "stress") if key in found}
        frame.calc = SinglePointCalculator(frame, **results)
        frame.calc.name = label_set
    for name, array in data.get("arrays", {}).items():
        frame.set_array(name, np.asarray(array))
    frame.info = dict(data.get("info", row.key_value_pairs))
    return frame


def labels(frame: Atoms) -> dict[str, Any]:
    """Return the model's own energy, forces and stress of a frame, as far as there are any.

    They are the frame's ``energy_mlip_eV`` and ``forces_mlip``, or the results of its calculator;
    the stress is its calculator's.

    Raises:
        StorageError: The calculator's results belong to another geometry, or are not the model's
            own: the mixed surface that drives the dynamics is never a label.
    """
    results = {} if frame.calc is None else dict(frame.calc.results)
    changed = frame.calc.check_state(frame) if results else []
    if changed:
        message = f"the results of a frame belong to other {', '.join(changed)}"
        raise StorageError(message)
    found = {key: results[key] for key in ("energy", "forces", "stress") if key in results}
    own = {"energy": frame.info.get("energy_mlip_eV"), "forces": frame.arrays.get("forces_mlip")}
    tolerances = {"energy": ENERGY_TOLERANCE_EV, "forces": FORCE_TOLERANCE_EV_A}
    for key, value in own.items():
        if value is None:
            continue
        if key in found and not np.allclose(found[key], value, rtol=0.0, atol=tolerances[key]):
            where = f"{frame.info.get('structure_id', 'a frame')}, step {frame.info.get('step')}"
            message = f"{where}: the {key} of its results is not the model's own ({key}_mlip)"
            raise StorageError(message)
        found[key] = value
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - info holds anything
    """Return what ASE can write to a row's data.

    Raises:
        StorageError: The value is neither a number, text, None, an array, nor made of these.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    is_array = isinstance(value, np.ndarray) and value.dtype.kind in "biufc"
    if value is None or is_array or isinstance(value, bool | int | float | complex | str):
        return value
    message = f"info holds a {type(value).__name__}, which a database cannot store"
    raise StorageError(message)


_COLUMNS = (
    "numbers",
    "positions",
    "initial_magmoms",
    "initial_charges",
    "masses",
    "tags",
    "momenta",
)
