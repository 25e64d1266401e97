"""Time and memory of generating many structures, streamed to their file, on one core.

    uv run python benchmarks/generation.py

Random alloys of 108 atoms, strained and rattled, are checked, compared with all before them, and
written with their index, as the first stage of a run does it. The memory of the process is read
after a tenth of them and at the end: what it grows by is what each structure leaves behind. On a
machine that does other things as well, the time of the core counts, not that of the wall.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from ase import Atoms

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.pipeline import generate
from mlip_autopipec.pipeline.context import RunContext
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.structures.extxyz import count_frames

LIMIT_S = 60.0


def config(n_structures: int, *, duplicates: str) -> PipelineConfig:
    """Return the config of Cu-Au cells of 108 atoms."""
    alloy = {
        "kind": "alloy",
        "lattice": "fcc",
        "composition": {"Cu": 0.5, "Au": 0.5},
        "supercell": [3, 3, 3],
        "n_structures": n_structures,
        "transforms": [{"kind": "strain", "max_strain": 0.05}, {"kind": "rattle", "stdev_A": 0.05}],
        "checks": {"duplicates": duplicates},
    }
    document = {"name": "many", "seed": 1, "generation": [alloy]}
    return PipelineConfig.model_validate(
        document | {"exploration": {"calculator": {"kind": "emt"}}}
    )


def resident_mb() -> float:
    """Return the memory that this process holds, in MB."""
    return float(psutil.Process().memory_info().rss / 1e6)


@contextmanager
def watched(after: int, seen: list[float]) -> Iterator[None]:
    """Note the memory once so many structures have been made, while the block lasts."""
    original = BaseStructureGenerator.generate

    def counting(self: BaseStructureGenerator) -> Iterator[Atoms]:  # type: ignore[type-arg]
        for number, atoms in enumerate(original(self)):
            if number == after:
                seen.append(resident_mb())
            yield atoms

    BaseStructureGenerator.generate = counting  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseStructureGenerator.generate = original  # type: ignore[method-assign]


def measured(n_structures: int, folder: Path, *, duplicates: str) -> dict[str, float]:
    """Generate once, and return seconds, megabytes and sizes."""
    directory = RunDirectory(folder)
    directory.create()
    run = RunContext(config(n_structures, duplicates=duplicates), directory)
    early: list[float] = []
    with watched(n_structures // 10, early):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        record, summary = generate.generate(run)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    assert record.n_items == n_structures == count_frames(directory.initial_structures)  # noqa: S101
    return {
        "n_structures": n_structures,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "milliseconds_each": round(1e3 * seconds / n_structures, 3),
        "memory_after_a_tenth_mb": round(early[0], 1),
        "memory_at_the_end_mb": round(resident_mb(), 1),
        "file_mb": round(directory.initial_structures.stat().st_size / 1e6, 1),
        "refused": sum(dict(summary["rejections"]).values()),  # type: ignore[arg-type]
    }


def main() -> None:
    """Generate with and without the comparison with earlier structures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--structures", type=int, default=10_000)
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        measured(100, Path(folder) / "first", duplicates="refuse")  # what happens once only
        print(f"{arguments.structures:,} Cu-Au cells of 108 atoms, one core")
        for duplicates in ("refuse", "allow"):
            found = measured(arguments.structures, Path(folder) / duplicates, duplicates=duplicates)
            figures[f"duplicates_{duplicates}"] = found
            print(
                f"  duplicates: {duplicates:6s} {found['seconds']:7.1f} s "
                f"({found['cpu_seconds']:.1f} s of the core, "
                f"{found['milliseconds_each']:.2f} ms each), memory "
                f"{found['memory_after_a_tenth_mb']:.0f} → {found['memory_at_the_end_mb']:.0f} MB, "
                f"file {found['file_mb']:.0f} MB"
            )
    cpu = figures["duplicates_refuse"]["cpu_seconds"]
    verdict = "within" if cpu < LIMIT_S else "over"
    print(f"  {cpu:.1f} s of one core: {verdict} the limit of {LIMIT_S:.0f} s for 10,000")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
