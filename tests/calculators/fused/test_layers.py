"""Layouts, linear layers, layers of the species and gates against e3nn's own."""

from collections.abc import Iterator

import pytest
import torch
from e3nn import nn, o3
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.fused.gate import fuse_gate
from mlip_autopipec.calculators.fused.layout import FeatureLayout
from mlip_autopipec.calculators.fused.linear import fuse_linear
from mlip_autopipec.calculators.fused.species import fuse_species_linear, group_species

N_NODES = 6

pytestmark = pytest.mark.filterwarnings(
    # e3nn compiles its layers by torch.jit.script, which torch has deprecated,
    r"ignore:`torch\.jit\.:FutureWarning",
    # and annotates attributes that torch.jit then does not look at.
    "ignore:The TorchScript type system doesn't support instance-level annotations:UserWarning",
)


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    """Have e3nn make its constants in double precision."""
    with torch_state_kept():
        torch.set_default_dtype(torch.float64)
        yield


def features_of(irreps: o3.Irreps) -> torch.Tensor:
    """Return random features in e3nn's layout."""
    generator = torch.Generator().manual_seed(2)
    values = torch.randn(N_NODES, irreps.dim, generator=generator, dtype=torch.float64)
    return values.requires_grad_()


def assert_same(found: torch.Tensor, expected: torch.Tensor, x: torch.Tensor) -> None:
    """Compare values and gradients; what differs is the rounding of some ten products."""
    torch.testing.assert_close(found, expected, atol=1e-13, rtol=1e-13)
    seeds = torch.linspace(-1.0, 1.0, expected.numel(), dtype=torch.float64).view_as(expected)
    grads = [torch.autograd.grad((out * seeds).sum(), x)[0] for out in (found, expected)]
    torch.testing.assert_close(*grads, atol=1e-13, rtol=1e-13)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3), st.sampled_from([-1, 1])), min_size=1)
)
def test_packing_and_unpacking_gives_back_the_features(
    entries: list[tuple[int, int, int]],
) -> None:
    irreps = o3.Irreps([(mul, (degree, parity)) for mul, degree, parity in entries])
    layout = FeatureLayout.from_irreps(irreps)
    features = torch.arange(N_NODES * irreps.dim, dtype=torch.float64).view(N_NODES, -1)
    flat = layout.pack(features)
    assert flat.shape == (N_NODES * layout.dim,)
    assert torch.equal(layout.unpack(flat, N_NODES), features)


@pytest.mark.parametrize(
    ("irreps_in", "irreps_out", "biases"),
    [
        ("4x0e+3x1o", "5x0e+2x1o", False),
        ("4x0e+2x0e+3x1o+1x1o", "5x0e+2x1o+3x2e", False),
        ("4x0e+3x1o", "2x0e+3x0e+2x1o", True),
    ],
)
def test_linear_layers(irreps_in: str, irreps_out: str, *, biases: bool) -> None:
    layer = o3.Linear(irreps_in, irreps_out, biases=biases)
    torch.nn.init.normal_(layer.bias)
    fused = fuse_linear(layer)
    x = features_of(layer.irreps_in)
    out = fused(fused.layout_in.pack(x), N_NODES)
    assert_same(fused.layout_out.unpack(out, N_NODES), layer(x), x)
    added = fused(fused.layout_in.pack(x), N_NODES, out)
    torch.testing.assert_close(added, 2 * out)


def test_a_constant_part_of_the_input_becomes_a_bias() -> None:
    layer = o3.Linear("4x0e+3x1o+2x0e", "5x0e+2x1o")
    constant = torch.tensor([0.0, 1.0], dtype=torch.float64)
    fused = fuse_linear(layer, constant=constant)
    x = features_of(layer.irreps_in[:2])
    out = fused(fused.layout_in.pack(x), N_NODES)
    whole = torch.cat([x, constant.expand(N_NODES, 2)], dim=1)
    assert_same(fused.layout_out.unpack(out, N_NODES), layer(whole), x)


def test_layers_of_the_species() -> None:
    layer = o3.FullyConnectedTensorProduct("4x0e+3x1o+2x2e", "5x0e", "3x0e+2x1o+2x2e")
    fused = fuse_species_linear(layer)
    species = torch.tensor([3, 0, 3, 4, 0, 0])
    x = features_of(layer.irreps_in1)
    out = fused(fused.layout_in.pack(x), group_species(species), N_NODES)
    expected = layer(x, torch.nn.functional.one_hot(species, 5).double())
    assert_same(fused.layout_out.unpack(out, N_NODES), expected, x)


@pytest.mark.parametrize(
    "gate",
    [
        ("4x0e", [torch.nn.functional.silu], "", [], ""),
        (
            *("4x0e", [torch.nn.functional.silu]),
            *("3x0e+2x0e", [torch.nn.functional.silu] * 2, "3x1o+2x2e"),
        ),
        (
            *("4x0e+2x0o", [torch.nn.functional.silu, torch.tanh]),
            *("5x0e", [torch.sigmoid], "3x1o+2x2e"),
        ),
    ],
)
def test_gates(gate: tuple) -> None:
    layer = nn.Gate(*gate)
    fused = fuse_gate(layer)
    x = features_of(layer.irreps_in)
    out = fused(fused.layout_in.pack(x), N_NODES)
    assert_same(fused.layout_out.unpack(out, N_NODES), layer(x), x)
