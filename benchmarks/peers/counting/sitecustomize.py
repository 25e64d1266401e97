"""Counts the evaluations of ASE's EMT, in every process that has this folder on its path.

Each evaluation of a cell appends a byte to a file, which outlives a process that is killed. Cells
of fewer than eight atoms, such as the dimers of a scan, are left out.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE = "ase.calculators.emt"
FEWEST_ATOMS = 8


def count_calls(module: ModuleType, path: str) -> None:
    """Let the module's EMT append a byte a call."""
    evaluate = module.EMT.calculate
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def calculate(self: Any, atoms: Any = None, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        evaluate(self, atoms, *args, **kwargs)
        if len(self.atoms) >= FEWEST_ATOMS:
            os.write(file, b".")

    module.EMT.calculate = calculate


class Finder(MetaPathFinder):
    """Finds the one module, once it is asked for."""

    def find_spec(
        self,
        name: str,
        path: Any,  # noqa: ANN401 - as the import system calls it
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the module's specification, with the counting added to its loader."""
        if name != MODULE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            count_calls(module, os.environ["EVALUATIONS_FILE"])

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if os.environ.get("EVALUATIONS_FILE"):
    sys.meta_path.insert(0, Finder())
