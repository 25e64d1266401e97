"""The innermost loops of the convolution, unrolled over components and vectorised over channels.

numba vectorises only long plain loops, and those of an equivariant product are short: a path has
1 to 7 components on either side and some tens of channels. The functions here emit the loop over
channels once for each pair of component counts, unrolled over the components; the pair is chosen
at run time. Arrays are flat, and ``place`` says where in them a path's values lie:

``(out, out_row, in, in_row, weight, coupling, channels, dim_in, dim_out)``: where the receiver's
sum begins and the length of a component's row there, the same for the sender's features, where the
weights and the coupling begin, the number of channels, and of components on either side.

The two functions for splines take instead ``(weight, spline, spline_row, basis, channels)``: where
the weights begin, their first spline coefficient, the length of a row of these, and the basis.
"""

# numba hands types to these functions and llvmlite takes and gives values of its own, untyped:
# ruff: noqa: ANN401

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mlip_autopipec.calculators.fused.lanes import (
    CACHE_LINE_BYTES,
    FASTMATH,
    INDEX,
    SCALAR_BYTES,
    Lanes,
    integer,
)

DIMS = (1, 3, 5, 7)

# What a tile keeps in vector registers, of which most CPUs have 16, operands included.
MAX_SUMS = 10
MAX_ROWS = 5

OUT, OUT_ROW, IN, IN_ROW, WEIGHT, COUPLING, CHANNELS, DIM_IN, DIM_OUT = range(9)
SPLINE_WEIGHT, SPLINE, SPLINE_ROW, SPLINE_BASIS, SPLINE_CHANNELS = range(5)

N_DIFFERENCES = 5


class Tile:
    """The loop over channels of one path, while it is emitted.

    Attributes:
        builder: Emits instructions.
    """

    def __init__(self, context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> None:
        """Take apart the arguments: arrays first, ``place`` last."""
        self.builder = builder
        n_places = len(signature.args[-1])
        self._place = [builder.extract_value(args[-1], index) for index in range(n_places)]
        self._scalar = context.get_value_type(signature.args[0].dtype)
        self._arrays = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:-1], args[:-1], strict=True)
        ]

    def pointer(self, array: int, start: int) -> ir.Value:
        """Return the address in an array at which a part of the path begins."""
        return self.builder.gep(self._arrays[array], [self._place[start]])

    def row(self, channel: ir.Value, length: int, index: int) -> ir.Value:
        """Return the offset of a channel in a component's row."""
        return self.builder.add(channel, self.builder.mul(self._place[length], integer(index)))

    def loops(self, n_rows: int, channels: int = CHANNELS) -> Iterator[tuple[Lanes, Any]]:
        """Yield lanes and a loop over channels: by cache lines, then what is left of one.

        Args:
            n_rows: How many rows are kept in registers; half a line is taken if they are many.
            channels: Which value of ``place`` is their number.
        """
        count = CACHE_LINE_BYTES // SCALAR_BYTES[self._scalar]
        if n_rows > MAX_ROWS:
            count //= 2
        total = self._place[channels]
        whole = self.builder.and_(total, integer(-count))
        yield Lanes(self.builder, self._scalar, count), self._whole_lines(whole, count)
        rest = self.builder.sub(total, whole)
        yield Lanes(self.builder, self._scalar, count, rest), self._rest(whole, rest)

    @contextmanager
    def _whole_lines(self, last: ir.Value, step: int) -> Iterator[ir.Value]:
        bounds = (integer(0), last, integer(step))
        with cgutils.for_range_slice(self.builder, *bounds, intp=INDEX) as (channel, _):
            yield channel

    @contextmanager
    def _rest(self, first: ir.Value, rest: ir.Value) -> Iterator[ir.Value]:
        with self.builder.if_then(self.builder.icmp_signed(">", rest, integer(0)), likely=False):
            yield first

    def pair(self) -> ir.Value:
        """Return the number that stands for the path's pair of component counts."""
        scaled = self.builder.mul(self._place[DIM_IN], integer(max(DIMS) + 1))
        return self.builder.add(scaled, self._place[DIM_OUT])


