"""Config of the calculators and of the ZBL repulsion mixed with them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, NonNegative, Positive, Section
from mlip_autopipec.config.pairs import PairValues

PLUGIN_GROUP = "mlip_autopipec.calculators"
"""Entry points of other packages' calculators (see `mlip_autopipec.calculators.base`)."""


class CalculatorBaseConfig(Section):
    """What every calculator has in common; the config of a plug-in derives from this."""

    kind: str = Field(description="Which calculator.")


class TorchCalculatorConfig(CalculatorBaseConfig):
    """What the calculators that run on torch have in common."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where the model runs; auto takes a GPU if there is one."
    )
    threads: Count = Field(1, description="CPU threads of one worker.")
    accelerate: Literal["auto", "off"] = Field(
        "auto", description="Use the fused kernels where they reproduce the stock model."
    )


class SevenNetConfig(TorchCalculatorConfig):
    """A SevenNet model."""

    kind: Literal["sevennet"] = "sevennet"
    model: str = Field(
        "7net-0", min_length=1, description="Name of a model in SevenNet's wheel, or a file's path."
    )
    modal: str | None = Field(None, description="Modality of a multi-fidelity model.")


class MACEConfig(TorchCalculatorConfig):
    """A MACE model."""

    kind: Literal["mace"] = "mace"
    model: str = Field(
        min_length=1, description="Path of a .model file, or a name such as mace-mp:medium."
    )
    dtype: Literal["float32", "float64"] = Field("float64", description="Working precision.")
    head: str | None = Field(None, description="Head of a multi-head model.")


class EMTConfig(CalculatorBaseConfig):
    """ASE's effective-medium theory: Al, Ni, Cu, Pd, Ag, Pt, Au (and H, C, N, O for tests)."""

    kind: Literal["emt"] = "emt"


class LJConfig(CalculatorBaseConfig):
    """A Lennard-Jones potential, the same for all pairs."""

    kind: Literal["lj"] = "lj"
    epsilon_eV: Positive = Field(0.0104, description="Well depth in eV (argon).")
    sigma_A: Positive = Field(3.40, description="Zero of the potential in Å (argon).")
    cutoff_A: Positive = Field(8.5, description="Cutoff radius in Å.")


CalculatorConfig = Annotated[
    SevenNetConfig | MACEConfig | EMTConfig | LJConfig, Field(discriminator="kind")
]
"""The package's own calculators; `mlip_autopipec.config.exploration` adds those of plug-ins."""


class PairRadiiConfig(Section):
    """Distances of one pair of elements."""

    inner_A: Positive = Field(description="Below this distance ZBL acts in full, in Å.")
    outer_A: Positive = Field(description="Beyond this distance ZBL is zero, in Å.")
    floor_A: Positive | None = Field(
        None, description="Shortest distance that the model is shown, in Å; null: the true one."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.inner_A >= self.outer_A:
            message = f"inner_A {self.inner_A:g} should be below outer_A {self.outer_A:g}"
            raise ValueError(message)
        return self


class ZBLConfig(Section):
    """The Ziegler-Biersack-Littmark repulsion that is added to the model."""

    enabled: bool = Field(True, description="Add ZBL to the model's energy.")
    inner_scale: Positive = Field(
        0.5, description="Inner radius as a fraction of the pair's sum of covalent radii."
    )
    outer_scale: Positive = Field(
        0.7, description="Outer radius as a fraction of the pair's sum of covalent radii."
    )
    inner_A: Positive | None = Field(None, description="Inner radius of all pairs, in Å.")
    outer_A: Positive | None = Field(None, description="Outer radius of all pairs, in Å.")
    pairs: PairValues[PairRadiiConfig] = Field(
        default_factory=dict, description="Distances of named pairs, for instance Cu-Au."
    )
    scan: bool = Field(
        True, description="Scan every pair of elements before the run and judge its wall."
    )
    floor: bool = Field(
        True, description="Show the model no distance at which the scan finds it out of its depth."
    )
    min_barrier_eV: NonNegative = Field(
        100.0, description="Height that every pair's wall should have, in eV above the dimer."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.inner_scale >= self.outer_scale:
            message = (
                f"inner_scale {self.inner_scale:g} should be below outer_scale {self.outer_scale:g}"
            )
            raise ValueError(message)
        if (self.inner_A is None) != (self.outer_A is None):
            message = "inner_A and outer_A should be given together"
            raise ValueError(message)
        if self.inner_A is not None and self.outer_A is not None and self.inner_A >= self.outer_A:
            message = f"inner_A {self.inner_A:g} should be below outer_A {self.outer_A:g}"
            raise ValueError(message)
        return self
