"""Values that belong to named pairs of elements, such as Cu-Au."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator

from mlip_autopipec.config.base import ELEMENTS

Value = TypeVar("Value")


def _named_pairs(pairs: dict[str, Value]) -> dict[str, Value]:
    """Refuse keys that name no pair, and pairs that are named twice."""
    seen: set[frozenset[str]] = set()
    for name in pairs:
        parts = name.split("-")
        if len(parts) != 2 or not set(parts) <= ELEMENTS:  # noqa: PLR2004 - a pair
            message = f"{name!r} is not a pair of elements such as 'Cu-Au'"
            raise ValueError(message)
        if frozenset(parts) in seen:
            message = f"{name!r} is given twice"
            raise ValueError(message)
        seen.add(frozenset(parts))
    return pairs


def pair_key(name: str) -> frozenset[str]:
    """Return a pair without its order.

    Example:
        >>> pair_key("Cu-Au") == pair_key("Au-Cu")
        True
    """
    return frozenset(name.split("-"))


PairValues = Annotated[dict[str, Value], AfterValidator(_named_pairs)]
"""A mapping from pairs of elements to values."""
