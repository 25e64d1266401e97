"""Rows a second of the database: one transaction for all, beside a commit for each row.

    uv run python benchmarks/storage.py

Frames are made once, and both ways write the same rows to a fresh file in the same folder.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk

from mlip_autopipec.storage.db_wrapper import AseDBWrapper

MODEL = {"kind": "benchmark", "model": "benchmark", "sha256": None}


def labelled_frames(n_frames: int) -> list[Atoms]:
    """Return frames of 32 atoms with energy and forces, and all keys of a run's frames."""
    rng = np.random.default_rng(0)
    crystal = bulk("Cu", "fcc", a=3.7, cubic=True).repeat(2)
    frames = []
    for step in range(n_frames):
        frame = crystal.copy()
        frame.positions += rng.normal(scale=0.1, size=(32, 3))
        frame.set_array("forces_mlip", rng.normal(size=(32, 3)))
        frame.info = {
            "structure_id": f"alloy-{step // 500:04d}",
            "generator": "alloy",
            "step": step,
            "time_fs": 2.0 * step,
            "temperature_K": 300.0,
            "pressure_GPa": 0.0,
            "ensemble": "nvt",
            "energy_mlip_eV": float(rng.normal()),
            "energy_zbl_eV": 0.0,
            "swap_acceptance": 0.5,
            "seed": step,
            "quality": "ok",
        }
        frames.append(frame)
    return frames


def timed(name: str, n_rows: int, start: float) -> float:
    """Print and return the rows a second since a start."""
    rate = n_rows / (time.perf_counter() - start)
    print(f"  {name:36s} {rate:8.0f} rows/s")
    return rate


def main() -> None:
    """Write, write again, and read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=4000)
    parser.add_argument("--single", type=int, default=500, help="rows of the slow way")
    parser.add_argument("--folder", type=Path, default=None, help="where the files are made")
    arguments = parser.parse_args()
    frames = labelled_frames(arguments.frames)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(f"{arguments.frames:,} frames of 32 atoms")
        slow = AseDBWrapper(f"{folder}/slow.db")
        start = time.perf_counter()
        for frame in frames[: arguments.single]:
            slow.add_frames([frame], model=MODEL)
        single = timed("a transaction a row", arguments.single, start)
        fast = AseDBWrapper(f"{folder}/fast.db")
        start = time.perf_counter()
        fast.add_frames(frames, model=MODEL)
        batch = timed("one transaction", len(frames), start)
        start = time.perf_counter()
        fast.add_frames(frames, model=MODEL)
        timed("the same frames again (nothing new)", len(frames), start)
        start = time.perf_counter()
        n_read = sum(1 for _ in fast.frames())
        timed("read, as frames", n_read, start)
        print(f"  one transaction is {batch / single:.1f} × as fast")


if __name__ == "__main__":
    main()
