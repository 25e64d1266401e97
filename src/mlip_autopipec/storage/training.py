"""What trainers want to be told about an exported set: files, names of labels, atomic energies.

``export.json`` holds everything, ``mace.yaml`` is a config of ``mace_run_train``, and
``sevennet.yaml`` the section ``data`` of SevenNet's ``input.yaml``. Files are named as seen from
the folder they lie in.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from ase.data import atomic_numbers

from mlip_autopipec.files import write_text

MACE_KEYS = {"energy": "REF_energy", "forces": "REF_forces", "stress": "REF_stress"}
"""Names under which ``mace_run_train`` looks for labels when it is told nothing else."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        files: Path of each part, relative to the folder.
        n_frames: Number of frames of each part.
        n_trajectories: Number of trajectories of each part.
        e0_eV: Energy of each element of any part, from a least-squares fit of the training
            energies by composition; where compositions do not tell elements apart, the shortest
            solution.
        labels: What made the labels.
    """

    files: dict[str, str]
    n_frames: dict[str, int]
    n_trajectories: dict[str, int]
    e0_eV: dict[str, float]
    labels: str


def write_hints(folder: Path, report: ExportReport) -> None:
    """Write ``export.json``, ``mace.yaml`` and ``sevennet.yaml``."""
    mace, sevennet = _mace_options(report), {"data": _sevennet_data(report)}
    hints = {**asdict(report), "mace_run_train": mace, "sevennet": sevennet}
    write_text(folder / "export.json", json.dumps(hints, indent=2) + "\n")
    heading = f"# {report.labels}\n"
    write_text(folder / "mace.yaml", heading + yaml.safe_dump(mace, sort_keys=False))
    write_text(folder / "sevennet.yaml", heading + yaml.safe_dump(sevennet, sort_keys=False))


def _mace_options(report: ExportReport) -> dict[str, str]:
    """Return options of ``mace_run_train``."""
    energies = {atomic_numbers[element]: value for element, value in report.e0_eV.items()}
    options = {f"{part}_file": name for part, name in report.files.items()}
    options |= {f"{key}_key": name for key, name in MACE_KEYS.items()}
    return options | {"E0s": repr(energies)}


def _sevennet_data(report: ExportReport) -> dict[str, Any]:
    """Return the section ``data`` of SevenNet's input."""
    data: dict[str, Any] = {"data_format_args": {"index": ":"}}
    data |= {f"load_{part}set_path": [name] for part, name in report.files.items()}
    return data | {"shift": "elemwise_reference_energies"}
