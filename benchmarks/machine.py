"""The machine that a benchmark ran on, for the results that name it."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("ase", "dask", "dscribe", "numba", "numpy", "prefect", "sevenn", "torch")


def machine(packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Return processor, cores, memory and versions, JSON-ready."""
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_GiB": round(int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) / 2**20),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


def told(document: dict[str, Any]) -> str:
    """Return what `machine` has found, as a sentence."""
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    return (
        f"{document['processor']}, {document['cores']} cores, {document['memory_GiB']} GiB; "
        f"{document['system']}, Python {document['python']}, {versions}."
    )


def _field(path: Path, name: str) -> str:
    """Return the first value of a field in a file of lines ``name : value``; empty if none."""
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
