"""Random generators derived from the run's seed and the identity of what they serve."""

import hashlib

import numpy as np


def child_seed(seed: int, *identity: str | int) -> int:
    """Return the 64-bit seed that belongs to an identity under a run's seed.

    It depends on nothing else: not on the number of workers, nor on the order of work.

    Args:
        seed: The run's seed.
        identity: What the generator is for, for instance ``("explore", "alloy-0003")``.

    Example:
        >>> child_seed(42, "explore", "alloy-0003") == child_seed(42, "explore", "alloy-0003")
        True
        >>> child_seed(42, "explore", "alloy-0003") == child_seed(42, "explore", "alloy-0004")
        False
    """
    text = "\x1f".join(str(part) for part in (seed, *identity))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def child_rng(seed: int, *identity: str | int) -> np.random.Generator:
    """Return the generator that belongs to an identity under a run's seed (see `child_seed`)."""
    return np.random.default_rng(child_seed(seed, *identity))
