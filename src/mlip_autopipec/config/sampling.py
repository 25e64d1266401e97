"""Config of the descriptors and the samplers."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import (
    Count,
    Fraction,
    NonNegative,
    NonNegativeCount,
    Positive,
    Section,
)
from mlip_autopipec.config.locations import Location

PLUGIN_GROUP = "mlip_autopipec.samplers"
"""Entry points of other packages' samplers (see `mlip_autopipec.sampling.base.BaseSampler`)."""

SAME_FRAME = 1e-3
"""Distance below which two frames count as one; 1 is a standard deviation.

Descriptors in single precision, of positions with 8 decimals, differ by less when computed twice.
"""


class SOAPConfig(Section):
    """Smooth overlap of atomic positions, by dscribe."""

    kind: Literal["soap"] = "soap"
    r_cut_A: Annotated[Positive, Field(gt=1.0, le=20.0)] = Field(
        5.0, description="Cutoff radius in Å."
    )
    n_max: Annotated[Count, Field(le=20)] = Field(6, description="Number of radial functions.")
    l_max: Annotated[NonNegativeCount, Field(le=20)] = Field(4, description="Largest degree l.")


class MLIPDescriptorConfig(Section):
    """Latent features of the model that drives the exploration (SevenNet or MACE)."""

    kind: Literal["mlip"] = "mlip"


DescriptorConfig = Annotated[SOAPConfig | MLIPDescriptorConfig, Field(discriminator="kind")]


class FiltersConfig(Section):
    """Which frames may be selected; what is not given rejects nothing."""

    qualities: Annotated[tuple[Literal["ok", "pre_failure"], ...], Field(min_length=1)] = Field(
        ("ok",), description="Accepted qualities; pre_failure frames come just before a failure."
    )
    max_force_eV_A: Positive | None = Field(None, description="Largest force on an atom, in eV/Å.")
    energy_window_eV_atom: Positive | None = Field(
        None, description="Energy above the lowest frame of the same composition, in eV an atom."
    )
    min_distance_scale: Positive | None = Field(
        None, description="Shortest distance as a fraction of the sum of covalent radii."
    )
    volume_range_A3_atom: tuple[Positive, Positive] | None = Field(
        None, description="Smallest and largest volume of the cell, in Å³ an atom."
    )
    drop_burn_in: bool = Field(
        False, description="Leave out the frames before a trajectory's stationary part."
    )
    decorrelate: bool = Field(
        False, description="Keep only independent frames, by the statistical inefficiency."
    )
    duplicate_distance: NonNegative | None = Field(
        None,
        description="Of frames nearer than this only one is kept (1: a standard deviation).",
    )

    @model_validator(mode="after")
    def _ordered_volumes(self) -> Self:
        if self.volume_range_A3_atom is not None:
            low, high = self.volume_range_A3_atom
            if low >= high:
                message = f"volume_range_A3_atom {low:g} should be below {high:g}"
                raise ValueError(message)
        return self


class ComparingFiltersConfig(FiltersConfig):
    """Which frames may be selected, where frames are compared."""

    duplicate_distance: NonNegative | None = Field(
        SAME_FRAME,
        description="Of frames nearer than this only one is kept (1: a standard deviation).",
    )


class StrataConfig(Section):
    """Groups of frames, each of which gets its part of the selection."""

    by: Annotated[
        tuple[Literal["generator", "composition", "temperature", "phase"], ...],
        Field(min_length=1),
    ] = Field(("generator", "composition"), description="What the groups differ by.")
    share: Fraction = Field(
        0.5, description="Share of the selection that is spread evenly over the groups."
    )
    temperature_bins: Count = Field(4, description="Number of equal ranges of temperature.")


class SamplerBaseConfig(Section):
    """What every sampler has in common; the config of a plug-in derives from this or the next."""

    kind: str = Field(description="Which sampler.")
    n_samples: Count = Field(100, description="Number of frames to select.")
    filters: FiltersConfig = Field(
        default_factory=FiltersConfig, description="Which frames may be selected."
    )
    equilibrium_share: Fraction = Field(
        0.0,
        description="Share drawn at random from the trajectories' stationary parts.",
    )
    strata: StrataConfig | None = Field(
        None, description="Groups that each get their part; none if absent."
    )
    known: tuple[Location, ...] = Field(
        (),
        description=(
            "Earlier datasets (.db or .xyz, from the folder in which the run is started, or "
            "postgresql://user@host/name): only what they lack is selected."
        ),
    )
    descriptor: DescriptorConfig | None = Field(
        None, description="What frames are compared by; needed for known datasets and duplicates."
    )

    @property
    def compares_environments(self) -> bool:
        """Whether the descriptors of all atoms are kept."""
        return False

    @model_validator(mode="after")
    def _descriptor_where_needed(self) -> Self:
        for wanted, needs in (
            ("known", bool(self.known)),
            ("filters.duplicate_distance", self.filters.duplicate_distance is not None),
        ):
            if needs and self.descriptor is None:
                message = f"{wanted} compares frames, which needs a descriptor"
                raise ValueError(message)
        return self


class RandomSamplerConfig(SamplerBaseConfig):
    """Uniform selection without replacement."""

    kind: Literal["random"] = "random"


class ComparingSamplerConfig(SamplerBaseConfig):
    """What the samplers that compare frames have in common.

    Each looks for what is rare, so by default a share is left to what is common: frames near
    equilibrium, and each generator and composition.
    """

    filters: ComparingFiltersConfig = Field(
        default_factory=ComparingFiltersConfig, description="Which frames may be selected."
    )
    equilibrium_share: Fraction = Field(
        0.1,
        description="Share drawn at random from the trajectories' stationary parts.",
    )
    strata: StrataConfig | None = Field(
        default_factory=StrataConfig, description="Groups that each get their part; none if null."
    )
    descriptor: DescriptorConfig = Field(
        default_factory=SOAPConfig, description="What frames are compared by."
    )


class FarthestPointSamplerConfig(ComparingSamplerConfig):
    """Farthest-point selection in descriptor space."""

    kind: Literal["fps"] = "fps"
    compare: Literal["structures", "environments"] = Field(
        "structures",
        description="Compare whole frames, or each frame's most novel atomic environment.",
    )

    @property
    def compares_environments(self) -> bool:
        """Whether the descriptors of all atoms are kept."""
        return self.compare == "environments"


class DirectSamplerConfig(ComparingSamplerConfig):
    """DIRECT: principal components, BIRCH clusters, and some frames of each."""

    kind: Literal["direct"] = "direct"
    per_cluster: Count = Field(1, description="Number of frames from each cluster.")


class CURSamplerConfig(ComparingSamplerConfig):
    """CUR: random draws in proportion to leverage scores."""

    kind: Literal["cur"] = "cur"


SamplingConfig = Annotated[
    RandomSamplerConfig | FarthestPointSamplerConfig | DirectSamplerConfig | CURSamplerConfig,
    Field(discriminator="kind"),
]
"""The package's own samplers; `mlip_autopipec.config.pipeline` adds those of plug-ins."""