def _for_each_pair(
    emit: Callable[[Tile, int, int], None],
) -> Callable[[Any, ir.IRBuilder, Any, Any], ir.Value]:
    """Return numba's code generator: ``emit`` for each pair of dims, chosen at run time."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        tile = Tile(context, builder, signature, args)
        end = builder.append_basic_block("end")
        switch = builder.switch(tile.pair(), end)
        for dim_in in DIMS:
            for dim_out in DIMS:
                block = builder.append_basic_block(f"dims_{dim_in}_{dim_out}")
                switch.add_case(integer(dim_in * (max(DIMS) + 1) + dim_out), block)
                builder.position_at_end(block)
                emit(tile, dim_in, dim_out)
                builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return generate


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_message(
    _context: Any, out: Any, features: Any, weights: Any, couplings: Any, place: Any
) -> Any:
    """Add ``sum_m1 M[m1, m3] w[u] x[m1, u]`` to ``out[m3, u]``."""

    def emit(tile: Tile, dim_in: int, dim_out: int) -> None:
        for lanes, loop in tile.loops(dim_in):
            with loop as channel:
                weight = lanes.load(tile.pointer(2, WEIGHT), channel)
                scaled = [
                    lanes.multiply(
                        weight, lanes.load(tile.pointer(1, IN), tile.row(channel, IN_ROW, m1))
                    )
                    for m1 in range(dim_in)
                ]
                for m3 in range(dim_out):
                    at = tile.row(channel, OUT_ROW, m3)
                    total = lanes.load(tile.pointer(0, OUT), at)
                    for m1, value in enumerate(scaled):
                        factor = lanes.spread(tile.pointer(3, COUPLING), m1 * dim_out + m3)
                        total = lanes.multiply_add(factor, value, total)
                    lanes.store(total, tile.pointer(0, OUT), at)

    return types.void(out, features, weights, couplings, place), _for_each_pair(emit)


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_gradients(
    _context: Any,
    grad_features: Any,
    grad_weights: Any,
    grad_out: Any,
    features: Any,
    weights: Any,
    couplings: Any,
    place: Any,
) -> Any:
    """Add ``w[u] s[m1, u]`` to the features' gradient and set the weights' to ``sum_m1 x s``.

    Here ``s[m1, u] = sum_m3 M[m1, m3] g[m3, u]``, with the gradient ``g`` of the receiver's sum.
    """

    def emit(tile: Tile, dim_in: int, dim_out: int) -> None:
        for lanes, loop in tile.loops(dim_out):
            with loop as channel:
                weight = lanes.load(tile.pointer(4, WEIGHT), channel)
                rows = [
                    lanes.load(tile.pointer(2, OUT), tile.row(channel, OUT_ROW, m3))
                    for m3 in range(dim_out)
                ]
                grad_weight = None
                for m1 in range(dim_in):
                    at = tile.row(channel, IN_ROW, m1)
                    back = None
                    for m3, row in enumerate(rows):
                        factor = lanes.spread(tile.pointer(5, COUPLING), m1 * dim_out + m3)
                        back = lanes.multiply_add(factor, row, back)
                    grad = lanes.load(tile.pointer(0, IN), at)
                    lanes.store(lanes.multiply_add(weight, back, grad), tile.pointer(0, IN), at)
                    value = lanes.load(tile.pointer(3, IN), at)
                    grad_weight = lanes.multiply_add(value, back, grad_weight)
                lanes.store(grad_weight, tile.pointer(1, WEIGHT), channel)

    arrays = (grad_features, grad_weights, grad_out, features, weights, couplings)
    return types.void(*arrays, place), _for_each_pair(emit)


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_coupling_gradients(
    _context: Any, grad_couplings: Any, grad_out: Any, features: Any, weights: Any, place: Any
) -> Any:
    """Add ``sum_u w[u] x[m1, u] g[m3, u]`` to the gradient of ``M[m1, m3]``."""

    def emit(tile: Tile, dim_in: int, dim_out: int) -> None:
        step = max(1, MAX_SUMS // dim_in)
        for first in range(0, dim_out, step):
            components = range(first, min(dim_out, first + step))
            _add_some_coupling_gradients(tile, dim_in, dim_out, components)

    return types.void(grad_couplings, grad_out, features, weights, place), _for_each_pair(emit)


def _add_some_coupling_gradients(tile: Tile, dim_in: int, dim_out: int, components: range) -> None:
    """Emit the sums over channels for some of the receiver's components."""
    whole: dict[tuple[int, int], ir.Value] = {}
    for lanes, loop in tile.loops(MAX_ROWS + 1):
        sums = {
            (m1, m3): cgutils.alloca_once_value(tile.builder, lanes.zero())
            for m3 in components
            for m1 in range(dim_in)
        }
        with loop as channel:
            weight = lanes.load(tile.pointer(3, WEIGHT), channel)
            rows = {
                m3: lanes.load(tile.pointer(1, OUT), tile.row(channel, OUT_ROW, m3))
                for m3 in components
            }
            for m1 in range(dim_in):
                value = lanes.load(tile.pointer(2, IN), tile.row(channel, IN_ROW, m1))
                scaled = lanes.multiply(weight, value)
                for m3, row in rows.items():
                    total = tile.builder.load(sums[m1, m3])
                    tile.builder.store(lanes.multiply_add(scaled, row, total), sums[m1, m3])
        for key, address in sums.items():
            total = lanes.total(tile.builder.load(address))
            whole[key] = lanes.add(whole[key], total) if key in whole else total
    for (m1, m3), total in whole.items():
        base = tile.pointer(0, COUPLING)
        address = tile.builder.gep(base, [integer(m1 * dim_out + m3)])
        before = tile.builder.load(address)
        tile.builder.store(tile.builder.fadd(before, total, flags=FASTMATH), address)


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def set_weights(
    _context: Any, weights: Any, coefficients: Any, differences: Any, basis: Any, place: Any
) -> Any:
    """Set the weights to ``c[u] + sum_j b[j] d[j, u]``."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        tile = Tile(context, builder, signature, args)
        for lanes, loop in tile.loops(1, SPLINE_CHANNELS):
            with loop as channel:
                total = lanes.load(tile.pointer(1, SPLINE), channel)
                for index in range(N_DIFFERENCES):
                    at = tile.row(channel, SPLINE_ROW, index)
                    difference = lanes.load(tile.pointer(2, SPLINE), at)
                    factor = lanes.spread(tile.pointer(3, SPLINE_BASIS), index)
                    total = lanes.multiply_add(factor, difference, total)
                lanes.store(total, tile.pointer(0, SPLINE_WEIGHT), channel)
        return context.get_dummy_value()

    return types.void(weights, coefficients, differences, basis, place), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def weighted_slope(
    _context: Any, grad_weights: Any, differences: Any, basis: Any, place: Any
) -> Any:
    """Return ``sum_u g[u] sum_j b[j] d[j, u]``."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        tile = Tile(context, builder, signature, args)
        whole = None
        for lanes, loop in tile.loops(1, SPLINE_CHANNELS):
            total = cgutils.alloca_once_value(builder, lanes.zero())
            with loop as channel:
                slope = None
                for index in range(N_DIFFERENCES):
                    at = tile.row(channel, SPLINE_ROW, index)
                    difference = lanes.load(tile.pointer(1, SPLINE), at)
                    factor = lanes.spread(tile.pointer(2, SPLINE_BASIS), index)
                    slope = lanes.multiply_add(factor, difference, slope)
                grad = lanes.load(tile.pointer(0, SPLINE_WEIGHT), channel)
                builder.store(lanes.multiply_add(grad, slope, builder.load(total)), total)
            part = lanes.total(builder.load(total))
            whole = part if whole is None else lanes.add(whole, part)
        return whole

    return grad_weights.dtype(grad_weights, differences, basis, place), generate
