"""What a convolution computes: the paths of an e3nn tensor product as flat arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.layout import FeatureLayout
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_DEGREE = 3

# Columns of a path: components and channels; where its input, output, weights and coupling begin,
# and how many channels a component's row has there.
(
    DIM_IN,
    DIM_OUT,
    CHANNELS,
    IN_START,
    IN_ROW,
    IN_COLUMN,
    OUT_START,
    OUT_ROW,
    OUT_COLUMN,
    WEIGHT,
    COUPLING,
    N_PATH_COLUMNS,
) = range(12)


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionPlan:
    """A channel-wise ("uvu") tensor product of features with harmonics, summed onto receivers.

    Each path adds ``f M[m1, m3] w[u] x[m1, u]`` to the receiver's ``out[m3, u]``, with the coupling
    ``M`` of the edge, its weights ``w`` and the path's factor ``f``.

    Attributes:
        layout_in: Of the sender's features.
        layout_out: Of the receiver's sum.
        n_weights: Weights of an edge.
        factors: The factor of each weight's path, ``(n_weights,)``: weights are multiplied by it
            before they come to the kernels.
        paths: One row a path, ``(n_paths, N_PATH_COLUMNS)``.
    """

    layout_in: FeatureLayout
    layout_out: FeatureLayout
    n_weights: int
    factors: Floats
    paths: Integers


def plan_convolution(
    product: Any,  # noqa: ANN401 - e3nn's TensorProduct
    couplings: CouplingBasis,
    dtype: torch.dtype,
) -> ConvolutionPlan:
    """Read the plan off an e3nn ``TensorProduct``.

    The coefficients are what the layer itself gives for unit vectors: they hold its normalisation
    and the precision that its constants were saved in.

    Args:
        product: The layer.
        couplings: Gets the couplings that the layer needs.
        dtype: What the layer computes in.

    Raises:
        UnsupportedLayerError: It is no weighted channel-wise product, or beyond degree 3.
    """
    _check(product)
    layout_in = FeatureLayout.from_irreps(product.irreps_in1)
    layout_out = FeatureLayout.from_irreps(product.irreps_out)
    factors = np.zeros(product.weight_numel)
    paths = np.zeros((len(product.instructions), N_PATH_COLUMNS), dtype=np.int64)
    weight = 0
    for index, instruction in enumerate(product.instructions):
        source, target = layout_in.blocks[instruction.i_in1], layout_out.blocks[instruction.i_out]
        into, out = layout_in.segments[source.segment], layout_out.segments[target.segment]
        harmonic = product.irreps_in2.slices()[instruction.i_in2].start
        coefficients = _coefficients(product, index, weight, dtype)
        coupling, factor = couplings.add(harmonic, coefficients)
        paths[index] = (
            *(source.dim, target.dim, source.mul),
            *(into.start, into.mul, source.column),
            *(out.start, out.mul, target.column),
            *(weight, coupling),
        )
        factors[weight : weight + source.mul] = factor
        weight += source.mul
    return ConvolutionPlan(layout_in, layout_out, weight, factors, paths)


def _check(product: Any) -> None:  # noqa: ANN401 - e3nn's TensorProduct
    """Refuse what the kernels do not compute."""
    if product.shared_weights or product.internal_weights:
        message = "the convolution's weights are not one set an edge"
        raise UnsupportedLayerError(message)
    for mul, irrep in product.irreps_in2:
        if mul != 1:
            message = f"the edges have {mul} channels of harmonics {irrep}, not 1"
            raise UnsupportedLayerError(message)
    for instruction in product.instructions:
        if instruction.connection_mode != "uvu" or not instruction.has_weight:
            message = f"the convolution has a path of mode {instruction.connection_mode!r}"
            raise UnsupportedLayerError(message)
    for irreps in (product.irreps_in1, product.irreps_in2, product.irreps_out):
        highest = max((irrep.l for _, irrep in irreps), default=0)
        if highest > MAX_DEGREE:
            message = f"the convolution has degree {highest}, above {MAX_DEGREE}"
            raise UnsupportedLayerError(message)


def _coefficients(product: Any, index: int, weight: int, dtype: torch.dtype) -> Floats:  # noqa: ANN401
    """Return a path's coefficients, ``(harmonic, component in * component out)``."""
    instruction = product.instructions[index]
    source, harmonic = product.irreps_in1.slices(), product.irreps_in2.slices()
    target = product.irreps_out.slices()[instruction.i_out].start
    dim_1 = product.irreps_in1[instruction.i_in1].ir.dim
    dim_2 = product.irreps_in2[instruction.i_in2].ir.dim
    dim_3 = product.irreps_out[instruction.i_out].ir.dim
    rows = torch.arange(dim_1 * dim_2)
    features = torch.zeros(len(rows), product.irreps_in1.dim, dtype=dtype)
    harmonics = torch.zeros(len(rows), product.irreps_in2.dim, dtype=dtype)
    weights = torch.zeros(len(rows), product.weight_numel, dtype=dtype)
    features[rows, source[instruction.i_in1].start + rows % dim_1] = 1
    harmonics[rows, harmonic[instruction.i_in2].start + rows // dim_1] = 1
    weights[:, weight] = 1
    with torch.no_grad():
        out = product(features, harmonics, weights)[:, target : target + dim_3]
    values: Floats = out.double().numpy().reshape(dim_2, dim_1 * dim_3)
    return values
