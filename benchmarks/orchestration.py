"""What Prefect and Dask cost beside a plain loop, and whether their memory stays flat.

    uv run python benchmarks/orchestration.py start                  # of the Prefect server
    uv run python benchmarks/orchestration.py overhead               # 200 structures of one second
    uv run python benchmarks/orchestration.py scale                  # 2,000 structures of no work

Each takes a server, a package home and run directories of its own, in a temporary folder that goes
with it. ``overhead`` runs the same config through ``mlip-autopipe run`` and through a plain loop
over the same functions in as many processes, each from the start of its process to its end, and
then ``mlip-autopipe run`` again, which finds everything done. ``scale`` has scheduler and workers
in processes of their own, so that the memory of each can be told apart.
"""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # read when NumPy is imported

import psutil  # noqa: E402
import yaml  # noqa: E402

from mlip_autopipec.config import PipelineConfig  # noqa: E402
from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: E402

PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
MIB = 2**20
CALIBRATION_STEPS = 200
CHILD = "mlip_autopipec.orchestration.child"
PRELOAD = "mlip_autopipec.orchestration.preload"


def config(
    n_structures: int, n_steps: int, cluster: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a config of Cu-Au cells on EMT: 32 atoms, or 8 for a single step."""
    trivial = n_steps == 1
    return {
        "name": "benchmark",
        "seed": 1,
        "generation": [
            {
                "kind": "alloy",
                "lattice": "fcc",
                "composition": {"Cu": 0.5, "Au": 0.5},
                "supercell": [2, 1, 1] if trivial else [2, 2, 2],
                "n_structures": n_structures,
                # eight atoms have few arrangements, whose copies would be refused
                "checks": {"duplicates": "allow" if trivial else "refuse"},
            }
        ],
        "exploration": {
            "calculator": {"kind": "emt"},
            "n_steps": n_steps,
            "save_every": n_steps if trivial else 20,
            "monte_carlo": None if trivial else {"kind": "swap", "every": 20, "attempts": 4},
        },
        "sampling": {"kind": "random" if trivial else "fps", "n_samples": 100},
        "execution": {} if cluster is None else {"cluster": cluster},
    }


def write(path: Path, document: dict[str, Any]) -> Path:
    """Write a config file."""
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose package home lies in a folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return plain | {"MLIP_AUTOPIPE_HOME": str(folder / "home"), "HOME": str(folder)}


def seconds(folder: Path, *command: object) -> float:
    """Run a command to its end; return its wall time in s."""
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the program under measurement
        [str(part) for part in command],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    elapsed = time.perf_counter() - began
    if done.returncode:
        message = f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        raise SystemExit(message)
    return elapsed


@contextmanager
def user() -> Iterator[Path]:
    """Yield a folder with a server of its own, which ends with the block."""
    with tempfile.TemporaryDirectory(prefix="orchestration-") as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            seconds(folder, PROGRAM, "server", "stop")


def calibrated_steps(folder: Path, wanted_s: float) -> int:
    """Return how many steps an exploration of so many seconds has."""
    path = write(folder / "calibration.yaml", config(2, CALIBRATION_STEPS))
    runner = PipelineRunner(PipelineConfig.from_yaml(path), folder / "calibration")
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    first, second = runner.structure_ids()
    runner.explore_structure(first)  # compiles and touches
    began = time.perf_counter()
    runner.explore_structure(second)
    return round(wanted_s * CALIBRATION_STEPS / (time.perf_counter() - began))


_RUNNERS: list[PipelineRunner] = []  # the one of a process of the plain loop


def open_runner(run_dir: str) -> None:
    """Take up the run, as each process of the plain loop does once."""
    _RUNNERS.append(PipelineRunner.open(run_dir))


def explore(structure_id: str) -> Any:  # noqa: ANN401 - a record
    """Explore from one structure."""
    return _RUNNERS[-1].explore_structure(structure_id)


def plain_loop(path: Path, run_dir: Path, n_workers: int) -> None:
    """Do all that a run does, without Prefect and Dask."""
    runner = PipelineRunner(PipelineConfig.from_yaml(path), run_dir)
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    context = multiprocessing.get_context("spawn")
    with context.Pool(n_workers, open_runner, (str(run_dir),)) as pool:
        records = list(pool.imap(explore, runner.structure_ids()))
    explored = runner.gather(records)
    described = [runner.describe_structure(record) for record in records]
    runner.store(runner.sample(explored, described))


def overhead(options: argparse.Namespace) -> None:
    """Print what the machinery adds to each structure, and the time of a run from the cache."""
    n, n_workers = options.structures, options.workers
    with user() as folder:
        seconds(folder, PROGRAM, "server")
        n_steps = calibrated_steps(folder, options.seconds)
        cluster = {"kind": "local", "n_workers": n_workers}
        path = write(folder / "config.yaml", config(n, n_steps, cluster=cluster))
        loop = (sys.executable, __file__, "loop", "--workers", n_workers, path, folder / "plain")
        command = (PROGRAM, "run", path, "--run-dir", folder / "run")
        warm = write(folder / "warm.yaml", config(2, 2, cluster=cluster))
        seconds(folder, PROGRAM, "run", warm, "--run-dir", folder / "warm")  # fills file caches
        plain_s = seconds(folder, *loop)
        run_s = seconds(folder, *command)
        again_s = seconds(folder, *command)
    print(f"{n} structures of {n_steps} EMT steps (32 atoms), {n_workers} workers")
    print(f"plain loop                {plain_s:7.1f} s")
    print(f"mlip-autopipe run         {run_s:7.1f} s")
    print(f"overhead a structure      {(run_s - plain_s) / n:7.3f} s of wall time")
    print(f"  as time of a worker     {n_workers * (run_s - plain_s) / n:7.3f} s")
    print(f"the same, all cached      {again_s:7.1f} s")


def start(options: argparse.Namespace) -> None:
    """Print how long the Prefect server takes to start, cold, and to be found again."""
    for _ in range(options.repeats):
        with user() as folder:
            cold_s = seconds(folder, PROGRAM, "server")
            warm_s = seconds(folder, PROGRAM, "server")
            seconds(folder, PROGRAM, "server", "stop")
            again_s = seconds(folder, PROGRAM, "server")
        print(
            f"server: {cold_s:.1f} s with a new database, {warm_s:.2f} s when it runs, "
            f"{again_s:.1f} s with the database there",
            flush=True,
        )


@contextmanager
def dask(folder: Path, n_workers: int) -> Iterator[tuple[str, dict[str, subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers, each a process; yield the address and the processes."""
    file = folder / "scheduler.json"
    settings = {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    }
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = ["worker", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"]
    commands = {"scheduler": [*scheduler, "--scheduler-file", str(file)]} | {
        f"worker {number}": [*worker, "--preload", PRELOAD, "--scheduler-file", str(file)]
        for number in range(1, n_workers + 1)
    }
    with (folder / "dask.log").open("wb") as log:
        processes = {
            name: subprocess.Popen(  # noqa: S603 - Dask's own command
                [sys.executable, "-m", "dask", *arguments],
                cwd=folder,
                env=environment(folder) | settings,
                stdout=log,
                stderr=log,
            )
            for name, arguments in commands.items()
        }
        try:
            while not file.exists():
                time.sleep(0.1)
            yield json.loads(file.read_text(encoding="utf-8"))["address"], processes
        finally:
            for process in reversed(processes.values()):
                process.send_signal(signal.SIGTERM)
            for process in processes.values():
                process.kill()
                process.wait()


class Watched:
    """A process, or the part of a worker's family that simulates, or the rest of it.

    Attributes:
        name: As printed.
    """

    def __init__(self, name: str, pid: int, *, simulates: bool | None = None) -> None:
        """Name it; ``simulates`` tells the parts of a worker's family."""
        self.name = name
        self._process = psutil.Process(pid)
        self._simulates = simulates

    def figures(self) -> tuple[float, float]:
        """Return resident memory in MiB and processor time in s, of all its processes together."""
        memory_MiB = cpu_s = 0.0
        for process in self._members():
            try:
                memory_MiB += process.memory_info().rss / MIB
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            cpu_s += times.user + times.system
        return memory_MiB, cpu_s

    def _members(self) -> list[psutil.Process]:
        if self._simulates is None:
            return [self._process]
        family = [self._process, *self._process.children(recursive=True)]
        return [each for each in family if _simulates(each) == self._simulates]


def _simulates(process: psutil.Process) -> bool:
    """Say whether a process is one that a worker supervises."""
    try:
        return any(CHILD in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def scale(options: argparse.Namespace) -> None:
    """Print the memory of flow, scheduler, server and a worker as structures go through."""
    n = options.structures
    with user() as folder, dask(folder, options.workers) as (address, processes):
        seconds(folder, PROGRAM, "server")
        record = (folder / "home" / "server.json").read_text(encoding="utf-8")
        server_pid = json.loads(record)["pid"]
        cluster = {"kind": "address", "address": address}
        path = write(folder / "config.yaml", config(n, 1, cluster=cluster))
        began = time.perf_counter()
        flow = subprocess.Popen(  # noqa: S603 - the program under measurement
            [PROGRAM, "run", str(path), "--run-dir", str(folder / "run")],
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        worker = processes["worker 1"].pid
        watched = [
            Watched("flow", flow.pid),
            Watched("scheduler", processes["scheduler"].pid),
            Watched("server", server_pid),
            Watched("worker 1", worker, simulates=False),
            Watched("simulation", worker, simulates=True),
        ]
        follow(watched, folder / "run" / "records" / "explore", n, flow, began)
        output, _ = flow.communicate()
        elapsed = time.perf_counter() - began
        database = (folder / "home" / "prefect" / "prefect.db").stat().st_size / MIB
        again_s = seconds(folder, PROGRAM, "run", path, "--run-dir", folder / "run")
    if flow.returncode:
        raise SystemExit(output)
    print(f"{n} structures in {elapsed:.0f} s: {elapsed / n:.3f} s each; Prefect's database is")
    print(f"{database:.0f} MiB, {1024 * database / n:.0f} KiB a structure; cached: {again_s:.1f} s")


def follow(
    watched: list[Watched],
    records: Path,
    n_structures: int,
    flow: subprocess.Popen[str],
    began: float,
) -> None:
    """Print the memory each time another tenth of the structures is explored, and at the end."""
    names = "".join(f"{each.name:>12}" for each in watched)
    print(f"explored   time, s  {names}   (MiB)")
    tenth = max(1, n_structures // 10)
    mark = tenth
    rows: list[tuple[int, list[tuple[float, float]]]] = []
    while flow.poll() is None:
        done = sum(1 for _ in records.glob("*.json")) if records.exists() else 0
        if done >= mark:
            rows.append((done, [each.figures() for each in watched]))
            memory = "".join(f"{memory_MiB:12.0f}" for memory_MiB, _ in rows[-1][1])
            print(f"{done:8d} {time.perf_counter() - began:9.0f}  {memory}", flush=True)
            mark = done // tenth * tenth + tenth
        time.sleep(0.2)
    if len(rows) > 1:
        (first, before), (last, after) = rows[0], rows[-1]
        pairs = list(zip(before, after, strict=True))
        growth = "".join(f"{new[0] - old[0]:+12.0f}" for old, new in pairs)
        cpu = "".join(f"{1000 * (new[1] - old[1]) / (last - first):12.0f}" for old, new in pairs)
        print(f"{'growth':>18}  {growth}   (MiB)")
        print(f"{'CPU a structure':>18}  {cpu}   (ms, of all structures)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("start")
    part.add_argument("--repeats", type=int, default=3)
    part.set_defaults(do=start)
    part = parts.add_parser("overhead")
    part.add_argument("--structures", type=int, default=200)
    part.add_argument("--seconds", type=float, default=1.0, help="of one exploration")
    part.add_argument("--workers", type=int, default=2)
    part.set_defaults(do=overhead)
    part = parts.add_parser("scale")
    part.add_argument("--structures", type=int, default=2000)
    part.add_argument("--workers", type=int, default=2)
    part.set_defaults(do=scale)
    part = parts.add_parser("loop", help="the plain loop alone, as `overhead` starts it")
    part.add_argument("--workers", type=int, default=2)
    part.add_argument("config", type=Path)
    part.add_argument("run_dir", type=Path)
    part.set_defaults(
        do=lambda options: plain_loop(options.config, options.run_dir, options.workers)
    )
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
