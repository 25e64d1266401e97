"""A Morse potential: the shortest calculator that is of use."""

from typing import Literal

from ase.calculators.calculator import Calculator
from pydantic import Field

from mlip_autopipec.calculators.base import BaseCalculatorPlugin
from mlip_autopipec.config.base import Positive
from mlip_autopipec.config.calculator import CalculatorBaseConfig


class MorseConfig(CalculatorBaseConfig):
    """A Morse potential, the same for all pairs."""

    kind: Literal["morse"] = "morse"
    depth_eV: Positive = Field(description="Depth of the well, in eV.")
    distance_A: Positive = Field(description="Distance of the minimum, in Å.")
    stiffness: Positive = Field(6.0, description="Exponent, in inverse distances of the minimum.")


class MorsePlugin(BaseCalculatorPlugin):
    """What the factory asks for."""

    config_class = MorseConfig

    @classmethod
    def build(cls, config: MorseConfig) -> Calculator:
        """Build ASE's Morse potential, which is smooth at its cutoff."""
        from ase.calculators.morse import MorsePotential  # noqa: PLC0415 - only where it is used

        return MorsePotential(
            epsilon=config.depth_eV,
            r0=config.distance_A,
            rho0=config.stiffness,
            rcut1=1.6,
            rcut2=2.0,
        )
