"""What model a result came from: the part of provenance that calculators know."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from mlip_autopipec.calculators import mace, sevennet
from mlip_autopipec.config.calculator import PLUGIN_GROUP, CalculatorConfig
from mlip_autopipec.config.plugins import plugin_distribution, plugins
from mlip_autopipec.errors import CalculatorError
from mlip_autopipec.files import sha256_file


class ModelIdentity(BaseModel):
    """Which model, to the byte.

    Attributes:
        kind: Kind of calculator.
        model: The model's name or path as the config gives it; the kind where there is no file.
        sha256: Of the model's file; None where there is no file.
        package: Distribution that evaluates it.
        version: Version of that distribution.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    model: str
    sha256: str | None
    package: str
    version: str


_DISTRIBUTIONS = {"sevennet": "sevenn", "mace": "mace-torch", "emt": "ase", "lj": "ase"}
_FILES: dict[str, Callable[[Any], Path]] = {
    "sevennet": sevennet.model_path,
    "mace": mace.model_path,
}


def model_identity(config: CalculatorConfig) -> ModelIdentity:
    """Return the identity of a calculator's model; nothing heavy is imported.

    Raises:
        CalculatorError: The package or the model file is missing.
    """
    package = _distribution(config.kind)
    try:
        installed = version(package)
    except PackageNotFoundError as error:
        message = (
            f"exploration.calculator: needs the package {package}; "
            f"install it with: pip install {package}"
        )
        raise CalculatorError(message) from error
    file = _file(config)
    return ModelIdentity(
        kind=config.kind,
        model=getattr(config, "model", config.kind),
        sha256=None if file is None else sha256_file(file),
        package=package,
        version=installed,
    )


def _distribution(kind: str) -> str:
    """Return the distribution that evaluates a kind; of a plug-in, the one that registers it."""
    return _DISTRIBUTIONS.get(kind) or plugin_distribution(PLUGIN_GROUP, kind) or kind


def _file(config: CalculatorConfig) -> Path | None:
    """Return the model's file; None where there is none."""
    if config.kind in _DISTRIBUTIONS:
        find = _FILES.get(config.kind)
        return None if find is None else find(config)
    file: Path | None = plugins(PLUGIN_GROUP)[config.kind].model_file(config)
    return file


def check_unchanged(config: CalculatorConfig, begun_with: ModelIdentity) -> None:
    """Refuse a model that is not the one that a run began with.

    Raises:
        CalculatorError: Its file, or the version of what evaluates it, has changed.
    """
    now = model_identity(config)
    if now == begun_with:
        return
    if now.sha256 != begun_with.sha256:
        was, seen = str(begun_with.sha256), str(now.sha256)
        change = f"has changed since the run began (sha256 {was[:12]}… then, {seen[:12]}… now)"
    else:
        was, seen = (f"{each.package} {each.version}" for each in (begun_with, now))
        change = f"would be evaluated by {seen}, and the run began with {was}"
    message = f"exploration.calculator: {now.model} {change}; run again to begin with this one"
    raise CalculatorError(message)
