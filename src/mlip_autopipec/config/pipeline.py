"""The whole config of a run."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, get_args

from pydantic import Field, field_validator

from mlip_autopipec.config.base import Integer, Section
from mlip_autopipec.config.execution import ExecutionConfig
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.generation import GeneratorConfig
from mlip_autopipec.config.plugins import plugin_configs
from mlip_autopipec.config.sampling import (
    PLUGIN_GROUP,
    FarthestPointSamplerConfig,
    SamplerBaseConfig,
    SamplingConfig,
)
from mlip_autopipec.config.storage import StorageConfig

if TYPE_CHECKING:
    AnySamplerConfig = SamplerBaseConfig
else:
    AnySamplerConfig = Annotated[
        reduce(or_, plugin_configs(PLUGIN_GROUP, SamplerBaseConfig), get_args(SamplingConfig)[0]),
        Field(discriminator="kind"),
    ]


class PipelineConfig(Section):
    """One config file: what is generated, explored, sampled, stored, and where it runs."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)] = Field(
        description="Name of the run: letters, digits, dots, dashes and underscores."
    )
    seed: Annotated[Integer, Field(ge=0, lt=2**63)] = Field(
        0, description="Seed from which every random number of the run derives."
    )
    generation: Annotated[tuple[GeneratorConfig, ...], Field(min_length=1)] = Field(
        description="Generators; their structures feed one run."
    )
    exploration: ExplorationConfig = Field(description="Molecular dynamics and Monte Carlo.")
    sampling: AnySamplerConfig = Field(
        default_factory=FarthestPointSamplerConfig, description="Choice of the frames to keep."
    )
    storage: StorageConfig = Field(default_factory=StorageConfig, description="The database.")
    execution: ExecutionConfig = Field(
        default_factory=ExecutionConfig, description="Workers, retries and tolerance."
    )

    @field_validator("generation")
    @classmethod
    def _distinct_labels(
        cls, generation: tuple[GeneratorConfig, ...]
    ) -> tuple[GeneratorConfig, ...]:
        given = [generator.label for generator in generation if generator.label is not None]
        twice = sorted({label for label in given if given.count(label) > 1})
        if twice:
            message = f"label {twice[0]!r} is given twice; labels should differ"
            raise ValueError(message)
        return generation

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each generator: as given, or its kind (``alloy``, ``alloy_2``, …)."""
        taken = {generator.label for generator in self.generation}
        labels = []
        for generator in self.generation:
            label, number = generator.label or generator.kind, 1
            while generator.label is None and label in taken:
                number += 1
                label = f"{generator.kind}_{number}"
            taken.add(label)
            labels.append(label)
        return tuple(labels)

    @classmethod
    def from_yaml(cls, path: str | Path, overrides: tuple[str, ...] = ()) -> Self:
        """Read a config file (see `mlip_autopipec.config.loader.read_document`).

        Raises:
            ConfigError: The file cannot be read or does not hold a valid config.
        """
        from mlip_autopipec.config.faults import validate  # noqa: PLC0415 - keeps YAML out of the models
        from mlip_autopipec.config.loader import read_document  # noqa: PLC0415

        return validate(cls, read_document(Path(path), overrides))
