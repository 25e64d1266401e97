"""Frames in extended XYZ files: written whole, read one at a time, with nothing changed on the way.

ASE defines the format, and its files are read and written here as ASE does; but its plain round
trip turns the string ``"F"`` into False, ``"NaN"`` into a number, None into True, and an array of
one number into the number. Such values are stored as JSON, which ASE reads back as they were.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from io import StringIO
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_properties
from ase.constraints import FixAtoms, FixCartesian
from ase.io.extxyz import XYZError, escape, key_val_str_to_dict, read_xyz, write_xyz

from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.files import replacing

_WORDS = {*all_properties, "Lattice", "Properties", "move_mask", "pbc", "pos", "species", "symbols"}
_WORDS |= {"virial", "Z"}


class FrameFileError(AutoPipeError):
    """A file of frames cannot be read, or a frame cannot be written without loss."""


def write_frames(path: str | Path, frames: Iterable[Atoms]) -> int:
    """Write a whole extended XYZ file, and return its number of frames.

    Results of a calculator (energy, forces, stress, …) go with their frame. Frames are taken one
    at a time; when one fails, ``path`` is as it was.

    Args:
        path: The file to make or replace.
        frames: Any iterable, consumed once.

    Raises:
        FrameFileError: A frame holds what the format would lose or change; its place is named.
    """
    count = 0
    with replacing(Path(path)) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for frame in frames:
            try:
                write_frame(stream, frame)
            except FrameFileError as error:
                message = f"{path}: frame {count}: {error}"
                raise FrameFileError(message) from error
            count += 1
    return count


def write_frame(stream: TextIO, frame: Atoms) -> None:
    """Append one frame to an open text file.

    Raises:
        FrameFileError: The frame holds what the format would lose or change.
    """
    _refuse_losses(frame)
    copy = frame.copy()
    copy.info = {key: _encoded(key, value) for key, value in frame.info.items()}
    copy.calc = frame.calc
    write_xyz(stream, copy)


def read_frames(path: str | Path, *, every: int = 1) -> Iterator[Atoms]:
    """Yield the frames of an extended XYZ file, one at a time.

    Positions, forces and momenta have the 8 decimals of the format; numbers in ``info`` are exact,
    and come back as Python's int, float, bool, str, None or as arrays.

    Args:
        path: The file.
        every: Yield each ``every``-th frame, beginning with the first; those between are passed
            over without being built.

    Raises:
        FrameFileError: The file cannot be read, or a frame is torn or malformed.
    """
    try:
        with Path(path).open(encoding="utf-8") as stream:
            for place, text in enumerate(_frame_texts(stream)):
                if place % every == 0:
                    yield _decoded(text, f"{path}: frame {place}")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        message = f"{path}: cannot be read ({reason})"
        raise FrameFileError(message) from error


def count_frames(path: Path) -> int:
    """Return the number of whole frames in a file, without building them.

    Raises:
        FrameFileError: The last frame is torn.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8") as stream:
        return sum(1 for _ in _frame_texts(stream))


def frame_offsets(path: Path) -> list[int]:
    """Return the byte at which each frame of a file begins (see `read_frame_at`).

    Raises:
        FrameFileError: The last frame is torn.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8") as stream:
        sizes = [len(text.encode()) for text in _frame_texts(stream)]
    return [0, *accumulate(sizes)][:-1]


def read_frame_at(path: Path, offset: int) -> Atoms:
    """Return the frame that begins at a byte of a file, without reading those before it.

    Raises:
        FrameFileError: There is no whole frame, or it is malformed.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8") as stream:
        stream.seek(offset)
        for text in _frame_texts(stream):
            return _decoded(text, f"{path}: frame at byte {offset}")
    message = f"{path}: no frame begins at byte {offset}"
    raise FrameFileError(message)


def concatenate(paths: Sequence[Path], target: Path) -> None:
    """Join files of frames, byte by byte and in the order given, into ``target``, atomically.

    Raises:
        OSError: A file cannot be read.
    """
    with replacing(target) as temporary, temporary.open("wb") as out:
        for path in paths:
            with path.open("rb") as source:
                shutil.copyfileobj(source, out)


