"""The symmetric contraction as a polynomial against MACE's own."""

import pytest
import torch
from e3nn import o3
from mace.modules.symmetric_contraction import SymmetricContraction

from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.fused.contraction import FusedContraction, fuse_contraction
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.species import group_species

pytestmark = pytest.mark.filterwarnings(
    # e3nn compiles its products by torch.jit.script, which torch has deprecated.
    r"ignore:`torch\.jit\.:FutureWarning"
)


def contraction(max_degree: int, channels: int, out: str, correlation: int) -> SymmetricContraction:
    """Return a contraction with random weights for three species, in double precision."""
    irreps = (o3.Irreps.spherical_harmonics(max_degree) * channels).sort()[0].simplify()
    with torch_state_kept():
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(0)
        return SymmetricContraction(irreps, o3.Irreps(out), correlation=correlation, num_elements=3)


@pytest.mark.parametrize(
    ("max_degree", "channels", "out", "correlation"),
    [
        (1, 4, "4x0e+4x1o", 2),
        (2, 17, "17x0e+17x1o+17x2e", 2),
        (2, 8, "8x0e+8x1o", 3),
        (3, 3, "3x0e", 3),
        (1, 5, "5x0e", 1),
    ],
)
def test_values_and_gradients_are_those_of_mace(
    max_degree: int, channels: int, out: str, correlation: int
) -> None:
    stock = contraction(max_degree, channels, out, correlation)
    fused = fuse_contraction(stock, torch.float64)
    species = torch.tensor([0, 2, 2, 0, 2, 0, 0])
    n_nodes, size = len(species), (max_degree + 1) ** 2
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n_nodes, channels, size, generator=generator, dtype=torch.float64)
    x.requires_grad_()
    expected = stock(x, torch.nn.functional.one_hot(species, 3).double())
    found = _run(fused, x, species)
    # Rounding of sums of some hundred products.
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12)
    seeds = torch.linspace(-1.0, 1.0, expected.numel(), dtype=torch.float64).view_as(expected)
    (wanted,) = torch.autograd.grad((expected * seeds).sum(), x)
    (given,) = torch.autograd.grad((found * seeds).sum(), x)
    torch.testing.assert_close(given, wanted, atol=1e-12, rtol=1e-12)


def test_products_of_four_are_refused() -> None:
    stock = contraction(1, 2, "2x0e", 4)
    with pytest.raises(UnsupportedLayerError, match="correlation 4"):
        fuse_contraction(stock, torch.float64)


def _run(fused: FusedContraction, x: torch.Tensor, species: torch.Tensor) -> torch.Tensor:
    """Run the fused contraction on MACE's layout, ``(n_nodes, channels, components)``."""
    n_nodes = len(x)
    dims = [segment.dim for segment in fused.layout_in.segments]
    features = torch.cat([part.reshape(n_nodes, -1) for part in x.split(dims, dim=2)], dim=1)
    flat = fused(fused.layout_in.pack(features), group_species(species), n_nodes)
    return fused.layout_out.unpack(flat, n_nodes)
