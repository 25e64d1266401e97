"""The one place where descriptors are built from config."""

from collections.abc import Iterable

from mlip_autopipec.config.calculator import CalculatorConfig
from mlip_autopipec.config.sampling import DescriptorConfig, MLIPDescriptorConfig, SOAPConfig
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.descriptors.mlip import MLIPDescriptor
from mlip_autopipec.descriptors.soap import SOAPDescriptor
from mlip_autopipec.errors import SamplingError


def build_descriptor(
    config: DescriptorConfig,
    elements: Iterable[str],
    *,
    calculator: CalculatorConfig | None = None,
) -> BaseDescriptor:
    """Build the descriptor that the config names.

    Args:
        config: The descriptor's section of the config.
        elements: All elements of the run, in any order.
        calculator: The run's model, which ``kind: mlip`` needs.

    Raises:
        SamplingError: It cannot be built for these elements, or for this calculator.
        CalculatorError: The model cannot be loaded.
    """
    match config:
        case SOAPConfig():
            return SOAPDescriptor(config, elements)
        case MLIPDescriptorConfig():
            if calculator is None:
                message = "sampling.descriptor: kind mlip needs the run's calculator"
                raise SamplingError(message)
            return MLIPDescriptor(calculator, elements)
