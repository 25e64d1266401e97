"""Uniform random selection."""

from typing import ClassVar

import numpy as np

from mlip_autopipec.sampling.base import BaseSampler, Indices, Pool


class RandomSampler(BaseSampler):
    """Every subset of the given size is equally likely."""

    needs_features: ClassVar[bool] = False

    def choose(self, pool: Pool, n: int, rng: np.random.Generator) -> tuple[Indices, None]:
        """Draw without replacement."""
        return rng.choice(pool.free, size=n, replace=False).astype(np.int64), None
