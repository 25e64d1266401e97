"""The fused convolution as a differentiable function of torch tensors."""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import torch
from torch.autograd.function import once_differentiable

from mlip_autopipec.calculators.fused.compilation import compile_kernels
from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.graph import EdgeGraph, run_ranges
from mlip_autopipec.calculators.fused.kernels import Inputs, Table, convolve, convolve_backward
from mlip_autopipec.calculators.fused.plan import ConvolutionPlan
from mlip_autopipec.calculators.fused.radial import RadialTable
from mlip_autopipec.calculators.fused.spline import N_PIECE_COLUMNS

Array = npt.NDArray[Any]


class FusedConvolution:
    """A tensor product over edges and its sum onto receivers, in one precision."""

    def __init__(
        self,
        plan: ConvolutionPlan,
        couplings: CouplingBasis,
        dtype: torch.dtype,
        table: RadialTable | None = None,
    ) -> None:
        """Load the kernels and put what they need into their form.

        Args:
            plan: What is computed.
            couplings: All those of the model.
            dtype: ``torch.float32`` or ``torch.float64``.
            table: The weights as functions of an edge's length; None: they are given.
        """
        load_kernels(dtype)
        self.plan = plan
        self.table = table
        self._factors = torch.from_numpy(plan.factors).to(dtype)
        self._plan = (plan.paths, plan.n_weights, couplings.size)
        none = np.empty(0, np.float32 if dtype == torch.float32 else np.float64)
        self._table: Table = (none, none, np.empty((0, N_PIECE_COLUMNS)), 0)
        if table is not None:
            flat = table.coefficients.ravel(), table.differences.ravel()
            self._table = (*flat, table.pieces, table.n_rows)

    def __call__(
        self,
        features: torch.Tensor,
        couplings: torch.Tensor,
        radial: torch.Tensor,
        graph: EdgeGraph,
    ) -> torch.Tensor:
        """Return the receivers' sums, flat.

        Args:
            features: Of all nodes, flat in the plan's ``layout_in``.
            couplings: Of all edges, ``(n_edges, size)``.
            radial: Weights of all edges, ``(n_edges, n_weights)``; with a table their lengths in
                Å, ``(n_edges,)``.
            graph: The edges.
        """
        if self.table is None:
            radial = radial * self._factors
        out: torch.Tensor = _Convolve.apply(features, couplings, radial, self, graph)
        return out

    def forward(self, inputs: Inputs, graph: EdgeGraph, out: Array) -> None:
        """Run the kernel over all receivers."""

        def work(index: int) -> None:
            convolve(graph.ranges[index], graph.arrays, inputs, self._table, self._plan, out)

        run_ranges(work, len(graph.ranges))

    def backward(self, inputs: Inputs, graph: EdgeGraph, grad_out: Array, grads: Inputs) -> None:
        """Run the kernel's backward sweep; the features' gradient has a row for each range."""
        grad_features, grad_couplings, grad_radial = grads

        def work(index: int) -> None:
            convolve_backward(
                graph.ranges[index],
                graph.arrays,
                inputs,
                self._table,
                self._plan,
                grad_out,
                (grad_features[index], grad_couplings, grad_radial),
            )

        run_ranges(work, len(graph.ranges))


class _Convolve(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """Forward and backward kernels, for torch's autograd. There is no second derivative."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        features: torch.Tensor,
        couplings: torch.Tensor,
        radial: torch.Tensor,
        convolution: FusedConvolution,
        graph: EdgeGraph,
    ) -> torch.Tensor:
        tensors = [tensor.detach().contiguous() for tensor in (features, couplings, radial)]
        ctx.save_for_backward(*tensors)
        ctx.convolution, ctx.graph = convolution, graph
        out = features.new_zeros(graph.n_nodes * convolution.plan.layout_out.dim)
        convolution.forward(_flat(*tensors), graph, out.numpy())
        return out

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_out: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        features, couplings, radial = ctx.saved_tensors
        graph: EdgeGraph = ctx.graph
        grad_features = features.new_zeros((len(graph.ranges), features.numel()))
        grads = (grad_features, torch.zeros_like(couplings), torch.zeros_like(radial))
        inputs = _flat(features, couplings, radial)
        arrays = (grad_features.numpy(), *_flat(*grads[1:]))
        ctx.convolution.backward(inputs, graph, grad_out.contiguous().numpy(), arrays)
        return (grad_features.sum(0), *grads[1:], None, None)


def _flat(*tensors: torch.Tensor) -> Any:  # noqa: ANN401 - as many arrays
    """View contiguous tensors as flat arrays."""
    return tuple(tensor.view(-1).numpy() for tensor in tensors)


def load_kernels(dtype: torch.dtype) -> None:
    """Have the kernels of a precision ready (see `compile_kernels`)."""
    scalar = numba.float32 if dtype == torch.float32 else numba.float64
    index, flat = numba.int64, scalar[::1]
    indices = index[::1]
    receivers = numba.types.UniTuple(index, 2)
    graph = numba.types.UniTuple(indices, 4)
    table = numba.types.Tuple((flat, flat, numba.float64[:, ::1], index))
    plan = numba.types.Tuple((index[:, ::1], index, index))
    inputs = numba.types.UniTuple(flat, 3)
    shared = (receivers, graph, inputs, table, plan)
    kernels = {convolve: (*shared, flat), convolve_backward: (*shared, flat, inputs)}
    compile_kernels(kernels, str(dtype).removeprefix("torch."))