def _frame_texts(stream: TextIO) -> Iterator[str]:
    """Yield the lines of each frame as one text."""
    for place, header in enumerate(stream):
        if not header.strip() and not stream.read().strip():
            return
        where = f"{stream.name}: frame {place}"
        if not header.strip().isdecimal():
            message = f"{where} should begin with a number of atoms, not {header.strip()!r}"
            raise FrameFileError(message)
        n_lines = int(header) + 1
        lines = list(islice(stream, n_lines))
        if len(lines) < n_lines or not lines[-1].endswith("\n"):
            message = f"{where} ends too early: the file is torn"
            raise FrameFileError(message)
        yield header + "".join(lines)


def _decoded(text: str, where: str) -> Atoms:
    """Build one frame from its text."""
    try:
        (frame,) = read_xyz(StringIO(text), index=slice(0, 1))
    except (XYZError, ValueError, KeyError, TypeError) as error:
        message = f"{where}: is malformed ({error})"
        raise FrameFileError(message) from error
    frame.info = {key: _plain(value) for key, value in frame.info.items()}
    if frame.calc is not None:
        results = frame.calc.results
        frame.calc.results = {key: _plain(value) for key, value in results.items()}
    return frame


def _plain(value: Any) -> Any:  # noqa: ANN401 - info holds anything
    """Turn NumPy's scalars into Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _refuse_losses(frame: Atoms) -> None:
    """Refuse what the format drops without a word."""
    for key in (*frame.info, *frame.arrays):
        if not isinstance(key, str) or not key.isidentifier():
            message = f"key {key!r} should be an identifier"
            raise FrameFileError(message)
        if key in _WORDS or key.lower() == "uid":
            message = f"key {key!r} is a word of the format; results belong to the calculator"
            raise FrameFileError(message)
    for key, array in frame.arrays.items():
        if array.dtype.kind not in "fib" or array.ndim > 2:  # noqa: PLR2004 - a table at most
            message = f"array {key!r} of type {array.dtype}, shape {array.shape} cannot be stored"
            raise FrameFileError(message)
    for constraint in frame.constraints:
        if not isinstance(constraint, FixAtoms | FixCartesian):
            message = f"a {type(constraint).__name__} constraint cannot be stored"
            raise FrameFileError(message)
    calculator = frame.calc
    if isinstance(calculator, Calculator) and calculator.results:
        changed = calculator.check_state(frame)
        if changed:
            message = f"the results belong to other {', '.join(changed)}"
            raise FrameFileError(message)


def _encoded(key: str, value: Any) -> Any:  # noqa: ANN401 - info holds anything
    """Return what ASE has to write for a value to be read back equal."""
    plain = _plain(value)
    if isinstance(plain, str):
        return _encoded_text(plain)
    if isinstance(plain, bool | int | float):
        return plain
    if isinstance(plain, np.ndarray):
        if plain.dtype.kind in "if" and plain.ndim == 1 and plain.size > 1:
            return plain
        plain = plain.tolist()
    return _encoded_json(key, plain)


@lru_cache(maxsize=4096)
def _encoded_text(text: str) -> str:
    """Return a string as it is, or as JSON where ASE would read something else."""
    doubled = text.replace("\\", "\\\\")  # ASE escapes quotes when writing, yet not backslashes
    if text.isprintable() and not text.startswith("_JSON"):
        read = key_val_str_to_dict(f"key={escape(doubled)} after=T")
        if isinstance(read["key"], str) and read == {"key": text, "after": True}:
            return doubled
    return _encoded_json("text", text)


def _encoded_json(key: str, value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a value as the JSON that ASE understands."""
    try:
        return ("_JSON " + json.dumps(value)).replace("\\", "\\\\")
    except TypeError as error:
        message = f"info key {key!r} holds a {type(value).__name__}, which cannot be stored"
        raise FrameFileError(message) from error
