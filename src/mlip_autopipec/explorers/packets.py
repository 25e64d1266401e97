"""Packets: JSON-ready data and arrays as bytes, exact to the last bit, with a checksum.

Working files are made of packets. A packet is whole or it is not there: a torn or altered one is
told from its length and checksum.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

_MAGIC = b"MLAP1\n\x00\x00"
_LENGTHS = struct.Struct("<QQ")
_PREFIX_SIZE = len(_MAGIC) + _LENGTHS.size
_DIGEST_SIZE = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Packet:
    """Data and arrays that belong together.

    Attributes:
        data: JSON-ready.
        arrays: By name; any shape, numbers or booleans.
    """

    data: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]

    def to_bytes(self) -> bytes:
        """Return the packet as bytes.

        Raises:
            ValueError: The data hold NaN or an infinity.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        table = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
        header = json.dumps({"data": self.data, "arrays": table}, allow_nan=False).encode()
        body = b"".join(array.tobytes() for array in arrays.values())
        prefix = _MAGIC + _LENGTHS.pack(len(header), len(body))
        content = prefix + header + body
        return content + hashlib.sha256(content).digest()


def read_packet(stream: BinaryIO) -> Packet | None:
    """Return the next packet of a stream; None at its end, or where it is torn or altered."""
    prefix = stream.read(_PREFIX_SIZE)
    if len(prefix) < _PREFIX_SIZE or not prefix.startswith(_MAGIC):
        return None
    header_size, body_size = _LENGTHS.unpack(prefix[len(_MAGIC) :])
    content = stream.read(header_size + body_size)
    digest = stream.read(_DIGEST_SIZE)
    if hashlib.sha256(prefix + content).digest() != digest:
        return None
    header = json.loads(content[:header_size])
    arrays, offset = {}, header_size
    for name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(content, dtype=dtype, count=count, offset=offset)
        arrays[name] = array.reshape(shape).copy()
        offset += array.nbytes
    return Packet(header["data"], arrays)


def read_packets(stream: BinaryIO) -> Iterator[tuple[Packet, int]]:
    """Yield the whole packets from the stream's position on, each with the offset of its end."""
    while (packet := read_packet(stream)) is not None:
        yield packet, stream.tell()
