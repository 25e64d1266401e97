"""The whole sampling stage on many frames: time, and the peak memory of each process.

    uv run python benchmarks/sampling_stage.py --frames 100000

makes a run directory whose trajectories are thermal walks about lattice sites (which takes a
while and is not timed), and runs the flow `sample` on it as a run does: descriptors on Dask workers
and in the processes that they supervise, the selection in the flow's own process.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from ase import Atoms

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.orchestration.environment import prepare_client
from mlip_autopipec.orchestration.server import ensure_server, stop_server
from mlip_autopipec.pipeline.records import StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.structures.extxyz import read_frames, write_frames

FRAMES_A_TRAJECTORY = 500
MEMORY_FRAMES = 5.0  # after which a walk has forgotten where it was
STIFFNESS_EV_A2 = 3.0
MEGA = 2**20


def thermal_walk(start: Atoms, n_frames: int, seed: int) -> Iterator[Atoms]:
    """Yield frames of an Ornstein-Uhlenbeck walk about the sites, wider as a ramp goes on."""
    rng = np.random.default_rng(seed)
    sites, decay = start.positions.copy(), np.exp(-1.0 / MEMORY_FRAMES)
    walk = rng.normal(size=sites.shape)
    for number in range(n_frames):
        temperature_K = 300.0 + 1200.0 * number / n_frames
        moved = np.sqrt(8.617e-5 * temperature_K / STIFFNESS_EV_A2) * walk
        frame = start.copy()
        frame.positions = sites + moved
        energy = 0.5 * STIFFNESS_EV_A2 * float((moved**2).sum()) - 3.5 * len(start)
        frame.info |= {
            "step": 20 * number,
            "time_fs": 40.0 * number,
            "temperature_K": temperature_K,
            "energy_mlip_eV": energy,
            "quality": "ok",
        }
        frame.set_array("forces_mlip", -STIFFNESS_EV_A2 * moved)
        yield frame
        walk = decay * walk + np.sqrt(1.0 - decay**2) * rng.normal(size=sites.shape)


def prepared_run(folder: Path, arguments: argparse.Namespace) -> PipelineRunner:
    """Return a run that has been explored, as far as its records can tell."""
    n_structures = -(-arguments.frames // FRAMES_A_TRAJECTORY)
    generation = [
        {
            "kind": "alloy",
            "lattice": "fcc",
            "composition": {"Cu": share, "Au": 1.0 - share},
            "supercell": arguments.supercell,
            "n_structures": -(-n_structures // 2),
            "transforms": [{"kind": "rattle", "stdev_A": 0.02}],
        }
        for share in (0.5, 0.25)
    ]
    document = {
        "name": "sampling-stage",
        "generation": generation,
        "exploration": {"calculator": {"kind": "emt"}},
        "sampling": {"kind": arguments.kind, "n_samples": arguments.choose},
        "execution": {"cluster": {"kind": "local", "n_workers": arguments.workers}},
    }
    runner = PipelineRunner(PipelineConfig.model_validate(document), folder)
    if runner.directory.read_record(StageRecord, "explore") is not None:
        return runner
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    runner.directory.trajectories.mkdir(exist_ok=True)
    records = []
    starts = read_frames(runner.directory.initial_structures)
    for seed, (name, start) in enumerate(zip(runner.structure_ids(), starts, strict=True)):
        path = runner.directory.trajectories / f"{name}.xyz"
        count = write_frames(path, thermal_walk(start, FRAMES_A_TRAJECTORY, seed))
        file, key = runner.directory.file_record(path, count), runner.explore_key(name)
        record = StructureRecord(structure_id=name, key=key, status="ok", file=file)
        runner.directory.write_record(record, "explore", name)
        records.append(record)
    runner.gather(records)
    return runner


class MemoryWatch(threading.Thread):
    """Follows the memory of this process and of all below it."""

    def __init__(self) -> None:
        """Begin at once."""
        super().__init__(daemon=True)
        self.resident: dict[str, int] = defaultdict(int)
        self.own: dict[str, int] = defaultdict(int)
        self.done = threading.Event()
        self.start()

    def run(self) -> None:
        """Look five times a second."""
        this = psutil.Process()
        while not self.done.wait(0.2):
            for process in (this, *this.children(recursive=True)):
                try:
                    name = f"{role(process)} {process.pid}"
                    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                except (psutil.Error, OSError):  # it has ended meanwhile
                    continue
                sizes = dict(line.split(":", 1) for line in status.splitlines())
                for field, peaks in (("VmRSS", self.resident), ("RssAnon", self.own)):
                    size = 1024 * int(sizes.get(field, "0").split()[0])
                    peaks[name] = max(peaks[name], size)


def role(process: psutil.Process) -> str:
    """Name what a process is there for."""
    command = " ".join(process.cmdline())
    if process.pid == os.getpid():
        return "flow: scheduler, selection"
    if "orchestration.child" in command:
        return "descriptors"
    return "Dask worker" if "spawn_main" in command else "other"


def main() -> None:
    """Prepare, sample, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--choose", type=int, default=1000)
    parser.add_argument("--kind", default="fps")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--supercell", type=int, nargs=3, default=[2, 1, 1])
    parser.add_argument("--folder", type=Path, default=None, help="run directory, made or reused")
    parser.add_argument("--prepare", action="store_true", help="only make the run directory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("MLIP_AUTOPIPE_HOME", f"{scratch}/home")
        folder = Path(scratch) / "run" if arguments.folder is None else arguments.folder
        runner = prepared_run(folder, arguments)
        if arguments.prepare:
            return
        ensure_server()
        prepare_client()
        from prefect.logging.handlers import (  # noqa: PLC0415 - Prefect reads its settings now
            APILogHandler,
        )

        from flows.sample import sample_flow  # noqa: PLC0415 - as above

        try:
            watch = MemoryWatch()
            start = time.perf_counter()
            record = sample_flow(str(runner.run_dir))
            seconds = time.perf_counter() - start
            watch.done.set()
        finally:
            APILogHandler().flush()
            stop_server()
        report = json.loads(runner.directory.sampling_report.read_text(encoding="utf-8"))
        print(
            f"{report['n_frames']:,} frames → {record.file.n_items:,} with {arguments.workers} "
            f"workers: {seconds:.1f} s; largest memory of each process, MB (mapped files included):"
        )
        for name in sorted(watch.resident):
            resident, own = watch.resident[name] / MEGA, watch.own[name] / MEGA
            print(f"  {name:36s} {own:7.0f} of its own, {resident:7.0f} resident")


if __name__ == "__main__":
    main()
