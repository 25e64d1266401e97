"""The kinds of generators, each imported when it is asked for."""

from importlib import import_module
from typing import Any

from mlip_autopipec.config.generation import CrystalConfig, GeneratorBaseConfig
from mlip_autopipec.config.generation.plugins import plugin_class
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.crystal import CrystalSource

_KINDS = {
    "alloy": "mlip_autopipec.generators.alloy:AlloyGenerator",
    "cluster": "mlip_autopipec.generators.cluster:ClusterGenerator",
    "file": "mlip_autopipec.generators.file:FileGenerator",
    "ionic": "mlip_autopipec.generators.ionic:IonicGenerator",
    "liquid": "mlip_autopipec.generators.liquid:LiquidGenerator",
    "molecule": "mlip_autopipec.generators.molecule:MoleculeGenerator",
    "random_crystal": "mlip_autopipec.generators.random_crystal:RandomCrystalGenerator",
    "slab": "mlip_autopipec.generators.slab:SlabGenerator",
}


_SOURCES = {
    "alloy": "mlip_autopipec.generators.alloy:AlloySource",
    "file": "mlip_autopipec.generators.file:FileSource",
    "ionic": "mlip_autopipec.generators.ionic:IonicSource",
}


def build_generator(
    config: GeneratorBaseConfig, *, label: str, seed: int
) -> BaseStructureGenerator[Any]:
    """Return the generator of a config, from this package or from one that registers its kind.

    Raises:
        GenerationError: It cannot make what it is asked for, or no package has the kind.
        ConfigError: The package that has the kind cannot be loaded.
    """
    own = _KINDS.get(config.kind)
    kind = plugin_class(config.kind) if own is None else _loaded(own)
    if kind is None:
        message = f"{label}: no installed package has generators of kind {config.kind!r}"
        raise GenerationError(message)
    generator: BaseStructureGenerator[Any] = kind(config, label=label, seed=seed)
    return generator


def build_source(config: CrystalConfig, *, label: str) -> CrystalSource[Any]:
    """Return the source of crystals of a config.

    Raises:
        GenerationError: It has nothing.
    """
    source: CrystalSource[Any] = _loaded(_SOURCES[config.kind])(config, label=label)
    return source


def _loaded(reference: str) -> Any:  # noqa: ANN401 - a class of either family
    """Import a class by ``module:name``."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
