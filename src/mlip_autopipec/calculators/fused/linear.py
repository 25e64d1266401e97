"""Equivariant linear layers on flat features: one matrix product a pair of segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from mlip_autopipec.calculators.fused.layout import FeatureLayout
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError


@dataclass(frozen=True, slots=True, eq=False)
class SegmentMatrix:
    """What one segment contributes to another, ``(channels in, channels out)``."""

    source: int
    target: int
    matrix: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class FusedLinear:
    """A linear map of a node's features that mixes channels of a kind, the same for each component.

    Attributes:
        layout_in: Of its input.
        layout_out: Of its output.
        matrices: Not more than one for a pair of segments.
        biases: Of the channels of a segment, by the segment's index; scalars only.
    """

    layout_in: FeatureLayout
    layout_out: FeatureLayout
    matrices: tuple[SegmentMatrix, ...]
    biases: dict[int, torch.Tensor]

    def __call__(
        self, features: torch.Tensor, n_nodes: int, addend: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the mapped features, flat, plus ``addend`` if that is given."""
        out: torch.Tensor = _Linear.apply(features, addend, self, n_nodes)
        return out

    def forward(self, features: torch.Tensor, out: torch.Tensor, n_nodes: int) -> None:
        """Add the mapped features to ``out``."""
        for part in self.matrices:
            source = self.layout_in.segments[part.source]
            target = self.layout_out.segments[part.target]
            into = self.layout_out.view(out, target, n_nodes)
            into.addmm_(self.layout_in.view(features, source, n_nodes), part.matrix)
        for index, bias in self.biases.items():
            self.layout_out.view(out, self.layout_out.segments[index], n_nodes).add_(bias)

    def backward(self, grad_out: torch.Tensor, grad: torch.Tensor, n_nodes: int) -> None:
        """Add the gradient of the features to ``grad``."""
        for part in self.matrices:
            source = self.layout_in.segments[part.source]
            target = self.layout_out.segments[part.target]
            into = self.layout_in.view(grad, source, n_nodes)
            into.addmm_(self.layout_out.view(grad_out, target, n_nodes), part.matrix.mT)


class _Linear(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """A linear layer, for torch's autograd. There is no second derivative."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        features: torch.Tensor,
        addend: torch.Tensor | None,
        linear: FusedLinear,
        n_nodes: int,
    ) -> torch.Tensor:
        ctx.linear, ctx.n_nodes = linear, n_nodes
        size = n_nodes * linear.layout_out.dim
        out = features.new_zeros(size) if addend is None else addend.detach().clone()
        linear.forward(features.detach(), out, n_nodes)
        return out

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_out: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        linear: FusedLinear = ctx.linear
        grad = None
        if ctx.needs_input_grad[0]:
            grad = grad_out.new_zeros(ctx.n_nodes * linear.layout_in.dim)
            linear.backward(grad_out.contiguous(), grad, ctx.n_nodes)
        return grad, grad_out if ctx.needs_input_grad[1] else None, None, None


def fuse_linear(
    linear: Any,  # noqa: ANN401 - e3nn's Linear
    *,
    constant: torch.Tensor | None = None,
) -> FusedLinear:
    """Take over the weights of an e3nn ``Linear``.

    Args:
        linear: The layer.
        constant: The values of its last input block if that is the same scalars for each node.

    Raises:
        UnsupportedLayerError: The layer has no weights of its own.
    """
    if not linear.internal_weights:
        message = "a linear layer has no weights of its own"
        raise UnsupportedLayerError(message)
    n_blocks = len(linear.irreps_in) - (0 if constant is None else 1)
    layout_in = FeatureLayout.from_irreps(linear.irreps_in[:n_blocks])
    layout_out = FeatureLayout.from_irreps(linear.irreps_out)
    entries = []
    biases: dict[int, torch.Tensor] = {}
    offset = bias_offset = 0
    for instruction in linear.instructions:
        size = torch.Size(instruction.path_shape).numel()
        if instruction.i_in == -1:
            bias = linear.bias.detach()[bias_offset : bias_offset + size]
            _add_bias(biases, layout_out, instruction.i_out, bias * instruction.path_weight)
            bias_offset += size
            continue
        weight = linear.weight.detach()[offset : offset + size]
        matrix = weight.view(instruction.path_shape) * instruction.path_weight
        offset += size
        if instruction.i_in == n_blocks:
            _add_bias(biases, layout_out, instruction.i_out, constant @ matrix)
        else:
            entries.append((instruction.i_in, instruction.i_out, matrix))
    return FusedLinear(layout_in, layout_out, merge(layout_in, layout_out, entries), biases)


def merge(
    layout_in: FeatureLayout,
    layout_out: FeatureLayout,
    entries: Sequence[tuple[int, int, torch.Tensor]],
) -> tuple[SegmentMatrix, ...]:
    """Put the matrices of pairs of blocks together to those of pairs of segments."""
    merged: dict[tuple[int, int], torch.Tensor] = {}
    for i_in, i_out, matrix in entries:
        source, target = layout_in.blocks[i_in], layout_out.blocks[i_out]
        key = (source.segment, target.segment)
        if key not in merged:
            rows = layout_in.segments[source.segment].mul
            merged[key] = matrix.new_zeros(rows, layout_out.segments[target.segment].mul)
        part = merged[key][source.column : source.column + source.mul]
        part[:, target.column : target.column + target.mul] += matrix
    return tuple(SegmentMatrix(*key, matrix) for key, matrix in merged.items())


def _add_bias(
    biases: dict[int, torch.Tensor], layout: FeatureLayout, block: int, bias: torch.Tensor
) -> None:
    """Add the bias of a block of scalars."""
    target = layout.blocks[block]
    if target.segment not in biases:
        biases[target.segment] = bias.new_zeros(layout.segments[target.segment].mul)
    biases[target.segment][target.column : target.column + target.mul] += bias
