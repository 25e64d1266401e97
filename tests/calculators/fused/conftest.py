"""Random tensor products, graphs and small models of both packages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk
from e3nn import o3

from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.fused.convolution import FusedConvolution
from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.graph import EdgeGraph, group_edges
from mlip_autopipec.calculators.fused.plan import plan_convolution


@dataclass
class Case:
    """A tensor product, its fused twin, and a random graph to run them on."""

    product: Any
    fused: FusedConvolution
    matrix: torch.Tensor
    receivers: torch.Tensor
    senders: torch.Tensor
    graph: EdgeGraph
    features: torch.Tensor
    harmonics: torch.Tensor
    weights: torch.Tensor

    @property
    def inputs(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.features, self.harmonics, self.weights

    def stock(
        self, features: torch.Tensor, harmonics: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """Form all messages and sum them, as e3nn's users do."""
        messages = self.product(features[self.senders], harmonics, weights)
        out = torch.zeros(len(features), self.product.irreps_out.dim, dtype=features.dtype)
        return out.index_add(0, self.receivers, messages)

    def run(
        self, features: torch.Tensor, harmonics: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """Run the fused twin, in e3nn's layout."""
        plan = self.fused.plan
        flat = plan.layout_in.pack(features)
        out = self.fused(flat, harmonics @ self.matrix, weights, self.graph)
        return plan.layout_out.unpack(out, len(features))


def channelwise(irreps_in: str, irreps_edge: str) -> o3.TensorProduct:
    """Return the channel-wise tensor product with all paths up to degree 3."""
    first, second = o3.Irreps(irreps_in), o3.Irreps(irreps_edge)
    outputs, paths = [], []
    for i, (mul, one) in enumerate(first):
        for j, (_, other) in enumerate(second):
            for irrep in one * other:
                if irrep.l <= 3:
                    paths.append((i, j, len(outputs)))
                    outputs.append((mul, irrep))
    sorted_out, place, _ = o3.Irreps(outputs).sort()
    instructions = [(i, j, place[k], "uvu", True) for i, j, k in paths]
    return o3.TensorProduct(
        first, second, sorted_out, instructions, shared_weights=False, internal_weights=False
    )


@pytest.fixture
def make_case() -> Callable[..., Case]:
    def make(
        irreps_in: str,
        irreps_edge: str,
        *,
        dtype: torch.dtype = torch.float64,
        n_nodes: int = 5,
        n_edges: int = 23,
    ) -> Case:
        with torch_state_kept():
            torch.set_default_dtype(dtype)
            product = channelwise(irreps_in, irreps_edge)
            couplings = CouplingBasis(product.irreps_in2.dim)
            plan = plan_convolution(product, couplings, dtype)
            fused = FusedConvolution(plan, couplings, dtype)
        generator = torch.Generator().manual_seed(3)

        def normal(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator, dtype=dtype).requires_grad_()

        receivers, senders = torch.randint(0, n_nodes, (2, n_edges), generator=generator)
        return Case(
            product=product,
            fused=fused,
            matrix=couplings.matrix(dtype),
            receivers=receivers,
            senders=senders,
            graph=group_edges(receivers, senders, n_nodes=n_nodes),
            features=normal(n_nodes, product.irreps_in1.dim),
            harmonics=normal(n_edges, product.irreps_in2.dim),
            weights=normal(n_edges, product.weight_numel),
        )

    return make


@pytest.fixture
def alloy() -> Atoms:
    """Eight atoms of Cu and Au, strained and rattled."""
    atoms = bulk("Cu", "fcc", a=3.8, cubic=True) * (2, 1, 1)
    atoms.numbers[::2] = 79
    strain = np.array([[0.02, 0.01, 0.0], [0.01, -0.01, 0.0], [0.0, 0.0, 0.015]])
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
    atoms.rattle(0.05, seed=1)
    return atoms
