"""Equivariant linear layers whose weights depend on a node's species.

Both models write them as a tensor product with the one-hot vector of the species, and so multiply
by the weights of every element that the model knows. Here each species present has one product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from mlip_autopipec.calculators.fused.layout import FeatureLayout
from mlip_autopipec.calculators.fused.linear import SegmentMatrix, merge
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError

# The species that are present, each with its nodes.
SpeciesGroups = Sequence[tuple[int, torch.Tensor]]


def group_species(species: torch.Tensor) -> SpeciesGroups:
    """Return the nodes of each species, from each node's species ``(n_nodes,)``."""
    return [(int(kind), torch.nonzero(species == kind).view(-1)) for kind in species.unique()]


@dataclass(frozen=True, slots=True, eq=False)
class FusedSpeciesLinear:
    """A linear map of a node's features that mixes channels of a kind, one for each species.

    Attributes:
        layout_in: Of its input.
        layout_out: Of its output.
        matrices: Not more than one for a pair of segments, ``(channels in, channels out)``, for
            each species.
    """

    layout_in: FeatureLayout
    layout_out: FeatureLayout
    matrices: tuple[tuple[SegmentMatrix, ...], ...]

    def __call__(self, features: torch.Tensor, groups: SpeciesGroups, n_nodes: int) -> torch.Tensor:
        """Return the mapped features, flat."""
        out: torch.Tensor = _SpeciesLinear.apply(features, self, groups, n_nodes)
        return out

    def apply(
        self, features: torch.Tensor, groups: SpeciesGroups, n_nodes: int, *, backward: bool
    ) -> torch.Tensor:
        """Return the mapped features, or the gradient of the input from that of the output."""
        ends = (self.layout_out, self.layout_in) if backward else (self.layout_in, self.layout_out)
        out = features.new_zeros(n_nodes * ends[1].dim)
        for species, nodes in groups:
            for part in self.matrices[species]:
                source, target = part.source, part.target
                matrix = part.matrix
                if backward:
                    source, target, matrix = target, source, matrix.mT
                rows = _shaped(ends[0], features, source, n_nodes)[nodes]
                mapped = rows.view(-1, rows.shape[2]) @ matrix
                into = _shaped(ends[1], out, target, n_nodes)
                into.index_add_(0, nodes, mapped.view(len(nodes), rows.shape[1], -1))
        return out


def _shaped(layout: FeatureLayout, flat: torch.Tensor, index: int, n_nodes: int) -> torch.Tensor:
    """Return a segment, ``(n_nodes, dim, mul)``."""
    segment = layout.segments[index]
    return layout.view(flat, segment, n_nodes).view(n_nodes, segment.dim, segment.mul)


class _SpeciesLinear(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """The layer, for torch's autograd. There is no second derivative."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        features: torch.Tensor,
        linear: FusedSpeciesLinear,
        groups: SpeciesGroups,
        n_nodes: int,
    ) -> torch.Tensor:
        ctx.arguments = linear, groups, n_nodes
        return linear.apply(features.detach(), groups, n_nodes, backward=False)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_out: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        linear, groups, n_nodes = ctx.arguments
        grad = linear.apply(grad_out.contiguous(), groups, n_nodes, backward=True)
        return grad, None, None, None


def fuse_species_linear(product: Any) -> FusedSpeciesLinear:  # noqa: ANN401 - e3nn's TensorProduct
    """Take over an e3nn ``FullyConnectedTensorProduct`` with the one-hot vectors of the species.

    Raises:
        UnsupportedLayerError: Its second input is not one block of scalars, or its weights are not
            its own.
    """
    operand = product.irreps_in2
    if len(operand) != 1 or operand[0].ir.dim != 1 or not product.internal_weights:
        message = f"a layer takes {operand} for the species"
        raise UnsupportedLayerError(message)
    layout_in = FeatureLayout.from_irreps(product.irreps_in1)
    layout_out = FeatureLayout.from_irreps(product.irreps_out)
    offset = 0
    entries = []
    for instruction in product.instructions:
        if instruction.connection_mode != "uvw":
            message = f"a layer of the species has a path of mode {instruction.connection_mode!r}"
            raise UnsupportedLayerError(message)
        size = torch.Size(instruction.path_shape).numel()
        weight = product.weight.detach()[offset : offset + size].view(instruction.path_shape)
        # The Wigner 3j symbol of l, 0 and l is the unit matrix over sqrt(2 l + 1).
        norm = instruction.path_weight / layout_in.blocks[instruction.i_in1].dim ** 0.5
        entries.append((instruction.i_in1, instruction.i_out, weight * norm))
        offset += size
    matrices = tuple(
        merge(layout_in, layout_out, [(*ends, weight[:, species]) for *ends, weight in entries])
        for species in range(operand[0].mul)
    )
    return FusedSpeciesLinear(layout_in, layout_out, matrices)
