"""What a dataset says about its own origin."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mlip_autopipec.config.pipeline import PipelineConfig

FORMAT = 1
"""Version of the metadata's layout."""

PACKAGES = (
    "mlip-autopipe",
    "ase",
    "dask",
    "dscribe",
    "mace-torch",
    "numba",
    "numpy",
    "prefect",
    "scipy",
    "sevenn",
    "torch",
)


def dataset_metadata(config: PipelineConfig, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a run's database, JSON-ready.

    Args:
        config: The resolved config.
        model: Identity of the model, with ``kind``, ``model``, ``sha256``, ``package`` and
            ``version``.
    """
    return {
        "title": config.name,
        "format": FORMAT,
        "labels": label_statement(model),
        "model": dict(model),
        "seed": config.seed,
        "config": config.model_dump(mode="json"),
        "versions": installed_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def label_statement(model: Mapping[str, Any]) -> str:
    """Say in one sentence what the labels are, so that nobody takes them for DFT."""
    sha256 = model.get("sha256")
    file = "" if sha256 is None else f", SHA-256 {sha256}"
    name = model["kind"] if model["model"] == model["kind"] else f"{model['kind']} {model['model']}"
    return (
        f"energies, forces and stresses are those of the potential {name}{file}; "
        "they are not DFT results"
    )


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that a run may use, as far as they are installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
