"""From config to calculator: one table, one entry a kind."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ase.calculators.calculator import Calculator
from ase.data import atomic_numbers

from mlip_autopipec.calculators import classical, mace, sevennet
from mlip_autopipec.calculators.floor import floor_mace, floor_sevennet
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.calculator import (
    PLUGIN_GROUP,
    CalculatorConfig,
    MACEConfig,
    ZBLConfig,
)
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.plugins import plugins
from mlip_autopipec.errors import CalculatorError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of calculator is built, and what it can do.

    Attributes:
        build: From its config.
        elements: Which elements it knows; None: all.
        floor: Puts a floor under the distances that it sees; None: it cannot have one.
    """

    build: Callable[[Any], Calculator]
    elements: Callable[[Any], frozenset[str] | None]
    floor: Callable[[Calculator, Mapping[str, float]], None] | None = None


_KINDS = {
    "sevennet": _Kind(sevennet.build, sevennet.elements, floor_sevennet),
    "mace": _Kind(mace.build, mace.elements, floor_mace),
    "emt": _Kind(classical.build_emt, classical.emt_elements),
    "lj": _Kind(classical.build_lj, lambda _config: None),
}


def _kind(name: str) -> _Kind:
    """Return how a kind is built: one of the package's own, or a plug-in."""
    own = _KINDS.get(name)
    if own is not None:
        return own
    plugin = plugins(PLUGIN_GROUP)[name]
    return _Kind(plugin.build, plugin.elements)


def build_calculator(
    exploration: ExplorationConfig, elements: Iterable[str] = ()
) -> MixingCalculator:
    """Build the surface that an exploration runs on: the model, with ZBL if that is enabled.

    Args:
        exploration: The exploration's config.
        elements: Symbols that will be met: what accelerates the model is tried on all of them at
            once, not one by one as they come.

    Raises:
        CalculatorError: A package, a model file or a GPU is missing; the message says what to do.
    """
    kind = _kind(exploration.calculator.kind)
    model = kind.build(exploration.calculator)
    acceleration = getattr(model, "acceleration", None)
    if acceleration is not None:
        acceleration.expect(atomic_numbers[symbol] for symbol in elements)
    floors = {
        name: pair.floor_A
        for name, pair in exploration.zbl.pairs.items()
        if pair.floor_A is not None and exploration.zbl.enabled
    }
    if floors and kind.floor is not None:
        kind.floor(model, floors)
    warning = double_counting(exploration)
    if warning is not None:
        logger.warning(warning)
    zbl = build_zbl(exploration.zbl) if exploration.zbl.enabled else None
    return MixingCalculator(model, zbl)


def takes_floor(config: CalculatorConfig) -> bool:
    """Tell whether a calculator can be shown a shortest distance (see `floor`)."""
    return _kind(config.kind).floor is not None


def double_counting(exploration: ExplorationConfig) -> str | None:
    """Return a warning if ZBL is added to a model that has a repulsion of pairs of its own.

    Raises:
        CalculatorError: The model file is missing or cannot be read.
    """
    calculator = exploration.calculator
    if not exploration.zbl.enabled or not isinstance(calculator, MACEConfig):
        return None
    if not mace.has_pair_repulsion(calculator):
        return None
    return (
        f"exploration.zbl: {calculator.model} has a repulsion of pairs of its own, so that close "
        "pairs are repelled twice; set exploration.zbl.enabled to false to leave it to the model"
    )


def build_zbl(config: ZBLConfig) -> ZBLCalculator:
    """Build the repulsion, enabled or not."""
    pairs = {name: (radii.inner_A, radii.outer_A) for name, radii in config.pairs.items()}
    if config.inner_A is not None:
        return ZBLCalculator(inner_A=config.inner_A, outer_A=config.outer_A, pairs=pairs)
    return ZBLCalculator(
        inner_scale=config.inner_scale, outer_scale=config.outer_scale, pairs=pairs
    )


def supported_elements(config: CalculatorConfig) -> frozenset[str] | None:
    """Return the elements that a calculator knows, or None if it takes all.

    Nothing heavy is imported: model files are read, not run.

    Raises:
        CalculatorError: The model file is missing or cannot be read.
    """
    return _kind(config.kind).elements(config)


def check_elements(config: CalculatorConfig, elements: Iterable[str]) -> None:
    """Refuse elements that the calculator does not know.

    Raises:
        CalculatorError: Names the elements and lists the known ones.
    """
    known = supported_elements(config)
    unknown = [] if known is None else _ordered(set(elements) - known)
    if known is not None and unknown:
        message = (
            f"exploration.calculator: {config.kind} does not know {', '.join(unknown)}; "
            f"it knows {', '.join(sorted(known))}"
        )
        raise CalculatorError(message)


def _ordered(symbols: Iterable[str]) -> list[str]:
    """Sort symbols by atomic number."""
    return sorted(symbols, key=atomic_numbers.__getitem__)
