"""The one place where samplers are built from config."""

from mlip_autopipec.config.plugins import plugins
from mlip_autopipec.config.sampling import (
    PLUGIN_GROUP,
    CURSamplerConfig,
    DirectSamplerConfig,
    FarthestPointSamplerConfig,
    RandomSamplerConfig,
    SamplerBaseConfig,
)
from mlip_autopipec.sampling.base import BaseSampler
from mlip_autopipec.sampling.cur import CURSampler
from mlip_autopipec.sampling.direct import DirectSampler
from mlip_autopipec.sampling.environments import EnvironmentSampler
from mlip_autopipec.sampling.farthest_point import FarthestPointSampler
from mlip_autopipec.sampling.random import RandomSampler


def build_sampler(config: SamplerBaseConfig) -> BaseSampler:
    """Build the sampler that the config names: one of the package's own, or a plug-in."""
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
    sampler: BaseSampler = plugins(PLUGIN_GROUP)[config.kind].from_config(config)
    return sampler
