"""The convolution, forward and backward, without any array of the size edges × features.

A kernel works on a range of receivers, whose edges belong to them alone, so that ranges may run in
any order and in any thread. Within a range it takes path after path: what a path needs of the
features, the sums and the tables of weights stays in the cache while the edges go by.

Arguments that the kernels share:

- ``receivers``: first and last + 1 of the range.
- ``graph``: where each receiver's edges begin in the order ``(n_nodes + 1,)``, the edges in order
  of receivers, and sender and table of each edge, all ``(n_edges,)``.
- ``inputs``: features of all nodes (`mlip_autopipec.calculators.fused.layout`), couplings of all
  edges (`mlip_autopipec.calculators.fused.coupling`), and what their weights come from: these
  themselves, or, with a table, the lengths in Å. All are flat.
- ``table``: coefficients and differences of the weights' splines, flat rows of ``n_weights``,
  their pieces, and how many rows a table has (`mlip_autopipec.calculators.fused.spline`); no
  pieces at all if the weights are given.
- ``plan``: the paths, and the numbers of weights and couplings of an edge
  (`mlip_autopipec.calculators.fused.plan`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.fused.compilation import inlined, kernel
from mlip_autopipec.calculators.fused.plan import (
    CHANNELS,
    COUPLING,
    DIM_IN,
    DIM_OUT,
    IN_COLUMN,
    IN_ROW,
    IN_START,
    OUT_COLUMN,
    OUT_ROW,
    OUT_START,
    WEIGHT,
)
from mlip_autopipec.calculators.fused.spline import locate, slope_basis, value_basis
from mlip_autopipec.calculators.fused.tiles import (
    add_coupling_gradients,
    add_gradients,
    add_message,
    set_weights,
    weighted_slope,
)

Array = npt.NDArray[Any]
Range = tuple[int, int]
Graph = tuple[Array, Array, Array, Array]
Inputs = tuple[Array, Array, Array]
Table = tuple[Array, Array, Array, int]
Plan = tuple[Array, int, int]
Place = tuple[int, int, int, int, int, int, int, int, int]
SplinePlace = tuple[int, int, int, int, int]


@inlined
def place_of(
    path: Array, n_nodes: int, receiver: int, sender: int, weight: int, coupling: int
) -> Place:
    """Return where a path's values lie (see `mlip_autopipec.calculators.fused.tiles`)."""
    out = path[OUT_START] * n_nodes + receiver * path[DIM_OUT] * path[OUT_ROW] + path[OUT_COLUMN]
    into = path[IN_START] * n_nodes + sender * path[DIM_IN] * path[IN_ROW] + path[IN_COLUMN]
    return (
        *(out, path[OUT_ROW], into, path[IN_ROW], weight, coupling + path[COUPLING]),
        *(path[CHANNELS], path[DIM_IN], path[DIM_OUT]),
    )


@inlined
def locate_all(
    receivers: Range, graph: Graph, radial: Array, table: Table, n_weights: int
) -> tuple[Array, Array, Array]:
    """Find the place of each edge of a range in the table.

    Returns:
        Where its first row begins ``(n_edges of the range,)``, and the bases of value and slope,
        flat; the slope's in 1 / Å.
    """
    first_edge, order, _, tables = graph
    _, _, pieces, n_rows = table
    begin, end = first_edge[receivers[0]], first_edge[receivers[1]]
    n_edges = end - begin if pieces.shape[0] > 0 else 0
    rows = np.empty(n_edges, np.int64)
    values = np.empty(5 * n_edges, radial.dtype)
    slopes = np.empty(5 * n_edges, radial.dtype)
    for position in range(n_edges):
        edge = order[begin + position]
        row, fraction, steps_per_A = locate(pieces, np.float64(radial[edge]))
        rows[position] = (row + tables[edge] * n_rows) * n_weights
        value, slope = value_basis(fraction), slope_basis(fraction)
        for index in range(5):
            values[5 * position + index] = value[index]
            slopes[5 * position + index] = slope[index] * steps_per_A
    return rows, values, slopes


@kernel
def convolve(
    receivers: Range,
    graph: Graph,
    inputs: Inputs,
    table: Table,
    plan: Plan,
    out: Array,
) -> None:
    """Add the messages of a range of receivers to ``out``."""
    features, couplings, radial = inputs
    first_edge, order, senders, _ = graph
    coefficients, differences, pieces, _ = table
    paths, n_weights, n_couplings = plan
    n_nodes = first_edge.size - 1
    tabulated = pieces.shape[0] > 0
    rows, values, _ = locate_all(receivers, graph, radial, table, n_weights)
    weights = np.empty(n_weights, features.dtype) if tabulated else radial
    begin = first_edge[receivers[0]]
    for index in range(paths.shape[0]):
        path = paths[index]
        for receiver in range(receivers[0], receivers[1]):
            for position in range(first_edge[receiver], first_edge[receiver + 1]):
                edge = order[position]
                weight = edge * n_weights + path[WEIGHT]
                if tabulated:
                    own = position - begin
                    weight = 0
                    spline = rows[own] + path[WEIGHT]
                    there = (weight, spline, n_weights, 5 * own, path[CHANNELS])
                    set_weights(weights, coefficients, differences, values, there)
                coupling = edge * n_couplings
                place = place_of(path, n_nodes, receiver, senders[edge], weight, coupling)
                add_message(out, features, weights, couplings, place)


@kernel
def convolve_backward(
    receivers: Range,
    graph: Graph,
    inputs: Inputs,
    table: Table,
    plan: Plan,
    grad_out: Array,
    grads: Inputs,
) -> None:
    """Add to the gradients of the inputs what the messages of a range of receivers give."""
    features, couplings, radial = inputs
    grad_features, grad_couplings, grad_radial = grads
    first_edge, order, senders, _ = graph
    coefficients, differences, pieces, _ = table
    paths, n_weights, n_couplings = plan
    n_nodes = first_edge.size - 1
    tabulated = pieces.shape[0] > 0
    rows, values, slopes = locate_all(receivers, graph, radial, table, n_weights)
    weights = np.empty(n_weights, features.dtype) if tabulated else radial
    grad_weights = np.empty(n_weights, features.dtype) if tabulated else grad_radial
    begin = first_edge[receivers[0]]
    for index in range(paths.shape[0]):
        path = paths[index]
        for receiver in range(receivers[0], receivers[1]):
            for position in range(first_edge[receiver], first_edge[receiver + 1]):
                edge = order[position]
                weight = edge * n_weights + path[WEIGHT]
                own = position - begin
                there = (0, 0, 0, 0, 0)
                if tabulated:
                    weight = 0
                    spline = rows[own] + path[WEIGHT]
                    there = (weight, spline, n_weights, 5 * own, path[CHANNELS])
                    set_weights(weights, coefficients, differences, values, there)
                coupling = edge * n_couplings
                place = place_of(path, n_nodes, receiver, senders[edge], weight, coupling)
                add_gradients(
                    grad_features, grad_weights, grad_out, features, weights, couplings, place
                )
                add_coupling_gradients(grad_couplings, grad_out, features, weights, place)
                if tabulated:
                    grad_radial[edge] += weighted_slope(grad_weights, differences, slopes, there)
