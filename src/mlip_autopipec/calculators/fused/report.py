"""What came of the attempt to accelerate a model."""

from dataclasses import dataclass

from mlip_autopipec.errors import CalculatorError


class UnsupportedLayerError(CalculatorError):
    """A model has a layer that the fused kernels do not compute."""


@dataclass(frozen=True, slots=True)
class AccelerationReport:
    """Whether a model runs on the fused kernels, and why it does or does not.

    Attributes:
        accelerated: Whether it does.
        reason: One sentence.
    """

    accelerated: bool
    reason: str
