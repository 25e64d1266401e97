"""SevenNet's stock model in double precision, which tells whose rounding a difference is.

On dense crystals of nitrogen or oxygen alone, SevenNet-0 in single precision is 2e-6 eV an atom off
its own value in double precision, and the fused model is nearer.
"""

import copy
from typing import Any

import torch
from sevenn.nn.node_embedding import OnehotEmbedding

Data = Any  # SevenNet's AtomGraphData: tensors by key


class InDouble(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """A copy of a SevenNet model that computes in double precision, on the same input."""

    def __init__(self, model: torch.nn.Module) -> None:
        """Copy the model."""
        super().__init__()
        self.model = copy.deepcopy(model).double()
        for layer in self.model.modules():
            if type(layer) is OnehotEmbedding:  # its vectors are always single
                layer.register_forward_hook(lambda _layer, _given, data: _doubled(data))

    def forward(self, data: Data) -> Data:
        """Evaluate a structure."""
        return self.model(_doubled(data))


def _doubled(data: Data) -> Data:
    """Turn all single numbers to double ones, in place."""
    for key, value in list(data.items()):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            data[key] = value.double()
    return data
