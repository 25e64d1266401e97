"""The systems: one file each."""

from benchmarks.data_efficiency.systems.base import System
from benchmarks.data_efficiency.systems.copper_gold import COPPER_GOLD
from benchmarks.data_efficiency.systems.magnesium_oxide import MAGNESIUM_OXIDE

SYSTEMS: dict[str, System] = {each.name: each for each in (COPPER_GOLD, MAGNESIUM_OXIDE)}

__all__ = ["SYSTEMS", "System"]
