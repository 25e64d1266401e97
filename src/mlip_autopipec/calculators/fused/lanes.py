"""Vector instructions in numba code: arithmetic on many neighbouring channels at once."""

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils

# Sums may be reordered and products fused into them; NaN and infinity keep their meaning.
FASTMATH = ("reassoc", "contract", "nsz")

INDEX = ir.IntType(64)
CACHE_LINE_BYTES = 64
SCALAR_BYTES = {ir.FloatType(): 4, ir.DoubleType(): 8}


def integer(value: int) -> ir.Constant:
    """Return a constant index."""
    return ir.Constant(INDEX, value)


class Lanes:
    """Emits arithmetic on ``count`` values that are neighbours in memory.

    Attributes:
        builder: Emits instructions.
        scalar: Type of a value.
        count: Number of values.
        limit: How many of them exist, from the first; None: all. The others are neither read nor
            written; they count as zero.
    """

    def __init__(
        self, builder: ir.IRBuilder, scalar: ir.Type, count: int, limit: ir.Value | None = None
    ) -> None:
        """Choose the type of the values and how many are taken at once."""
        self.builder = builder
        self.scalar = scalar
        self.count = count
        self.type = ir.VectorType(scalar, count)
        self._mask = None if limit is None else self._below(limit)

    def load(self, base: ir.Value, offset: ir.Value) -> ir.Value:
        """Load from ``base[offset:]``."""
        address = self._address(base, offset)
        if self._mask is not None:
            arguments = [address, self._alignment(), self._mask, self.zero()]
            return self._call("llvm.masked.load", self.type, arguments)
        value = self.builder.load(address)
        value.align = SCALAR_BYTES[self.scalar]
        return value

    def store(self, value: ir.Value, base: ir.Value, offset: ir.Value) -> None:
        """Store to ``base[offset:]``."""
        address = self._address(base, offset)
        if self._mask is not None:
            arguments = [value, address, self._alignment(), self._mask]
            self._call("llvm.masked.store", ir.VoidType(), arguments)
            return
        self.builder.store(value, address).align = SCALAR_BYTES[self.scalar]

    def spread(self, base: ir.Value, index: int) -> ir.Value:
        """Load ``base[index]`` into every lane."""
        return self._spread(self.builder.load(self.builder.gep(base, [integer(index)])), self.type)

    def zero(self) -> ir.Constant:
        """Return zero in every lane."""
        return ir.Constant(self.type, None)

    def add(self, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return ``left + right``."""
        return self.builder.fadd(left, right, flags=FASTMATH)

    def multiply(self, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return ``left * right``."""
        return self.builder.fmul(left, right, flags=FASTMATH)

    def multiply_add(self, left: ir.Value, right: ir.Value, addend: ir.Value | None) -> ir.Value:
        """Return ``left * right + addend``; None counts as zero."""
        product = self.multiply(left, right)
        return product if addend is None else self.add(product, addend)

    def total(self, value: ir.Value) -> ir.Value:
        """Sum the lanes."""
        name = f"llvm.vector.reduce.fadd.v{self.count}{self.scalar.intrinsic_name}"
        signature = ir.FunctionType(self.scalar, [self.scalar, self.type])
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        zero = ir.Constant(self.scalar, 0.0)
        return self.builder.call(function, [zero, value], fastmath=FASTMATH)

    def _address(self, base: ir.Value, offset: ir.Value) -> ir.Value:
        pointer = self.builder.gep(base, [offset])
        return self.builder.bitcast(pointer, self.type.as_pointer())

    def _alignment(self) -> ir.Constant:
        return ir.Constant(ir.IntType(32), SCALAR_BYTES[self.scalar])

    def _call(self, name: str, result: ir.Type, arguments: list[ir.Value]) -> ir.Value:
        """Call one of LLVM's functions on masked vectors."""
        full = f"{name}.v{self.count}{self.scalar.intrinsic_name}.p0"
        signature = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, signature, full)
        return self.builder.call(function, arguments)

    def _spread(self, value: ir.Value, kind: ir.Type) -> ir.Value:
        empty = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.count), [0] * self.count)
        return self.builder.shuffle_vector(first, empty, mask)

    def _below(self, limit: ir.Value) -> ir.Value:
        """Return which lanes have a number below the limit."""
        kind = ir.VectorType(INDEX, self.count)
        numbers = ir.Constant(kind, list(range(self.count)))
        return self.builder.icmp_signed("<", numbers, self._spread(limit, kind))
