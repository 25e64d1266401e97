"""Polynomials of a node's features, channel by channel, forward and backward.

Every output is a sum over first factors ``x[i]``, of sums over second factors ``x[j]``, of sums
over terms ``c x[k]``; a factor that is missing is the constant 1, which has the last index.
A cache line of channels is done for all nodes before the next one, so that the coefficients of the
species stay in the cache.

Arguments that the kernels share:

- ``program``: for each output its own component and the range of its first factors, for each of
  these its component and the range of its second factors, for each of these likewise the range of
  its terms, ``(n, 3)`` each; and the component of each term.
- ``coefficients``: of each species and cache line, a row for each term: flat, and how many rows.
- ``nodes``: the nodes in order of species, and the species of each of these.
- ``places``: for components of input and of output, ``(n, 3)``: the start of its segment for one
  node, the segment's number of components, and its own number in it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.fused.compilation import inlined, kernel
from mlip_autopipec.calculators.fused.lanes import CACHE_LINE_BYTES
from mlip_autopipec.calculators.fused.terms import add_product, add_term_gradients, add_terms

Array = npt.NDArray[Any]
Program = tuple[Array, Array, Array, Array]
Coefficients = tuple[Array, int]
Nodes = tuple[Array, Array]
Places = tuple[Array, Array]

COMPONENT, BEGIN, END = range(3)
SEGMENT_START, SEGMENT_DIM, NUMBER = range(3)


@inlined
def gather(rows: Array, source: Array, places: Array, where: tuple[int, int, int, int]) -> None:
    """Copy a cache line of channels of each component of a node; what is missing stays zero."""
    node, n_nodes, first, channels = where
    width = CACHE_LINE_BYTES // rows.itemsize
    count = min(width, channels - first)
    for index in range(places.shape[0]):
        start = places[index, SEGMENT_START] * n_nodes
        start += (node * places[index, SEGMENT_DIM] + places[index, NUMBER]) * channels + first
        for u in range(count):
            rows[index * width + u] = source[start + u]


@inlined
def scatter(rows: Array, target: Array, places: Array, where: tuple[int, int, int, int]) -> None:
    """Copy back what `gather` copies."""
    node, n_nodes, first, channels = where
    width = CACHE_LINE_BYTES // rows.itemsize
    count = min(width, channels - first)
    for index in range(places.shape[0]):
        start = places[index, SEGMENT_START] * n_nodes
        start += (node * places[index, SEGMENT_DIM] + places[index, NUMBER]) * channels + first
        for u in range(count):
            target[start + u] = rows[index * width + u]


@kernel
def contract(
    features: Array,
    channels: int,
    nodes: Nodes,
    program: Program,
    coefficients: Coefficients,
    places: Places,
    out: Array,
) -> None:
    """Set every output of every node."""
    outputs, firsts, seconds, terms = program
    values, n_rows = coefficients
    order, species = nodes
    width = CACHE_LINE_BYTES // features.itemsize
    n_lines = (channels + width - 1) // width
    one = places[0].shape[0]
    x = np.zeros((one + 1) * width, features.dtype)
    x[one * width :] = 1
    y = np.zeros(outputs.shape[0] * width, features.dtype)
    first_sum = np.zeros(width, features.dtype)
    second_sum = np.zeros(width, features.dtype)
    for line in range(n_lines):
        for position in range(order.size):
            where = (order[position], order.size, line * width, channels)
            gather(x, features, places[0], where)
            row = (species[position] * n_lines + line) * n_rows
            own = values[row * width : (row + n_rows) * width]
            y[:] = 0
            for output in outputs:
                for first in firsts[output[BEGIN] : output[END]]:
                    first_sum[:] = 0
                    for second in seconds[first[BEGIN] : first[END]]:
                        second_sum[:] = 0
                        add_terms(second_sum, own, x, terms, second[BEGIN], second[END])
                        add_product(first_sum, 0, second_sum, 0, x, second[COMPONENT])
                    add_product(y, output[COMPONENT], first_sum, 0, x, first[COMPONENT])
            scatter(y, out, places[1], where)


@kernel
def contract_backward(
    features: Array,
    channels: int,
    nodes: Nodes,
    program: Program,
    coefficients: Coefficients,
    places: Places,
    grad_out: Array,
    grad_features: Array,
) -> None:
    """Set the gradient of all features."""
    outputs, firsts, seconds, terms = program
    values, n_rows = coefficients
    order, species = nodes
    width = CACHE_LINE_BYTES // features.itemsize
    n_lines = (channels + width - 1) // width
    one = places[0].shape[0]
    x = np.zeros((one + 1) * width, features.dtype)
    x[one * width :] = 1
    grad_x = np.zeros((one + 1) * width, features.dtype)
    grad_y = np.zeros(outputs.shape[0] * width, features.dtype)
    first_sum = np.zeros(width, features.dtype)
    second_sum = np.zeros(width, features.dtype)
    first_factor = np.zeros(width, features.dtype)
    factor = np.zeros(width, features.dtype)
    for line in range(n_lines):
        for position in range(order.size):
            where = (order[position], order.size, line * width, channels)
            gather(x, features, places[0], where)
            gather(grad_y, grad_out, places[1], where)
            row = (species[position] * n_lines + line) * n_rows
            own = values[row * width : (row + n_rows) * width]
            grad_x[:] = 0
            for output in outputs:
                for first in firsts[output[BEGIN] : output[END]]:
                    first_sum[:] = 0
                    first_factor[:] = 0
                    add_product(first_factor, 0, grad_y, output[COMPONENT], x, first[COMPONENT])
                    for second in seconds[first[BEGIN] : first[END]]:
                        second_sum[:] = 0
                        factor[:] = 0
                        begin, end, at = second[BEGIN], second[END], second[COMPONENT]
                        add_terms(second_sum, own, x, terms, begin, end)
                        add_product(first_sum, 0, second_sum, 0, x, at)
                        add_product(grad_x, at, second_sum, 0, first_factor, 0)
                        add_product(factor, 0, first_factor, 0, x, at)
                        add_term_gradients(grad_x, factor, own, terms, begin, end)
                    add_product(grad_x, first[COMPONENT], first_sum, 0, grad_y, output[COMPONENT])
            scatter(grad_x, grad_features, places[0], where)
