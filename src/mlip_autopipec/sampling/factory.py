"""The one place where samplers are built from config."""

from mlip_autopipec.config.sampling import (
    CURSamplerConfig,
    DirectSamplerConfig,
    FarthestPointSamplerConfig,
    RandomSamplerConfig,
    SamplingConfig,
)
from mlip_autopipec.sampling.base import BaseSampler
from mlip_autopipec.sampling.cur import CURSampler
from mlip_autopipec.sampling.direct import DirectSampler
from mlip_autopipec.sampling.environments import EnvironmentSampler
from mlip_autopipec.sampling.farthest_point import FarthestPointSampler
from mlip_autopipec.sampling.random import RandomSampler


def build_sampler(config: SamplingConfig) -> BaseSampler:
    """Build the sampler that the config names."""
    match config:
        case RandomSamplerConfig():
            return RandomSampler(config.n_samples)
        case FarthestPointSamplerConfig(compare="environments"):
            return EnvironmentSampler(config.n_samples)
        case FarthestPointSamplerConfig():
            return FarthestPointSampler(config.n_samples)
        case DirectSamplerConfig():
            return DirectSampler(config.n_samples, config.per_cluster)
        case CURSamplerConfig():
            return CURSampler(config.n_samples)
