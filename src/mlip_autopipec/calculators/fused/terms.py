"""Vector instructions for polynomials of many channels at once.

Values of a cache line of channels lie side by side; a row is such a line. All arrays are flat, and
rows are counted.
"""

# numba hands types to these functions and llvmlite takes and gives values of its own, untyped:
# ruff: noqa: ANN401

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mlip_autopipec.calculators.fused.lanes import (
    CACHE_LINE_BYTES,
    INDEX,
    SCALAR_BYTES,
    Lanes,
    integer,
)


class _Rows:
    """Arrays of rows, while instructions on them are emitted."""

    def __init__(self, context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> None:
        scalar = context.get_value_type(signature.args[0].dtype)
        count = CACHE_LINE_BYTES // SCALAR_BYTES[scalar]
        self.lanes = Lanes(builder, scalar, count)
        self._builder = builder
        self._args = args
        self._bases = {
            position: context.make_array(kind)(context, builder, args[position]).data
            for position, kind in enumerate(signature.args)
            if isinstance(kind, types.Array)
        }

    def load(self, array: int, row: ir.Value) -> ir.Value:
        """Load a row of the array at a position of the arguments."""
        return self.lanes.load(self._bases[array], self._offset(row))

    def add(self, value: ir.Value, array: int, row: ir.Value) -> None:
        """Add to a row."""
        base, offset = self._bases[array], self._offset(row)
        self.lanes.store(self.lanes.add(self.lanes.load(base, offset), value), base, offset)

    def index(self, array: int, position: ir.Value) -> ir.Value:
        """Load an index."""
        return self._builder.load(self._builder.gep(self._bases[array], [position]))

    def _offset(self, row: ir.Value) -> ir.Value:
        return self._builder.mul(row, integer(self.lanes.count))


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_product(_context: Any, out: Any, to: Any, a: Any, row_a: Any, b: Any, row_b: Any) -> Any:
    """Add to row ``to`` of ``out`` the product of a row of ``a`` and one of ``b``."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        rows = _Rows(context, builder, signature, args)
        product = rows.lanes.multiply(rows.load(2, args[3]), rows.load(4, args[5]))
        rows.add(product, 0, args[1])
        return context.get_dummy_value()

    return types.void(out, to, a, row_a, b, row_b), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_terms(
    _context: Any, out: Any, coefficients: Any, x: Any, indices: Any, begin: Any, end: Any
) -> Any:
    """Add to the first row of ``out`` the sum of ``coefficients[t] * x[indices[t]]``.

    ``coefficients`` may begin before the first term of the range: rows are counted from it.
    """

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        rows = _Rows(context, builder, signature, args)
        total = cgutils.alloca_once_value(builder, rows.lanes.zero())
        bounds = (args[4], args[5], integer(1))
        with cgutils.for_range_slice(builder, *bounds, intp=INDEX) as (term, _):
            value = rows.load(2, rows.index(3, term))
            product = rows.lanes.multiply(rows.load(1, term), value)
            builder.store(rows.lanes.add(builder.load(total), product), total)
        rows.add(builder.load(total), 0, integer(0))
        return context.get_dummy_value()

    return types.void(out, coefficients, x, indices, begin, end), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba is not typed
def add_term_gradients(
    _context: Any,
    grad_x: Any,
    factor: Any,
    coefficients: Any,
    indices: Any,
    begin: Any,
    end: Any,
) -> Any:
    """Add ``coefficients[t]`` times the first row of ``factor`` to ``grad_x[indices[t]]``."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        rows = _Rows(context, builder, signature, args)
        own = rows.load(1, integer(0))
        bounds = (args[4], args[5], integer(1))
        with cgutils.for_range_slice(builder, *bounds, intp=INDEX) as (term, _):
            product = rows.lanes.multiply(rows.load(2, term), own)
            rows.add(product, 0, rows.index(3, term))
        return context.get_dummy_value()

    return types.void(grad_x, factor, coefficients, indices, begin, end), generate
