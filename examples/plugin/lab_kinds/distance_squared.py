"""Sampling in proportion to the squared distance to what was chosen before."""

from typing import ClassVar, Literal

import numpy as np

from mlip_autopipec.config.sampling import ComparingSamplerConfig
from mlip_autopipec.sampling.base import BaseSampler, Distances, Indices, Pool


class DistanceSquaredConfig(ComparingSamplerConfig):
    """The seeding of k-means++ (Arthur and Vassilvitskii 2007, doi:10.5555/1283383.1283494)."""

    kind: Literal["distance_squared"] = "distance_squared"


class DistanceSquaredSampler(BaseSampler):
    """Between farthest-point (always the most distant) and random (regardless of distance)."""

    needs_features: ClassVar[bool] = True
    config_class = DistanceSquaredConfig

    def choose(self, pool: Pool, n: int, rng: np.random.Generator) -> tuple[Indices, Distances]:
        """Draw one frame after the other."""
        points, free = pool.required_points(), pool.free
        nearest = np.full(len(free), np.inf)
        for taken in pool.taken:
            nearest = np.minimum(nearest, np.linalg.norm(points[free] - points[taken], axis=1))
        chosen, distances = [], []
        for _ in range(n):
            weights = np.where(np.isinf(nearest), 1.0, nearest**2)
            weights[chosen] = 0.0  # where all that is left coincides with something chosen
            weights = weights if weights.any() else np.isin(np.arange(len(free)), chosen) < 1
            place = int(rng.choice(len(free), p=weights / weights.sum()))
            chosen.append(place)
            distances.append(nearest[place])
            nearest = np.minimum(
                nearest, np.linalg.norm(points[free] - points[free[place]], axis=1)
            )
        return free[chosen], np.array(distances)
