"""Reading what a PyTorch file says about a model, without PyTorch and without running the file.

A file made by ``torch.save`` is a zip archive with a pickle in it. Unpickling as PyTorch does runs
whatever the pickle names; here every class and function that it names is replaced by an inert
record, so that a model's elements can be checked before anything heavy is imported.
"""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlip_autopipec.errors import CalculatorError

_INERT = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
}
_DTYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "BoolStorage": "?",
}


class Record:
    """What stands in the pickle where PyTorch would make an object.

    Attributes:
        name: Qualified name of the class or function.
        arguments: What it was called with.
        state: The object's attributes, if they are given by name.
    """

    name = ""

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - a pickle holds anything
        """Keep the arguments."""
        self.arguments = arguments
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401 - a pickle holds anything
        """Keep the attributes."""
        if isinstance(state, dict):
            self.__dict__.setdefault("state", {}).update(state)

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - a pickle holds anything
        """Accept an item, as subclasses of dict do; it is not kept."""

    def extend(self, items: Any) -> None:  # noqa: ANN401 - a pickle holds anything
        """Accept items, as subclasses of list do; they are not kept."""


class _InertUnpickler(pickle.Unpickler):
    """Makes records of everything but plain data."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class or a stand-in
        return _INERT.get((module, name)) or type(name, (Record,), {"name": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - PyTorch's storage tuple
        return pid


class Checkpoint:
    """The contents of a file made by ``torch.save``.

    Attributes:
        root: The object that was saved: plain data and `Record`.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            CalculatorError: It is no such file.
        """
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
                self._folder = name.removesuffix("data.pkl")
                scripted = f"{self._folder}constants.pkl" in archive.namelist()
                with archive.open(name) as stream:
                    self.root: Any = None if scripted else _InertUnpickler(stream).load()
        except (zipfile.BadZipFile, StopIteration, pickle.UnpicklingError, EOFError) as error:
            message = f"exploration.calculator.model: {path} is not a file made by torch.save"
            raise CalculatorError(message) from error
        if scripted:
            message = (
                f"exploration.calculator.model: {path} holds a TorchScript program; "
                "give the file it was made from"
            )
            raise CalculatorError(message)

    def array(self, tensor: Record) -> npt.NDArray[Any]:
        """Return the values of a contiguous tensor that the pickle names.

        Raises:
            CalculatorError: The record is no such tensor.
        """
        if not tensor.name.startswith("torch._utils._rebuild_tensor"):
            message = f"exploration.calculator.model: {self._path} holds {tensor.name}, no tensor"
            raise CalculatorError(message)
        (_, storage, key, *_), offset, size = tensor.arguments[:3]
        kind = storage.name.rsplit(".", 1)[-1]
        with zipfile.ZipFile(self._path) as archive:
            data = archive.read(f"{self._folder}data/{key}")
        count = int(np.prod(size))
        return np.frombuffer(data, _DTYPES[kind])[offset : offset + count].reshape(size)
