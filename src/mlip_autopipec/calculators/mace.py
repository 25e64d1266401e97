"""MACE models: files, and the named foundation models that MACE downloads."""

import contextlib
import io
import pickle
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.data import chemical_symbols

from mlip_autopipec.calculators.checkpoint import Checkpoint, Record
from mlip_autopipec.calculators.device import prepare_torch, torch_state_kept
from mlip_autopipec.calculators.fused.acceleration import accelerate_mace
from mlip_autopipec.calculators.fused.cuda import MACE_OPTIONS, installed_acceleration
from mlip_autopipec.calculators.model_file import package_folder, user_file
from mlip_autopipec.config.calculator import MACEConfig
from mlip_autopipec.errors import CalculatorError

PACKAGE = "mace"
NAMED = "mace-mp:"

_FULL_RANK = 3


def model_path(config: MACEConfig) -> Path:
    """Return the model's file; a named model is downloaded by MACE unless its cache holds it.

    Raises:
        CalculatorError: The package or the file is missing.
    """
    package_folder(PACKAGE, extra="mace")
    if config.model.startswith(NAMED):
        return _named_model(config.model)
    found = user_file(config.model)
    if found is None:
        message = (
            f"exploration.calculator.model: there is no file {config.model!r} "
            f"(looked in {Path.cwd()}); give the path of a .model file"
        )
        raise CalculatorError(message)
    return found


def elements(config: MACEConfig) -> frozenset[str]:
    """Return the elements that the model knows, read from its file.

    Raises:
        CalculatorError: The file is missing or is no MACE model.
    """
    path = model_path(config)
    checkpoint = Checkpoint(path)
    buffers = _attributes(checkpoint, path)["_buffers"]
    numbers = checkpoint.array(buffers["atomic_numbers"])
    return frozenset(chemical_symbols[number] for number in numbers)


def has_pair_repulsion(config: MACEConfig) -> bool:
    """Tell whether the model has a repulsion of pairs of its own.

    Raises:
        CalculatorError: The file is missing or is no MACE model.
    """
    path = model_path(config)
    attributes = _attributes(Checkpoint(path), path)
    return "pair_repulsion_fn" in attributes.get("_modules", {})


def build(config: MACEConfig) -> Calculator:
    """Load the model.

    Raises:
        CalculatorError: The package, the file, a GPU or the head is missing, or the file was saved
            under a version of e3nn that the installed one cannot read.
    """
    path = model_path(config)
    attributes = _attributes(Checkpoint(path), path)
    _check_head(config, list(attributes.get("heads") or ["Default"]))
    with torch_state_kept():
        device = prepare_torch(config)
        accelerated = config.accelerate == "auto"
        on_gpu = accelerated and device == "cuda"
        options: dict[str, Any] = installed_acceleration(MACE_OPTIONS) if on_gpu else {}
        if config.head is not None:
            options["head"] = config.head
        calculator = _calculator_class()(
            models=_load(path, device), device=device, default_dtype=config.dtype, **options
        )
        if accelerated and device == "cpu":
            accelerate_mace(calculator)
        return calculator


def _calculator_class() -> type[Calculator]:
    """Return MACE's calculator, made to divide the stress by the cell's own volume.

    MACE replaces the vectors of axes that are not periodic by long ones before it searches
    neighbours, and divides the stress by the volume of that longer cell. The neighbours do not
    depend on those vectors, so the true cell is put back.
    """
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    with contextlib.redirect_stdout(io.StringIO()):  # MACE prints which accelerators are missing
        from mace.calculators import MACECalculator  # noqa: PLC0415 - imports torch

    class VolumeTrueMACECalculator(MACECalculator):  # type: ignore[misc]  # MACE is not typed
        def _atoms_to_batch(self, atoms: Atoms) -> Any:  # noqa: ANN401 - torch_geometric's batch
            batch = super()._atoms_to_batch(atoms)
            if atoms.cell.rank == _FULL_RANK and not atoms.pbc.all():
                cell = torch.tensor(atoms.cell.array, dtype=batch["cell"].dtype)
                batch["cell"] = cell.to(batch["cell"].device)
            return batch

    calculator: type[Calculator] = VolumeTrueMACECalculator
    return calculator


def _load(path: Path, device: str) -> Any:  # noqa: ANN401 - a torch module
    """Unpickle the model."""
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    try:
        return torch.load(path, map_location=device, weights_only=False)
    except (
        AttributeError,
        ImportError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        reason = str(error).partition("\n")[0]
        message = (
            f"exploration.calculator.model: {path} cannot be unpickled under "
            f"mace-torch {version('mace-torch')} and e3nn {version('e3nn')} ({reason}); a model "
            "saved under e3nn 0.6 has to be saved again under e3nn 0.4.4 or 0.5.1"
        )
        raise CalculatorError(message) from error


def _attributes(checkpoint: Checkpoint, path: Path) -> dict[str, Any]:
    """Return the attributes of the saved module."""
    root = checkpoint.root
    attributes = root.state if isinstance(root, Record) else {}
    if "atomic_numbers" not in attributes.get("_buffers", {}):
        message = f"exploration.calculator.model: {path} is not a MACE model"
        raise CalculatorError(message)
    return attributes


def _check_head(config: MACEConfig, heads: list[str]) -> None:
    """Refuse a head that the model lacks, and a missing one that it needs."""
    has_default = len(heads) == 1 or any(head.lower() == "default" for head in heads)
    if config.head in heads or (config.head is None and has_default):
        return
    given = "is needed" if config.head is None else f"{config.head!r} is not known"
    message = f"exploration.calculator.head: {given}; choose one of {', '.join(heads)}"
    raise CalculatorError(message)


def _named_model(model: str) -> Path:
    """Return the file of a foundation model, which MACE downloads if its cache lacks it."""
    with torch_state_kept(), contextlib.redirect_stdout(io.StringIO()):
        from mace.calculators import foundations_models  # noqa: PLC0415 - imports torch

    name = model.removeprefix(NAMED)
    known = foundations_models.mace_mp_urls
    if name not in known:
        message = (
            f"exploration.calculator.model: {model!r} is not a model that MACE knows; "
            f"known: {', '.join(NAMED + key for key in known)}"
        )
        raise CalculatorError(message)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # MACE prints its progress
            return Path(foundations_models.download_mace_mp_checkpoint(name))
    except (OSError, RuntimeError) as error:
        message = (
            f"exploration.calculator.model: {model!r} is not in MACE's cache and cannot be "
            f"downloaded ({error}); put the .model file on this machine and give its path"
        )
        raise CalculatorError(message) from error
