"""A shortest distance that a learned model is shown, below which ZBL alone speaks.

Inside the floor the model sees two atoms at the floor's distance, in their true direction; the
change is twice continuously differentiable, and forces and stress follow by the chain rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator
from ase.data import atomic_numbers, chemical_symbols

# Between 1 ± WIDTH times the floor, the distance that the model sees goes over from the floor to
# the true one.
WIDTH = 0.1


@dataclass(slots=True)
class FloorState:
    """Whether the floor acted in the last evaluation.

    Attributes:
        acted: True if the model saw another distance than the true one for some pair.
    """

    acted: bool = False


def seen_distance(distance_A: Any, floor_A: Any) -> Any:  # noqa: ANN401 - floats or arrays
    """Return the distance that the model sees, for floats or numpy arrays.

    Example:
        >>> [round(float(seen_distance(r, 1.0)), 4) for r in (0.2, 0.9, 1.0, 1.1, 2.0)]
        [1.0, 1.0, 1.0188, 1.1, 2.0]
    """
    half = WIDTH * floor_A
    t = np.clip((distance_A - floor_A + half) / (2.0 * half), 0.0, 1.0)
    inside = floor_A + 2.0 * half * (t**3 - 0.5 * t**4)
    return np.where(distance_A < floor_A + half, inside, distance_A)[()]


def floor_sevennet(calculator: Calculator, floors_A: Mapping[str, float]) -> None:
    """Put a floor under the edges of a SevenNet model.

    Args:
        calculator: SevenNet's calculator; gets an attribute ``distance_floor``.
        floors_A: Floor of each pair, such as ``{"Cu-Au": 0.6}``, in Å.
    """
    import torch  # noqa: PLC0415 - torch is imported only where a model runs
    from sevenn import _keys as keys  # noqa: PLC0415

    state, seen = FloorState(), _seen_lengths(floors_A)

    class FlooredEdges(torch.nn.Module):  # type: ignore[misc]  # torch is not typed
        """The model's edge embedding, shown no edge shorter than the floor."""

        def __init__(self, embedding: Any) -> None:  # noqa: ANN401 - a torch module
            super().__init__()
            self.embedding = embedding

        def forward(self, data: Any) -> Any:  # noqa: ANN401 - SevenNet's graph
            vectors = data[keys.EDGE_VEC]
            first, second = data[keys.ATOMIC_NUMBERS][data[keys.EDGE_IDX]]
            lengths = torch.linalg.norm(vectors, dim=-1)
            shown = seen(lengths, first, second)
            state.acted = shown is not None
            if shown is None:
                return self.embedding(data)
            data[keys.EDGE_VEC] = vectors * (shown / lengths).unsqueeze(-1)
            data = self.embedding(data)
            data[keys.EDGE_VEC] = vectors
            return data

    model = calculator.model
    model.replace_module("edge_embedding", FlooredEdges(model.edge_embedding))
    calculator.distance_floor = state


def floor_mace(calculator: Calculator, floors_A: Mapping[str, float]) -> None:
    """Put a floor under the edges of a MACE model.

    The spherical harmonics depend on directions alone, so that the radial embedding is the one
    place that sees lengths (and a pair repulsion of its own, which keeps the true ones).

    Args:
        calculator: MACE's calculator; gets an attribute ``distance_floor``.
        floors_A: Floor of each pair, such as ``{"Cu-Au": 0.6}``, in Å.
    """
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    state, seen = FloorState(), _seen_lengths(floors_A)

    class FlooredRadialEmbedding(torch.nn.Module):  # type: ignore[misc]  # torch is not typed
        """The model's radial embedding, shown no edge shorter than the floor."""

        def __init__(self, embedding: Any) -> None:  # noqa: ANN401 - a torch module
            super().__init__()
            self.embedding = embedding

        def forward(
            self,
            lengths: Any,  # noqa: ANN401 - tensors, as in MACE's signature
            node_attrs: Any,  # noqa: ANN401
            edge_index: Any,  # noqa: ANN401
            numbers: Any,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            first, second = numbers[node_attrs.argmax(dim=-1)][edge_index]
            shown = seen(lengths.squeeze(-1), first, second)
            state.acted = shown is not None
            shown = lengths if shown is None else shown.unsqueeze(-1)
            return self.embedding(shown, node_attrs, edge_index, numbers)

    for model in calculator.models:
        model.radial_embedding = FlooredRadialEmbedding(model.radial_embedding)
    calculator.distance_floor = state


def _seen_lengths(floors_A: Mapping[str, float]) -> Callable[[Any, Any, Any], Any]:
    """Return `seen_distance` for tensors; it gives None where the floor does not act."""
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    table = torch.zeros(len(chemical_symbols), len(chemical_symbols), dtype=torch.float64)
    for pair, floor_A in floors_A.items():
        first, second = (atomic_numbers[symbol] for symbol in pair.split("-"))
        table[first, second] = table[second, first] = floor_A
    highest_A = (1.0 + WIDTH) * float(table.max())

    def seen(lengths: Any, first: Any, second: Any) -> Any:  # noqa: ANN401 - tensors
        if not bool((lengths < highest_A).any()):
            return None
        floors = table.to(lengths.device, lengths.dtype)[first, second]
        half = WIDTH * floors
        close = lengths < floors + half
        if not bool(close.any()):
            return None
        t = ((lengths - floors + half) / (2.0 * half).clamp_min(1e-6)).clamp(0.0, 1.0)
        return torch.where(close, floors + 2.0 * half * (t**3 - 0.5 * t**4), lengths)

    return seen
