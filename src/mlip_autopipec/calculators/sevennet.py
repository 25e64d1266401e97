"""SevenNet models: those in the package's wheel, and files."""

import warnings
from pathlib import Path
from typing import Any

from ase.calculators.calculator import Calculator
from ase.data import chemical_symbols

from mlip_autopipec.calculators.checkpoint import Checkpoint
from mlip_autopipec.calculators.device import prepare_torch, torch_state_kept
from mlip_autopipec.calculators.fused.acceleration import accelerate_sevennet
from mlip_autopipec.calculators.fused.cuda import SEVENNET_OPTIONS, installed_acceleration
from mlip_autopipec.calculators.model_file import package_folder, user_file
from mlip_autopipec.config.calculator import SevenNetConfig
from mlip_autopipec.errors import CalculatorError

PACKAGE = "sevenn"

# The checkpoints that the wheel ships, by the names that SevenNet gives them.
WHEEL_MODELS = {
    "7net-0": "SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth",
    "7net-0_11jul2024": "SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth",
    "7net-0_22may2024": "SevenNet_0__22May2024/checkpoint_sevennet_0.pth",
    "7net-l3i5": "SevenNet_l3i5/checkpoint_l3i5.pth",
    "7net-mf-0": "SevenNet_MF_0/checkpoint_sevennet_mf_0.pth",
}

# Those that SevenNet downloads into its own folder or the user's cache.
DOWNLOADED_MODELS = {
    "7net-mf-ompa": "SevenNet_MF_ompa/checkpoint_sevennet_mf_ompa.pth",
    "7net-omat": "SevenNet_omat/checkpoint_sevennet_omat.pth",
    "7net-omni": "SevenNet_omni/checkpoint_sevennet_omni.pth",
    "7net-omni-i8": "SevenNet_omni_i8/checkpoint_sevennet_omni_i8.pth",
    "7net-omni-i12": "SevenNet_omni_i12/checkpoint_sevennet_omni_i12.pth",
}
CACHE = "~/.cache/sevennet"


def model_path(config: SevenNetConfig) -> Path:
    """Return the checkpoint's file.

    Raises:
        CalculatorError: The package or the file is missing.
    """
    folder = package_folder(PACKAGE, extra="sevenn") / "pretrained_potentials"
    found = user_file(config.model)
    if found is not None:
        return found
    name = config.model.lower().replace("sevennet", "7net", 1)
    known = {**WHEEL_MODELS, **DOWNLOADED_MODELS}.get(name)
    for place in (folder, Path(CACHE).expanduser()):
        if known is not None and (place / known).is_file():
            return place / known
    message = (
        f"exploration.calculator.model: {config.model!r} is neither a file "
        f"(looked in {Path.cwd()}) nor a model that SevenNet's wheel ships "
        f"({', '.join(WHEEL_MODELS)}); "
        "download the checkpoint and give its path"
    )
    raise CalculatorError(message)


def elements(config: SevenNetConfig) -> frozenset[str]:
    """Return the elements that the model knows, read from its file.

    Raises:
        CalculatorError: The file is missing or is no SevenNet checkpoint.
    """
    return frozenset(chemical_symbols[number] for number in _settings(config)["_type_map"])


def build(config: SevenNetConfig) -> Calculator:
    """Load the model.

    Raises:
        CalculatorError: The package, the file, a GPU or the modality is missing.
    """
    path = model_path(config)
    _check_modal(config)
    with torch_state_kept(), warnings.catch_warnings():
        # The accelerators that SevenNet asks for need a GPU or are replaced by the fused kernels.
        warnings.filterwarnings("ignore", "No tensor product accelerator", UserWarning)
        device = prepare_torch(config)
        from sevenn.calculator import SevenNetCalculator  # noqa: PLC0415 - imports torch

        accelerated = config.accelerate == "auto"
        on_gpu = accelerated and device == "cuda"
        options = installed_acceleration(SEVENNET_OPTIONS) if on_gpu else {}
        calculator = SevenNetCalculator(str(path), device=device, modal=config.modal, **options)
        if accelerated and device == "cpu":
            accelerate_sevennet(calculator)
        return calculator


def _settings(config: SevenNetConfig) -> dict[str, Any]:
    """Return the model's own config, as its file holds it."""
    path = model_path(config)
    root = Checkpoint(path).root
    settings = root.get("config") if isinstance(root, dict) else None
    if not isinstance(settings, dict) or "_type_map" not in settings:
        message = f"exploration.calculator.model: {path} is not a SevenNet checkpoint"
        raise CalculatorError(message)
    return settings


def _check_modal(config: SevenNetConfig) -> None:
    """Refuse a modality that the model lacks, and a missing one that it needs."""
    known = list(_settings(config).get("_modal_map") or {})
    if config.modal in known or (config.modal is None and not known):
        return
    given = "is needed" if config.modal is None else f"{config.modal!r} is not known"
    choice = f"choose one of {', '.join(known)}" if known else "the model has none; leave it out"
    message = f"exploration.calculator.modal: {given}; {choice}"
    raise CalculatorError(message)
