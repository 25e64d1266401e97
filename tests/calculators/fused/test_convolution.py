"""The fused convolution against e3nn's own tensor product and against finite differences."""

from collections.abc import Callable

import pytest
import torch

from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.fused import graph as graphs
from mlip_autopipec.calculators.fused.graph import group_edges

EVEN = "1x0e+1x1e+1x2e+1x3e"
SPHERICAL = "1x0e+1x1o+1x2e+1x3o"

# Rounding of sums of some hundred products of numbers around one.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-4}

pytestmark = pytest.mark.filterwarnings(
    # e3nn compiles its products by torch.jit.script, which torch has deprecated.
    r"ignore:`torch\.jit\.:FutureWarning"
)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("irreps_in", "irreps_edge"),
    [
        *[(f"6x{degree}e", EVEN) for degree in range(4)],
        *[(f"6x{degree}o", SPHERICAL) for degree in range(4)],
        ("1x0e+3x1e", EVEN),
        ("16x0e+17x1o+5x2e+2x3o", SPHERICAL),
        ("4x0e+4x0o+3x1o+3x1e", SPHERICAL),
        ("3x0e+5x0e", "1x0e+1x1o"),
        ("7x1o", "1x2e"),
    ],
)
def test_values_and_gradients_are_those_of_e3nn(
    make_case: Callable, irreps_in: str, irreps_edge: str, dtype: torch.dtype
) -> None:
    case = make_case(irreps_in, irreps_edge, dtype=dtype)
    expected, found = case.stock(*case.inputs), case.run(*case.inputs)
    torch.testing.assert_close(found, expected, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])
    seeds = torch.linspace(-1.0, 1.0, expected.numel(), dtype=dtype).view_as(expected)
    wanted = torch.autograd.grad((expected * seeds).sum(), case.inputs)
    given = torch.autograd.grad((found * seeds).sum(), case.inputs)
    for one, other in zip(given, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("irreps_in", ["3x0e", "2x1o+2x2e", "2x3o"])
def test_gradients_are_finite_differences(make_case: Callable, irreps_in: str) -> None:
    case = make_case(irreps_in, SPHERICAL, n_nodes=3, n_edges=4)
    assert torch.autograd.gradcheck(case.run, case.inputs)


def test_no_edges_give_zero(make_case: Callable) -> None:
    case = make_case("4x0e+4x1o", SPHERICAL, n_edges=0)
    out = case.run(*case.inputs)
    assert out.shape == (5, case.product.irreps_out.dim)
    assert not out.any()
    grads = torch.autograd.grad(out.sum(), case.inputs)
    assert not grads[0].any()
    assert [len(grad) for grad in grads[1:]] == [0, 0]


def test_an_isolated_node_gets_and_gives_nothing(make_case: Callable) -> None:
    case = make_case("4x0e+4x1o", SPHERICAL)
    case.receivers[case.receivers == 2] = 1
    case.senders[case.senders == 2] = 1
    case.graph = group_edges(case.receivers, case.senders, n_nodes=5)
    out = case.run(*case.inputs)
    assert not out[2].any()
    (grad,) = torch.autograd.grad(out.sum(), case.features)
    assert not grad[2].any()
    assert grad[1].any()


def test_edges_to_oneself_count(make_case: Callable) -> None:
    """One atom in a small cell has only its own images for neighbours."""
    case = make_case("4x0e+4x1o+4x2e", SPHERICAL, n_nodes=1)
    torch.testing.assert_close(case.run(*case.inputs), case.stock(*case.inputs))


def test_rotation_of_the_inputs_rotates_the_result(make_case: Callable) -> None:
    case = make_case("5x0e+4x1o+3x2e", SPHERICAL)
    angles = torch.tensor([0.3, 1.2, -0.7], dtype=torch.float64)
    with torch_state_kept():
        torch.set_default_dtype(torch.float64)  # e3nn makes the generators in the default dtype
        turn = [
            irreps.D_from_angles(*angles)
            for irreps in (
                case.product.irreps_in1,
                case.product.irreps_in2,
                case.product.irreps_out,
            )
        ]
    turned = case.run(case.features @ turn[0].T, case.harmonics @ turn[1].T, case.weights)
    torch.testing.assert_close(turned, case.run(*case.inputs) @ turn[2].T, atol=1e-12, rtol=1e-12)


def test_nan_reaches_what_it_touches_and_nothing_else(make_case: Callable) -> None:
    case = make_case("4x0e+4x1o", SPHERICAL)
    features = case.features.detach().clone()
    features[3] = torch.nan
    out = case.run(features, case.harmonics, case.weights)
    reached = torch.zeros(5, dtype=torch.bool)
    reached[case.receivers[case.senders == 3]] = True
    assert torch.equal(out.isnan().any(dim=1), reached)


@pytest.mark.parametrize("n_threads", [2, 3])
def test_bits_do_not_depend_on_the_number_of_threads(
    make_case: Callable, monkeypatch: pytest.MonkeyPatch, n_threads: int
) -> None:
    case = make_case("8x0e+8x1o", SPHERICAL, dtype=torch.float32, n_nodes=200, n_edges=900)
    assert len(case.graph.ranges) > 3

    def everything() -> list[torch.Tensor]:
        out = case.run(*case.inputs)
        return [out, *torch.autograd.grad(out.square().sum(), case.inputs)]

    alone = everything()
    monkeypatch.setattr(graphs.torch, "get_num_threads", lambda: n_threads)
    for one, other in zip(everything(), alone, strict=True):
        assert torch.equal(one, other)


def test_a_second_derivative_is_refused(make_case: Callable) -> None:
    case = make_case("4x0e", "1x0e")
    (grad,) = torch.autograd.grad(
        case.run(*case.inputs).square().sum(), case.features, create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()
