"""Gated activation on flat features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from mlip_autopipec.calculators.fused.layout import Block, FeatureLayout
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError

# Channels of the input, and the function that they go through (None: none).
Activated = tuple[tuple[Block, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class FusedGate:
    """Scalars through their activations, and other irreps multiplied by activated scalars.

    Attributes:
        layout_in: Of its input.
        layout_out: Of its output.
        scalars: What becomes the output's scalars, for each of their segments.
        gates: What becomes the gates.
        gated: Blocks that are multiplied by the gates, channel by channel in this order.
    """

    layout_in: FeatureLayout
    layout_out: FeatureLayout
    scalars: tuple[Activated, ...]
    gates: Activated
    gated: tuple[Block, ...]

    def __call__(self, features: torch.Tensor, n_nodes: int) -> torch.Tensor:
        """Return the activated features, flat."""
        parts = [self._activated(features, own, n_nodes) for own in self.scalars]
        if self.gated:
            gates = self._activated(features, self.gates, n_nodes)
            own = gates.split([block.mul for block in self.gated], dim=2)
            parts += [
                self._channels(features, block, n_nodes) * gate
                for block, gate in zip(self.gated, own, strict=True)
            ]
        return torch.cat([part.reshape(-1) for part in parts])

    def _activated(self, features: torch.Tensor, own: Activated, n_nodes: int) -> torch.Tensor:
        """Return scalars that went through their activations, ``(n_nodes, 1, channels)``."""
        values = []
        for block, activation in own:
            channels = self._channels(features, block, n_nodes)
            values.append(channels if activation is None else activation(channels))
        return torch.cat(values, dim=2) if len(values) > 1 else values[0]

    def _channels(self, features: torch.Tensor, block: Block, n_nodes: int) -> torch.Tensor:
        """Return a block, ``(n_nodes, dim, mul)``."""
        segment = self.layout_in.segments[block.segment]
        whole = self.layout_in.view(features, segment, n_nodes)
        shaped = whole.view(n_nodes, segment.dim, segment.mul)
        return shaped[:, :, block.column : block.column + block.mul]


def fuse_gate(gate: Any) -> FusedGate:  # noqa: ANN401 - e3nn's Gate
    """Take over an e3nn ``Gate``.

    Raises:
        UnsupportedLayerError: Its gates divide a block of irreps.
    """
    layout_in = FeatureLayout.from_irreps(gate.sc.cut.irreps_in)
    layout_out = FeatureLayout.from_irreps(gate.irreps_out)
    scalars, gates, gated = (
        [layout_in.blocks[index] for index in indices] for indices in gate.sc.cut.instructions
    )
    muls = [block.mul for block in (*scalars, *gated)]
    if muls != [segment.mul for segment in layout_out.segments]:
        message = f"a gate turns {gate.irreps_in} into {gate.irreps_out}"
        raise UnsupportedLayerError(message)
    own_scalars = _activations(scalars, gate.act_scalars)
    return FusedGate(
        layout_in,
        layout_out,
        scalars=tuple(
            tuple(entry for entry in own_scalars if entry[0].segment == block.segment)
            for block in scalars
        ),
        gates=_activations(gates, gate.act_gates) if gated else (),
        gated=tuple(gated),
    )


def _activations(blocks: Sequence[Block], activation: Any) -> Activated:  # noqa: ANN401 - e3nn's
    """Divide blocks by the function that their channels go through, as few times as possible."""
    functions = [
        function
        for (mul, _), function in zip(activation.irreps_in, activation.acts, strict=True)
        for _ in range(mul)
    ]
    parts: list[tuple[Block, Any]] = []
    at = 0
    for block in blocks:
        for column in range(block.column, block.column + block.mul):
            function = functions[at]
            if parts and column > block.column and _same(parts[-1][1], function):
                last = parts[-1][0]
                parts[-1] = (replace(last, mul=last.mul + 1), function)
            else:
                parts.append((replace(block, column=column, mul=1), function))
            at += 1
    return tuple(parts)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - e3nn's normalize2mom, or None
    """Tell whether two activations are the same function."""
    if one is None or other is None:
        return one is other
    return one is other or (one.f is other.f and one.cst == other.cst)
