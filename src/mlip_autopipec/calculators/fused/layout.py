"""How equivariant features lie in memory, so that the channels of a component are contiguous.

e3nn stores a node's features irrep by irrep as ``(channel, component)``. Here they are stored
segment by segment as ``(node, component, channel)``, one flat array in all: the inner loops of the
kernels run over channels, and a linear layer on a segment is one matrix product.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import torch


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring irreps of one kind, stored together.

    Attributes:
        kind: Degree and parity, ``(l, p)``.
        dim: Number of components, ``2 l + 1``.
        mul: Number of channels.
        start: Components times channels of the segments before it: a node's share of the array.
    """

    kind: tuple[int, int]
    dim: int
    mul: int
    start: int


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of the irreps, and where it lies.

    Attributes:
        segment: Index of its segment.
        column: First of its channels within the segment.
        mul: Number of its channels.
        dim: Number of components.
        source: First of its columns in e3nn's layout.
    """

    segment: int
    column: int
    mul: int
    dim: int
    source: int


@dataclass(frozen=True, slots=True)
class FeatureLayout:
    """Segments of a flat feature array, and the blocks of e3nn's layout that they hold."""

    segments: tuple[Segment, ...]
    blocks: tuple[Block, ...]

    @classmethod
    def from_irreps(cls, irreps: Iterable[Any]) -> Self:
        """Lay out e3nn's irreps: neighbours of one kind share a segment."""
        kinds: list[tuple[int, int]] = []
        muls: list[int] = []
        blocks: list[Block] = []
        source = 0
        for mul, irrep in irreps:
            kind = (int(irrep.l), int(irrep.p))
            if not kinds or kinds[-1] != kind:
                kinds.append(kind)
                muls.append(0)
            blocks.append(Block(len(kinds) - 1, muls[-1], mul, irrep.dim, source))
            muls[-1] += mul
            source += mul * irrep.dim
        segments: list[Segment] = []
        start = 0
        for kind, mul in zip(kinds, muls, strict=True):
            dim = 2 * kind[0] + 1
            segments.append(Segment(kind, dim, mul, start))
            start += dim * mul
        return cls(tuple(segments), tuple(blocks))

    @property
    def dim(self) -> int:
        """Number of values a node has."""
        return sum(segment.dim * segment.mul for segment in self.segments)

    def view(self, flat: torch.Tensor, segment: Segment, n_nodes: int) -> torch.Tensor:
        """Return a segment of a flat array as a matrix, ``(n_nodes * dim, mul)``."""
        rows = n_nodes * segment.dim
        first = n_nodes * segment.start
        return flat[first : first + rows * segment.mul].view(rows, segment.mul)

    def divide(self, flat: torch.Tensor, divisors: torch.Tensor) -> torch.Tensor:
        """Divide the features of each node by its number, ``(n_nodes,)``."""
        n_nodes = len(divisors)
        parts = [
            self.view(flat, segment, n_nodes).view(n_nodes, -1) / divisors.view(-1, 1)
            for segment in self.segments
        ]
        return torch.cat([part.view(-1) for part in parts])

    def pack(self, features: torch.Tensor) -> torch.Tensor:
        """Bring features from e3nn's layout, ``(n_nodes, dim)``, into a flat array."""
        n_nodes = features.shape[0]
        parts: list[list[torch.Tensor]] = [[] for _ in self.segments]
        for block in self.blocks:
            columns = features[:, block.source : block.source + block.mul * block.dim]
            parts[block.segment].append(columns.reshape(n_nodes, block.mul, block.dim).mT)
        return torch.cat([torch.cat(part, dim=2).reshape(-1) for part in parts])

    def unpack(self, flat: torch.Tensor, n_nodes: int) -> torch.Tensor:
        """Bring a flat array back into e3nn's layout, ``(n_nodes, dim)``."""
        parts = []
        for block in self.blocks:
            segment = self.segments[block.segment]
            values = self.view(flat, segment, n_nodes).view(n_nodes, segment.dim, segment.mul)
            channels = values[:, :, block.column : block.column + block.mul]
            parts.append(channels.mT.reshape(n_nodes, -1))
        return torch.cat(parts, dim=1)
