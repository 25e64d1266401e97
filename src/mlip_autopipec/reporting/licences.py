"""Under which licence the weights of a model are, as far as that is known."""

from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from mlip_autopipec.calculators.mace import NAMED
from mlip_autopipec.calculators.model_file import user_file
from mlip_autopipec.config.calculator import (
    CalculatorConfig,
    EMTConfig,
    LJConfig,
    MACEConfig,
    SevenNetConfig,
)

_ACADEMIC = ("small-omat-0", "medium-omat-0", "mace-matpes-pbe-0", "mace-matpes-r2scan-0")
_MIT: tuple[str, ...] = ("small", "medium", "large", "medium-mpa-0")
_MIT += ("small-0b", "medium-0b", "small-0b2", "medium-0b2", "large-0b2", "medium-0b3")
"""Names of MACE's foundation models, and what the package mace-torch says when it loads them."""

UNKNOWN = "not known; ask those who made the file before you share what is derived from it"


def weights_licence(calculator: CalculatorConfig) -> str:
    """Return the licence of a potential's weights in words.

    Example:
        >>> from mlip_autopipec.config.calculator import EMTConfig, MACEConfig
        >>> weights_licence(EMTConfig())
        'none needed: a closed form, without weights'
        >>> weights_licence(MACEConfig(model="mace-mp:small-omat-0"))
        'Academic Software License: no commercial use'
    """
    if isinstance(calculator, SevenNetConfig):
        return _of_sevennet(calculator.model)
    if isinstance(calculator, MACEConfig):
        return _of_mace(calculator.model)
    if isinstance(calculator, EMTConfig | LJConfig):
        return "none needed: a closed form, without weights"
    return UNKNOWN


def _of_sevennet(model: str) -> str:
    """Return the licence of a SevenNet model: that of the wheel, if the wheel ships it."""
    if user_file(model) is not None:
        return UNKNOWN
    try:
        return f"{_short(metadata('sevenn'))}, as the package sevenn, which ships them"
    except PackageNotFoundError:
        return UNKNOWN


def _of_mace(model: str) -> str:
    """Return the licence of a MACE model."""
    name = model.removeprefix(NAMED)
    if not model.startswith(NAMED):
        return UNKNOWN
    if name in _ACADEMIC:
        return "Academic Software License: no commercial use"
    return "MIT" if name in _MIT else UNKNOWN


def _short(package: PackageMetadata) -> str:
    """Return the first line of a distribution's licence."""
    names = ("License-Expression", "License")
    fields = (str(package[name]) for name in names if name in package)
    text = next((field for field in fields if field), "")
    return text.strip().splitlines()[0] if text.strip() else "a licence that is not stated"
