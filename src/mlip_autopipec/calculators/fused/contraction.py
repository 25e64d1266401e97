"""MACE's symmetric contraction as a polynomial of each channel.

MACE multiplies out tensors of all products of up to three components, with the weights of every
element. Products commute and most coefficients vanish: what is left is a polynomial of some hundred
terms for each component of the result, whose coefficients depend on species and channel alone.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import torch
from torch.autograd.function import once_differentiable

from mlip_autopipec.calculators.fused.compilation import compile_kernels
from mlip_autopipec.calculators.fused.contraction_kernels import (
    Coefficients,
    Nodes,
    Places,
    Program,
    contract,
    contract_backward,
)
from mlip_autopipec.calculators.fused.lanes import CACHE_LINE_BYTES
from mlip_autopipec.calculators.fused.layout import FeatureLayout
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.species import SpeciesGroups

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# What the kernels need beside the features: channels, nodes, program, coefficients and places.
Arguments = tuple[int, Nodes, Program, Coefficients, Places]

MAX_CORRELATION = 3


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Some terms of the polynomials, with one set of weights.

    Attributes:
        factors: Output component, and the components of the input that are multiplied, in rising
            order; the number of components stands for 1: ``(n_terms, 4)``.
        couplings: Of the terms to the weights, ``(n_terms, n_weights)``.
        weights: Of species and channels, ``(n_species, n_weights, channels)``.
    """

    factors: Integers
    couplings: Floats
    weights: Floats


class FusedContraction:
    """The polynomials of one layer."""

    def __init__(
        self,
        layout_in: FeatureLayout,
        layout_out: FeatureLayout,
        terms: list[Terms],
        dtype: Any,  # noqa: ANN401 - torch's
    ) -> None:
        """Load the kernels and put what they need into their form.

        Args:
            layout_in: Of the features; all segments have the same channels.
            layout_out: Of the result, likewise.
            terms: All of them.
            dtype: ``torch.float32`` or ``torch.float64``.
        """
        load_kernels(dtype)
        self.layout_in = layout_in
        self.layout_out = layout_out
        self._dtype = np.float32 if dtype == torch.float32 else np.float64
        self._terms = terms
        self._factors = np.concatenate([part.factors for part in terms])
        self._order = np.lexsort(self._factors.T[::-1])
        self.program = _program(self._factors[self._order])
        self.places = (_places(layout_in), _places(layout_out))
        self.channels = layout_in.segments[0].mul
        self._coefficients: dict[int, Array] = {}

    def __call__(self, features: torch.Tensor, groups: SpeciesGroups, n_nodes: int) -> torch.Tensor:
        """Return the result, flat.

        Args:
            features: Flat.
            groups: The nodes of each species.
            n_nodes: Number of nodes.
        """
        out: torch.Tensor = _Contract.apply(features, self, groups, n_nodes)
        return out

    def arguments(self, groups: SpeciesGroups) -> Arguments:
        """Return what the kernels need beside the features."""
        order = np.concatenate([nodes.numpy() for _, nodes in groups])
        own = np.repeat(np.arange(len(groups)), [len(nodes) for _, nodes in groups])
        values = np.concatenate([self._of_species(species) for species, _ in groups])
        nodes: Nodes = (order, own)
        return self.channels, nodes, self.program, (values, len(self._order)), self.places

    def _of_species(self, species: int) -> Array:
        """Return the coefficients of a species, cache line after cache line, flat."""
        if species not in self._coefficients:
            rows = [part.couplings @ part.weights[species] for part in self._terms]
            whole = np.concatenate(rows)[self._order]
            width = CACHE_LINE_BYTES // np.dtype(self._dtype).itemsize
            padded = np.pad(whole, ((0, 0), (0, -self.channels % width)))
            lines = padded.reshape(len(whole), -1, width).transpose(1, 0, 2)
            self._coefficients[species] = np.ascontiguousarray(lines, self._dtype).ravel()
        return self._coefficients[species]


