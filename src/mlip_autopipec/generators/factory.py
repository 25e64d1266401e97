"""From the config of a run to its generators."""

from typing import Any

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.registry import build_generator


def build_generators(config: PipelineConfig) -> list[BaseStructureGenerator[Any]]:
    """Return the generators of a run, in the order of the config.

    Raises:
        GenerationError: A generator cannot make what it is asked for.
    """
    return [
        build_generator(section, label=label, seed=config.seed)
        for section, label in zip(config.generation, config.labels, strict=True)
    ]