class _Contract(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """Forward and backward kernels, for torch's autograd. There is no second derivative."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        features: torch.Tensor,
        contraction: FusedContraction,
        groups: SpeciesGroups,
        n_nodes: int,
    ) -> torch.Tensor:
        features = features.detach().contiguous()
        ctx.save_for_backward(features)
        arguments = contraction.arguments(groups)
        ctx.arguments = arguments
        out = features.new_zeros(n_nodes * contraction.layout_out.dim)
        contract(features.numpy(), *arguments, out.numpy())
        return out

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_out: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        (features,) = ctx.saved_tensors
        grad = torch.empty_like(features)
        arguments: Arguments = ctx.arguments
        given = grad_out.contiguous().numpy()
        contract_backward(features.numpy(), *arguments, given, grad.numpy())
        return grad, None, None, None


def fuse_contraction(layer: Any, dtype: torch.dtype) -> FusedContraction:  # noqa: ANN401 - MACE's SymmetricContraction
    """Take over MACE's ``SymmetricContraction``.

    Raises:
        UnsupportedLayerError: It goes beyond products of three, or its channels differ.
    """
    layout_in = FeatureLayout.from_irreps(layer.irreps_in)
    layout_out = FeatureLayout.from_irreps(layer.irreps_out)
    channels = {segment.mul for segment in (*layout_in.segments, *layout_out.segments)}
    if len(channels) != 1:
        message = f"a symmetric contraction takes {layer.irreps_in} to {layer.irreps_out}"
        raise UnsupportedLayerError(message)
    terms: list[Terms] = []
    first = 0
    for contraction, segment in zip(layer.contractions, layout_out.segments, strict=True):
        if contraction.correlation > MAX_CORRELATION:
            message = f"a symmetric contraction has correlation {contraction.correlation}"
            raise UnsupportedLayerError(message)
        weights = [contraction.weights_max, *contraction.weights]
        for step, weight in enumerate(weights):
            degree = contraction.correlation - step
            tensor = contraction.U_tensors(degree).detach()
            terms.append(_terms(tensor, weight.detach(), degree, (first, segment.dim)))
        first += segment.dim
    return FusedContraction(layout_in, layout_out, terms, dtype)


def _terms(
    tensor: torch.Tensor, weights: torch.Tensor, degree: int, outputs: tuple[int, int]
) -> Terms:
    """Return the terms of one degree.

    Args:
        tensor: MACE's coupling, ``(outputs, components…, weights)``, without the first axis if
            there is one output.
        weights: ``(n_species, n_weights, channels)``.
        degree: How many components are multiplied.
        outputs: First component of the result, and their number.
    """
    first, n_outputs = outputs
    coupling = tensor.double().numpy()
    n_components, n_weights = coupling.shape[-2:]
    coupling = coupling.reshape(n_outputs, *[n_components] * degree, n_weights)
    chosen = list(combinations_with_replacement(range(n_components), degree))
    values = np.zeros((n_outputs, len(chosen), n_weights))
    for column, components in enumerate(chosen):
        for order in set(permutations(components)):
            values[:, column] += coupling[(slice(None), *order)]
    kept = np.abs(values).max(axis=2) > torch.finfo(tensor.dtype).eps * np.abs(values).max()
    output, number = np.nonzero(kept)
    padded = np.full((len(output), MAX_CORRELATION), n_components)
    padded[:, :degree] = np.array(chosen, dtype=np.int64).reshape(-1, degree)[number]
    factors = np.column_stack([output + first, padded])
    return Terms(factors.astype(np.int64), values[kept], weights.double().numpy())


def _program(factors: Integers) -> Program:
    """Divide sorted terms by output, first factor and second factor (see the kernels)."""
    levels: list[Integers] = []
    begins: Integers = np.arange(len(factors) + 1)
    for depth in (3, 2, 1):
        groups, at = np.unique(factors[:, :depth], axis=0, return_index=True)
        ends = np.searchsorted(begins, np.append(at, len(factors)))
        levels.append(np.column_stack([groups[:, -1], ends[:-1], ends[1:]]))
        begins = at
    seconds, firsts, outputs = (level.astype(np.int64) for level in levels)
    return outputs, firsts, seconds, np.ascontiguousarray(factors[:, 3])


def _places(layout: FeatureLayout) -> Integers:
    """Return where each component lies (see the kernels)."""
    return np.array(
        [
            (segment.start, segment.dim, number)
            for segment in layout.segments
            for number in range(segment.dim)
        ],
        dtype=np.int64,
    )


def load_kernels(dtype: torch.dtype) -> None:
    """Have the kernels of a precision ready (see `compile_kernels`)."""
    flat = (numba.float32 if dtype == torch.float32 else numba.float64)[::1]
    index = numba.int64
    indices, table = index[::1], index[:, ::1]
    nodes = numba.types.UniTuple(indices, 2)
    program = numba.types.Tuple((table, table, table, indices))
    coefficients = numba.types.Tuple((flat, index))
    places = numba.types.UniTuple(table, 2)
    shared = (flat, index, nodes, program, coefficients, places, flat)
    precision = str(dtype).removeprefix("torch.")
    compile_kernels({contract: shared, contract_backward: (*shared, flat)}, f"{precision}-products")
